import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.sound.wav import Recording, SoundError, SoundWriter


def tone(rate: int, seconds: float, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def whole(path: Path, rate_hz: int = 16_000) -> np.ndarray:
    with Recording(path) as recording:
        return np.concatenate(list(recording.blocks(rate_hz)))


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_channel_count_gives_the_same_tone(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.repeat(tone(rate, 1.3)[:, None], channels, axis=1), rate)
    heard, expected = whole(path), tone(16_000, 1.3)
    assert abs(len(heard) - len(expected)) <= 2
    middle = slice(1_000, len(expected) - 1_000)
    assert np.abs(heard[: len(expected)][middle] - expected[middle]).max() < 0.01


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_any_sample_width(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(16_000, 0.7), 16_000, subtype=subtype)
    assert np.abs(whole(path) - tone(16_000, 0.7)).max() < 0.03


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(1, 30_000), piece=st.integers(1, 5_000))
def test_pieces_join_to_the_whole_and_a_little_silence(tmp_path: Path, length: int, piece: int) -> None:
    path = tmp_path / "noise.wav"
    noise = np.random.default_rng(length).uniform(-0.9, 0.9, length).astype(np.float32)
    soundfile.write(path, noise, 16_000, subtype="FLOAT")
    with Recording(path) as recording:
        pieces = list(recording.pieces(16_000, piece))
    assert {len(p) for p in pieces} == {piece}
    joined = np.concatenate(pieces)
    np.testing.assert_array_equal(joined[:length], noise)
    assert len(joined) - length < piece and not joined[length:].any()


def test_what_is_not_a_number_becomes_silence(tmp_path: Path) -> None:
    path = tmp_path / "broken.wav"
    sound = np.array([0.5, np.nan, np.inf, -np.inf, 7.0, -0.5], np.float32)
    soundfile.write(path, sound, 16_000, subtype="FLOAT")
    np.testing.assert_array_equal(whole(path), np.array([0.5, 0, 1, -1, 1, -0.5], np.float32))


def test_a_missing_file_a_folder_an_empty_file_and_text_are_refused_by_one_line(tmp_path: Path) -> None:
    empty, text, header = tmp_path / "empty.wav", tmp_path / "text.wav", tmp_path / "header.wav"
    empty.touch()
    text.write_text("this is not a recording, whatever its name says\n" * 50)
    soundfile.write(header, np.zeros(0, np.float32), 16_000)
    for path, said in [
        (tmp_path / "missing.wav", "there is no file"),
        (tmp_path, "is a folder"),
        (empty, "is empty"),
        (text, "is not audio"),
        (header, "holds no sound"),
    ]:
        with pytest.raises(SoundError, match=said) as refusal:
            Recording(path)
        assert str(path) in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_recording_cut_short_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, tone(16_000, 2.0), 16_000, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[: 44 + 2 * 16_000])
    assert len(whole(path)) == 16_000


def test_a_rate_too_low_for_speech_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "slow.wav"
    soundfile.write(path, np.zeros(100, np.float32), 800)
    with pytest.raises(SoundError, match="too few for speech"):
        Recording(path)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
def test_what_is_written_can_be_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"answer{suffix}"
    writer = SoundWriter(path, 24_000, 2)
    sound = np.stack([tone(24_000, 0.5), tone(24_000, 0.5, 880)], axis=1)
    writer.write(sound[:5_000])
    assert not path.exists(), "it must not appear before it is complete"
    writer.write(sound[5_000:])
    writer.finish()
    back, rate = soundfile.read(path, dtype="float32")
    assert rate == 24_000 and back.shape == sound.shape
    assert np.sqrt(np.mean((back - sound) ** 2)) < 0.05
    assert os.listdir(tmp_path) == [path.name]


def test_a_discarded_answer_leaves_an_older_one_in_place(tmp_path: Path) -> None:
    path = tmp_path / "answer.wav"
    path.write_bytes(b"older")
    writer = SoundWriter(path, 24_000, 1)
    writer.write(tone(24_000, 0.1))
    writer.discard()
    assert path.read_bytes() == b"older" and os.listdir(tmp_path) == [path.name]


def test_places_that_cannot_be_written_are_refused_by_one_line(tmp_path: Path) -> None:
    for path, said in [
        (tmp_path / "no such folder" / "answer.wav", "no such file or directory"),
        (tmp_path / "answer.docx", r"end it with \.wav"),
        (tmp_path / "answer", r"end it with \.wav"),
        (Path("/proc/answer.wav"), "cannot write /proc/answer.wav"),
    ]:
        with pytest.raises(SoundError, match=said) as refusal:
            SoundWriter(path, 24_000, 1)
        assert "\n" not in str(refusal.value)


def test_a_folder_or_a_device_is_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "folder.wav"
    folder.mkdir()
    fifo = tmp_path / "fifo.wav"
    os.mkfifo(fifo)
    for path in (folder, fifo):
        with pytest.raises(SoundError, match="not an ordinary file"):
            SoundWriter(path, 24_000, 1)
