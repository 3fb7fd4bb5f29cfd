"""Words to phones, and phones to tokens."""

import numpy as np
import pytest

from models.tts.context import PHONE_PORTS, STEP_PORTS, phone_tokens, step_tokens
from models.tts.letters import sounded
from models.tts.phonemes import PAUSE, REST, phones, pronounce
from models.tts.words import spoken


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("the apple", 0, "DH IY0"),
        ("the tree", 0, "DH AH0"),
        ("I read it", 1, "R IY1 D"),
        ("I have read it", 2, "R EH1 D"),
        ("a record", 1, "R EH1 K ER0 D"),
        ("to record it", 1, "R AH0 K AO1 R D"),
        ("we use it", 1, "Y UW1 Z"),
        ("of no use", 2, "Y UW1 S"),
        ("the wind", 1, "W IH1 N D"),
        ("FBI", 1, "B IY1"),
    ],
)
def test_pronunciation(text: str, at: int, expected: str) -> None:
    words = [s.word for s in spoken(text)]
    assert " ".join(pronounce(words, at)) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("nightglow", "N AY1 T G L OW2"), ("blorps", "B L AO1 R P S"), ("unquenchable's", None), ("zq", None)],
)
def test_unknown_words_are_sounded(word: str, expected: str | None) -> None:
    said = sounded(word)
    assert said
    assert expected is None or " ".join(said) == expected


def test_marks_are_rests() -> None:
    line = phones(spoken("Yes, no."))
    assert [p.symbol for p in line] == [PAUSE, "Y", "EH1", "S", REST, "N", "OW1", PAUSE]


def test_tokens_fit_their_ports() -> None:
    words = spoken(
        "Well, what would you like to talk about, if not the extraordinary weather in Massachusetts?"
    )
    line = phones(words)
    tokens = phone_tokens(line, [w.word for w in words], "?")
    assert tokens.shape == (len(line), len(PHONE_PORTS))
    steps = step_tokens(tokens, [7] * len(line))
    assert steps.shape == ((7 * len(line) + 1) // 2, len(STEP_PORTS))
    assert (steps >= 0).all()
    assert (steps < np.array(list(STEP_PORTS.values()))).all()


def test_short_words_without_a_vowel_are_spelled() -> None:
    assert sounded("brb") == ("B", "IY1", "AA1", "R", "B", "IY1")
    assert sounded("hmmmmmmm")  # longer ones are sounded as they stand
    assert sounded("'s") and sounded("'")
