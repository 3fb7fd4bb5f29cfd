"""Surrogate gradients: what stands in for the derivative of the spike function floor(m/θ).

`arctan`: Fang et al. 2021, "Incorporating learnable membrane time constant", as used by SpikeGPT (alpha 2):
ds/dm = (1/θ)·(α/2) / (1 + (π/2·α·(m/θ − 1))²). One bump at the first threshold; meant for binary spikes.

`straight`: straight-through for graded spikes: 1/θ wherever a change of the membrane moves the number of
spikes, a tenth of it outside, so that silent and saturated neurons still learn.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

KINDS = ("straight", "arctan")
ALPHA = 2.0
LEAKAGE = 0.1


def slope(membrane: Tensor, threshold: Tensor, levels: int, signed: bool, kind: str) -> Tensor:
    """ds/dm at `membrane` (…, n), in spikes per unit of membrane potential; `threshold` is (n,)."""
    q = membrane / threshold
    if signed:
        q = q.abs()
    if kind == "arctan":
        return (ALPHA / 2) / (1 + (math.pi / 2 * ALPHA * (q - 1)).square()) / threshold
    if kind == "straight":
        inside = (q > 0.0) & (q < levels + 1.5)
        return torch.where(inside, 1.0, LEAKAGE) / threshold
    raise ValueError(f"unknown surrogate {kind!r}; use one of {', '.join(KINDS)}")
