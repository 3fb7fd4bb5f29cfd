"""The voice: chunks, word positions, speed, bad input."""

import itertools

import numpy as np
import pytest

from models.tts.voice import LONGEST_SENTENCE, SHIPPED, Voice, blocks, fade_out, limited, sentences

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
