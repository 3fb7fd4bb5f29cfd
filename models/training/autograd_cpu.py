"""The Numba kernels as differentiable functions."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.training import kernels_cpu

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


def norm(x: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """See `kernels.norm`."""
    y: Tensor = _Norm.apply(x, gain, offset)
    return y
