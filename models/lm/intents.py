# ruff: noqa: E501
"""Intents: many wordings of the same wish, and a few replies each of which fits any of them.

Files in `models/lm/intents`, blocks set apart by an empty line:

    who are you / what are you / tell me who you are      wordings; further lines go on
    @after                                                a mark: where the intent counts, or how it is answered
    M: I don't have a name.                               also what the set ms_chitchat answers with this
    A: I'm Pip, a small voice that lives on this computer.
    A: I'm Pip! And who are you?

A block whose first line is `+ who are you` holds further wordings of the intent that this is a wording of. Lines that
begin with # explain. Marks: `after` only after Pip said something; `short` counts when nothing else is
near, since such a line leans on what came before; `half` a line that was not finished.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from models.lm.acts import WH
from models.lm.data import Turn, data_folder, read_lines
from models.lm.spoken import user_form
from models.lm.words import unclean

FOLDER = Path(__file__).parent / "intents"
ALARMS = Path(__file__).parent / "alarms"
LONGEST = 12  # words of a wording taken from the chit-chat set
_ROBOTS = frozenset("bot cortana hal eliza zo robotic".split())  # what that set calls its agent


class IntentError(ValueError):
    """A block that is not written in this form; one line."""


@dataclass(frozen=True)
class Intent:
    """One intent; `wordings` as the ears deliver them, `marks` without the @, `chitchat` answers of that set."""

    wordings: tuple[str, ...]
    replies: tuple[str, ...]
    marks: tuple[str, ...] = ()
    chitchat: tuple[str, ...] = ()


def parse(text: str, name: str = "intents") -> Iterator[Intent]:
    """The intents in a text. Raises `IntentError` for a block without wordings or replies.

    >>> [i.wordings for i in parse("hi / hello\\nA: Hello!\\n\\nbye\\nA: Bye!")]
    [('hi', 'hello'), ('bye',)]
    """
    for block in text.split("\n\n"):
        lines = [line.strip() for line in block.splitlines() if line.strip() and line[0] != "#"]
        if not lines or lines[0][0] == "+":
            continue
        said = [
            w for line in lines if line[0] != "@" and line[:2] not in ("A:", "M:") for w in line.split("/")
        ]
        wordings = tuple(dict.fromkeys(form for w in said if (form := user_form(w))))
        replies = tuple(line[2:].strip() for line in lines if line[:2] == "A:")
        if not wordings or not replies:
            raise IntentError(f"{name}: a block needs wordings and A: lines, found {lines[0][:60]!r}")
        marks = tuple(line[1:] for line in lines if line[0] == "@")
        chitchat = tuple(line[2:].strip() for line in lines if line[:2] == "M:")
        yield Intent(wordings, replies, marks, chitchat)


def further(text: str, name: str = "intents") -> Iterator[tuple[str, tuple[str, ...]]]:
    """(a wording of the intent that is meant, further wordings) of the blocks that begin with +.

    >>> list(further("+ hi\\nhello there / good day"))
    [('hi', ('hello there', 'good day'))]
    """
    for block in text.split("\n\n"):
        lines = [line.strip() for line in block.splitlines() if line.strip() and line[0] != "#"]
        if lines and lines[0][0] == "+":
            more = [form for line in lines[1:] for w in line.split("/") if (form := user_form(w))]
            if not more:
                raise IntentError(f"{name}: no wordings follow {lines[0][:60]!r}")
            yield user_form(lines[0][1:]), tuple(dict.fromkeys(more))


def written() -> list[Intent]:
    """All intents in the files, each wording where it comes first. Raises `IntentError`."""
    found: list[Intent] = []
    where: dict[str, int] = {}
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.txt"))]
    for name, text in texts:
        for intent in parse(text, name):
            own = tuple(w for w in intent.wordings if w not in where)
            if own:
                where |= dict.fromkeys(own, len(found))
                found.append(replace(intent, wordings=own))
    for name, text in texts:
        for key, more in further(text, name):
            if key not in where:
                raise IntentError(f"{name}: no intent has the wording {key!r}")
            at, own = where[key], tuple(w for w in more if w not in where)
            where |= dict.fromkeys(own, at)
            found[at] = replace(found[at], wordings=(*found[at].wordings, *own))
    return found


def phrasings() -> list[tuple[str, str]]:
    """(kind, line) of the dangers written in `alarms/danger.txt`."""
    rows = (ALARMS / "danger.txt").read_text(encoding="utf-8").splitlines()
    return [(kind, line) for kind, line in (row.split("\t") for row in rows if row)]


def harmless() -> list[str]:
    """Lines written in `alarms/ordinary.txt` that use the same words and mean no harm."""
    return [line for line in (ALARMS / "ordinary.txt").read_text(encoding="utf-8").splitlines() if line]


def chitchat() -> dict[str, list[tuple[str, ...]]]:
    """Answer → groups of questions that the set ms_chitchat (MIT) gives it to, among others."""
    answers: dict[str, set[str]] = {}
    for talk in read_lines(data_folder() / "text" / "ms_chitchat.jsonl.xz"):
        if len(talk) == 2:
            said = user_form(talk[0][1])
            if 0 < len(said.split()) <= LONGEST and not unclean(said) and not _ROBOTS & set(said.split()):
                answers.setdefault(said, set()).add(talk[1][1])
    groups: dict[frozenset[str], list[str]] = {}
    for said, given in answers.items():
        groups.setdefault(frozenset(given), []).append(said)
    found: dict[str, list[tuple[str, ...]]] = {}
    for all_, questions in groups.items():
        for answer in all_:
            found.setdefault(answer, []).append(tuple(questions))
    return found


def with_chitchat(intents: Iterable[Intent]) -> list[Intent]:
    """The intents with the chit-chat set's wordings after their own; what is written by hand goes first.

    A question that asks for another thing (what, where …) than any of the intent's own is left out. Where an answer fits several groups of questions, the one that shares most words with the intent is meant.
    """
    intents, sets = list(intents), chitchat()
    seen = {w for intent in intents for w in intent.wordings}
    widened = []
    for intent in intents:
        words = {w for wording in intent.wordings for w in wording.split()}
        more: dict[str, None] = {}
        starts = {w.split()[0] for w in intent.wordings}
        for answer in intent.chitchat:
            if answer not in sets:
                raise IntentError(f"ms_chitchat has no answer {answer!r}")
            group = max(sets[answer], key=lambda some: _shared(words, some) * len(some) ** 0.25)
            fits = (w for w in group if w not in seen and w.split()[0] not in WH - starts)
            more |= dict.fromkeys(fits)
        seen.update(more)
        widened.append(Intent((*intent.wordings, *more), intent.replies, intent.marks, intent.chitchat))
    return widened


def _shared(words: set[str], group: tuple[str, ...]) -> float:
    """Share of a group's words that are among some."""
    spoken = [w for said in group for w in said.split()]
    return sum(w in words for w in spoken) / len(spoken)


def alarms() -> list[Intent]:
    """The phrasings written for the sense of danger, a kind an intent (mark `danger:KIND`), and harmless ones that
    sound like them (mark `harmless`); they have no replies here."""
    kinds: dict[str, list[str]] = {}
    for kind, line in phrasings():
        kinds.setdefault(kind, []).append(user_form(line))
    found = [Intent(tuple(dict.fromkeys(lines)), ("",), (f"danger:{kind}",)) for kind, lines in kinds.items()]
    return [
        *found,
        Intent(tuple(dict.fromkeys(user_form(line) for line in harmless())), ("",), ("harmless",)),
    ]


def intent_talks() -> list[list[Turn]]:
    """Every wording written by hand with one of its replies, as a talk of two lines."""
    return [
        [("user", wording), ("pip", intent.replies[i % len(intent.replies)])]
        for intent in written()
        if not set(intent.marks) & {"after", "echo", "half"}
        for i, wording in enumerate(intent.wordings)
    ]
