"""Where a conversation can be. Each state carries only what is legal there."""

from __future__ import annotations

from dataclasses import dataclass

from agent.clock import Samples
from agent.turn.events import Source, Why
from agent.turn.settings import Settings


@dataclass(frozen=True, slots=True)
class Book:
    """What is true in every state: the time, the numbers given out, and the last voice."""

    at: Samples = Samples(0)
    turns: int = 0
    generations: int = 0
    voiced: bool = False
    """somebody sounds now"""
    source: Source = "user"
    """whose sound the last one is held to be"""
    voice_last: Samples = Samples(0)
    """the last sample of the last sound"""
    words_since: Samples = Samples(0)
    """where the transcript starts; words from before are stale"""
    spoken_up: int = 0
    """how often we spoke up since the user last did"""
    settled: Samples = Samples(0)
    """sounds up to here have been dealt with: words that still arrive for them are late"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply to `words` that nobody may hear yet."""

    generation: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """The user's open turn."""

    number: int
    settings: Settings
    onset: Samples
    words: tuple[str, ...] = ()
    finished: float = 0.5
    """the last guess that the user has finished"""
    held: bool = False
    """push to talk is down: pauses do not end the turn"""
    released: bool = False
    """the user said that the turn is over"""
    asked: bool = False
    """the application wants a response to it"""
    draft: Draft | None = None
    murmured: Samples | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What we say, from the commit gate to its end."""

    generation: int
    settings: Settings
    why: Why = "reply"
    turn: Turn | None = None
    """the turn that it answers; closed, but kept so that it can be opened again while nothing has sounded"""
    interruptible: bool = True
    alarms: int = 0
    """how often it was held for nothing"""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody speaks."""

    book: Book = Book()
    quiet_since: Samples = Samples(0)
    said: tuple[str, ...] = ()
    """what we said last: its echo may still come in as words"""


@dataclass(frozen=True, slots=True)
class UserSpeaking:
    """The user's turn, sounding."""

    book: Book
    turn: Turn
    since: Samples


@dataclass(frozen=True, slots=True)
class Pausing:
    """The user's turn, silent since `since`: finished, or not?"""

    book: Book
    turn: Turn
    since: Samples


@dataclass(frozen=True, slots=True)
class Thinking:
    """The turn is ours and nothing has sounded yet: still to be taken back unnoticed."""

    book: Book
    response: Response
    since: Samples


@dataclass(frozen=True, slots=True)
class Speaking:
    """We speak. `overlap` is a turn of the user's that may not hold us, or not by sound alone."""

    book: Book
    response: Response
    position: Samples
    moved: Samples
    """when the position last grew"""
    saying: tuple[str, ...] = ()
    overlap: Turn | None = None


@dataclass(frozen=True, slots=True)
class Ducked:
    """The user made a sound while we spoke: we hold still until it is clear what it was."""

    book: Book
    response: Response
    turn: Turn
    position: Samples
    saying: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation is over."""

    book: Book


State = Idle | UserSpeaking | Pausing | Thinking | Speaking | Ducked | Closed

STATES: tuple[type[State], ...] = (Idle, UserSpeaking, Pausing, Thinking, Speaking, Ducked, Closed)


def open_turn(state: State) -> Turn | None:
    """The user's open turn, if there is one."""
    match state:
        case UserSpeaking() | Pausing() | Ducked():
            return state.turn
        case Speaking():
            return state.overlap
        case _:
            return None


def active_response(state: State) -> Response | None:
    """The response that has started and not ended, if there is one."""
    return state.response if isinstance(state, Thinking | Speaking | Ducked) else None
