"""Text that comes in pieces, and where it may be spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tts.stream import MOST_WORDS, clauses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes. I think so.", ["Yes. ", "I think so."]),
        ("When you come home, call me.", ["When you come home, ", "call me."]),
        ("Well, I see.", ["Well, I see."]),
        ("Dr. Lee met Mr. Hill at 3.5 miles. So?", ["Dr. Lee met Mr. Hill at 3.5 miles. ", "So?"]),
        ("It is 5 p.m. in the U.S. today! Good.", ["It is 5 p.m. in the U.S. today! ", "Good."]),
        ("one, two, three, four", ["one, two, three, ", "four"]),
        ("one two three: four", ["one two three: ", "four"]),
        ("first line\nsecond", ["first line\n", "second"]),
        ("", []),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_clauses(text: str, expected: list[str], size: int) -> None:
    assert list(clauses(text[i : i + size] for i in range(0, len(text), size))) == expected


def test_a_clause_is_given_before_the_next_is_written() -> None:
    written = []

    def writer() -> object:
        for word in "I think so. And then what happens ?".split(" "):
            written.append(word)
            yield word + " "

    assert next(clauses(writer())) == "I think so. "  # type: ignore[arg-type]
    assert written[-1] == "And"


@given(st.text(alphabet="ab .,!?\n-3", max_size=300), st.integers(1, 40))
def test_nothing_is_lost(text: str, size: int) -> None:
    assert "".join(clauses(text[i : i + size] for i in range(0, len(text), size))) == text


def test_text_without_marks_is_cut_all_the_same() -> None:
    found = list(clauses(["on and on "] * 100))
    assert "".join(found) == "on and on " * 100
    assert max(len(part.split()) for part in found) == MOST_WORDS
