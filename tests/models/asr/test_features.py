import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.asr.features import (
    BANDS,
    HOP,
    PRIOR_FRAMES,
    WINDOW,
    MelStream,
    RunningMean,
    frame_count,
    log_mels,
    mel_bands,
    normalise,
)


def speech_like(samples: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    loudness = np.repeat(random.uniform(0, 0.5, samples // 1000 + 1), 1000)[:samples]
    return (random.standard_normal(samples) * loudness).astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=12), st.integers(0, 5))
def test_pieces_give_the_same_bits_as_the_whole(sizes: list[int], seed: int) -> None:
    samples = speech_like(sum(sizes), seed)
    stream = MelStream()
    cuts = np.cumsum([0, *sizes])
    pieces = [stream.feed(samples[a:b]) for a, b in itertools.pairwise(cuts)]
    np.testing.assert_array_equal(np.concatenate(pieces), log_mels(samples))


def test_long_recordings_are_the_same_as_their_parts() -> None:
    samples = speech_like(5000 * HOP)
    whole = log_mels(samples)
    assert len(whole) == frame_count(len(samples)) > 4096
    for frame in (0, 4095, 4096, len(whole) - 1):
        np.testing.assert_array_equal(log_mels(samples[frame * HOP : frame * HOP + WINDOW])[0], whole[frame])


def test_normalisation_knows_only_the_past_and_its_prior() -> None:
    random = np.random.default_rng(1)
    mels = random.standard_normal((500, BANDS)).astype(np.float32) * 3 - 5
    mean, deviation = np.full(BANDS, -4, np.float32), np.full(BANDS, 2, np.float32)
    whole = normalise(mels, mean, deviation)
    stream = RunningMean(mean, deviation)
    pieces = [stream.feed(piece) for piece in np.split(mels, [1, 2, 77, 77, 300])]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)
    by_hand = (mels[9] - (mean * PRIOR_FRAMES + mels[:10].sum(0)) / (PRIOR_FRAMES + 10)) / deviation
    np.testing.assert_allclose(whole[9], by_hand, rtol=1e-4, atol=1e-5)


def test_a_tone_lights_the_band_around_it() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    loudest = int(log_mels(tone).mean(0).argmax())
    hertz = np.linspace(0, 8000, 257)[mel_bands()[loudest] > 0]
    assert hertz.min() <= 1000 <= hertz.max()


def test_bands_cover_the_range_without_holes() -> None:
    bands = mel_bands()
    assert bands.shape == (BANDS, 257)
    covered = bands.sum(0)[2:-1]
    assert covered.min() > 0


def test_two_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="one channel"):
        log_mels(np.zeros((2, 1000), np.float32))
