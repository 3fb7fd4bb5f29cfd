"""The voice: chunks, word positions, speed, bad input."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from models.program.graph import Program
from models.tts.voice import (
    FRAMES_FILE,
    LENGTHS_FILE,
    LONGEST_SENTENCE,
    SHIPPED,
    Voice,
    blocks,
    fade_out,
    limited,
    sentences,
)

pytestmark = pytest.mark.skipif(
    not (SHIPPED / "mouth.safetensors").exists(), reason="no voice is shipped yet"
)


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Voice.load()


def test_words_come_in_order_with_their_samples(voice: Voice) -> None:
    chunks = list(voice.speak("One, two. Three four!"))
    assert [c.at for c in chunks] == [480 * i for i in range(len(chunks))]
    starts = {c.word: (c.said, c.word_at) for c in chunks if c.word >= 0}
    assert [said for said, _ in starts.values()] == ["one", "two", "three", "four"]
    positions = [at for _, at in starts.values()]
    assert positions == sorted(set(positions))
    assert all(c.samples.shape == (480,) and c.samples.dtype == np.float32 for c in chunks)
    assert all(np.abs(c.samples).max() <= 1.0 for c in chunks)
    assert 0.02 < np.concatenate([c.samples for c in chunks]).std() < 0.3


def test_speech_begins_before_the_text_is_written(voice: Voice) -> None:
    written: list[str] = []

    def writer() -> Iterator[str]:
        for piece in ("I was there, ", "you see. ", "And you? "):
            written.append(piece)
            yield piece

    chunks = voice.speak_along(writer())
    next(chunks)
    assert len(written) == 2  # a comma counts when something follows it
    said = [next(group).said for _, group in itertools.groupby(chunks, key=lambda c: c.word) if _ >= 0]
    assert said == ["i", "was", "there", "you", "see", "and", "you"]


def test_lengths_and_melody_are_counted_with_each_sentence(voice: Voice) -> None:
    chunks = list(voice.speak("One, two. Three."))
    planned = [chunk for chunk in chunks if chunk.planning]
    assert [chunk.said for chunk in planned] == ["", "two"]  # where each sentence begins
    for counts in (c for chunk in planned for c in chunk.planning):
        assert 0.0 < np.mean(list(counts.rates.values())) < 0.9


def test_pitch_moves_and_stays_in_range(voice: Voice) -> None:
    sentence = next(iter(sentences("Did you ever see the sea in winter?")))
    log_f0 = voice.plan(sentence).log_f0
    assert np.log(80.0) <= log_f0.min() and log_f0.max() <= np.log(420.0)
    assert log_f0.std() > 0.03
    assert np.abs(np.diff(log_f0.ravel())).max() < 0.2


def test_without_a_melody_it_stays_on_one_note() -> None:
    frames, lengths = (Program.load(SHIPPED / name) for name in (FRAMES_FILE, LENGTHS_FILE))
    flat = Voice(frames, lengths)
    assert np.ptp(flat.plan(next(iter(sentences("Hello there.")))).log_f0) == 0.0
    assert sum(1 for _ in flat.speak("Hello there.")) > 10


def test_same_text_same_samples(voice: Voice) -> None:
    first, second = (np.concatenate([c.samples for c in voice.speak("Good day.")]) for _ in range(2))
    assert np.array_equal(first, second)


def test_events_and_reference_say_the_same(voice: Voice) -> None:
    plain = Voice.load(engine="reference")
    for ours, truth in itertools.islice(zip(voice.speak("Yes."), plain.speak("Yes."), strict=True), 10):
        assert np.array_equal(ours.samples, truth.samples)


def test_speed(voice: Voice) -> None:
    text = "This is a sentence of some length."
    normal, slow, fast = (sum(1 for _ in voice.speak(text, s)) for s in (1.0, 0.5, 1.5))
    assert fast < 0.85 * normal
    assert 1.6 * normal < slow < 2.3 * normal
    with pytest.raises(ValueError, match=r"0\.25"):
        voice.speak(text, 2.0)


@pytest.mark.parametrize("nothing", ["", "  \n", "?!...", "😀", "你好", "\x00\x1b"])
def test_nothing_to_say_is_no_sound(voice: Voice, nothing: str) -> None:
    assert list(voice.speak(nothing)) == []


@pytest.mark.parametrize(
    "text",
    ["x", "zzzzqqq", "def f(x): return {x: [1, 2]}", "https://a.b/c?d=e#f", "Ж mixed текст here", "3" * 50],
)
def test_odd_text_is_spoken(voice: Voice, text: str) -> None:
    assert any(True for _ in voice.speak(text))


def test_ten_thousand_words_start_at_once_and_come_bit_by_bit(voice: Voice) -> None:
    chunks = voice.speak("word " * 10_000)
    assert len(list(itertools.islice(chunks, 20))) == 20


def test_long_text_is_cut_into_sentences() -> None:
    found = list(sentences("and so on " * 1000))
    assert sum(map(len, found)) == 3000
    assert max(map(len, found)) <= LONGEST_SENTENCE


def test_blocks_lose_nothing() -> None:
    text = "A sentence here. " * 200 + "x" * 5000
    assert "".join(blocks(text)) == text


def test_fade_ends_at_zero() -> None:
    faded = fade_out(np.ones(480, np.float32))
    assert len(faded) == 192
    assert faded[0] == 1.0
    assert abs(faded[-1]) < 1e-6


def test_limit() -> None:
    assert np.abs(limited(np.linspace(-5, 5, 100, dtype=np.float32))).max() <= 1.0
    assert limited(np.array([0.5], np.float32))[0] == 0.5
