"""Loihi 2's arithmetic: 8 bit weights, 24 bit state, graded spikes, no floating point.

A real number is a 24 bit integer with 12 bits behind the point. Parameters are 16 bit mantissas with a power
of two (the chip's MUL_SHR), leaks are 4096ths and decay toward zero as in `fixedpoint`, sums saturate. int8
weights are what the synaptic memory holds. The chip has no exponential and no root; norm, gate and wkv are
assumed to be computed by tables that are right to the last of the 12 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.chips.emulated import Arithmetic, accumulated, as_stored, convolved
from models.chips.fixedpoint import DECAY_BITS, STATE_LIMIT, decayed
from models.program.graph import Node, Program
from models.program.ops import Array, Parameters, States

POINT = 12
ONE = 1 << POINT
MANTISSA_BITS = 16
Result = tuple[Array, dict[str, Array]]


def fixed(x: Array) -> Array:
    """Give reals as fixed-point int64: round to the nearest 2^−12, saturate at ±(2^23 − 1).

    >>> fixed(np.array([0.5, 1e9, -1e9])).tolist()
    [2048, 8388607, -8388607]
    """
    limit = STATE_LIMIT - 1
    scaled = np.rint(np.clip(np.asarray(x, np.float64) * ONE, -limit, limit))
    return np.asarray(np.where(np.isnan(scaled), 0, scaled), np.int64)


def real(q: Array) -> Array:
    """Give fixed-point integers as the float32 numbers that they stand for, saturated."""
    limit = STATE_LIMIT - 1
    return (np.clip(q, -limit, limit) / ONE).astype(np.float32)


def mantissa(x: Array) -> Array:
    """Give a parameter as a 16 bit signed mantissa times a power of two, float64.

    >>> float(mantissa(np.array([1 / 3]))[0] * 2**16)
    21845.5
    """
    part, exponent = np.frexp(np.asarray(x, np.float64))
    return np.ldexp(np.rint(np.ldexp(part, MANTISSA_BITS)), exponent - MANTISSA_BITS)


def scaled(q: Array, factor: Array) -> Array:
    """Give q · factor as MUL_SHR does: the product's low bits are dropped, rounding down."""
    return np.floor(q * factor).astype(np.int64)


def prepare(program: Program, node: Node, rng: np.random.Generator) -> dict[str, Any]:
    """Give a node's tensors as the chip's registers hold them."""
    held = as_stored(program, node)
    if node.op in ("synapses", "conv", "embedding"):
        held["gain"] = mantissa(held["scale"]) * ONE
        held["start"] = fixed(held["bias"]) if "bias" in held else 0
    elif node.op == "lif":
        unity = 1 << DECAY_BITS
        held["decay"] = unity - np.rint(np.asarray(held["leak"], np.float64) * unity).astype(np.int64)
        held["level"] = np.maximum(1, fixed(held["threshold"]))
    elif node.op in ("norm", "affine"):
        held["gain"], held["start"] = mantissa(held["gain"]), fixed(held["offset"])
    elif node.op == "token_shift":
        held["share"] = np.rint(np.asarray(held["mix"], np.float64) * ONE) / ONE
    elif node.op == "wkv":
        held["fade"], held["extra"] = fixed(held["decay"]), fixed(held["bonus"])
    return held


def port(p: Parameters, state: States, x: Array) -> Result:
    """A port's reals, rounded and saturated; tokens as they are."""
    return (x if p["kind"] == "token" else real(fixed(x))), {}


def embedding(p: Parameters, state: States, token: Array) -> Result:
    """One row of weights, scaled."""
    return real(scaled(p["weight"][token[:, 0]].astype(np.int64), p["gain"])), {}


def synapses(p: Parameters, state: States, spikes: Array) -> Result:
    """Exact integer sum, saturated at 24 bit, then scaled."""
    total = np.clip(accumulated(p, spikes), 1 - STATE_LIMIT, STATE_LIMIT - 1)
    return real(scaled(total, p["gain"]) + p["start"]), {}


def conv(p: Parameters, state: States, spikes: Array) -> Result:
    """As `synapses`, over the spikes that the axons delay."""
    total, past = convolved(p, state, spikes)
    return real(scaled(total, p["gain"]) + p["start"]), {"past": past}


def lif(p: Parameters, state: States, current: Array) -> Result:
    """The program's neuron in integers: decay toward zero, add, compare, count thresholds, reset."""
    membrane = decayed(fixed(state["v"]), p["decay"]) + fixed(current)
    membrane = np.clip(membrane, 1 - STATE_LIMIT, STATE_LIMIT - 1)
    size = np.clip((np.abs(membrane) if p["signed"] else membrane) // p["level"], 0, p["levels"])
    spikes = np.where(membrane < 0, -size, size) if p["signed"] else size
    left = membrane - spikes * p["level"] if p["reset"] == "soft" else np.where(spikes != 0, 0, membrane)
    return spikes.astype(np.int32), {"v": real(left)}


def norm(p: Parameters, state: States, x: Array) -> Result:
    """Integer mean of squares, a 16 bit inverse root, two scalings."""
    q = fixed(x)
    square = (q * q).sum(axis=1, keepdims=True) / (q.shape[1] * float(ONE * ONE))
    inverse = mantissa(1 / np.sqrt(square + 1e-5))
    return real(scaled(scaled(q, inverse), p["gain"]) + p["start"]), {}


def affine(p: Parameters, state: States, x: Array) -> Result:
    """Scale and add."""
    return real(scaled(fixed(x), p["gain"]) + p["start"]), {}


def add(p: Parameters, state: States, a: Array, b: Array) -> Result:
    """A sum that saturates."""
    return real(fixed(a) + fixed(b)), {}


def gate(p: Parameters, state: States, a: Array, b: Array) -> Result:
    """A table for the sigmoid, then a product."""
    opening = np.rint(ONE / (1 + np.exp(-np.asarray(a, np.float64)))) / ONE
    return real(scaled(fixed(b), opening)), {}


def token_shift(p: Parameters, state: States, x: Array) -> Result:
    """Both shares in 4096ths."""
    now, before = fixed(x), fixed(state["previous"])
    return real(scaled(now, p["share"]) + scaled(before, 1 - p["share"])), {"previous": real(now)}


def wkv(p: Parameters, state: States, k: Array, v: Array) -> Result:
    """The recurrence with numerator, denominator and maximum in 24 bit; exponentials from tables."""
    num, den, top = (fixed(state[part]) for part in ("num", "den", "p"))
    key, value = fixed(k), fixed(v)

    def power(q: Array) -> Array:
        return np.rint(np.exp(np.maximum(q, -20 * ONE) / ONE) * ONE) / ONE

    now = p["extra"] + key
    best = np.maximum(top, now)
    old, new = power(top - best), power(now - best)
    above = old * num + new * value
    below = np.maximum(1.0, old * den + new * ONE)
    y = np.rint(above / below * ONE)
    faded = top + p["fade"]
    best = np.maximum(faded, key)
    old, new = power(faded - best), power(key - best)
    after = {"num": np.rint(old * num + new * value), "den": np.rint(old * den + new * ONE), "p": best}
    return real(y), {part: real(q) for part, q in after.items()}


ARITHMETIC = Arithmetic(
    "loihi2",
    {
        "input": port, "embedding": embedding, "synapses": synapses, "conv": conv, "lif": lif, "norm": norm,
        "affine": affine, "add": add, "gate": gate, "token_shift": token_shift, "wkv": wkv,
    },
    prepare,
)  # fmt: skip
