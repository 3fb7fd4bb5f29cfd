"""Loudness, against the standard's own reference and its gates."""

import numpy as np
import pytest

from models.tts.loudness import lufs, weighting
from models.tts.spectrum import RATE


def tone(seconds: float, rate: int, hz: float = 997.0, size: float = 1.0) -> np.ndarray:
    return (size * np.sin(2.0 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [RATE, 48_000])
def test_a_full_tone_is_three_below_zero(rate: int) -> None:
    assert lufs(tone(3.0, rate), rate) == pytest.approx(-3.01, abs=0.05)  # the standard's calibration
    assert lufs(tone(3.0, rate, size=0.1), rate) == pytest.approx(-23.01, abs=0.05)


def test_coefficients_of_the_standard_at_48_khz() -> None:
    (shelf, poles), (_, low_cut) = weighting(48_000)
    assert shelf == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-6)
    assert poles[1:] == pytest.approx([-1.69065929318241, 0.73248077421585], abs=1e-6)
    assert low_cut[1:] == pytest.approx([-1.99004745483398, 0.99007225036621], abs=1e-6)


def test_silence_does_not_make_speech_quieter() -> None:
    spoken = tone(2.0, RATE, size=0.1)
    with_rest = np.concatenate([spoken, np.zeros(4 * RATE, np.float32)])
    assert lufs(with_rest, RATE) == pytest.approx(lufs(spoken, RATE), abs=0.5)
    assert lufs(np.zeros(RATE, np.float32), RATE) == -70.0
