"""The one dispatch point of the fused training kernels: Numba on the CPU, Triton on CUDA, else plain PyTorch.

`implementation(tensor)` says which one runs; `SPIKETALK_KERNELS=plain|numba|triton` overrides it. Every
implementation offers the same differentiable functions, checked against each other in
`tests/models/training/test_kernels.py`.
"""

from __future__ import annotations

import importlib.util
import os
from types import ModuleType

import torch
from torch import Tensor


def implementation(like: Tensor) -> ModuleType:
    """The module whose `lif`, `wkv` and `norm` run for tensors on `like`'s device."""
    wanted = os.environ.get("SPIKETALK_KERNELS", "")
    if wanted not in ("", "plain", "numba", "triton"):
        raise ValueError(f"SPIKETALK_KERNELS is {wanted!r}; use plain, numba or triton")
    if not wanted:
        if like.is_cuda and importlib.util.find_spec("triton"):
            wanted = "triton"
        elif like.device.type == "cpu" and importlib.util.find_spec("numba"):
            wanted = "numba"
    if wanted == "numba":
        from models.training import autograd_cpu

        return autograd_cpu
    if wanted == "triton":
        from models.training import autograd_cuda

        return autograd_cuda
    from models.training import plain

    return plain


def lif(
    x: Tensor, leak: Tensor, threshold: Tensor, levels: int, signed: bool, soft: bool, surrogate: str
) -> Tensor:
    """Graded spikes (batch, time, n) of currents `x`; see `models.program.ops` for one step."""
    spikes: Tensor = implementation(x).lif(x.float(), leak, threshold, levels, signed, soft, surrogate)
    return spikes


def wkv(k: Tensor, v: Tensor, decay: Tensor, bonus: Tensor) -> Tensor:
    """RWKV-4 weighted average (batch, time, n) of values `v` under keys `k`; `decay` (n,) is negative."""
    y: Tensor = implementation(k).wkv(k.float(), v.float(), decay, bonus)
    return y


def norm(x: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """Root-mean-square norm over the last axis, times gain, plus offset."""
    y: Tensor = implementation(x).norm(x.float(), gain, offset)
    return y


def synapses(spikes: Tensor, weight: Tensor) -> Tensor:
    """Currents (batch, time, n_out) that spikes (batch, time, n_in) give through weights (n_in, n_out)."""
    y: Tensor = implementation(spikes).synapses(spikes, weight)
    return y


def conv(x: Tensor, weight: Tensor) -> Tensor:
    """Causal depthwise convolution of (batch, time, n) with `weight` (taps, n), the last tap for now."""
    y: Tensor = implementation(x).conv(x.float(), weight)
    return y


def dropout(x: Tensor, share: float) -> Tensor:
    """`x` with a random `share` of its values zero and the others larger, so that the mean stays."""
    y: Tensor = implementation(x).dropout(x, share)
    return y


def cross_entropy(logits: Tensor, target: Tensor, ignored: int) -> Tensor:
    """Mean nats of `target` (rows,) under `logits` (rows, n), over the rows whose target is not `ignored`."""
    nats: Tensor = implementation(logits).cross_entropy(logits.float(), target, ignored)
    return nats


def set_threads(n: int) -> None:
    """Gives PyTorch and the Numba kernels `n` threads each (they take turns, so `n` cores serve both)."""
    torch.set_num_threads(n)
    if importlib.util.find_spec("numba"):
        import numba

        numba.set_num_threads(min(n, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
