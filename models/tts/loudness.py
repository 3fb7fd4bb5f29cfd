"""How loud speech is: integrated loudness in LUFS (ITU-R BS.1770-4, one channel)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.tts.spectrum import Floats

TARGET_LUFS = -20.0
BLOCK_S, OVERLAP = 0.4, 0.75
ABSOLUTE_LUFS, RELATIVE_LU = -70.0, -10.0


def lufs(samples: Floats, rate: int) -> float:
    """Loudness over the 400 ms blocks that pass both gates; −70 where none does."""
    from scipy.signal import lfilter

    weighted = np.asarray(samples, np.float64)
    for above, below in weighting(rate):
        weighted = lfilter(above, below, weighted)
    block = int(BLOCK_S * rate)
    if len(weighted) < block:
        weighted = np.pad(weighted, (0, block - len(weighted)))
    windows = np.lib.stride_tricks.sliding_window_view(weighted, block)[:: int(block * (1.0 - OVERLAP))]
    power = np.mean(windows**2, axis=1)
    kept = power[_lufs(power) > ABSOLUTE_LUFS]
    if not len(kept):
        return ABSOLUTE_LUFS
    kept = kept[_lufs(kept) > _lufs(kept.mean()) + RELATIVE_LU]
    return float(_lufs(kept.mean()))


def _lufs(power: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(power, 1e-12)))


def weighting(rate: int) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]:
    """The K weighting's two filters, (numerator, denominator) each, at any sampling rate.

    The standard gives coefficients for 48 kHz; these are the analogue prototypes behind them, a high shelf
    of +4 dB around 1682 Hz and a high-pass at 38 Hz, by the bilinear transform (De Man 2014).
    """
    k = np.tan(np.pi * 1681.974450955533 / rate)
    quality, high = 0.7071752369554196, 10.0 ** (3.999843853973347 / 20.0)
    middle = high**0.4996667741545416
    whole, edge = 1.0 + k / quality + k * k, middle * k / quality
    shelf = (
        np.array([high + edge + k * k, 2.0 * (k * k - high), high - edge + k * k]) / whole,
        np.array([whole, 2.0 * (k * k - 1.0), 1.0 - k / quality + k * k]) / whole,
    )
    k, quality = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    whole = 1.0 + k / quality + k * k
    low_cut = (
        np.array([1.0, -2.0, 1.0]),
        np.array([whole, 2.0 * (k * k - 1.0), 1.0 - k / quality + k * k]) / whole,
    )
    return shelf, low_cut
