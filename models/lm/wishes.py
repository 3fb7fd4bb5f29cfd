# ruff: noqa: E501
"""Wishes for a joke, riddle, story, poem or fact: one more of them, one about something, and how a riddle goes on."""

from __future__ import annotations

import re

from models.lm.lines import line_words
from models.lm.memory import Memory
from models.lm.recall import Recalled
from models.lm.spoken import pip_form
from models.lm.tokens import Talk

MORE = re.compile(
    r"^(?:um |oh |yes |yeah |okay |ok |ha ?ha |can i have |give me |tell me |i want |let's have |do )*(?:another|another one|one more|more|again|next|next one|a different one|another (?:joke|riddle|story|fact|one))(?: please| pip| one)*$"
)
OFFERS = re.compile(r"another|one more|a better one|shall i go on|try again")
YES = re.compile(
    r"^(?:yes|yeah|yep|sure|please|okay|ok|go on|of course|definitely|why not|i would|i'd love)\b(?: \w+){0,2}$"
)
WISH = re.compile(
    r"\b(?:joke|riddle|story|fact|poem|rhyme|laugh|funny|interesting|puzzle|tongue twister)s?\b"
)
CLEAR_WISH = re.compile(r"\b(?:joke|riddle|story|stories|fact|poem|rhyme|puzzle|tongue twister)s?\b")
_PRAISES = re.compile(
    r"^(?:oh |wow |okay )*(?:that|this|it|that's|it's|ha|haha|so|very|how|what a|funny|i like|i love)\b"
)
_GIVES_UP = re.compile(
    r"\b(?:don't know|no idea|give up|tell me|not sure|dunno|no clue|what is it|the answer|can't think|i'm stuck|stumped)\b|^(?:what|um|hm+|no|i)$"
)
_ASKS = re.compile(r"^(?:what|who|why|can|could|do|are|how|stop|another|next|no more|okay|thanks|bye|tell)\b")


def again(talk: Talk, said: str) -> str:
    """The user's last wish for a joke, riddle, story or fact, when this line asks for one more; else "".

    >>> again([("user", "tell me a joke"), ("pip", "What is brown? A stick!")], "another one")
    'tell me a joke'
    """
    offered = bool(talk) and OFFERS.search(talk[-1][1].lower())
    if not (MORE.match(said) or (offered and YES.match(said))):
        return ""
    asked = (text for who, text in reversed(talk) if who == "user" and WISH.search(text))
    return next((text for text in asked if not _PRAISES.match(text)), "")


def plain(said: str) -> str:
    """A wish for a joke and the like without what it should be about, or "".

    >>> plain("do you know any jokes about trains")
    'tell me a joke'
    """
    found = CLEAR_WISH.search(said)
    return f"tell me a {found.group(0)}".replace("stories", "story").removesuffix("s") if found else ""


def riddle(memory: Memory, talk: Talk, said: str) -> str | None:
    """What to say to a guess, or to giving up, while a riddle with a known answer is open."""
    if not any(
        "riddle" in text or "puzzle" in text or "teaser" in text for who, text in talk if who == "user"
    ):
        return None
    last = talk[-1][1]
    if not last.endswith("?"):
        return None
    numbers = memory.numbers(line_words("pip", last))
    solutions = memory.solutions(numbers)
    if not solutions:
        return memory.given_up(numbers) if _GIVES_UP.search(said) else None
    answer = min(solutions, key=len)
    right = {w for s in solutions for w in s.split() if memory.said[memory.number[w]] < 2000}
    if set(said.split()) & right:
        return None if said in solutions else f"Yes, that's it! {answer.capitalize()}."
    if _GIVES_UP.search(said):
        return f"{answer.capitalize()}! Would you like another one?"
    if len(said.split()) > 5 or _ASKS.match(said):
        return None
    return f"Good guess, but no. It's {answer}. Another one?"


def is_about(memory: Memory, about: str, recalled: Recalled) -> bool:
    """Whether a remembered exchange has to do with a thing."""
    stem = about[: max(3, len(about) - 2)]
    words = f"{recalled.heard} {pip_form(recalled.text)}".split()
    number = memory.number.get(about)
    alike = set(memory.alike(number)) if number is not None else set()
    return any(w.startswith(stem) or w in alike for w in words)
