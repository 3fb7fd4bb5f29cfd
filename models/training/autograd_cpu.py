"""The Numba kernels as differentiable functions."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.training import kernels_cpu, sparse_cpu

SPARSE_BELOW = 0.3
"""Share of spikes from which on the dense product is the faster one."""
_ITEMS = 8  # work items of the norm's gradient; their partial sums are added at the end


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().contiguous().numpy()


class _Lif(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, leak, threshold, levels, signed, soft, surrogate):  # type: ignore[no-untyped-def, override]
        x = x.contiguous()
        membrane, spikes = torch.empty_like(x), torch.empty_like(x)
        kernels_cpu.lif_forward(
            x.detach().numpy(),
            _array(leak),
            _array(threshold),
            np.float32(levels),
            signed,
            soft,
            membrane.numpy(),
            spikes.numpy(),
        )
        ctx.save_for_backward(membrane, spikes, leak, threshold)
        ctx.how = levels, signed, surrogate
        ctx.soft = soft
        return spikes

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def, override]
        membrane, spikes, leak, threshold = ctx.saved_tensors
        levels, signed, surrogate = ctx.how
        g_x = torch.empty_like(membrane)
        g_leak = torch.empty(g.shape[0], g.shape[2])
        g_threshold = torch.empty_like(g_leak)
        kernels_cpu.lif_backward(
            _array(g),
            membrane.numpy(),
            spikes.numpy(),
            np.float32(levels),
            signed,
            surrogate == "arctan",
            _array(leak),
            _array(threshold),
            ctx.soft,
            ctx.needs_input_grad[2],
            g_x.numpy(),
            g_leak.numpy(),
            g_threshold.numpy(),
        )
        return (
            g_x,
            g_leak.sum(0),
            g_threshold.sum(0) if ctx.needs_input_grad[2] else None,
            None,
            None,
            None,
            None,
        )


class _Wkv(torch.autograd.Function):
    @staticmethod
    def forward(ctx, k, v, decay, bonus):  # type: ignore[no-untyped-def, override]
        k, v = k.contiguous(), v.contiguous()
        y, top, num, den = (torch.empty_like(k) for _ in range(4))
        kernels_cpu.wkv_forward(
            k.detach().numpy(),
            v.detach().numpy(),
            _array(decay),
            _array(bonus),
            y.numpy(),
            top.numpy(),
            num.numpy(),
            den.numpy(),
        )
        ctx.save_for_backward(k, v, decay, bonus, y, top, num, den)
        return y

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def, override]
        arrays = [_array(saved) for saved in ctx.saved_tensors]
        g_k, g_v = torch.empty_like(g), torch.empty_like(g)
        g_decay = torch.empty(g.shape[0], g.shape[2])
        g_bonus = torch.empty_like(g_decay)
        kernels_cpu.wkv_backward(
            _array(g), *arrays, g_k.numpy(), g_v.numpy(), g_decay.numpy(), g_bonus.numpy()
        )
        return g_k, g_v, g_decay.sum(0), g_bonus.sum(0)


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gain, offset):  # type: ignore[no-untyped-def, override]
        x = x.contiguous()
        y = torch.empty_like(x)
        rows = x.view(-1, x.shape[-1])
        scale = torch.empty(rows.shape[0])
        kernels_cpu.norm_forward(
            rows.detach().numpy(),
            _array(gain),
            _array(offset),
            np.float32(1e-5),
            y.view_as(rows).numpy(),
            scale.numpy(),
        )
        ctx.save_for_backward(x, gain, scale)
        return y

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def, override]
        x, gain, scale = ctx.saved_tensors
        rows = x.view(-1, x.shape[-1])
        g_x = torch.empty_like(x)
        g_gain = torch.empty(_ITEMS, x.shape[-1])
        g_offset = torch.empty_like(g_gain)
        kernels_cpu.norm_backward(
            _array(g).reshape(rows.shape),
            rows.numpy(),
            _array(gain),
            scale.numpy(),
            g_x.view_as(rows).numpy(),
            g_gain.numpy(),
            g_offset.numpy(),
        )
        return g_x, g_gain.sum(0), g_offset.sum(0)


class _Synapses(torch.autograd.Function):
    """Where few fire, both products with the spikes go by what fired; the entries are kept for the second."""

    @staticmethod
    def forward(ctx, spikes, weight):  # type: ignore[no-untyped-def, override]
        rows = spikes.detach().contiguous().view(-1, weight.shape[0])
        ctx.shape = spikes.shape
        entries = _compressed(rows) if _suits(weight) else None
        ctx.sparse = entries is not None
        ctx.save_for_backward(weight, *(entries or (rows,)))
        if entries is None:
            return spikes @ weight
        y = torch.empty(*spikes.shape[:-1], weight.shape[1])
        _sums(*entries, _array(weight), y.view(-1, weight.shape[1]))
        return y

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def, override]
        weight, *spikes = ctx.saved_tensors
        g = g.contiguous().view(-1, weight.shape[1])
        g_spikes = (g @ weight.t()).view(ctx.shape) if ctx.needs_input_grad[0] else None
        if not ctx.sparse:
            return g_spikes, spikes[0].t() @ g
        starts, index, value = spikes
        columns = torch.empty(len(weight) + 1, dtype=torch.int64)
        row, size = torch.empty_like(index), torch.empty_like(value)
        arrays = (starts, index, value, columns, row, size)
        sparse_cpu.by_column(*(one.numpy() for one in arrays))
        g_weight = torch.empty_like(weight)
        _sums(columns, row, size, g.numpy(), g_weight)
        return g_spikes, g_weight


def _suits(weight: Tensor) -> bool:
    return weight.shape[0] % 32 == 0 and weight.shape[1] % sparse_cpu.COLUMNS == 0


def _compressed(rows: Tensor) -> tuple[Tensor, Tensor, Tensor] | None:
    """The spikes (rows, n) by rows, as starts, columns and values; None where too many fired."""
    most = int(SPARSE_BELOW * rows.numel()) + rows.shape[1]
    starts = torch.empty(len(rows) + 1, dtype=torch.int64)
    index, value = torch.empty(most, dtype=torch.int32), torch.empty(most)
    count = sparse_cpu.compressed(rows.numpy(), most, starts.numpy(), index.numpy(), value.numpy())
    return None if count < 0 else (starts, index[:count].clone(), value[:count].clone())


def _sums(starts: Tensor, index: Tensor, value: Tensor, matrix: np.ndarray, out: Tensor) -> None:
    tiles = np.empty((out.shape[1] // sparse_cpu.COLUMNS, len(matrix), sparse_cpu.COLUMNS), np.float32)
    sparse_cpu.sums_of_rows(starts.numpy(), index.numpy(), value.numpy(), matrix, out.numpy(), tiles)


class _Conv(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight):  # type: ignore[no-untyped-def, override]
        x = x.contiguous()
        y = torch.empty_like(x)
        kernels_cpu.conv_forward(x.detach().numpy(), _array(weight), y.numpy())
        ctx.save_for_backward(x, weight)
        return y

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def, override]
        x, weight = ctx.saved_tensors
        g_x, g_weight = torch.empty_like(x), torch.empty(len(x), *weight.shape)
        kernels_cpu.conv_backward(_array(g), x.numpy(), _array(weight), g_x.numpy(), g_weight.numpy())
        return g_x, g_weight.sum(0)


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, target, ignored):  # type: ignore[no-untyped-def, override]
        logits = logits.contiguous()
        nats, gradient = torch.empty(len(logits)), torch.empty_like(logits)
        kernels_cpu.cross_entropy(
            logits.detach().numpy(), target.numpy(), ignored, nats.numpy(), gradient.numpy()
        )
        ctx.save_for_backward(gradient)
        ctx.count = max(1, int((target != ignored).sum()))
        return nats.sum() / ctx.count

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def, override]
        (gradient,) = ctx.saved_tensors
        return gradient.mul_(g / ctx.count), None, None


def lif(
    x: Tensor, leak: Tensor, threshold: Tensor, levels: int, signed: bool, soft: bool, surrogate: str
) -> Tensor:
    """See `kernels.lif`."""
    spikes: Tensor = _Lif.apply(x, leak, threshold, levels, signed, soft, surrogate)
    return spikes


def wkv(k: Tensor, v: Tensor, decay: Tensor, bonus: Tensor) -> Tensor:
    """See `kernels.wkv`."""
    y: Tensor = _Wkv.apply(k, v, decay, bonus)
    return y


def synapses(spikes: Tensor, weight: Tensor) -> Tensor:
    """See `kernels.synapses`."""
    y: Tensor = _Synapses.apply(spikes, weight)
    return y


def cross_entropy(logits: Tensor, target: Tensor, ignored: int) -> Tensor:
    """See `kernels.cross_entropy`."""
    nats: Tensor = _CrossEntropy.apply(logits, target, ignored)
    return nats


def conv(x: Tensor, weight: Tensor) -> Tensor:
    """See `kernels.conv`."""
    y: Tensor = _Conv.apply(x, weight)
    return y


def dropout(x: Tensor, share: float) -> Tensor:
    """See `kernels.dropout`; one random byte a value, eight from each draw."""
    least = round(256 * share)
    bits = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
    kept = (bits.view(torch.uint8)[: x.numel()] >= least).view(x.shape)
    return x * kept * (256 / (256 - least))


def norm(x: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """See `kernels.norm`."""
    y: Tensor = _Norm.apply(x, gain, offset)
    return y
