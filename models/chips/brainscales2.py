"""BrainScaleS-2's arithmetic: analogue matrices with 6 bit weights, mismatch, noise and 8 bit converters.

Every matrix is cut into blocks of 128 inputs by 512 neurons, one pass of the chip each; a block's result is

    clamp(floor(gain_j · sends · (x · W)_j + offset_j + N(0, σ)), −128, 127)

converter steps (hxtorch's `mac`), with x of 5 bits, W of −63…63, gain and offset spread by fixed pattern and
σ drawn anew for every read; blocks are summed digitally. Leak, graded spikes, norms and the rest are digital.
Calibration: `sends` is chosen per matrix so that the usual sum fills the converter, offsets are measured once
with silent inputs and their mean is taken off, to a residue of σ/√30.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from models.chips.chip import Chip, chip
from models.chips.emulated import Arithmetic, as_stored, largest_spike
from models.chips.populations import USUAL_RATE
from models.program.graph import Node, Program
from models.program.ops import Array, Parameters, States

OUT_LOW, OUT_HIGH = -128, 127
FILL = 40.0
"""Converter steps that one standard deviation of the usual sum should fill, a third of the range."""
MOST_SENDS = 64
CALIBRATION_READS = 30
Result = tuple[Array, dict[str, Array]]


@dataclass(frozen=True)
class Blocks:
    """A matrix as the passes that compute it: row ranges, stored weights, each pass's analogue figures."""

    rows: tuple[tuple[int, int], ...]
    weights: Array
    scale: Array
    sends: float
    input_scale: float
    gains: Array
    offsets: Array


def stored(weight: Array, scale: Array, bits: int) -> tuple[Array, Array]:
    """Give signed weights of `bits` magnitude bits and the scale per neuron that makes them closest.

    >>> stored(np.array([[127, 10], [-127, 5]]), np.ones(2), 6)[0].tolist()
    [[63.0, 63.0], [-63.0, 32.0]]
    """
    top = (1 << bits) - 1
    exact = np.asarray(weight, np.float64)
    largest = np.maximum(np.abs(exact).max(axis=0), 1e-12)
    return np.rint(exact / largest * top), np.asarray(scale, np.float64) * largest / top


def passes(inputs: int, outputs: int, of: Chip) -> int:
    """Give the passes of the chip that a matrix takes."""
    return -(-inputs // of.count("rows")) * -(-outputs // of.count("columns"))


def _ranges(inputs: int, rows: int) -> Iterator[tuple[int, int]]:
    for start in range(0, inputs, rows):
        yield start, min(inputs, start + rows)


def cut(program: Program, node: Node, of: Chip, rng: np.random.Generator) -> Blocks:
    """Give a synapses node as the chip holds it, its mismatch drawn and its gain and offset calibrated."""
    weights, scale = stored(
        program.tensor(node, "weight"), program.tensor(node, "scale"), of.count("weight_bits")
    )
    levels = largest_spike(program, node)
    input_scale = max(1, of.count("input_levels") // levels)
    rows = tuple(_ranges(len(weights), of.count("rows")))
    usual = np.sqrt(USUAL_RATE * (weights**2).sum(axis=0).mean() / len(rows)) * input_scale * min(levels, 2)
    sends = float(np.clip(np.rint(FILL / max(of.si("gain") * usual, 1e-9)), 1, MOST_SENDS))
    shape = (len(rows), weights.shape[1])
    residue = of.si("read_noise") / np.sqrt(CALIBRATION_READS)
    spread = of.si("gain_spread")
    gains = of.si("gain") * sends * np.maximum(0.0, 1 + spread * rng.standard_normal(shape))
    fixed_offset = of.si("offset_spread") * rng.standard_normal(shape)
    # what calibration measured and subtracts, floor's half step included
    offsets = fixed_offset - (fixed_offset + residue * rng.standard_normal(shape)) + 0.5
    return Blocks(
        rows, weights, scale / (input_scale * of.si("gain") * sends), sends, input_scale, gains, offsets
    )


def prepare(program: Program, node: Node, rng: np.random.Generator, of: Chip) -> dict[str, Any]:
    """Give a node's tensors; matrices are cut into blocks, all else is digital and exact."""
    held = as_stored(program, node)
    if node.op == "synapses":
        held["blocks"] = cut(program, node, of, rng)
        held["top"], held["sigma"] = float(of.count("input_levels")), of.si("read_noise")
    return held


def synapses(p: Parameters, state: States, spikes: Array) -> Result:
    """The blocks one after another, each clamped by its converter; negative spikes take a second pass."""
    b: Blocks = p["blocks"]
    total = np.zeros((len(spikes), b.weights.shape[1]))
    signs = (1, -1) if (spikes < 0).any() else (1,)
    for sign in signs:
        levels = np.clip(spikes * sign * b.input_scale, 0, p["top"])
        for i, (start, end) in enumerate(b.rows):
            seen = (levels[:, start:end] @ b.weights[start:end]) * b.gains[i] + b.offsets[i]
            seen += p["sigma"] * p["noise"].standard_normal(seen.shape)
            total += sign * np.clip(np.floor(seen), OUT_LOW, OUT_HIGH)
    return (total * b.scale + p["bias"]).astype(np.float32), {}


def arithmetic(of: Chip | None = None) -> Arithmetic:
    """Give the chip's arithmetic, with the figures of a description other than the shipped one if given."""
    return Arithmetic(
        "brainscales2", {"synapses": synapses}, partial(prepare, of=of or chip("brainscales2")), noisy=True
    )
