"""All that can happen in a conversation, as the turn controller is told of it.

Every event carries `at`, the audio time at which it was noticed. Events of a reply carry its generation;
one whose generation is no longer alive is stale and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.clock import Samples

Source = Literal["user", "echo", "background"]
"""Whose sound it is held to be: the user's, our own coming back, or somebody not talking to us."""

Why = Literal["reply", "silence", "long turn", "apology", "asked"]
"""Why a response exists: an answer, speaking up (two ways), saying sorry, or at the application's request."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Another frame of audio time has passed."""

    at: Samples


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to sound at `onset`; said again when `source` is judged anew."""

    at: Samples
    onset: Samples
    source: Source = "user"


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The sound ended; `last` is its last sample."""

    at: Samples
    last: Samples


@dataclass(frozen=True, slots=True)
class Partial:
    """The words heard since `since`, so far; `stable` when the recogniser does not expect to change them."""

    at: Samples
    words: tuple[str, ...]
    since: Samples
    stable: bool = False
    source: Source = "user"


@dataclass(frozen=True, slots=True)
class EndGuess:
    """How probable it is, from words and prosody, that the user has finished: 0 … 1."""

    at: Samples
    probability: float


@dataclass(frozen=True, slots=True)
class Played:
    """Generation `generation` has sounded up to its own sample `position`; `saying` are its words so far."""

    at: Samples
    generation: int
    position: Samples
    saying: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlayEnded:
    """Generation `generation` has been said to its end (or had nothing to say)."""

    at: Samples
    generation: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A stage could not go on with generation `generation`."""

    at: Samples
    generation: int
    reason: str


@dataclass(frozen=True, slots=True)
class TalkPressed:
    """Push to talk: what follows is meant for us, pauses and all."""

    at: Samples


@dataclass(frozen=True, slots=True)
class TalkReleased:
    """The user says that the turn is over (push to talk let go, or the client's commit)."""

    at: Samples


@dataclass(frozen=True, slots=True)
class Typed:
    """The user wrote instead of speaking."""

    at: Samples
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Say:
    """The application asks for a response now."""

    at: Samples
    interruptible: bool = True


@dataclass(frozen=True, slots=True)
class Cancel:
    """The application asks that the response stop."""

    at: Samples


@dataclass(frozen=True, slots=True)
class Close:
    """The conversation is over."""

    at: Samples


Event = (
    Tick | SpeechStarted | SpeechStopped | Partial | EndGuess | Played | PlayEnded | Failed
    | TalkPressed | TalkReleased | Typed | Say | Cancel | Close
)  # fmt: skip

EVENTS: tuple[type[Event], ...] = (
    Tick, SpeechStarted, SpeechStopped, Partial, EndGuess, Played, PlayEnded, Failed,
    TalkPressed, TalkReleased, Typed, Say, Cancel, Close,
)  # fmt: skip

CONTROL: tuple[type[Event], ...] = (TalkPressed, TalkReleased, Typed, Say, Cancel, Close)
"""What the user or the application wants done; never dropped without a word."""
