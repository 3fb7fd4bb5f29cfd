"""Proof, by interval arithmetic over the graph, that no number of a program can overflow.

Spikes are bounded by their neuron's levels, so every accumulator has a largest magnitude that depends on the
weights alone. Reals are bounded from the ports (±INPUT_LIMIT) onwards and must stay below REAL_LIMIT, far
enough from float32's largest number that no step can reach infinity, and so nothing can become "not a
number".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from models.program import ops
from models.program.ops import Array

if TYPE_CHECKING:
    from models.program.graph import Node, Program, Value

ACCUMULATOR_LIMIT = 2**31 - 1
REAL_LIMIT = 1e30
# A float32 sum whose terms keep one sign stops growing once a term is below half a unit in the last place.
GROWTH_LIMIT = 2.0**25


def prove(program: Program, values: Mapping[str, Value]) -> dict[str, float]:
    """The largest magnitude of every node's output; ProgramError names the node that could overflow."""
    from models.program.graph import INPUT_LIMIT

    bounds: dict[str, float] = {}
    for node in program.nodes:
        before = [bounds[name] for name in node.inputs]
        bound = INPUT_LIMIT if node.op == "input" else _bound(program, node, before, values)
        if not bound <= REAL_LIMIT:
            raise program.refuse(
                f"node {node.name!r} ({node.op})", f"values below {REAL_LIMIT:g}", f"up to {bound:g}"
            )
        bounds[node.name] = bound
    return bounds


def accumulator_bound(program: Program, node: Node, spikes: float) -> int:
    """Largest magnitude of any accumulator of a synapses or conv node whose inputs are within ±spikes."""
    weight = program.tensor(node, "weight")
    rough = int(spikes) * 128 * len(weight)
    if rough <= ACCUMULATOR_LIMIT // 4:
        return rough
    fan_in = np.zeros(weight.shape[1], np.int64)
    for row in weight:
        fan_in += np.abs(row.astype(np.int64))
    return int(spikes) * int(fan_in.max())


def _bound(program: Program, node: Node, before: list[float], values: Mapping[str, Value]) -> float:
    n = values[node.name].width
    match node.op:
        case "synapses" | "conv":
            acc = accumulator_bound(program, node, before[0])
            if acc > ACCUMULATOR_LIMIT:
                where = f"node {node.name!r} ({node.op}) accumulator"
                raise program.refuse(where, f"at most {ACCUMULATOR_LIMIT} (int32)", f"up to {acc}")
            return acc * _top(program, node, "scale") + _top(program, node, "bias")
        case "embedding":
            return 128 * _top(program, node, "scale")
        case "lif":
            _check_potential(program, node, before[0])
            return float(node.attributes["levels"])
        case "norm":
            if n >= 1 << 13:
                raise program.refuse(f"node {node.name!r} (norm)", "a width below 8192 (int64 sum)", n)
            spread = 1.01 * (math.sqrt(n) + 1) * max(1.0, before[0] / float(ops.NORM_CLIP))
            return spread * _top(program, node, "gain") + _top(program, node, "offset")
        case "affine":
            return before[0] * _top(program, node, "gain") + _top(program, node, "offset")
        case "token_shift":
            return before[0] * (1 + 2 * _top(program, node, "mix"))
        case "wkv":
            _check_exponents(program, node, before[0])
            return 4 * before[1]  # a weighted mean, and generous room for its rounding
        case "gate":
            return before[1]
        case "add":
            return before[0] + before[1]
    return before[0]


def _check_potential(program: Program, node: Node, current: float) -> None:
    reach = current * GROWTH_LIMIT
    ratio = reach / float(np.abs(program.tensor(node, "threshold")).min())
    worst = max(reach, ratio, float(node.attributes["levels"]) * _top(program, node, "threshold"))
    if not worst <= 1e37:
        where = f"node {node.name!r} (lif) potential"
        raise program.refuse(where, "at most 1e37, also in units of threshold", f"up to {worst:g}")


def _check_exponents(program: Program, node: Node, key: float) -> None:
    reach = key + _top(program, node, "bonus") + _top(program, node, "decay")
    if not reach <= 1e29:
        raise program.refuse(f"node {node.name!r} (wkv) exponent", "at most 1e29", f"up to {reach:g}")


def _top(program: Program, node: Node, role: str) -> float:
    tensor: Array = program.tensor(node, role)
    return float(np.abs(tensor).max())
