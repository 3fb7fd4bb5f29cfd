"""Sound as it comes (any rate, channels, whole numbers or floats, damaged or not) as 16 kHz in ±1."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from models.asr.features import SAMPLE_RATE
from models.asr.front import steady

Floats = NDArray[np.float32]

# One pole just below 1 takes away what stands still, under 2.5 Hz, and leaves speech alone.
_STILL = 0.999
_LOUDEST = 1.0


def as_floats(samples: NDArray[np.generic]) -> Floats:
    """One channel of finite numbers in ±1: channels averaged, whole numbers scaled, NaN made silent."""
    array = np.asarray(samples)
    if array.dtype.kind == "u":
        array = array.astype(np.float32) / np.float32((np.iinfo(array.dtype).max + 1) / 2) - 1
    elif array.dtype.kind == "i":
        array = array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max + 1)
    elif array.dtype.kind != "f":
        raise TypeError(f"sound must be numbers, found {array.dtype}: give samples as float32 in ±1")
    if array.ndim == 2:
        array = array.mean(1)
    elif array.ndim != 1:
        raise TypeError(f"sound must be (samples,) or (samples, channels), found {array.shape}")
    finite = np.nan_to_num(array, nan=0.0, posinf=_LOUDEST, neginf=-_LOUDEST)
    return np.clip(finite, -_LOUDEST, _LOUDEST).astype(np.float32)


class Inlet:
    """A stream of sound at any rate made fit for the recogniser, piece by piece."""

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        if not 4_000 <= rate <= 768_000:
            raise ValueError(f"a rate of {rate} samples a second is not speech: use 4,000 to 768,000")
        self._soxr = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1, "float32")
        self._still: NDArray[np.float64] | None = None

    def fork(self) -> Inlet:
        """An independent inlet in the same place. Raises ValueError where it changes the rate."""
        if self._soxr is not None:
            raise ValueError("a resampler cannot be copied: give sound at 16,000 samples a second")
        other = Inlet()
        other._still = None if self._still is None else self._still.copy()
        return other

    def feed(self, samples: NDArray[np.generic]) -> Floats:
        """The samples at 16 kHz that are ready."""
        if self._soxr is None and samples.dtype == np.float32 and samples.ndim == 1:
            return self._steady(samples)  # type: ignore[arg-type]
        return self._steady(self._resampled(as_floats(samples), last=False))

    def finish(self) -> Floats:
        """The samples that the resampler still held."""
        return self._steady(self._resampled(np.zeros(0, np.float32), last=True))

    def _resampled(self, samples: Floats, last: bool) -> Floats:
        if self._soxr is None:
            return samples
        return np.asarray(self._soxr.resample_chunk(samples, last=last), np.float32)

    def _steady(self, samples: Floats) -> Floats:
        """y[n] = x[n] − x[n−1] + 0.999 y[n−1], begun as if the first sample had always been there.

        What is beyond ±1 is clipped, what is no number is silent.
        """
        if not len(samples):
            return samples
        if self._still is None:
            self._still = np.array([-float(as_floats(samples[:1])[0])])
        clean: Floats = steady(samples, self._still, _STILL)
        return clean
