"""All that the turn controller can ask for. Effects are data; the pipeline carries them out in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.clock import Samples
from agent.turn.events import Why

TurnEnd = Literal["committed", "noise", "backchannel", "echo", "background", "closed"]
"""How a turn of the user's ended: it is answered, or it was none, or the conversation closed."""

ResponseEnd = Literal["heard", "cut", "withdrawn", "failed", "cancelled", "closed"]
"""How a response ended: said to its end, interrupted, taken back unheard, broken, or stopped on request."""


@dataclass(frozen=True, slots=True)
class HearAfresh:
    """Start the transcript anew, from the sample `since` on."""

    since: Samples


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """The user's turn `turn` began at `onset`, or (`reopened`) goes on after we took it for finished."""

    turn: int
    onset: Samples
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class CloseTurn:
    """The user's turn is over, with these words."""

    turn: int
    outcome: TurnEnd
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attend:
    """Read these words of the open turn into a fork of the mind: they will hardly change any more."""

    turn: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepare:
    """Draft a reply to `words`, up to its first audio, without side effects; unheard before `Start`."""

    generation: int
    words: tuple[str, ...]
    why: Why = "reply"


@dataclass(frozen=True, slots=True)
class Discard:
    """Throw the draft away."""

    generation: int


@dataclass(frozen=True, slots=True)
class Start:
    """Open the commit gate: the draft is now the response, to `turn` or (None) unasked."""

    generation: int
    turn: int | None
    why: Why = "reply"


@dataclass(frozen=True, slots=True)
class Duck:
    """Fade the response out within the fade time and hold it."""

    generation: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on with the held response from a word boundary."""

    generation: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Silence the response for good, with a fade, and drop what is left of it."""

    generation: int


@dataclass(frozen=True, slots=True)
class End:
    """The response is over; nothing of it follows."""

    generation: int
    outcome: ResponseEnd


@dataclass(frozen=True, slots=True)
class Murmur:
    """Say "mm-hm" under the user's voice: not a response."""

    turn: int


@dataclass(frozen=True, slots=True)
class Learn:
    """The user paused for so long and then went on: patience may learn from it."""

    pause: Samples


@dataclass(frozen=True, slots=True)
class Refuse:
    """A control event cannot be followed now; `reason` is one line to show."""

    reason: str


Effect = (
    HearAfresh | OpenTurn | CloseTurn | Attend | Prepare | Discard | Start
    | Duck | Resume | Cut | End | Murmur | Learn | Refuse
)  # fmt: skip
