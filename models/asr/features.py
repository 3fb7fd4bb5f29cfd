"""Log-mel features, the same bit for bit whether a recording comes whole or in pieces.

Frame i is seen once sample 160 i + 399 is there:

    y_i = ln(M · |rfft(hann · x[160 i : 160 i + 400], 512)|² + 1e-6)      (80,)

and is normalised by a mean that only knows the past and a prior worth two seconds:

    m_t = (200 μ + Σ_{i ≤ t} y_i) / (200 + t),    ŷ_t = (y_t − m_t) / σ
"""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from models.asr.front import centred, energies

SAMPLE_RATE = 16_000
WINDOW = 400
HOP = 160
FFT = 512
BANDS = 80
LOWEST_HZ, HIGHEST_HZ = 20.0, 8_000.0
FLOOR = 1e-6
PRIOR_FRAMES = 200

_FRAMES_AT_ONCE = 4_096

Floats = NDArray[np.float32]


def hann(length: int) -> NDArray[np.float64]:
    """The periodic Hann window, ½ − ½ cos(2π n / length)."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def mel_bands() -> NDArray[np.float64]:
    """The triangular filters (80, 257), equally wide on the HTK mel scale 2595 log10(1 + f/700)."""
    edges_mel = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    frequency = np.linspace(0, SAMPLE_RATE / 2, FFT // 2 + 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (frequency - low) / (middle - low)
    falling = (high - frequency) / (high - middle)
    return np.maximum(0, np.minimum(rising, falling))


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _taps(bands: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The filters as the first bin of each band, (80,), and the weights from there on, (taps, 80)."""
    first = np.argmax(bands > 0, axis=1)
    widest = int((bands > 0).sum(axis=1).max())
    padded = np.hstack([bands, np.zeros((len(bands), widest))])
    weights = [padded[np.arange(len(bands)), first + tap] for tap in range(widest)]
    return first, np.array(weights)


_HANN = hann(WINDOW)
_FIRST, _WEIGHTS = _taps(mel_bands())


def frame_count(samples: int) -> int:
    """How many frames a recording of so many samples has."""
    return max(0, (samples - WINDOW) // HOP + 1)


def _log_mels(samples: NDArray[np.float64]) -> Floats:
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    spectrum = np.fft.rfft(frames * _HANN, FFT)
    # A matrix product would round differently for different numbers of frames; this sum does not.
    return np.log(energies(spectrum, _FIRST, _WEIGHTS, FLOOR)).astype(np.float32)


def log_mels(samples: Floats) -> Floats:
    """The log-mel frames (frames, 80) of a recording at 16 kHz in ±1."""
    wide = np.asarray(samples, dtype=np.float64)
    if wide.ndim != 1:
        raise ValueError(f"log_mels wants one channel, got an array of shape {wide.shape}")
    total = frame_count(len(wide))
    pieces = [
        _log_mels(wide[start * HOP : (min(start + _FRAMES_AT_ONCE, total) - 1) * HOP + WINDOW])
        for start in range(0, total, _FRAMES_AT_ONCE)
    ]
    return np.concatenate(pieces) if pieces else np.zeros((0, BANDS), np.float32)


class MelStream:
    """Log-mel frames of a recording that comes in pieces of any length."""

    def __init__(self) -> None:
        self._rest: Floats = np.zeros(0, np.float32)

    @property
    def held(self) -> int:
        """How many samples wait for the rest of their frame."""
        return len(self._rest)

    def feed(self, samples: Floats) -> Floats:
        """The frames (frames, 80) that these samples complete."""
        rest = np.concatenate([self._rest, np.asarray(samples, dtype=np.float32)])
        mels = log_mels(rest)
        self._rest = rest[len(mels) * HOP :]
        return mels


class RunningMean:
    """Normalisation by everything heard so far, kept as one float64 sum per band."""

    def __init__(self, mean: Floats, deviation: Floats) -> None:
        self._deviation = np.asarray(deviation, dtype=np.float64)
        self._sum = np.asarray(mean, dtype=np.float64) * PRIOR_FRAMES
        self._frames = 0

    def fork(self) -> RunningMean:
        """An independent mean of the same frames."""
        other = copy(self)
        other._sum = self._sum.copy()
        return other

    def feed(self, mels: Floats) -> Floats:
        """The normalised frames, same shape, float32."""
        if not len(mels):
            return np.zeros((0, BANDS), np.float32)
        counted = PRIOR_FRAMES + self._frames
        self._frames += len(mels)
        normalised: Floats = centred(mels, self._sum, counted, self._deviation)
        return normalised


def normalise(mels: Floats, mean: Floats, deviation: Floats) -> Floats:
    """A whole recording's frames (frames, 80) normalised by their running mean."""
    return RunningMean(mean, deviation).feed(mels)
