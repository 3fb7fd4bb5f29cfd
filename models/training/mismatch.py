"""Training with an analogue chip's flaws in the forward pass, so that a network learns to live with them.

`inject(model, "brainscales2")` has every matrix multiply as that chip would: weights held as coarsely as it
holds them, each batch on another specimen (mismatch drawn anew), noise in every read. In evaluation, and in
what is exported, the products are clean: the chip adds its flaws itself. All figures come from the chip's
description, converter ranges as in `models.chips.brainscales2` and `models.chips.crossbar`; that converters
clip is left out, for they are set so that it is rare.

Gradients go straight through rounding and see the mismatch as it was drawn. Training
with noise in the synapses is due to Murray and Edwards 1994 (doi 10.1109/72.317730), for conductances that
drift and spread see Joshi et al. 2020 (doi 10.1038/s41467-020-16108-9).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from models.chips import brainscales2, crossbar
from models.chips.chip import Chip, ChipError, chip
from models.chips.populations import USUAL_RATE
from models.training.blocks import Lif, Synapses

Product = Callable[[Tensor, Tensor], Tensor]
"""(…, n_in) spikes and (n_in, n_out) weights to (…, n_out)."""
ROUNDING = 1 / 12
"""Variance of what rounding to whole steps adds."""


def inject(model: nn.Module, name: str) -> int:
    """Have all matrices of `model` multiply as on the chip while it trains; how many there are.

    State, parameters and export stay as they are. ChipError for a chip without such flaws or a model
    without spikes.
    """
    of = chip(name) if name in _PRODUCTS else None
    levels = max((lif.levels for lif in model.modules() if isinstance(lif, Lif)), default=0)
    if of is None:
        raise ChipError(f"chip: expected one of {', '.join(_PRODUCTS)}, found {name!r}")
    if not levels:
        raise ChipError(f"{name}: expected a spiking network, found one without spikes")
    matrices = [module for module in model.modules() if isinstance(module, Synapses)]
    for matrix in matrices:
        # On the instance, so that the names of parameters, and with them checkpoints, stay.
        setattr(matrix, "forward", partial(_forward, matrix, partial(_PRODUCTS[name], of, levels)))  # noqa: B010
    return len(matrices)


def _forward(matrix: Synapses, product: Product, spikes: Tensor) -> Tensor:
    y = product(spikes, matrix.weight) if matrix.training else spikes @ matrix.weight
    return y if matrix.bias is None else y + matrix.bias


def on_brainscales2(of: Chip, levels: int, spikes: Tensor, weight: Tensor) -> Tensor:
    """Blocks of rows, each with a gain per neuron that is off by `gain_spread`, and a noisy read.

    y = s·(W₆ ∘ (1 + spread·ε)) + N·√(blocks·(σ²·(1 + 1/reads) + 1/12)) converter steps, W₆ rounded to 6 bits.
    """
    with torch.no_grad():
        top = (1 << of.count("weight_bits")) - 1
        step = weight.abs().amax(0).clamp_min(1e-12) / top
        steps = (weight / step).round()
        rows = of.count("rows")
        blocks = -(-len(weight) // rows)
        input_scale = max(1, of.count("input_levels") // levels)
        usual = float((steps**2).sum(0).mean()) * USUAL_RATE / blocks
        fill = of.si("gain") * math.sqrt(usual) * input_scale * min(levels, 2)
        sends = min(max(1, round(brainscales2.FILL / max(fill, 1e-9))), brainscales2.MOST_SENDS)
        gain = 1 + of.si("gain_spread") * torch.randn(blocks, weight.shape[1], device=weight.device)
        gain = gain.clamp_min(0).repeat_interleave(rows, 0)[: len(weight)]
        variance = of.si("read_noise") ** 2 * (1 + 1 / brainscales2.CALIBRATION_READS) + ROUNDING
        deviation = step * math.sqrt(blocks * variance) / (input_scale * of.si("gain") * sends)
        moved = steps * step - weight
    y = spikes @ ((weight + moved) * gain)
    return y + torch.randn_like(y) * deviation.to(y.dtype)


def on_crossbar(of: Chip, levels: int, spikes: Tensor, weight: Tensor) -> Tensor:
    """Conductances off by `program_spread` of the largest, reads by `read_noise` of each conductance.

    y = s·(W ± spread·ε) + N·√(read² · s²·G² + converters' rounding), G the conductances in units of W.
    """
    with torch.no_grad():
        largest = weight.abs().amax(0).clamp_min(1e-12)
        wanted = weight / largest
        held = wanted.abs() + of.si("program_spread") * torch.randn_like(weight) * (wanted != 0)
        held = held.clamp_min(0)
        moved = held * wanted.sign() * largest - weight
        rows = of.count("rows")
        share = USUAL_RATE * (wanted**2).sum(0) * min(1.0, rows / len(weight))
        half = 2.0 ** (of.count("output_bits") - 1)
        step = crossbar.RANGE * share.sqrt() * min(levels, 2) / half
        variance = -(-len(weight) // rows) * ROUNDING * step**2
    y = spikes @ (weight + moved)
    with torch.no_grad():
        variance = variance + of.si("read_noise") ** 2 * (spikes.to(held.dtype) ** 2 @ held**2)
        noise = torch.randn_like(variance) * variance.sqrt() * largest
    return y + noise.to(y.dtype)


_PRODUCTS: dict[str, Callable[[Chip, int, Tensor, Tensor], Tensor]] = {
    "brainscales2": on_brainscales2,
    "crossbar": on_crossbar,
}
