"""The whole mind over the shipped memory: what it says, and what no input may make it say."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.lm.evaluate import openers
from models.lm.memory import Memory, MemoryError_
from models.lm.mind import SHIPPED, Choice, Mind, Talk
from models.lm.recall import names_in, recall
from models.lm.words import unclean

Begin = Callable[..., Talk]


def noon() -> datetime:
    return datetime(2026, 5, 3, 16, 10)


@pytest.fixture(scope="module")
def mind() -> Mind:
    return Mind(Memory.load(SHIPPED / "memory.npz"), None, Choice())


@pytest.fixture
def begin(mind: Mind) -> Begin:
    return lambda seed=0: mind.talk(seed, noon)


def test_says_the_time_the_day_and_the_date(begin: Begin) -> None:
    assert "ten past four" in begin().reply("what time is it").text
    assert "Sunday" in begin().reply("what day is it today").text
    assert "third of May" in begin().reply("what's the date today").text


def test_works_out_sums_and_spells(begin: Begin) -> None:
    assert "fifty six" in begin().reply("What's 7 times 8?").text
    assert begin().reply("how do you spell giraffe").text.startswith("G, I, R, A, F, F, E")


def test_danger_comes_first(begin: Begin) -> None:
    talk = begin()
    first = talk.reply("tell me a joke my chest hurts and i can't breathe")
    assert first.source == "danger"
    assert "emergency" in first.text
    assert talk.reply("i don't know what to do").source == "danger"


def test_remembers_a_name_told_three_turns_earlier(begin: Begin) -> None:
    talk = begin()
    assert "Marta" in talk.reply("hi i'm called marta").text
    talk.reply("i like biking")
    talk.reply("tell me a riddle")
    assert "Marta" in talk.reply("what's my name").text


def test_says_nothing_twice(begin: Begin) -> None:
    talk = begin()
    said = [talk.reply("tell me a joke").text for _ in range(20)]
    assert len(set(said)) == 20


def test_the_same_seed_gives_the_same_talk(begin: Begin) -> None:
    lines = ["hello", "tell me a joke", "haha", "one more", "i feel sad"]
    one, two = begin(3), begin(3)
    assert [one.reply(line).text for line in lines] == [two.reply(line).text for line in lines]


def test_a_fork_can_be_thrown_away(begin: Begin) -> None:
    talk = begin()
    talk.reply("hello")
    guess = talk.fork()
    guess.reply("i like bik")
    assert len(talk.turns) == 2
    assert len(guess.turns) == 4
    assert talk.fork().reply("i like biking").text == talk.reply("i like biking").text


def test_what_was_cut_is_kept_as_heard(begin: Begin) -> None:
    talk = begin()
    talk.reply("tell me a story about a dragon")
    talk.cut("A small dragon could")
    assert talk.turns[-1] == ("pip", "A small dragon could —")
    assert talk.reply("wait what color was it").text


def test_silence_gets_a_gentle_line(begin: Begin) -> None:
    talk = begin()
    talk.reply("hello")
    reply = talk.reply("...")
    assert reply.source == "silence"
    assert talk.turns[-2] == ("user", "...")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "...",
        "😀😀😀",
        "你好",
        "\x00\x01\x02",
        "a" * 100_000,
        "hello " * 20_000,
        "\n\n",
        "???",
        "1234567890" * 50,
    ],
)
def test_odd_lines_get_a_sane_reply(begin: Begin, line: str) -> None:
    text = begin().reply(line).text
    assert 3 <= len(text) <= 300
    assert "{" not in text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.text(max_size=80))
def test_replies_can_always_be_spoken(begin: Begin, line: str) -> None:
    text = begin().reply(line).text
    assert text
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz '.,?!-")


@pytest.mark.parametrize("name", ["first", "second", "third"])
def test_openers_get_clean_replies_without_strangers(mind: Mind, name: str) -> None:
    for line in openers(name):
        found = recall(mind.memory, [], line)
        assert not any(r.text.rstrip().endswith("—") for r in found)
        text = mind.talk(0, noon).reply(line).text
        assert not unclean(text)
        for stranger in names_in(text) & {"anna", "tom", "sam", "ben", "joanna", "maria", "leo"}:
            assert stranger in line


def test_a_memory_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "memory.npz"
    with pytest.raises(MemoryError_, match="cannot be read"):
        Memory.load(path)
    path.write_bytes(b"not a memory")
    with pytest.raises(MemoryError_, match="cannot be read"):
        Memory.load(path)
    np.savez(path, words=np.zeros(3))
    with pytest.raises(MemoryError_, match="cannot be read"):
        Memory.load(path)
