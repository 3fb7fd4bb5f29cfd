"""The inner loops of the front end, compiled: a piece of 20 ms costs its arithmetic, not a dozen array calls.

Each gives the same bits as the equation beside it, worked out with whole arrays in the written order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import typeof
from numpy.typing import NDArray

from models.backends.warm import jit_cached, ready

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@jit_cached
def steady(samples, before, leak):  # type: ignore[no-untyped-def]
    """x[n] − x[n−1] + leak · y[n−1] of (n,) float32 samples, and nothing where a sample is no number.

    before: (1,) float64, −x[n−1] + leak · y[n−1] of the last sample, moved on.
    """
    out = np.empty(len(samples), np.float32)
    z = before[0]
    for i in range(len(samples)):
        x = 1.0 * samples[i]
        x = 0.0 if np.isnan(x) else min(max(x, -1.0), 1.0)
        y = z + x
        z = -x - y * -leak
        out[i] = np.float32(y)
    before[0] = z
    return out


@jit_cached
def energies(spectrum, first, weights, floor):  # type: ignore[no-untyped-def]
    """Σ_t weights[t, b] · |spectrum[i, first[b] + t]|² + floor, (frames, bands), summed in order of t."""
    frames, bins = spectrum.shape
    taps, bands = weights.shape
    power = np.empty(bins + taps)
    power[bins:] = 0.0
    out = np.empty((frames, bands))
    for i in range(frames):
        for k in range(bins):
            value = spectrum[i, k]
            power[k] = value.real * value.real + value.imag * value.imag
        for b in range(bands):
            total = 0.0
            for t in range(taps):
                total += power[first[b] + t] * weights[t, b]
            out[i, b] = total + floor
    return out


@jit_cached
def centred(mels, sums, counted, deviation):  # type: ignore[no-untyped-def]
    """(mels − their running mean) / deviation; sums (bands,) of `counted` frames is moved on."""
    frames, bands = mels.shape
    out = np.empty((frames, bands), np.float32)
    for i in range(frames):
        count = np.float64(counted + i + 1)
        for b in range(bands):
            value = np.float64(mels[i, b])
            sums[b] += value
            out[i, b] = np.float32((value - sums[b] / count) / deviation[b])
    return out


def prepare() -> None:
    """Have the kernels compiled, or loaded from their cache, before the first sound."""
    floats, doubles = np.zeros((1, 1), np.float32), np.zeros((1, 1))
    kernels: list[tuple[Any, tuple[Any, ...]]] = [
        (steady, (floats[0], doubles[0], 0.5)),
        (energies, (np.zeros((1, 2), np.complex128), np.zeros(1, np.int64), doubles, 0.5)),
        (centred, (floats, doubles[0], 1, doubles[0])),
    ]
    for kernel, example in kernels:
        ready(kernel, tuple(map(typeof, example)))
