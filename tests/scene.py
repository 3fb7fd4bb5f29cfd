"""Scene files: who sounds when, what we answer, and what must come of it.

A line is a keyword and its arguments; # begins a comment. Times are seconds.

    user 1.0-2.4 what is a river         the user says these words, evenly spread, and finishes (p=0.95)
    user 1.0-2.4 p=0.1 what is           … and has most probably not
    cough 3.0-3.2                        a sound of the user's without words
    background 0-9 buy one get one free  somebody else, fainter
    echo                                 our own voice comes back whenever we speak, known as such
    echo mistaken                        … and is taken for the user's
    reply a river is water               our answers, in order, 0.25 s a word; the last one for ever
    think 0.06                           how long the first audio of a reply takes
    set barge_in=False                   a setting of agent.turn.settings
    at 4.0 say | cancel | press | release | fail | type some words
    until 12                             when the scene ends (else 3 s after the last sound)
    repeat 10 every 20                   the sounds ten times over, 20 s apart

    heard user what is a river           the history in the end, line by line; — marks a cut
    heard agent a river —
    answer 2.4-2.9                       our voice begins in here
    quiet 3.0-3.5                        our voice is silent from then to then
    count Duck=1 Resume=1 Murmur=0       so many effects of a kind
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from agent.clock import Samples, samples
from agent.history import History
from agent.turn.events import Source

SCENES = Path(__file__).parent / "scenes"


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it sounds."""

    text: str
    start: Samples
    end: Samples


@dataclass(frozen=True, slots=True)
class Sounding:
    """A stretch of somebody's sound."""

    source: Source
    start: Samples
    end: Samples
    words: tuple[Word, ...] = ()
    finished: float = 0.95


@dataclass
class Scene:
    """A scene as its file says it."""

    name: str
    sounds: list[Sounding] = field(default_factory=list)
    replies: list[tuple[str, ...]] = field(default_factory=list)
    actions: list[tuple[Samples, str, tuple[str, ...]]] = field(default_factory=list)
    rules: dict[str, object] = field(default_factory=dict)
    echo: str = ""
    think: Samples = samples(60)
    until: Samples = Samples(0)
    heard: list[str] = field(default_factory=list)
    answers: list[tuple[Samples, Samples]] = field(default_factory=list)
    quiets: list[tuple[Samples, Samples]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass
class Outcome:
    """What came of a scene."""

    history: History
    sounding: list[tuple[Samples, Samples]]
    """when our voice was to be heard"""
    counts: dict[str, int]


def at(seconds: str) -> Samples:
    return samples(1000 * float(seconds))


def span(text: str) -> tuple[Samples, Samples]:
    start, _, end = text.partition("-")
    return at(start), at(end)


def words_in(texts: list[str], start: Samples, end: Samples) -> tuple[Word, ...]:
    edges = [Samples(start + (end - start) * i // max(len(texts), 1)) for i in range(len(texts) + 1)]
    return tuple(Word(text, *edge) for text, edge in zip(texts, pairwise(edges)))


def sounding(keyword: str, rest: list[str]) -> Sounding:
    start, end = span(rest[0])
    finished = 0.95
    if len(rest) > 1 and rest[1].startswith("p="):
        finished, rest = float(rest[1][2:]), [rest[0], *rest[2:]]
    source: Source = "background" if keyword == "background" else "user"
    return Sounding(source, start, end, words_in(rest[1:], start, end), finished)


def read(name: str) -> Scene:
    """The scene in tests/scenes/NAME.txt."""
    scene = Scene(name)
    for number, line in enumerate((SCENES / f"{name}.txt").read_text().splitlines(), 1):
        keyword, *rest = line.partition("#")[0].split() or [""]
        try:
            _enter(scene, keyword, rest)
        except (ValueError, IndexError) as error:
            raise ValueError(f"{name}.txt:{number}: {line!r} is no line of a scene: {error}") from error
    last = max([sound.end for sound in scene.sounds] + [action[0] for action in scene.actions], default=0)
    scene.until = scene.until or Samples(last + samples(3000))
    return scene


def _enter(scene: Scene, keyword: str, rest: list[str]) -> None:
    match keyword:
        case "":
            pass
        case "user" | "cough" | "background":
            scene.sounds.append(sounding(keyword, rest))
        case "echo":
            scene.echo = "mistaken" if rest == ["mistaken"] else "known"
        case "reply":
            scene.replies.append(tuple(rest))
        case "think":
            scene.think = at(rest[0])
        case "until":
            scene.until = at(rest[0])
        case "at":
            scene.actions.append((at(rest[0]), rest[1], tuple(rest[2:])))
        case "set":
            key, _, value = rest[0].partition("=")
            scene.rules[key] = {"True": True, "False": False}.get(value) if value[0] in "TF" else int(value)
        case "repeat":
            _repeat(scene, int(rest[0]), at(rest[2]))
        case "heard":
            scene.heard.append(f"{rest[0]}: {' '.join(rest[1:])}")
        case "answer":
            scene.answers.append(span(rest[0]))
        case "quiet":
            scene.quiets.append(span(rest[0]))
        case "count":
            scene.counts |= {key: int(value) for key, _, value in (item.partition("=") for item in rest)}
        case _:
            raise ValueError(f"{keyword!r} is no keyword")


def _repeat(scene: Scene, times: int, every: Samples) -> None:
    once = list(scene.sounds)
    for again in range(1, times):
        by = every * again
        for s in once:
            moved = tuple(Word(w.text, Samples(w.start + by), Samples(w.end + by)) for w in s.words)
            scene.sounds.append(
                Sounding(s.source, Samples(s.start + by), Samples(s.end + by), moved, s.finished)
            )


def differences(scene: Scene, outcome: Outcome) -> list[str]:
    """Where the outcome is not what the scene asks for, one line each."""
    wrong = []
    lines = [f"{line.speaker}: {line.text()}" for line in outcome.history.messages()]
    if scene.heard and lines != scene.heard:
        wrong.append(f"heard {lines}, expected {scene.heard}")
    for start, end in scene.answers:
        if not any(start <= begun <= end for begun, _ in outcome.sounding):
            wrong.append(f"no answer begins in {seconds(start, end)}: {shown(outcome)}")
    for start, end in scene.quiets:
        if any(begun < end and over > start for begun, over in outcome.sounding):
            wrong.append(f"not quiet in {seconds(start, end)}: {shown(outcome)}")
    for kind, count in scene.counts.items():
        if outcome.counts.get(kind, 0) != count:
            wrong.append(f"{outcome.counts.get(kind, 0)} × {kind}, expected {count}")
    return wrong


def seconds(start: Samples, end: Samples) -> str:
    return f"{start / 16000:.2f}-{end / 16000:.2f}"


def shown(outcome: Outcome) -> str:
    return "our voice sounded at " + (", ".join(seconds(*s) for s in outcome.sounding[:12]) or "no time")
