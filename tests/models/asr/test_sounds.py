"""Sounds that are no speech: many kinds, none of them broken."""

from __future__ import annotations

import numpy as np

from models.asr.features import SAMPLE_RATE
from models.asr.sounds import LONGEST_S, music, noise, synthesised


def test_sounds_are_finite_long_enough_and_differ() -> None:
    sounds = list(synthesised(24))
    levels = [20 * np.log10(np.sqrt(np.mean(np.square(one))) + 1e-9) for one in sounds]
    for sound in sounds:
        assert sound.dtype == np.float32 and np.isfinite(sound).all() and np.abs(sound).max() <= 1
        assert 2 * SAMPLE_RATE <= len(sound) <= LONGEST_S * SAMPLE_RATE
    assert max(levels) - min(levels) > 20


def test_the_same_seed_gives_the_same_sounds() -> None:
    for one, other in zip(synthesised(6, seed=3), synthesised(6, seed=3), strict=True):
        assert np.array_equal(one, other)


def test_music_has_peaks_where_noise_has_none() -> None:
    def peakedness(sound: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(sound[: 2 * SAMPLE_RATE] * np.hanning(2 * SAMPLE_RATE))) ** 2
        return float(np.sort(power)[-30:].sum() / power.sum())

    chords = [peakedness(music(3 * SAMPLE_RATE, np.random.default_rng(seed))) for seed in range(10)]
    hisses = [peakedness(noise(3 * SAMPLE_RATE, np.random.default_rng(seed))) for seed in range(10)]
    assert np.median(chords) > 3 * np.median(hisses)
