"""Plain PyTorch loops over time: the reference for the fused kernels, and the fallback on other devices."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.training.surrogate import slope


class _Spike(torch.autograd.Function):
    """floor with a surrogate: its gradient to the membrane is `slope`, to the threshold −slope·m/θ."""

    @staticmethod
    def forward(ctx, membrane: Tensor, threshold: Tensor, levels: int, signed: bool, kind: str) -> Tensor:  # type: ignore[no-untyped-def, override]
        ctx.save_for_backward(membrane, threshold)
        ctx.how = levels, signed, kind
        q = membrane / threshold
        if signed:
            return torch.sign(q) * q.abs().floor().clamp(max=levels)
        return q.floor().clamp(0, levels)

    @staticmethod
    def backward(ctx, g: Tensor):  # type: ignore[no-untyped-def, override]
        membrane, threshold = ctx.saved_tensors
        k = g * slope(membrane, threshold, *ctx.how)
        g_threshold = (-k * membrane / threshold).sum(tuple(range(membrane.dim() - 1)))
        return k, g_threshold, None, None, None


def lif(
    x: Tensor, leak: Tensor, threshold: Tensor, levels: int, signed: bool, soft: bool, surrogate: str
) -> Tensor:
    """See `kernels.lif`."""
    v = torch.zeros_like(x[:, 0])
    spikes = []
    for t in range(x.shape[1]):
        m = leak * v + x[:, t]
        s = _Spike.apply(m, threshold, levels, signed, surrogate)
        fired = s * torch.sign(m).detach() if signed else s
        v = m - s * threshold if soft else m * (1 - fired).clamp(min=0.0)
        spikes.append(s)
    return torch.stack(spikes, 1)


def wkv(k: Tensor, v: Tensor, decay: Tensor, bonus: Tensor) -> Tensor:
    """See `kernels.wkv`."""
    top = torch.full_like(k[:, 0], -1e30)
    num = torch.zeros_like(top)
    den = torch.zeros_like(top)
    ys = []
    for t in range(k.shape[1]):
        q = torch.maximum(top, bonus + k[:, t])
        e1, e2 = torch.exp(top - q), torch.exp(bonus + k[:, t] - q)
        ys.append((e1 * num + e2 * v[:, t]) / (e1 * den + e2))
        q = torch.maximum(top + decay, k[:, t])
        e1, e2 = torch.exp(top + decay - q), torch.exp(k[:, t] - q)
        num, den, top = e1 * num + e2 * v[:, t], e1 * den + e2, q
    return torch.stack(ys, 1)


def norm(x: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """See `kernels.norm`."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5) * gain + offset


def synapses(spikes: Tensor, weight: Tensor) -> Tensor:
    """See `kernels.synapses`."""
    return spikes @ weight


def conv(x: Tensor, weight: Tensor) -> Tensor:
    """See `kernels.conv`."""
    taps, n = weight.shape
    padded = F.pad(x.transpose(1, 2), (taps - 1, 0))
    return F.conv1d(padded, weight.t().unsqueeze(1), groups=n).transpose(1, 2)


def dropout(x: Tensor, share: float) -> Tensor:
    """See `kernels.dropout`."""
    return F.dropout(x, share)


def cross_entropy(logits: Tensor, target: Tensor, ignored: int) -> Tensor:
    """See `kernels.cross_entropy`."""
    return F.cross_entropy(logits, target, ignore_index=ignored)
