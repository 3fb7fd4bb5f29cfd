# ruff: noqa: E501
"""What kind of sentence a line is, by its words: what it does, of whom it speaks, whether it denies."""

from __future__ import annotations

from collections.abc import Sequence

YOU = frozenset("you your you're you've yours yourself pip".split())
I_ = frozenset("i i'm i've i'll i'd me my mine myself".split())
_NOT = frozenset(
    "not no never can't cannot don't doesn't didn't isn't aren't wasn't weren't won't wouldn't couldn't haven't hasn't "
    "nobody nothing without hardly".split()
)
_LEAD = frozenset(
    "um uh er so well okay ok hey hi hello pip please and but oh now just like yeah yes no".split()
)
_QUESTION = frozenset(
    "do does did are is was were am have has should may might isn't aren't don't doesn't didn't".split()
)
WH = frozenset("what what's who who's where where's when when's which why how how's whose what're".split())
_OPEN_STATEMENT = frozenset(
    "i i'm i've i'd i'll my we we're we've our it it's there there's he he's she she's they they're their his her this that "
    "that's the a an you you're your someone some nobody everyone today yesterday tomorrow one".split()
)


def act(words: Sequence[str]) -> str:
    """What a line does, read off its first words: wh, ask, tell, order, or "" for a line of one or two words.

    >>> act("could you call my mother".split()), act("i like biking".split()), act("what do cows eat".split())
    ('order', 'tell', 'wh')
    """
    words = list(words)
    while len(words) > 1 and words[0] in _LEAD:
        words = words[1:]
    if len(words) >= 2 and words[0] in ("can", "could", "will", "would") and words[1] == "you":
        return "order" if len(words) > 2 else ""
    if words[:3] == ["do", "you", "know"] and len(words) > 4 and words[3] in ("a", "an", "any", "some"):
        return "order"
    if words[0] in WH:
        return "wh"
    if words[0] in ("know", "got", "ever", "want", "heard", "seen", "fancy"):
        return "ask"
    if words[0] in _QUESTION or words[0] in ("can", "could", "will", "would", "shall"):
        return "ask"
    if words[0] in _OPEN_STATEMENT:
        return "tell"
    return "order" if len(words) > 2 else ""


def core(words: Sequence[str]) -> list[str]:
    """The line without what leads in and out, as long as two words are left.

    >>> core("oh what can you do then".split())
    ['what', 'can', 'you', 'do']
    """
    kept = list(words)
    if kept[:2] == ["tell", "me"] and len(kept) > 4 and kept[2] in WH | {"if"}:
        kept = kept[2:]
    while len(kept) > 2 and kept[0] in _LEAD - {"just"}:
        kept = kept[1:]
    while len(kept) > 2 and kept[-1] in (
        "then",
        "again",
        "please",
        "though",
        "pip",
        "now",
        "anyway",
        "too",
        "um",
        "thanks",
    ):
        kept = kept[:-1]
    return kept


def whose(words: Sequence[str]) -> set[str]:
    """Whom a line speaks of: the user ("i"), Pip ("you"), both, or neither."""
    return {"i"} & {"i" if w in I_ else "" for w in words} | {"you"} & {
        "you" if w in YOU else "" for w in words
    }


def negated(words: Sequence[str]) -> bool:
    """Whether a line denies something.

    >>> negated("i don't like fish".split()), negated("i like fish".split())
    (True, False)
    """
    return not _NOT.isdisjoint(words)


_DECIDING = (
    "biggest largest greatest hugest", "smallest tiniest littlest", "tallest highest", "lowest deepest", "longest", "shortest",
    "fastest quickest", "slowest", "oldest", "youngest newest", "first", "last", "best", "worst", "hottest warmest", "coldest",
    "closest nearest", "farthest furthest", "richest", "poorest", "cheapest", "most", "least", "heaviest", "lightest",
    "strongest", "weakest", "opposite", "before", "after", "yesterday", "tomorrow",
)  # fmt: skip
_SENSE = {word: group.split()[0] for group in _DECIDING for word in group.split()}


def other_question(said: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two questions ask for different things although they may share all other words.

    >>> other_question("what's the largest country".split(), "what's the smallest country".split())
    True
    """
    ours, theirs = ({_SENSE[w] for w in line if w in _SENSE} for line in (said, other))
    return ours != theirs
