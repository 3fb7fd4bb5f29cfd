# ruff: noqa: E501
"""When a known line that looks near means something else: another person's doings, another thing, another question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from models.lm import topics
from models.lm.acts import act, core, other_question
from models.lm.wordings import Meant

SELF_OR_OTHERS = (
    0.75  # an intent likelier than this may be meant although its wording tells of another person
)
OF_OTHERS = re.compile(
    r"^(?:and |but |so |well |yes |no )*(?:he|she|it|they|he's|she's|it's|they're|his|her|their|one of them)\b"
)
OWN = re.compile(
    r"^(?:um |so |oh |hey |well |yes |and |but |today |yesterday |tomorrow )*(?:i|i'm|i've|i'll|i'd|we|we're|we've|we'll|we'd)\b"
)


def swapped(said: str, wording: str) -> bool:
    """Whether one line tells of its speaker and the other of somebody else.

    >>> swapped("i won first prize", "my daughter won first prize"), swapped("i won", "we won")
    (True, False)
    """
    return bool(OWN.match(said)) != bool(OWN.match(wording)) and topics.others(said) != topics.others(wording)


def strays(said: str, heard: str) -> bool:
    """Whether a remembered line, to a statement, is another kind of sentence or speaks of another thing."""
    if act(core(heard.split())) in ("order", "wh", "ask") and act(core(said.split())) == "tell":
        return True
    if OF_OTHERS.match(said) and not OF_OTHERS.match(heard):
        return True
    return topics.apart(said.split(), heard.split())


def asks_other(said: str, heard: str) -> bool:
    """Whether a line is a question, and a known line asks for something else."""
    return act(core(said.split())) == "wh" and other_question(said.split(), heard.split())


def likely(said: str, meant: Iterable[Meant]) -> Sequence[Meant]:
    """The intents that a line may mean, without those whose nearest wording is of another person or asks for another thing."""
    return [
        m
        for m in meant
        if (m.chance > SELF_OR_OTHERS or not swapped(said, m.wording)) and not asks_other(said, m.wording)
    ]
