import numpy as np
import pytest

from agent.bench import Held, held_out
from agent.clock import FRAME, HEARING_HZ
from agent.sound.wav import Recording
from agent.vad import VoiceActivity
from tests.recordings import RECORDINGS


def test_silence_has_no_voice() -> None:
    detector = VoiceActivity()
    assert not any(detector.voiced(np.zeros(FRAME, np.float32)) for _ in range(100))


def test_the_hiss_of_an_empty_room_is_no_voice() -> None:
    detector, noise = VoiceActivity(), np.random.default_rng(1)
    frames = (noise.standard_normal((200, FRAME)) * 0.001).astype(np.float32)
    assert not any(detector.voiced(frame) for frame in frames)


@pytest.mark.parametrize("held", held_out(RECORDINGS), ids=lambda held: held.path.stem)
def test_speech_is_heard_and_the_silence_after_it_too(held: Held) -> None:
    detector = VoiceActivity()
    with Recording(held.path) as recording:
        speech = [detector.voiced(frame) for frame in recording.pieces(HEARING_HZ, FRAME)]
    after = [detector.voiced(np.zeros(FRAME, np.float32)) for _ in range(50)]
    assert np.mean(speech) > 0.5, "pauses included, most frames hold speech"
    assert not any(after[10:]), "a voice is still heard 200 ms after the recording ended"


def test_a_frame_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a frame has 320 samples"):
        VoiceActivity().voiced(np.zeros(160, np.float32))
