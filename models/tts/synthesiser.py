"""Acoustic frames to sound: pulses and noise through minimum-phase filters, at 24 kHz, block by block.

One block is two frames, 480 samples. Between frames everything is interpolated on a 5 ms grid:

    log H(g)   = cepstra(g) · M                       minimum-phase log spectrum, M fixed and complex
    voiced     : at each pulse instant τ   √(rate/F0) · H(τ) · P(τ) · e^(−jωτ), added to what is still
    sounding noise      : white noise in triangular windows on the grid, through H(g) · N(g) P² + N² = 1 per
    frequency, from voicing and the band periodicity

The oscillator's phase, the noise position and the sounding tail are the whole state, so that a stream cut
into any chunks gives the same samples as one call. Arithmetic happens in blocks of one fixed shape for the
same reason. Source-filter form after WORLD (Morise 2016); nothing here is learned.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numba import typeof
from numpy.typing import NDArray

from models.backends.warm import ready
from models.tts.fourier import turns
from models.tts.render import BLOCK, FRAMES_PER_BLOCK, GRID, POINTS, TAIL, block
from models.tts.spectrum import (
    BINS,
    CEPSTRA,
    FFT,
    PERIODICITY_BANDS,
    RATE,
    Floats,
    cosines,
    expansion,
    periodicity_expansion,
)

NOISE_LENGTH = 1 << 17
HIGH_PASS_HZ = 70.0
SILENCE = -18.0


def minimum_phase(log_magnitude: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Complex log spectrum of minimum phase for each row of log magnitudes (n, BINS), by folding the
    cepstrum.
    """
    cepstrum = np.fft.irfft(log_magnitude, FFT, axis=1)
    cepstrum[:, 1 : FFT // 2] *= 2.0
    cepstrum[:, FFT // 2 + 1 :] = 0.0
    return np.asarray(np.fft.rfft(cepstrum, FFT, axis=1))


@cache
def filters() -> tuple[Floats, Floats]:
    """(CEPSTRA, 2·BINS) and (KNOTS, 2·BINS): real and imaginary log spectra of each coefficient and each
    knot.
    """
    of_cepstra = minimum_phase(0.5 * (cosines().T @ expansion()))
    of_knots = minimum_phase(periodicity_expansion())
    return (
        np.hstack([of_cepstra.real, of_cepstra.imag]).astype(np.float32),
        np.hstack([of_knots.real, of_knots.imag]).astype(np.float32),
    )


@cache
def high_pass() -> Floats:
    """(2, BINS), real and imaginary: second-order Butterworth high-pass that keeps pulses free of direct
    current.
    """
    s = 1j * np.linspace(0.0, RATE / 2, BINS) / HIGH_PASS_HZ
    shape = s**2 / (s**2 + np.sqrt(2.0) * s + 1.0)
    return np.stack([shape.real, shape.imag]).astype(np.float32)


@cache
def noise_loop() -> Floats:
    """White noise of unit variance, 5.5 s long, played round and round."""
    return np.random.default_rng(20).standard_normal(NOISE_LENGTH, np.float32)


def silence() -> Floats:
    """One frame of silence: log F0, voicing, periodicity (dB), cepstra."""
    frame = np.zeros(2 + PERIODICITY_BANDS + CEPSTRA, np.float32)
    frame[0] = np.log(160.0)
    frame[5] = SILENCE * np.sqrt(80.0)
    return frame


@dataclass(slots=True)
class Synthesiser:
    """A voice's oscillator and filters. `step` turns two frames into 480 samples and goes on from there."""

    last: Floats = field(default_factory=silence)
    phase: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    noise_at: int = 0
    tail: Floats = field(default_factory=lambda: np.zeros(TAIL, np.float32))

    def step(self, frames: Floats) -> Floats:
        """480 samples for `frames` (2, 55): log F0, voicing 0…1, periodicity in dB (3), cepstra (50).

        A frame's instant is the end of its 240 samples: sound lags the frames' own clock by 10 ms.
        """
        points = np.empty((POINTS + 1, frames.shape[1]), np.float32)
        points[0] = self.last
        for i in range(FRAMES_PER_BLOCK):
            points[2 * i + 2] = frames[i]
            points[2 * i + 1] = 0.5 * (points[2 * i] + frames[i])
        self.last = frames[-1].copy()
        sound: Floats = block(
            points, *filters(), high_pass(), noise_loop(), self.noise_at, _window(), self.phase, self.tail,
            *turns(FFT),
        )  # fmt: skip
        self.noise_at = (self.noise_at + BLOCK) % NOISE_LENGTH
        return sound


@cache
def _window() -> Floats:
    return (np.concatenate([np.arange(GRID), GRID - np.arange(GRID)]) / GRID).astype(np.float32)


def prepare() -> None:
    """Have the kernel compiled, or loaded from its cache, before the first block."""
    points = np.zeros((POINTS + 1, 2 + PERIODICITY_BANDS + CEPSTRA), np.float32)
    example = (
        points, *filters(), high_pass(), noise_loop(), 0, _window(), np.zeros(1), points[0], *turns(FFT),
    )  # fmt: skip
    ready(block, tuple(map(typeof, example)))


def synthesise(frames: Floats) -> Floats:
    """All samples of `frames` (T, 55); an odd last frame is sounded twice."""
    if len(frames) % FRAMES_PER_BLOCK:
        frames = np.concatenate([frames, frames[-1:]])
    voice = Synthesiser()
    blocks = [voice.step(frames[i : i + FRAMES_PER_BLOCK]) for i in range(0, len(frames), FRAMES_PER_BLOCK)]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
