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
from numba import njit
from numpy.typing import NDArray

from models.tts.spectrum import (
    BINS,
    CEPSTRA,
    FFT,
    FRAME,
    PERIODICITY_BANDS,
    RATE,
    Floats,
    cosines,
    expansion,
    periodicity_expansion,
)

GRID = FRAME // 2
FRAMES_PER_BLOCK = 2
BLOCK = FRAMES_PER_BLOCK * FRAME
POINTS = BLOCK // GRID
NOISE_LENGTH = 1 << 17
HIGH_PASS_HZ = 70.0
SILENCE = -18.0
KNOTS = PERIODICITY_BANDS + 2
LOWEST_NOISE, HIGHEST_NOISE = 1e-6, 0.9  # share of noise at 0 Hz and at half the rate


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
def high_pass() -> NDArray[np.complex64]:
    """(BINS,) second-order Butterworth high-pass that keeps pulses free of direct current."""
    s = 1j * np.linspace(0.0, RATE / 2, BINS) / HIGH_PASS_HZ
    return np.asarray(s**2 / (s**2 + np.sqrt(2.0) * s + 1.0), np.complex64)


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
    phase: float = 0.0
    noise_at: int = 0
    tail: Floats = field(default_factory=lambda: np.zeros(FFT + BLOCK + GRID, np.float32))

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
        pulse, noise = spectra(points)
        self._add_noise(noise[1:])
        self._add_pulses(points, pulse)
        block = self.tail[:BLOCK].copy()
        self.tail[:-BLOCK] = self.tail[BLOCK:]
        self.tail[-BLOCK:] = 0.0
        return block

    def _add_noise(self, spectrum: NDArray[np.complex64]) -> None:
        loop, window = noise_loop(), _window()
        pieces = np.empty((POINTS, 2 * GRID), np.float32)
        for g in range(POINTS):
            index = (self.noise_at + g * GRID + np.arange(2 * GRID)) % NOISE_LENGTH
            pieces[g] = loop[index] * window
        self.noise_at = (self.noise_at + BLOCK) % NOISE_LENGTH
        sound = np.fft.irfft(np.fft.rfft(pieces, FFT, axis=1) * spectrum, FFT, axis=1)
        for g in range(POINTS):
            self.tail[g * GRID : g * GRID + FFT] += sound[g]

    def _add_pulses(self, points: Floats, pulse: NDArray[np.complex64]) -> None:
        for g in range(POINTS):
            if points[g, 1] + points[g + 1, 1] == 0.0:
                self.phase = 0.0
                continue
            along = np.arange(GRID, dtype=np.float64) / GRID
            f0 = np.exp(points[g, 0] + (points[g + 1, 0] - points[g, 0]) * along)
            phase = self.phase + np.cumsum(f0) / RATE
            before = np.concatenate([[self.phase], phase[:-1]])
            at = np.flatnonzero(np.floor(phase) > np.floor(before))
            self.phase = float(phase[-1] % 1.0)
            if not len(at):
                continue
            fraction = (np.floor(phase[at]) - before[at]) * RATE / f0[at]
            mix = (at / GRID)[:, None].astype(np.float32)
            spectrum = pulse[g] * (1.0 - mix) + pulse[g + 1] * mix
            _delay(spectrum, fraction, np.sqrt(RATE / f0[at]))
            sound = np.fft.irfft(spectrum, FFT, axis=1)
            for i, sample in enumerate(at):
                start = g * GRID + sample
                self.tail[start : start + FFT] += sound[i]


def spectra(points: Floats) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Filters of the pulses and of the noise at every grid point, (n, BINS) complex each."""
    of_cepstra, of_knots = filters()
    noise_share = np.empty((len(points), KNOTS), np.float32)
    noise_share[:, 0], noise_share[:, -1] = LOWEST_NOISE, HIGHEST_NOISE
    noise_share[:, 1:-1] = 10.0 ** (points[:, 2 : 2 + PERIODICITY_BANDS] / 10.0)
    pulse_share = np.clip(points[:, 1:2] * (1.0 - noise_share), 1e-4, 1.0)
    pulse_knots = 0.5 * np.log(pulse_share)
    noise_knots = 0.5 * np.log(np.clip(1.0 - pulse_share, 1e-6, 1.0))
    tract = points[:, 2 + PERIODICITY_BANDS :] @ of_cepstra
    shape = high_pass()
    return _exp(tract + pulse_knots @ of_knots, shape), _exp(tract + noise_knots @ of_knots, shape)


@cache
def _window() -> Floats:
    return (np.concatenate([np.arange(GRID), GRID - np.arange(GRID)]) / GRID).astype(np.float32)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _exp(parts, shape):  # type: ignore[no-untyped-def]
    """Complex spectra from (n, 2·BINS) real and imaginary logs, times `shape`."""
    n, bins = parts.shape[0], shape.shape[0]
    out = np.empty((n, bins), np.complex64)
    for i in range(n):
        for k in range(bins):
            size, angle = np.exp(parts[i, k]), parts[i, bins + k]
            out[i, k] = shape[k] * np.complex64(complex(size * np.cos(angle), size * np.sin(angle)))
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _delay(spectrum, fraction, gain):  # type: ignore[no-untyped-def]
    """Turns each row of `spectrum` later by `fraction` samples and scales it by `gain`, in place."""
    n, bins = spectrum.shape
    for i in range(n):
        angle = -np.pi * fraction[i] / (bins - 1)
        turn = complex(np.cos(angle), np.sin(angle))
        factor = complex(gain[i], 0.0)
        for k in range(bins):
            spectrum[i, k] *= np.complex64(factor)
            factor *= turn


def synthesise(frames: Floats) -> Floats:
    """All samples of `frames` (T, 55); an odd last frame is sounded twice."""
    if len(frames) % FRAMES_PER_BLOCK:
        frames = np.concatenate([frames, frames[-1:]])
    voice = Synthesiser()
    blocks = [voice.step(frames[i : i + FRAMES_PER_BLOCK]) for i in range(0, len(frames), FRAMES_PER_BLOCK)]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
