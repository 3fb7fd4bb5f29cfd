"""The Triton kernels as differentiable functions; the norm is fused well enough by PyTorch itself."""

from __future__ import annotations

import torch
from torch import Tensor

from models.training import kernels_cuda
from models.training.kernels_cuda import BLOCK
from models.training.plain import conv, cross_entropy, dropout, norm, synapses

__all__ = ["conv", "cross_entropy", "dropout", "lif", "norm", "synapses", "wkv"]


def _grid(x: Tensor) -> tuple[int, int]:
    return x.shape[0], -(-x.shape[2] // BLOCK)


class _Lif(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, leak, threshold, levels, signed, soft, surrogate):  # type: ignore[no-untyped-def, override]
        x, leak, threshold = x.contiguous(), leak.float().contiguous(), threshold.float().contiguous()
        membrane, spikes = torch.empty_like(x), torch.empty_like(x)
        kernels_cuda.lif_forward[_grid(x)](
            x,
            leak,
            threshold,
            membrane,
            spikes,
            x.shape[1],
            x.shape[2],
            float(levels),
            SIGNED=signed,
            SOFT=soft,
            BLOCK=BLOCK,
        )
        ctx.save_for_backward(membrane, spikes, leak, threshold)
        ctx.how = float(levels), signed, soft, surrogate == "arctan"
        return spikes

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def, override]
        membrane, spikes, leak, threshold = ctx.saved_tensors
        levels, signed, soft, arctan = ctx.how
        g_x = torch.empty_like(membrane)
        g_leak = membrane.new_empty(g.shape[0], g.shape[2])
        g_threshold = torch.empty_like(g_leak)
        kernels_cuda.lif_backward[_grid(g)](
            g.contiguous(),
            membrane,
            spikes,
            leak,
            threshold,
            g_x,
            g_leak,
            g_threshold,
            g.shape[1],
            g.shape[2],
            levels,
            SIGNED=signed,
            SOFT=soft,
            ARCTAN=arctan,
            BLOCK=BLOCK,
        )
        return g_x, g_leak.sum(0), g_threshold.sum(0), None, None, None, None


class _Wkv(torch.autograd.Function):
    @staticmethod
    def forward(ctx, k, v, decay, bonus):  # type: ignore[no-untyped-def, override]
        k, v, decay, bonus = (tensor.float().contiguous() for tensor in (k, v, decay, bonus))
        y, top, num, den = (torch.empty_like(k) for _ in range(4))
        kernels_cuda.wkv_forward[_grid(k)](
            k, v, decay, bonus, y, top, num, den, k.shape[1], k.shape[2], BLOCK=BLOCK
        )
        ctx.save_for_backward(k, v, decay, bonus, y, top, num, den)
        return y

    @staticmethod
    def backward(ctx, g):  # type: ignore[no-untyped-def, override]
        k, v, decay, bonus, y, top, num, den = ctx.saved_tensors
        g_k, g_v = torch.empty_like(k), torch.empty_like(v)
        g_decay = k.new_empty(g.shape[0], g.shape[2])
        g_bonus = torch.empty_like(g_decay)
        kernels_cuda.wkv_backward[_grid(k)](
            g.contiguous(),
            k,
            v,
            decay,
            bonus,
            y,
            top,
            num,
            den,
            g_k,
            g_v,
            g_decay,
            g_bonus,
            k.shape[1],
            k.shape[2],
            BLOCK=BLOCK,
        )
        return g_k, g_v, g_decay.sum(0), g_bonus.sum(0)


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
