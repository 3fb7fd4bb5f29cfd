"""What was heard grows with what was played, and a held voice goes on from a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import Samples
from agent.utterance import SpokenWord, Utterance

LENGTHS = st.lists(st.integers(1, 8_000), min_size=1, max_size=12)


def utterance(lengths: list[int]) -> Utterance:
    words, start = [], 0
    for number, length in enumerate(lengths):
        words.append(SpokenWord(f"w{number}", Samples(start), Samples(start + length)))
        start += length
    return Utterance(1).saying(*words)


@given(LENGTHS, st.lists(st.integers(0, 100_000), max_size=6))
def test_words_are_heard_in_order_and_stay_heard(lengths: list[int], positions: list[int]) -> None:
    said = utterance(lengths)
    heard = 0
    for position in positions:
        said = said.played(Samples(position))
        assert said.heard() == tuple(word.text for word in said.words)[: len(said.heard())]
        assert len(said.heard()) >= heard
        heard = len(said.heard())


@given(LENGTHS, st.integers(0, 100_000))
def test_a_held_voice_goes_on_at_the_word_that_was_broken_off(lengths: list[int], position: int) -> None:
    said = utterance(lengths)
    back = said.resume_at(Samples(position))
    assert back <= position
    if back < position:
        broken = said.word_at(Samples(position))
        assert broken is not None
        assert back == broken.start
        assert broken.text not in said.played(Samples(position)).heard()


def test_all_is_heard_at_the_end() -> None:
    said = utterance([100, 200]).played(Samples(300))
    assert said.heard() == ("w0", "w1")
    assert said.text() == "w0 w1"


def test_words_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="follow each other"):
        Utterance(1).saying(SpokenWord("b", Samples(5), Samples(9)), SpokenWord("a", Samples(0), Samples(4)))
