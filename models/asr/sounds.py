"""Sounds that are no speech, to be learnt as such: rooms, hiss and hum, chords and beats.

The ears hear them alone, with nothing to say, and under speech. What is synthesised here is drawn wide (tilt,
timbre, tempo, key, detuning, envelope), since recorded music is not among the data.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from models.asr.features import SAMPLE_RATE

Floats = NDArray[np.float32]

LONGEST_S = 8.0


def synthesised(count: int, seed: int = 0) -> Iterator[Floats]:
    """`count` sounds of two to eight seconds at 16 kHz: by turns noise, noise, music, and music on noise."""
    random = np.random.default_rng(seed)
    for number in range(count):
        samples = int(random.uniform(2.0, LONGEST_S) * SAMPLE_RATE)
        floor = noise(samples, random)
        if number % 4 < 2:
            yield floor
        else:
            below = np.float32(10 ** (-random.uniform(1, 3) if number % 4 == 2 else -random.uniform(0, 1)))
            yield np.clip(music(samples, random) + below * floor, -1, 1)


def noise(samples: int, random: np.random.Generator) -> Floats:
    """Noise with a random tilt, at −75 to −15 dBFS, that may swell, hum, or click."""
    white = random.standard_normal(samples)
    pole = random.uniform(-0.3, 0.98)
    sound = lfilter([1 - abs(pole)], [1, -pole], white)
    time = np.arange(samples) / SAMPLE_RATE
    if random.random() < 0.4:  # wind and waves
        sound *= 1 + random.uniform(0, 0.95) * np.sin(2 * np.pi * random.uniform(0.1, 3) * time)
    if random.random() < 0.3:
        mains = random.choice(np.array([50.0, 60.0, random.uniform(80, 400)]))
        hum = sum(random.uniform() / k * np.sin(2 * np.pi * k * mains * time) for k in range(1, 8))
        sound += random.uniform(0, 2) * np.sqrt(np.mean(sound**2)) * hum
    if random.random() < 0.3:  # keys, doors, cups
        for start in random.integers(0, samples, random.integers(1, 12)).tolist():
            fades = np.exp(-np.arange(min(4_000, samples - start)) / random.uniform(20, 800))
            click = fades * random.standard_normal(len(fades))
            sound[start : start + len(fades)] += random.uniform(0, 3) * click
    return _at(sound, random.uniform(-75, -15))


def music(samples: int, random: np.random.Generator) -> Floats:
    """Notes of a random scale, struck or bowed, one voice or chords, with or without a beat."""
    sound = np.zeros(samples + 2 * SAMPLE_RATE)
    steps = np.array([0, 2, 3, 4, 5, 7, 8, 9, 10, 12, 14, 15, 17])
    scale = random.choice(steps, int(random.integers(5, 9)), replace=False)
    beat = int(random.uniform(0.12, 0.9) * SAMPLE_RATE)
    lowest, voices = random.uniform(55, 440), int(random.integers(1, 5))
    partials, dull = random.integers(1, 14), random.uniform(0.5, 2.0)
    fade, attack = random.uniform(0.3, 6.0), random.uniform(0.002, 0.15)
    vibrato, odd = random.uniform(0, 0.01) * (random.random() < 0.4), random.random() < 0.25
    time = np.arange(int(min(2.0, random.uniform(1, 4) * beat / SAMPLE_RATE) * SAMPLE_RATE)) / SAMPLE_RATE
    shape = np.exp(-time * fade) * np.minimum(1, time / attack)
    shape *= np.minimum(1, (time[-1] - time) / 0.02)
    drum = random.uniform(0, 1) * (random.random() < 0.4)
    for start in range(0, samples, beat):
        for note in random.choice(scale, min(voices, len(scale)), replace=False):
            phase = time + vibrato * np.sin(2 * np.pi * 5.5 * time) / (2 * np.pi * 5.5)
            pitch = lowest * 2 ** (note / 12) * (1 + random.normal() * 0.002)
            for k in range(1, partials + 1, 2 if odd else 1):
                if k * pitch < SAMPLE_RATE / 2:
                    turned = 2 * np.pi * k * pitch * phase + random.uniform(0, 6)
                    sound[start : start + len(time)] += shape * np.sin(turned) / k**dull
        if drum:
            hit = np.exp(-np.arange(2_000) / random.uniform(50, 500)) * random.standard_normal(2_000)
            sound[start : start + 2_000] += 2 * drum * hit
    return _at(sound[:samples], random.uniform(-45, -12))


def _at(sound: NDArray[np.float64], level_db: float) -> Floats:
    """The sound at a level in dB below full scale, clipped where it would be louder than that."""
    size = 10 ** (level_db / 20) / max(1e-9, float(np.sqrt(np.mean(sound**2))))
    return np.clip(size * sound, -1, 1).astype(np.float32)
