"""A memristive crossbar's arithmetic: weights as pairs of conductances, with spread and read noise.

A weight is the difference of two devices, each programmed to its share of the full conductance plus a fixed
error of `program_spread`; every read adds noise of `read_noise` of each conductance. Tiles have 256 rows;
each column is read by an 8 bit converter whose range is set once from the usual sum. All else
is digital and exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from models.chips.chip import Chip, chip
from models.chips.emulated import Arithmetic, as_stored, largest_spike
from models.chips.populations import USUAL_RATE
from models.program.graph import Node, Program
from models.program.ops import Array, Parameters, States

RANGE = 6.0
"""Standard deviations of the usual sum that the converter covers to either side."""
Result = tuple[Array, dict[str, Array]]


@dataclass(frozen=True)
class Tiles:
    """A matrix on tiles: conductance differences, squares summed, scale and converter step per column."""

    rows: int
    difference: Array
    energy: Array
    scale: Array
    step: Array


def program_tiles(weight: Array, scale: Array, of: Chip, levels: int, rng: np.random.Generator) -> Tiles:
    """Give a matrix as its devices hold it: the larger of each pair carries the weight, both carry errors."""
    exact = np.asarray(weight, np.float64)
    largest = np.maximum(np.abs(exact).max(axis=0), 1e-12)
    wanted = exact / largest
    positive, negative = np.maximum(wanted, 0), np.maximum(-wanted, 0)
    spread = of.si("program_spread")
    pairs = [
        np.clip(g + spread * rng.standard_normal(g.shape) * (g > 0), 0, None) for g in (positive, negative)
    ]
    difference = pairs[0] - pairs[1]
    rows = of.count("rows")
    usual = np.sqrt(USUAL_RATE * (wanted**2).sum(axis=0) * min(1.0, rows / len(exact))) * min(levels, 2)
    half = 2.0 ** (of.count("output_bits") - 1)
    step = np.maximum(RANGE * usual, 1e-9) / half
    return Tiles(
        rows, difference, pairs[0] ** 2 + pairs[1] ** 2, np.asarray(scale, np.float64) * largest, step
    )


def prepare(program: Program, node: Node, rng: np.random.Generator, of: Chip) -> dict[str, Any]:
    """Give a node's tensors; matrices as tiles."""
    held = as_stored(program, node)
    if node.op == "synapses":
        levels = largest_spike(program, node)
        held["tiles"] = program_tiles(held["weight"], held["scale"], of, levels, rng)
        held["sigma"], held["half"] = of.si("read_noise"), 2 ** (of.count("output_bits") - 1)
    return held


def synapses(p: Parameters, state: States, spikes: Array) -> Result:
    """Each tile's column sums, with read noise of all its devices together, through the converter."""
    t: Tiles = p["tiles"]
    x = spikes.astype(np.float64)
    total = np.zeros((len(x), t.difference.shape[1]))
    for start in range(0, x.shape[1], t.rows):
        part = slice(start, start + t.rows)
        seen = x[:, part] @ t.difference[part]
        noise = np.sqrt((x[:, part] ** 2) @ t.energy[part])
        seen += p["sigma"] * noise * p["noise"].standard_normal(seen.shape)
        total += np.clip(np.rint(seen / t.step), -p["half"], p["half"] - 1) * t.step
    return (total * t.scale + p["bias"]).astype(np.float32), {}


def arithmetic(of: Chip | None = None) -> Arithmetic:
    """Give the crossbar's arithmetic, with another description's figures than the shipped one's if given."""
    return Arithmetic(
        "crossbar", {"synapses": synapses}, partial(prepare, of=of or chip("crossbar")), noisy=True
    )
