"""A recording as acoustic frames: envelope, fundamental frequency, voicing and periodicity every 10 ms.

F0 and voicing come from `models.tts.pitch`; given these, WORLD (Morise, Yokomori, Ozawa 2016) gives the rest:
CheapTrick the envelope, D4C the band aperiodicity. Needed for training and evaluation only.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.tts.pitch import track
from models.tts.spectrum import CEPSTRA, FFT, FRAME_MS, PERIODICITY_BANDS, RATE, Floats, cosines, pooling


@dataclass(frozen=True, slots=True)
class Frames:
    """Acoustic frames of one stretch of speech, one row per 10 ms.

    log_f0: (T,) natural log of F0 in Hz, carried through unvoiced stretches; voiced: (T,) 0 or 1;
    periodicity: (T, 3) noise share in dB (0 = all noise) at 3, 6, 9 kHz; cepstra: (T, 50) of the log power.
    """

    log_f0: Floats
    voiced: Floats
    periodicity: Floats
    cepstra: Floats

    def __len__(self) -> int:
        return len(self.log_f0)

    def save(self, path: Path) -> None:
        """Written so that a kill leaves either the whole file or none."""
        partial = path.with_suffix(".partial.npz")
        np.savez(
            partial,
            log_f0=self.log_f0,
            voiced=self.voiced,
            periodicity=self.periodicity,
            cepstra=self.cepstra,
        )
        partial.replace(path)

    @staticmethod
    def load(path: Path) -> "Frames":
        """The frames that `save` wrote."""
        with np.load(path) as stored:
            return Frames(stored["log_f0"], stored["voiced"], stored["periodicity"], stored["cepstra"])


def continuous_log_f0(f0: Floats, voiced: np.ndarray) -> Floats:
    """Log F0 with unvoiced stretches bridged in a straight line; 160 Hz where nothing is voiced."""
    if not voiced.any():
        return np.full(len(f0), np.log(160.0), np.float32)
    at = np.flatnonzero(voiced)
    return np.interp(np.arange(len(f0)), at, np.log(f0[at])).astype(np.float32)


def analyse(samples: Floats) -> Frames:
    """Frames of a recording at 24 kHz (scaled as wished beforehand)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyworld

    signal = np.ascontiguousarray(samples, np.float64)
    f0, _ = track(samples)
    times = np.arange(len(f0)) * (FRAME_MS / 1000.0)
    envelope = pyworld.cheaptrick(signal, f0, times, RATE, fft_size=FFT)
    aperiodicity = pyworld.d4c(signal, f0, times, RATE, fft_size=FFT)
    bands = pyworld.code_aperiodicity(aperiodicity, RATE)
    if bands.shape[1] != PERIODICITY_BANDS:
        raise ValueError(f"aperiodicity has {bands.shape[1]} bands, expected {PERIODICITY_BANDS}")
    voiced = f0 > 0.0
    log_power = np.log(np.maximum(envelope, 1e-14)) @ pooling()
    return Frames(
        continuous_log_f0(f0.astype(np.float32), voiced),
        voiced.astype(np.float32),
        np.clip(bands, -60.0, 0.0).astype(np.float32),
        (log_power @ cosines()[:, :CEPSTRA]).astype(np.float32),
    )
