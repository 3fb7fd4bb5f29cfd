from pathlib import Path

import numpy as np
import pytest
import soundfile

from agent.sound.aligned import Aligned
from agent.sound.wav import SoundWriter


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "both.wav"


def ones(n: int) -> np.ndarray:
    return np.full(n, 0.5, np.float32)


def test_an_answer_sounds_from_where_the_recording_is_and_plays_on_after_it(place: Path) -> None:
    both = Aligned(SoundWriter(place, 24_000, 2))
    both.heard(ones(480))
    both.say(ones(300))
    both.say(ones(700))
    both.heard(ones(480))
    both.finish()
    sound, _ = soundfile.read(place)
    left, right = np.abs(sound.T) > 0.4
    assert left.tolist() == [True] * 960 + [False] * 520
    assert right.tolist() == [False] * 480 + [True] * 1000


def test_an_answer_that_is_talked_over_fades_out_within_30_ms(place: Path) -> None:
    both = Aligned(SoundWriter(place, 24_000, 2))
    both.say(ones(24_000))
    both.heard(ones(480))
    both.hush()
    both.heard(ones(2_400))
    both.finish()
    sound, _ = soundfile.read(place)
    right = sound[:, 1]
    assert len(right) == 2_880
    assert np.all(np.diff(right[480:1_200]) <= 0), "the fade never gets louder"
    assert right[480] > 0.49 and not right[1_200:].any()


def test_one_channel_is_refused(place: Path) -> None:
    writer = SoundWriter(place, 24_000, 1)
    with pytest.raises(ValueError, match="two channels"):
        Aligned(writer)
    writer.discard()
