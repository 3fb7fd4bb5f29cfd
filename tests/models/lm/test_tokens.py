"""Tokens: what goes in comes out, and files that are no vocabulary are refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lm.spoken import pip_form, user_form
from models.lm.tokens import BROKEN, END, MARKS, PIP, SILENT, USER, Tokens, TokensError

LETTERS = [*"abcdefghijklmnopqrstuvwxyz'.,?!", *("_" + c for c in "abcdefghijklmnopqrstuvwxyz'")]
MERGES = [("_", "h"), ("_h", "i"), ("t", "h"), ("th", "e")]


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    words = (*MARKS, "_", *(c for c in LETTERS if len(c) == 1), "_h", "_hi", "th", "the")
    return Tokens(words, {pair: rank for rank, pair in enumerate(MERGES)})


@given(st.text(alphabet="abc hit'.,?!{}", max_size=60))
def test_spoken_text_survives(tokens: Tokens, text: str) -> None:
    spoken = pip_form(text)
    assert tokens.decode(tokens.encode(spoken)) == spoken


def test_merges_follow_their_rank(tokens: Tokens) -> None:
    assert [tokens.words[i] for i in tokens.encode("hi the")] == ["_hi", "_", "the"]


def test_turns_carry_their_marks(tokens: Tokens) -> None:
    assert tokens.turn("user", "...") == [USER, SILENT, END]
    assert tokens.turn("user", "Hi!")[0] == USER
    cut = tokens.turn("pip", "Hi —")
    assert cut[0] == PIP
    assert cut[-2:] == [BROKEN, END]


def test_placeholders_are_one_token(tokens: Tokens) -> None:
    assert len(tokens.encode("{time}")) == 1
    assert tokens.decode(tokens.encode("it's {time}.")) == "it's {time}."


@given(st.text(max_size=300))
def test_any_text_becomes_the_users_form(text: str) -> None:
    spoken = user_form(text)
    assert set(spoken) <= set("abcdefghijklmnopqrstuvwxyz' ")
    assert user_form(spoken) == spoken


@given(st.text(max_size=300))
def test_any_text_becomes_pips_form(text: str) -> None:
    assert set(pip_form(text)) <= set("abcdefghijklmnopqrstuvwxyz' .,?!{}")


def test_save_and_load(tokens: Tokens, tmp_path: Path) -> None:
    tokens.save(tmp_path / "v.json")
    assert Tokens.load(tmp_path / "v.json") == tokens


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"words": ["a"], "merges": []}', '{"words": 3, "merges": 1}']
)
def test_refuses_what_is_no_vocabulary(content: str, tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text(content)
    with pytest.raises(TokensError, match=r"v\.json"):
        Tokens.load(path)
