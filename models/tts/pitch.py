"""Fundamental frequency of a recording by autocorrelation and the cheapest path through its peaks.

Short-term autocorrelation, corrected for the window's own (Boersma 1993), gives each frame a few candidate
pitches and the candidate "unvoiced". A path through the frames is then chosen by dynamic programming. Costs
of leaps, of low octaves and of distance from the speaker's range keep it from halving and doubling, which a
frame-by-frame estimate does in creaky and breathy stretches.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.tts.spectrum import FRAME, RATE, Floats

LOWEST_HZ, HIGHEST_HZ = 90.0, 400.0
WINDOW = int(3 * RATE / LOWEST_HZ)
TRANSFORM = 2048
CANDIDATES = 8
VOICED_FROM = 0.3
SILENT_BELOW = 0.03
OCTAVE_COST = 0.05
LEAP_COST = 0.5
VOICING_COST = 0.14
RANGE_COST = 0.04


def track(samples: Floats, centre_hz: float = 160.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(F0 in Hz, 0 where unvoiced; strength 0…1 of the chosen period), one each 10 ms, first at 0 s.

    `centre_hz` is the middle of the speaker's range; each octave squared away from it costs `RANGE_COST`.
    """
    hz, strength, loudness = candidates(samples)
    octaves = np.log2(np.maximum(hz, 1.0) / centre_hz)
    score = np.where(
        hz > 0.0,
        strength - OCTAVE_COST * np.log2(HIGHEST_HZ / np.maximum(hz, 1.0)) - RANGE_COST * octaves**2,
        -1e9,
    )
    unvoiced = VOICED_FROM + np.maximum(0.0, 2.0 - loudness * (1.0 + VOICED_FROM) / SILENT_BELOW)
    path = _cheapest(np.column_stack([unvoiced, score]), np.column_stack([np.zeros(len(hz)), hz]))
    rows = np.arange(len(hz))
    chosen = np.maximum(path - 1, 0)
    voiced = path > 0
    return np.where(voiced, hz[rows, chosen], 0.0), np.where(voiced, strength[rows, chosen], 0.0)


def candidates(samples: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Pitches (frames, 8) in Hz, 0 where there are fewer, their strengths, and each frame's relative peak."""
    signal = np.asarray(samples, np.float64)
    signal = signal - signal.sum() / max(1, len(signal))
    frames = len(signal) // FRAME + 1
    padded = np.concatenate([np.zeros(WINDOW // 2), signal, np.zeros(WINDOW + FRAME)])
    pieces = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: frames * FRAME : FRAME]
    pieces = pieces - pieces.mean(1, keepdims=True)
    peaks = np.abs(pieces).max(1) / max(float(np.abs(signal).max(initial=0.0)), 1e-9)
    window = np.hanning(WINDOW)
    of_window = _autocorrelation(window[None])[0]
    found = _autocorrelation(pieces * window)
    shape = of_window / of_window[0]
    longest = int(RATE / LOWEST_HZ) + 2
    normal = found[:, : longest + 1] / np.maximum(found[:, :1], 1e-12) / shape[: longest + 1]
    hz, strength = _peaks(normal, int(RATE / HIGHEST_HZ), longest)
    return hz, strength, peaks


def _autocorrelation(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(pieces, TRANSFORM, axis=1)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2, TRANSFORM, axis=1))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _peaks(normal, shortest, longest):  # type: ignore[no-untyped-def]
    """The strongest local maxima between two lags, their place and height by a parabola through three
    points.
    """
    frames = normal.shape[0]
    hz = np.zeros((frames, CANDIDATES))
    strength = np.zeros((frames, CANDIDATES))
    for t in range(frames):
        for lag in range(shortest, longest):
            left, here, right = normal[t, lag - 1], normal[t, lag], normal[t, lag + 1]
            if here < 0.2 or here < left or here <= right:
                continue
            bend = left - 2.0 * here + right
            shift = 0.5 * (left - right) / bend if bend < 0.0 else 0.0
            height = min(here - 0.25 * (left - right) * shift, 1.0)
            weakest = np.argmin(strength[t])
            if height > strength[t, weakest]:
                hz[t, weakest], strength[t, weakest] = RATE / (lag + shift), height
    return hz, strength


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _cheapest(score, hz):  # type: ignore[no-untyped-def]
    """(frames,) candidate of every frame on the best path; 0 is unvoiced."""
    frames, n = score.shape
    best = score[0].copy()
    back = np.zeros((frames, n), np.int64)
    for t in range(1, frames):
        new = np.empty(n)
        for j in range(n):
            top, where = -1e18, 0
            for i in range(n):
                if (hz[t - 1, i] > 0.0) != (hz[t, j] > 0.0):
                    cost = VOICING_COST
                elif hz[t, j] > 0.0:
                    cost = LEAP_COST * abs(np.log2(hz[t, j] / hz[t - 1, i]))
                else:
                    cost = 0.0
                if best[i] - cost > top:
                    top, where = best[i] - cost, i
            new[j] = top + score[t, j]
            back[t, j] = where
        best = new
    path = np.zeros(frames, np.int64)
    path[-1] = np.argmax(best)
    for t in range(frames - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path
