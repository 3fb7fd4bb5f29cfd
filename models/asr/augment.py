"""Training copies of a recording, made from its log-mels.

Speed resamples time; voice warps the mel axis (vocal-tract length); a microphone colours the bands smoothly;
a room leaves a decaying tail of power behind every frame; noise adds powers, ln(e^x + e^n);
masks are SpecAugment's (Park et al. 2019), Kaldi's sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How far copies may stray. Shares are probabilities."""

    speed: float = 0.1
    warp: float = 0.03
    loudness: float = 0.5
    colour: float = 0.1
    room_share: float = 0.0
    noise_share: float = 0.15
    noise_db: tuple[float, float] = (8.0, 30.0)
    band_masks: int = 2
    band_width: int = 10
    time_masks_per_s: float = 0.2
    time_width: int = 24

    @classmethod
    def harder(cls, by: float) -> Recipe:
        """0: the mild copies that a young network learns fastest from; 1: what keeps one that fits its data
        from learning it by heart."""
        mild = cls()
        return cls(
            speed=mild.speed + 0.02 * by,
            warp=mild.warp + 0.05 * by,
            loudness=mild.loudness + 0.5 * by,
            colour=mild.colour + 0.3 * by,
            room_share=mild.room_share + 0.15 * by,
            noise_share=mild.noise_share + 0.4 * by,
            noise_db=(mild.noise_db[0] - 6 * by, mild.noise_db[1]),
            band_width=round(mild.band_width + 6 * by),
            time_masks_per_s=mild.time_masks_per_s + 0.3 * by,
        )


def stretch(mels: Floats, speed: float, warp: float) -> Floats:
    """Time shortened by `speed` and mel bands moved by the factor `warp`, by linear interpolation."""
    frames, bands = mels.shape
    at = np.arange(int(frames / speed)) * speed
    low = np.minimum(at.astype(np.int64), frames - 2)
    part = (at - low).astype(np.float32)[:, None]
    out = mels[low] * (1 - part) + mels[low + 1] * part
    band = np.clip(np.arange(bands) * warp, 0, bands - 1.001)
    left = band.astype(np.int64)
    part = (band - left).astype(np.float32)
    return out[:, left] * (1 - part) + out[:, left + 1] * part


def coloured(bands: int, strength: float, random: np.random.Generator) -> Floats:
    """A smooth change of the bands' levels (bands,), in nats: five cosines, the slowest strongest."""
    waves = np.arange(1, 6)
    heights = random.normal(size=5) * strength / waves
    return np.asarray(heights @ np.cos(np.pi * np.outer(waves, (np.arange(bands) + 0.5) / bands)), np.float32)


def in_room(mels: Floats, decay_s: float, below: float) -> Floats:
    """Log-mels with an echoing tail: power falls by 60 dB in `decay_s`, `below` dB under the direct sound."""
    stays = 10 ** (-6 * 0.01 / decay_s)
    power = np.exp(mels)
    tail = lfilter([0.0, 1 - stays], [1.0, -stays], power, axis=0)
    return np.log(power + np.float32(10 ** (-below / 10)) * tail.astype(np.float32))


def copy(mels: Floats, noises: list[Floats], recipe: Recipe, random: np.random.Generator) -> Floats:
    """One random copy of log-mels (frames, 80), before normalisation and masks."""
    speed = 1 + random.uniform(-recipe.speed, recipe.speed)
    out = stretch(mels, speed, 1 + random.uniform(-recipe.warp, recipe.warp))
    out += np.float32(random.normal() * recipe.loudness) + coloured(out.shape[1], recipe.colour, random)
    if random.random() < recipe.room_share:
        out = in_room(out, random.uniform(0.2, 0.7), random.uniform(0, 12))
    if noises and random.random() < recipe.noise_share:
        noise = noises[random.integers(len(noises))]
        start = random.integers(len(noise))
        rolled = np.take(noise, np.arange(start, start + len(out)), axis=0, mode="wrap")
        below = random.uniform(*recipe.noise_db) * np.log(10) / 10
        level = np.log(np.exp(out).mean()) - np.log(np.exp(rolled).mean()) - below
        out = np.logaddexp(out, rolled + np.float32(level))
    return out


def mask(normalised: Floats, recipe: Recipe, random: np.random.Generator) -> Floats:
    """Stripes of bands and of time set to the mean, in place."""
    frames, bands = normalised.shape
    for _ in range(recipe.band_masks):
        start = random.integers(bands)
        normalised[:, start : start + random.integers(recipe.band_width + 1)] = 0
    for _ in range(int(frames / 100 * recipe.time_masks_per_s + random.random())):
        start = random.integers(frames)
        normalised[start : start + random.integers(recipe.time_width + 1)] = 0
    return normalised
