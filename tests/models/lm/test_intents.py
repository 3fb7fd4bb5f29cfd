"""Intents: what is written, what a line means among them, and what answers it."""

import re
from datetime import datetime

import numpy as np
import pytest

from models.lm.intents import IntentError, further, intent_talks, parse, written
from models.lm.knowledge import known
from models.lm.likeness import NAMES, Scale, alignment
from models.lm.memory import SHIPPED, Memory
from models.lm.mind import Mind
from models.lm.misheard import mishear
from models.lm.postings import Postings
from models.lm.train_likeness import alike
from models.lm.words import unclean

SPEAKABLE = re.compile(r"[A-Za-z' ,.?!:\-{}]+")


@pytest.fixture(scope="module")
def memory() -> Memory:
    return Memory.load(SHIPPED)


def test_every_reply_can_be_spoken_and_is_short() -> None:
    for intent in written():
        for reply in intent.replies:
            assert SPEAKABLE.fullmatch(reply), reply
            assert not unclean(reply)
            assert 1 <= len(reply.split()) <= 40, reply
            assert set(re.findall(r"\{\w+\}", reply)) <= {"{time}", "{day}", "{date}", "{again}", "{heard}"}


def test_no_wording_has_two_intents() -> None:
    wordings = [w for intent in written() for w in intent.wordings]
    assert len(wordings) == len(set(wordings))
    assert len(wordings) > 8000
    assert len(intent_talks()) > 8000


@pytest.mark.parametrize("text", ["A: only a reply", "only a wording", "who / what\n@after"])
def test_a_block_that_lacks_something_is_refused(text: str) -> None:
    with pytest.raises(IntentError, match="needs wordings"):
        list(parse(text))


def test_a_block_of_further_wordings_needs_some() -> None:
    with pytest.raises(IntentError, match="no wordings follow"):
        list(further("+ who are you"))


def test_a_wording_means_its_own_intent_clean_and_misheard(memory: Memory) -> None:
    random = __import__("random").Random(1)
    wordings = memory.wordings
    some = random.sample(range(len(wordings.intents)), 60)
    for rate, least in ((0.0, 57), (0.25, 42)):
        right = 0
        for i in some:
            text = wordings.text(i)
            heard = mishear(text, rate, alike(memory, text.split()), random) if rate else text
            found = wordings.meant(heard.split())
            right += bool(found) and found[0].intent == wordings.intents[i]
        assert right >= least


@pytest.mark.parametrize("line", ["", "xyzzy qwrtz", "a"])
def test_odd_lines_mean_nothing_or_little(memory: Memory, line: str) -> None:
    found = memory.wordings.meant(line.split())
    assert sum(m.chance for m in found) <= 1.0 + 1e-6


def test_what_the_shipped_weights_weigh_is_what_is_counted(memory: Memory) -> None:
    _, features = memory.wordings.look("how are you".split())
    assert features.shape[1] == len(NAMES)
    assert np.isfinite(Scale.load().score(features)).all()


def test_alignment_is_one_for_the_same_and_falls_with_every_other_phone() -> None:
    line = np.array([20, 2, 31], np.int64)  # K AE T
    others = np.array([[20, 2, 31, 0], [20, 2, 9, 0], [7, 2, 31, 29], [0, 0, 0, 0]], np.int64)
    near = alignment(line, others, np.array([3, 3, 4, 0]))
    assert near[0] == 1
    assert 1 > near[1] > near[2] > near[3] >= 0


def test_postings_give_the_cosine() -> None:
    owner, codes = np.array([0, 0, 1, 2], np.int32), np.array([1, 2, 2, 3])
    postings = Postings.of(owner, codes, 3, 5)
    near = postings.cosine(np.array([1, 2]))
    assert near[0] == pytest.approx(1)
    assert near[0] > near[1] > near[2] == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("which city is the capital of norway", "Oslo"),
        ("name the month that follows june", "July"),
        ("what's the opposite of early", "late"),
        ("how do you call a baby sheep", "lamb"),
        ("what do you get if you mix blue and yellow", "green"),
        ("how many days are in february", "twenty eight"),
    ],
)
def test_tables_know_easy_facts(line: str, told: str) -> None:
    assert told in (known(line) or "")


@pytest.mark.parametrize("line", ["i like france", "my cat says hello", "what did you say"])
def test_tables_are_silent_where_nothing_is_asked(line: str) -> None:
    assert known(line) is None


@pytest.mark.parametrize(
    ("line", "source"),
    [("who are you", "intent"), ("can you turn on the lights", "intent"), ("what time is it", "intent")],
)
def test_intents_answer_first(memory: Memory, line: str, source: str) -> None:
    talk = Mind(memory, None).talk(0, lambda: datetime(2026, 5, 3, 16, 10))
    assert talk.reply(line).source == source


def test_asked_to_say_it_again_it_does(memory: Memory) -> None:
    talk = Mind(memory, None).talk()
    first = talk.reply("tell me a joke").text
    assert first in talk.reply("what did you say").text
    assert first not in Mind(memory, None).talk().reply("what did you say").text
