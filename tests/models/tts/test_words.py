"""Written text to spoken words, against a table of pairs, and text that nobody meant to be spoken."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tts.words import LONGEST_WORD, spoken

PAIRS = [
    line.split("\t")
    for line in (Path(__file__).parent / "pairs.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("written", "expected"), PAIRS)
def test_pairs(written: str, expected: str) -> None:
    assert " ".join(s.word + s.mark for s in spoken(written)) == expected


@pytest.mark.parametrize("nothing", ["", "   ", "...", "?!", "😀🎉", "你好", "\x00\x07", "\n\n", "***"])
def test_nothing_to_say(nothing: str) -> None:
    assert spoken(nothing) == []


@given(st.text(max_size=200))
def test_any_text_gives_sayable_words(text: str) -> None:
    for item in spoken(text):
        assert item.word.strip("'").replace("'", "").isalpha()
        assert item.word.isascii()
        assert len(item.word) <= LONGEST_WORD + 2
        assert item.mark in ("", ",", ".", "!", "?")


def test_a_long_word_is_cut() -> None:
    assert all(len(s.word) <= LONGEST_WORD for s in spoken("a" * 1000))
