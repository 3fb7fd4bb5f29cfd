"""One block of sound, compiled: what `models.tts.synthesiser` describes, without the interpreter's lock."""

from __future__ import annotations

import numpy as np

from models.backends.warm import jit, jit_cached
from models.tts.fourier import both_signals, both_spectra
from models.tts.spectrum import BINS, FFT, FRAME, PERIODICITY_BANDS, RATE

GRID = FRAME // 2
FRAMES_PER_BLOCK = 2
BLOCK = FRAMES_PER_BLOCK * FRAME
POINTS = BLOCK // GRID
TAIL = FFT + BLOCK + GRID
KNOTS = PERIODICITY_BANDS + 2
LOWEST_NOISE, HIGHEST_NOISE = 1e-6, 0.9  # share of noise at 0 Hz and at half the rate
LOG2_E = np.float32(1.4426950408889634)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
TWO_BY_PI = np.float32(0.6366197723675814)
HALF_PI_HIGH, HALF_PI_MIDDLE = np.float32(1.5703125), np.float32(4.838267948966e-4)


@jit
def _exp(x):  # type: ignore[no-untyped-def]
    """e^x to 2e-7, without a branch (Cody and Waite; coefficients of Cephes' expf)."""
    x = min(max(x, np.float32(-87.0)), np.float32(88.0))
    n = np.rint(x * LOG2_E)
    r = x - n * LN2_HIGH - n * LN2_LOW
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    power = np.int32((np.int32(n) + 127) << 23).view(np.float32)
    return (p * r * r + r + np.float32(1.0)) * power


@jit
def _turn(x):  # type: ignore[no-untyped-def]
    """(cos x, sin x) to 1e-6 for angles of some turns, without a branch (Cephes' sinf and cosf)."""
    n = np.rint(x * TWO_BY_PI)
    r = x - n * HALF_PI_HIGH - n * HALF_PI_MIDDLE
    square = r * r
    s = np.float32(-1.9515295891e-4) * square + np.float32(8.3321608736e-3)
    s = (s * square + np.float32(-1.6666654611e-1)) * square * r + r
    c = np.float32(2.443315711809948e-5) * square + np.float32(-1.388731625493765e-3)
    c = (c * square + np.float32(4.166664568298827e-2)) * square * square
    c = c - np.float32(0.5) * square + np.float32(1.0)
    quarter = np.int32(n) & np.int32(3)
    odd = quarter & np.int32(1)
    cosine, sine = (s, c) if odd else (c, s)
    cosine = -cosine if (quarter + np.int32(1)) & np.int32(2) else cosine
    sine = -sine if quarter & np.int32(2) else sine
    return cosine, sine


@jit
def _filter(log_size, angle, shape, out):  # type: ignore[no-untyped-def]
    """e^(log_size + i·angle) · shape into out (2, BINS)."""
    for k in range(BINS):
        size = _exp(log_size[k])
        c, s = _turn(angle[k])
        re, im = size * c, size * s
        out[0, k] = re * shape[0, k] - im * shape[1, k]
        out[1, k] = re * shape[1, k] + im * shape[0, k]


@jit
def filters_at(points, of_cepstra, of_knots, shape):  # type: ignore[no-untyped-def]
    """Filters of the pulses and of the noise at every grid point, (n, 2, BINS) each: real, imaginary."""
    n, cepstra = len(points), len(of_cepstra)
    pulse, noise = np.empty((n, 2, BINS), np.float32), np.empty((n, 2, BINS), np.float32)
    tract, logs = np.empty(2 * BINS, np.float32), np.empty(2 * BINS, np.float32)
    shares, knots = np.empty(KNOTS), np.empty((2, KNOTS), np.float32)
    for i in range(n):
        shares[0], shares[KNOTS - 1] = LOWEST_NOISE, HIGHEST_NOISE
        for band in range(PERIODICITY_BANDS):
            shares[1 + band] = 10.0 ** (points[i, 2 + band] / 10.0)
        for knot in range(KNOTS):
            share = min(max(points[i, 1] * (1.0 - shares[knot]), 1e-4), 1.0)
            knots[0, knot] = 0.5 * np.log(share)
            knots[1, knot] = 0.5 * np.log(min(max(1.0 - share, 1e-6), 1.0))
        tract[:] = 0.0
        for j in range(cepstra):
            weight = points[i, 2 + PERIODICITY_BANDS + j]
            for k in range(2 * BINS):
                tract[k] += weight * of_cepstra[j, k]
        for which in range(2):
            for k in range(2 * BINS):
                total = tract[k]
                for knot in range(KNOTS):
                    total += knots[which, knot] * of_knots[knot, k]
                logs[k] = total
            _filter(logs[:BINS], logs[BINS:], shape, pulse[i] if which == 0 else noise[i])
    return pulse, noise


@jit
def _multiply(spectra, at, by):  # type: ignore[no-untyped-def]
    """spectra[at], spectra[at + 1] times by (2, BINS), in place."""
    for k in range(BINS):
        re, im = spectra[at, k], spectra[at + 1, k]
        spectra[at, k] = re * by[0, k] - im * by[1, k]
        spectra[at + 1, k] = re * by[1, k] + im * by[0, k]


@jit
def _add_noise(noise, loop, noise_at, window, tail, work, cosine, sine):  # type: ignore[no-untyped-def]
    for g in range(0, POINTS, 2):
        work[:, :] = 0.0
        for i in range(2 * GRID):
            here = noise_at + g * GRID + i
            work[0, i] = loop[here % len(loop)] * window[i]
            work[1, i] = loop[(here + GRID) % len(loop)] * window[i]
        spectra = both_spectra(work[0], work[1], work[2], work[3], cosine, sine)
        _multiply(spectra, 0, noise[g + 1])
        _multiply(spectra, 2, noise[g + 2])
        both_signals(spectra, work[0], work[1], work[2], work[3], cosine, sine)
        for i in range(FFT):
            tail[g * GRID + i] += work[0, i]
        for i in range(FFT):
            tail[(g + 1) * GRID + i] += work[1, i]


@jit
def _pulse(before, after, mix, fraction, gain, spectra, at):  # type: ignore[no-untyped-def]
    """A pulse between two grid points, `fraction` samples late, into spectra[at], spectra[at + 1]."""
    mix = np.float32(mix)
    rest = np.float32(1.0) - mix
    angle = -np.pi * fraction / (BINS - 1)
    turn = complex(np.cos(angle), np.sin(angle))
    factor = complex(gain, 0.0)
    for k in range(BINS):
        re, im = np.float32(factor.real), np.float32(factor.imag)
        a_re = before[0, k] * rest + after[0, k] * mix
        a_im = before[1, k] * rest + after[1, k] * mix
        spectra[at, k] = a_re * re - a_im * im
        spectra[at + 1, k] = a_re * im + a_im * re
        factor *= turn


@jit
def _add_pulses(points, pulse, phase, tail, work, cosine, sine):  # type: ignore[no-untyped-def]
    spectra = np.zeros((4, BINS), np.float32)
    starts = np.zeros(2, np.int64)
    waiting = 0
    for g in range(POINTS):
        if points[g, 1] + points[g + 1, 1] == 0.0:
            phase[0] = 0.0
            continue
        begun, total, before = phase[0], 0.0, phase[0]
        for i in range(GRID):
            f0 = np.exp(points[g, 0] + (points[g + 1, 0] - points[g, 0]) * (i / GRID))
            total += f0
            now = begun + total / RATE
            if np.floor(now) > np.floor(before):
                fraction = (np.floor(now) - before) * RATE / f0
                _pulse(pulse[g], pulse[g + 1], i / GRID, fraction, np.sqrt(RATE / f0), spectra, 2 * waiting)
                starts[waiting] = g * GRID + i
                waiting += 1
                if waiting == 2:
                    _sound_pulses(spectra, starts, waiting, tail, work, cosine, sine)
                    waiting = 0
            before = now
        phase[0] = before % 1.0
    if waiting:
        spectra[2:] = 0.0
        _sound_pulses(spectra, starts, waiting, tail, work, cosine, sine)


@jit
def _sound_pulses(spectra, starts, count, tail, work, cosine, sine):  # type: ignore[no-untyped-def]
    both_signals(spectra, work[0], work[1], work[2], work[3], cosine, sine)
    for which in range(count):
        start = starts[which]
        for i in range(FFT):
            tail[start + i] += work[which, i]


@jit_cached
def block(points, of_cepstra, of_knots, shape, loop, noise_at, window, phase, tail, cosine, sine):  # type: ignore[no-untyped-def]
    """(BLOCK,) samples from grid points (POINTS + 1, 55); phase (1,) and tail (TAIL,) move on."""
    pulse, noise = filters_at(points, of_cepstra, of_knots, shape)
    work = np.empty((4, FFT), np.float32)
    _add_noise(noise, loop, noise_at, window, tail, work, cosine, sine)
    _add_pulses(points, pulse, phase, tail, work, cosine, sine)
    out = tail[:BLOCK].copy()
    tail[:-BLOCK] = tail[BLOCK:].copy()
    tail[-BLOCK:] = 0.0
    return out
