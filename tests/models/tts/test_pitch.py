"""The pitch tracker, on sounds whose pitch is known."""

import numpy as np
import pytest

from models.tts.pitch import track
from models.tts.spectrum import FRAME, RATE, Floats


def voice(hz: np.ndarray, harmonics: int = 12) -> Floats:
    """A buzz whose harmonics fall by 1/k, with the pitch of every sample."""
    phase = 2.0 * np.pi * np.cumsum(hz) / RATE
    return np.sum([np.sin(k * phase) / k for k in range(1, harmonics + 1)], 0).astype(np.float32)


@pytest.mark.parametrize("hz", [110.0, 160.0, 240.0, 330.0])
def test_a_steady_tone(hz: float) -> None:
    found, strength = track(voice(np.full(RATE, hz)))
    inner = slice(5, -5)
    assert len(found) == RATE // FRAME + 1
    assert np.abs(found[inner] / hz - 1.0).max() < 0.01
    assert strength[inner].min() > 0.9


def test_a_glide_has_no_leaps() -> None:
    hz = np.geomspace(120.0, 280.0, 2 * RATE)
    found, _ = track(voice(hz))
    inner = slice(5, -5)
    truth = hz[np.minimum(np.arange(len(found)) * FRAME, len(hz) - 1)]
    assert np.abs(found[inner] / truth[inner] - 1.0).max() < 0.03


def test_an_octave_is_not_lost_where_every_second_period_is_weaker() -> None:
    hz = np.full(RATE, 180.0)
    creaky = voice(hz) * (1.0 + 0.15 * np.cos(np.pi * np.cumsum(hz) / RATE))
    found, _ = track(creaky.astype(np.float32))
    assert np.abs(found[5:-5] / 180.0 - 1.0).max() < 0.02


def test_noise_and_silence_have_no_pitch() -> None:
    hiss = np.random.default_rng(1).standard_normal(RATE).astype(np.float32)
    assert np.mean(track(hiss)[0] > 0.0) < 0.1
    half = np.concatenate([voice(np.full(RATE, 150.0)), np.zeros(RATE, np.float32)])
    found, _ = track(half)
    assert (found[5:90] > 0.0).all()
    assert (found[110:] == 0.0).all()


def test_an_empty_recording() -> None:
    assert track(np.zeros(0, np.float32))[0].tolist() == [0.0]
