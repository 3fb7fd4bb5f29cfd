"""Fixed-point synapses and LIF neurons as Loihi computes them, bit for bit as Lava's `fixed_pt` models do.

Everything here is integer arithmetic on int64 arrays that hold values of a stated narrower width. Three
habits of the chip differ from ordinary integer code, and each has its one home below: decay rounds toward
zero, the synaptic current wraps when it overflows, the membrane saturates.

Source: Lava 0.11 (`proc/dense/models.py`, `proc/lif/models.py`), BSD-3; Davies et al., IEEE Micro 2018.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Int = NDArray[np.int64]

DECAY_BITS = 12
"""Decay factors are fractions of 2^12."""

ALIGN_BITS = 6
"""Synaptic input and thresholds are shifted left by six bits before they meet the state."""

STATE_LIMIT = 1 << 23
"""Current and membrane are 24 bit wide: 23 bits and a sign."""

SIGN_MODES = ("mixed", "excitatory", "inhibitory")


def sign_mode(weights: ArrayLike) -> str:
    """Give the sign mode that a weight matrix fits: all ≥ 0 excitatory, all ≤ 0 inhibitory, otherwise mixed.

    >>> sign_mode([[3, -1]]), sign_mode([[3, 0]]), sign_mode([[-3, 0]])
    ('mixed', 'excitatory', 'inhibitory')
    """
    w = np.asarray(weights)
    if np.all(w >= 0):
        return "excitatory"
    return "inhibitory" if np.all(w <= 0) else "mixed"


def truncate_weights(weights: ArrayLike, bits: int = 8, mode: str | None = None) -> Int:
    """Give the weights that the chip's synaptic memory can hold.

    Clip to the mode's range (mixed −256…255, excitatory 0…255, inhibitory −255…0), then clear the low bits
    that are not stored: 8 − bits of them, and one more in mixed mode, where the sign takes a bit. Clearing
    floors the magnitude of inhibitory weights and the signed value of the others.

    weights: any shape, integers; bits: 1…8; mode: one of `SIGN_MODES`, found from the weights when None.
    Raises ValueError for an unknown mode or a width outside 1…8.

    >>> truncate_weights([101, -37, 8]).tolist(), truncate_weights([101, -37, 8], bits=6).tolist()
    ([100, -38, 8], [96, -40, 8])
    """
    if not 1 <= bits <= 8:
        raise ValueError(f"weights are stored in 1 to 8 bits, not {bits}")
    w = np.asarray(weights).astype(np.int64)
    mode = mode or sign_mode(w)
    if mode not in SIGN_MODES:
        raise ValueError(f"unknown sign mode {mode!r}; known: {', '.join(SIGN_MODES)}")
    dropped = 8 - bits + (mode == "mixed")
    low, high = {"mixed": (-256, 255), "excitatory": (0, 255), "inhibitory": (-255, 0)}[mode]
    w = np.clip(w, low, high)
    if mode == "inhibitory":
        return -((-w >> dropped) << dropped)
    return (w >> dropped) << dropped


def shift(value: ArrayLike, exponent: ArrayLike) -> Int:
    """Multiply by a power of two: shift left for a positive exponent, floor-shift right for a negative one.

    >>> shift([-38, 38], -2).tolist(), shift([-38], 3).tolist()
    ([-10, 9], [-304])
    """
    v = np.asarray(value, dtype=np.int64)
    e = np.asarray(exponent, dtype=np.int64)
    return np.where(e >= 0, v << np.maximum(e, 0), v >> np.maximum(-e, 0))


def synaptic_current(payload: ArrayLike, weights: ArrayLike, weight_exp: int = 0) -> Int:
    """Give the summed synaptic input a = (W·s) · 2^weight_exp; the shift is on the sum and floors.

    payload: (n_in,) spikes, 0/1 or graded integers; weights: (n_out, n_in), already truncated.
    Gives (n_out,).
    """
    total = np.asarray(weights, dtype=np.int64) @ np.asarray(payload, dtype=np.int64)
    return shift(total, weight_exp)


def decayed(value: Int, leak: ArrayLike) -> Int:
    """Give value · (4096 − leak) / 4096, rounded toward zero.

    >>> decayed(np.array([80, -80]), 128).tolist()
    [77, -77]
    """
    kept = np.abs(value) * ((1 << DECAY_BITS) - np.asarray(leak, dtype=np.int64)) >> DECAY_BITS
    return np.sign(value) * kept


def wrapped(current: Int) -> Int:
    """Wrap a current that left the 24-bit range, as Lava does.

    +2^23 itself stays and −2^23 becomes +2^23, one off from two's complement.

    >>> wrapped(np.array([2**23, 2**23 + 1, -2**23])).tolist()
    [8388608, -8388607, 8388608]
    """
    turn = 2 * STATE_LIMIT
    from_below = np.where(current <= -STATE_LIMIT, current + turn, current)
    return np.where(current > STATE_LIMIT, current - turn, from_below)


def saturated(membrane: Int) -> Int:
    """Clip a membrane potential to ±(2^23 − 1)."""
    return np.clip(membrane, 1 - STATE_LIMIT, STATE_LIMIT - 1)


@dataclass(frozen=True, slots=True)
class LifParameters:
    """A current-based LIF population, as the chip's registers hold it.

    `du` 0…4095 (4095 forgets the current at once), `dv` 0…4095 (0 never leaks), both in 4096ths;
    `vth` mantissa of 17 bits, effective threshold vth · 2^6; bias bias_mant · 2^bias_exp on every step.
    """

    du: int
    dv: int
    vth: int
    bias_mant: int = 0
    bias_exp: int = 0

    def __post_init__(self) -> None:
        for name, high in (("du", 4095), ("dv", 4095), ("vth", (1 << 17) - 1)):
            value = getattr(self, name)
            if not 0 <= value <= high:
                raise ValueError(f"{name} is {value}; the register holds 0 to {high}")


def lif_step(current: Int, u: Int, v: Int, p: LifParameters) -> tuple[Int, Int, Int]:
    """Give (spikes, u, v) after one step of the current-based LIF neuron with hard reset.

    u ← wrap(decay(u, du + 1) + current · 2^6); v ← saturate(decay(v, dv) + u + bias); spike where
    v > vth · 2^6 (strictly), and v ← 0 there. All arrays (n,); nothing is changed in place.
    """
    u = wrapped(decayed(u, p.du + 1) + (current << ALIGN_BITS))
    v = saturated(decayed(v, p.dv) + u + shift(p.bias_mant, p.bias_exp))
    spikes = v > p.vth << ALIGN_BITS
    return spikes.astype(np.int64), u, np.where(spikes, 0, v)


@dataclass(frozen=True, slots=True)
class Layer:
    """Dense synapses in front of a LIF population: the smallest network that the chip runs.

    weights: (n_out, n_in), truncated once here; the current computed in a step acts in the next one.
    """

    weights: Int
    neurons: LifParameters
    weight_exp: int = 0
    weight_bits: int = 8
    mode: str | None = None
    stored: Int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stored", truncate_weights(self.weights, self.weight_bits, self.mode))

    def run(self, spikes_in: ArrayLike) -> tuple[Int, Int, Int]:
        """Give (spikes (n_out, steps), u, v at the end) for spikes_in (n_in, steps), starting from rest."""
        train = np.asarray(spikes_in, dtype=np.int64)
        n_out = self.stored.shape[0]
        u, v, pending = (np.zeros(n_out, dtype=np.int64) for _ in range(3))
        out = np.zeros((n_out, train.shape[1]), dtype=np.int64)
        for t in range(train.shape[1]):
            out[:, t], u, v = lif_step(pending, u, v, self.neurons)
            pending = synaptic_current(train[:, t], self.stored, self.weight_exp)
        return out, u, v
