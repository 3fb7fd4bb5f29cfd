"""SpiNNaker 2's arithmetic: int8 weights with one scale for a whole population, float32 in the Arm cores.

The published mapping (py-spinnaker2, `s2_nir.py`) scales the weights into a population so that the largest is
±127; a program's scale per neuron is folded into that. Sums run in the MAC array's or the core's integers and
are exact; leak, threshold and element-wise ops are float32. The exponential unit gives s16.15 numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.chips.emulated import Arithmetic, accumulated, as_stored, convolved, exact_type, largest_spike
from models.program.graph import Node, Program
from models.program.ops import Array, Parameters, States

WEIGHT_MAX = 127
EXP_STEP = 2.0**-15
Result = tuple[Array, dict[str, Array]]


def one_scale(weight: Array, scale: Array) -> tuple[Array, float]:
    """Give integer weights within ±127 and the one scale that makes them closest to weight · scale.

    >>> w, s = one_scale(np.array([[100, 100]]), np.array([0.02, 0.01]))
    >>> w.tolist(), round(s, 6)
    ([[127.0, 64.0]], 0.015748)
    """
    exact = np.asarray(weight, np.float64) * np.asarray(scale, np.float64)
    step = float(np.abs(exact).max()) / WEIGHT_MAX or 1.0
    return np.rint(exact / step), step


def prepare(program: Program, node: Node, rng: np.random.Generator) -> dict[str, Any]:
    """Give a node's tensors as a core's memory holds them."""
    held = as_stored(program, node)
    if node.op in ("synapses", "conv", "embedding"):
        held["matrix"], held["step"] = one_scale(held["weight"], held["scale"])
        held["weight"] = held["matrix"]
        if node.op == "synapses":
            inputs, levels = len(held["matrix"]), largest_spike(program, node)
            held["matrix"] = held["matrix"].astype(exact_type(inputs, levels))
    return held


def exponential(x: Array) -> Array:
    """e to the x as the accelerator gives it, rounded to 2^−15."""
    return np.rint(np.exp(np.clip(np.asarray(x, np.float64), -87, 11)) / EXP_STEP) * EXP_STEP


def embedding(p: Parameters, state: States, token: Array) -> Result:
    """One row of the table."""
    return (p["matrix"][token[:, 0]] * p["step"]).astype(np.float32), {}


def synapses(p: Parameters, state: States, spikes: Array) -> Result:
    """An exact integer sum times the population's scale."""
    return (accumulated(p, spikes) * p["step"] + p["bias"]).astype(np.float32), {}


def conv(p: Parameters, state: States, spikes: Array) -> Result:
    """As `synapses`, channel by channel."""
    total, past = convolved(p, state, spikes)
    return (total * p["step"] + p["bias"]).astype(np.float32), {"past": past}


def gate(p: Parameters, state: States, a: Array, b: Array) -> Result:
    """The sigmoid through the exponential unit, whichever side keeps it small."""
    small = exponential(-np.abs(a))
    opening = np.where(a >= 0, 1 / (1 + small), small / (1 + small))
    return (opening * b).astype(np.float32), {}


def wkv(p: Parameters, state: States, k: Array, v: Array) -> Result:
    """The recurrence in float32, its exponentials from the unit."""
    num, den, top = (np.asarray(state[part], np.float64) for part in ("num", "den", "p"))
    now = p["bonus"] + k
    best = np.maximum(top, now)
    old, new = exponential(top - best), exponential(now - best)
    y = (old * num + new * v) / np.maximum(old * den + new, EXP_STEP)
    faded = top + p["decay"]
    best = np.maximum(faded, k)
    old, new = exponential(faded - best), exponential(k - best)
    after = {"num": old * num + new * v, "den": old * den + new, "p": best}
    return y.astype(np.float32), {part: array.astype(np.float32) for part, array in after.items()}


ARITHMETIC = Arithmetic(
    "spinnaker2",
    {"embedding": embedding, "synapses": synapses, "conv": conv, "gate": gate, "wkv": wkv},
    prepare,
)
