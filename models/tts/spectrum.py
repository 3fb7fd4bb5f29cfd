"""Smooth spectra as few numbers: log envelope on a mel axis, and its cosine transform.

A frame's spectral envelope is kept as `ENVELOPE_POINTS` log-power values at frequencies spaced evenly on the
mel axis from 0 Hz to half the sampling rate, and for learning as the first `CEPSTRA` coefficients of their
orthonormal cosine transform (mel-cepstrum). All matrices here are fixed; none is learned.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 24_000
FRAME_MS = 10
FRAME = RATE * FRAME_MS // 1000
FFT = 1024
BINS = FFT // 2 + 1
ENVELOPE_POINTS = 80
CEPSTRA = 50
PERIODICITY_BANDS = 3
PERIODICITY_HZ = (3_000.0, 6_000.0, 9_000.0)

Floats = NDArray[np.float32]


def mel(hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Mel value of a frequency: 2595 log10(1 + hz/700) (O'Shaughnessy 1987)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz, np.float64) / 700.0))


def hertz(mels: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Frequency of a mel value: the inverse of `mel`."""
    return np.asarray(700.0 * (10.0 ** (np.asarray(mels, np.float64) / 2595.0) - 1.0))


@cache
def pooling() -> NDArray[np.float64]:
    """(BINS, ENVELOPE_POINTS) triangular weights that average a log spectrum around each mel-spaced point."""
    hz = np.linspace(0.0, RATE / 2, BINS)
    axis = mel(hz)
    centres = np.linspace(0.0, float(mel(RATE / 2)), ENVELOPE_POINTS)
    step = centres[1] - centres[0]
    weights = np.clip(1.0 - np.abs(axis[:, None] - centres[None, :]) / step, 0.0, None)
    bin_hz = hz[1]
    for j, centre in enumerate(hertz(centres)):
        if weights[:, j].sum() < 1.0:  # narrower than the bins: read the two bins around the point
            position = min(centre / bin_hz, BINS - 1.0)
            low = min(int(position), BINS - 2)
            weights[:, j] = 0.0
            weights[low, j], weights[low + 1, j] = 1.0 - (position - low), position - low
    return np.asarray(weights / weights.sum(0, keepdims=True))


@cache
def expansion() -> NDArray[np.float64]:
    """(ENVELOPE_POINTS, BINS) linear interpolation on the mel axis back to the FFT's bins."""
    position = mel(np.linspace(0.0, RATE / 2, BINS)) / float(mel(RATE / 2)) * (ENVELOPE_POINTS - 1)
    low = np.clip(position.astype(np.int64), 0, ENVELOPE_POINTS - 2)
    weights = np.zeros((ENVELOPE_POINTS, BINS))
    weights[low, np.arange(BINS)] = 1.0 - (position - low)
    weights[low + 1, np.arange(BINS)] = position - low
    return weights


@cache
def cosines() -> NDArray[np.float64]:
    """(ENVELOPE_POINTS, CEPSTRA) orthonormal DCT-II basis; its transpose inverts it, but for the finest
    ripples.
    """
    n, k = np.arange(ENVELOPE_POINTS)[:, None], np.arange(CEPSTRA)[None, :]
    basis = np.sqrt(2.0 / ENVELOPE_POINTS) * np.cos(np.pi * (n + 0.5) * k / ENVELOPE_POINTS)
    basis[:, 0] /= np.sqrt(2.0)
    return np.asarray(basis)


@cache
def periodicity_expansion() -> NDArray[np.float64]:
    """(PERIODICITY_BANDS + 2, BINS) linear interpolation of [0 Hz, the bands, half the rate] to the FFT's
    bins.
    """
    knots = np.array([0.0, *PERIODICITY_HZ, RATE / 2])
    hz = np.linspace(0.0, RATE / 2, BINS)
    return np.stack([np.interp(hz, knots, row) for row in np.eye(len(knots))])
