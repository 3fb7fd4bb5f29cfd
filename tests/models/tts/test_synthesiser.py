"""The synthesiser: streaming equals one call, pitch and level come out as asked, no clicks."""

import copy

import numpy as np
import pytest

from models.tts.spectrum import CEPSTRA, ENVELOPE_POINTS, RATE, cosines
from models.tts.synthesiser import BLOCK, Synthesiser, silence, synthesise


def vowel(n_frames: int, hz: float = 200.0, voiced: float = 1.0) -> np.ndarray:
    """Frames of a steady sound with a falling spectrum."""
    envelope = np.linspace(-2.0, -8.0, ENVELOPE_POINTS)
    frame = np.concatenate([[np.log(hz), voiced, -30.0, -20.0, -10.0], envelope @ cosines()[:, :CEPSTRA]])
    return np.tile(frame.astype(np.float32), (n_frames, 1))


def test_streamed_equals_offline() -> None:
    rng = np.random.default_rng(3)
    frames = np.concatenate([vowel(10), vowel(6, 150.0, 0.0), vowel(14, 250.0)])
    frames[:, 5:] += rng.normal(0, 0.3, (30, CEPSTRA)).astype(np.float32)
    offline = synthesise(frames)
    voice, pieces = Synthesiser(), []
    for i in range(0, 30, 2):
        pieces.append(voice.step(frames[i : i + 2]))
        voice = copy.deepcopy(voice)
    assert np.array_equal(np.concatenate(pieces), offline)
    assert len(offline) == 15 * BLOCK


@pytest.mark.parametrize("hz", [110.0, 180.0, 300.0])
def test_pitch(hz: float) -> None:
    sound = synthesise(vowel(60, hz))[4800:]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 17))
    low, high = (int(f * (1 << 17) / RATE) for f in (80, 350))
    assert (low + spectrum[low:high].argmax()) * RATE / (1 << 17) == pytest.approx(hz, rel=0.01)


def test_level_does_not_move_with_pitch_or_voicing() -> None:
    levels = [synthesise(vowel(80, hz, v))[4800:].std() for hz, v in ((120, 1), (240, 1), (200, 0))]
    assert max(levels) / min(levels) < 1.35


def test_no_click_where_voicing_changes() -> None:
    frames = np.concatenate([vowel(20), vowel(20, voiced=0.0), vowel(20)])
    frames[:, 5] -= 30.0
    sound = synthesise(frames)
    steady = np.abs(np.diff(sound[2400:4000])).max()
    assert np.abs(np.diff(sound[2400:])).max() < 1.6 * steady


def test_silence_is_silent() -> None:
    assert np.abs(synthesise(np.tile(silence(), (20, 1)))).max() < 1e-3


def test_no_frames_no_sound() -> None:
    assert len(synthesise(np.zeros((0, 5 + CEPSTRA), np.float32))) == 0
