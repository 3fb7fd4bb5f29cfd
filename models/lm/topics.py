# ruff: noqa: E501
"""What a statement speaks of, and what to say to it when nothing closer is known.

`topics.txt` holds blocks of words that name a topic and of replies that fit statements about it: A: any, P: what is
past, F: what is to come, S: what is sad or annoying.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "topics.txt"
TENSES = "APFS"
_OTHERS = re.compile(
    r"^(?:um |so |oh |hey |well |yes |and |but |today |yesterday )*(?:(?:my|our) (?:little |big |older |younger |best |new )?(?:mum|mom|mother|dad|father|"
    r"sister|brother|son|daughter|wife|husband|partner|boyfriend|girlfriend|friend|cousin|uncle|aunt|grandma|grandpa|grandmother|grandfather|nan|gran|"
    r"boss|neighbou?r|teacher|kids?|children|parents|grandson|granddaughter|nephew|niece|flatmate|roommate|colleague|boy|girl|mate)|he|she|they|he's|she's|they're|someone|somebody)\b"
)
_YOU = re.compile(r"\byour?s?\b", re.IGNORECASE)


class TopicError(ValueError):
    """A block that is not written in this form; one line."""


@dataclass(frozen=True)
class Topic:
    """Replies by tense (one of `TENSES`); a `general` topic gives way to any other."""

    words: tuple[str, ...]
    replies: Mapping[str, tuple[str, ...]]
    general: bool = False


def parse(text: str) -> list[Topic]:
    """The topics in a text. Raises `TopicError` for a block without replies.

    >>> parse("~ tea coffee\\nA: Mm!\\nS: Oh no.")[0].replies["S"]
    ('Oh no.',)
    """
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and line[0] != "#"]
        if not lines:
            continue
        replies = {
            tense: tuple(line[2:].strip() for line in lines[1:] if line[:2] == f"{tense}:")
            for tense in TENSES
        }
        if not any(replies.values()):
            raise TopicError(f"topics: no replies follow {lines[0][:60]!r}")
        words = lines[0].removeprefix("~").split()
        found.append(Topic(tuple(words), replies, lines[0][0] == "~"))
    return found


@cache
def _known() -> dict[str, Topic]:
    """Word → its topic, the first that names it."""
    words: dict[str, Topic] = {}
    for topic in parse(FILE.read_text(encoding="utf-8")):
        for word in topic.words:
            words.setdefault(word, topic)
    return words


def topics(said: Sequence[str]) -> list[tuple[str, Topic]]:
    """(word, topic) of the words that name one; general topics only where there are no others.

    >>> [word for word, _ in topics("i play football with my friends".split())]
    ['football']
    """
    known = _known()
    found = [(word, known[word]) for word in said if word in known]
    return [f for f in found if not f[1].general] or found


def apart(said: Sequence[str], heard: Sequence[str]) -> bool:
    """Whether two lines speak of different things.

    >>> apart("i just got back from the gym".split(), "i just got back from a walk".split())
    True
    """
    ours = {id(topic) for _, topic in topics(said)}
    theirs = {id(topic) for _, topic in topics(heard)}
    return bool(ours or theirs) and not ours & theirs


def others(said: str) -> bool:
    """Whether a statement is of somebody else's doings."""
    return bool(_OTHERS.match(said))


def replies(said: str, tense: str, rarity: Mapping[str, float]) -> list[str]:
    """What to say to a statement, best first; none where its topic is unknown or has no words for its mood.

    `tense` is one of `TENSES`; `rarity` of words decides which topic is meant where there are several.
    """
    found = topics(said.split())
    if not found:
        return []
    word, topic = max(found, key=lambda pair: rarity.get(pair[0], 0.0))
    lines = list(topic.replies[tense])
    if tense in "PF":
        lines += topic.replies["A"]
    if others(said):  # of somebody else's doings nothing is asked that only the doer knows
        lines = [line for line in lines if tense == "S" or not _YOU.search(line)]
    put = [line.replace("{word}", word) for line in lines]
    return [line[0].upper() + line[1:] for line in put]
