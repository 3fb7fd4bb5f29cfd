"""What a conversation says of itself as it goes, in the order in which it happens. Times are audio time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.clock import Samples
from agent.trace import Trace
from agent.turn.effects import ResponseEnd, TurnEnd


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where in the recording it was said."""

    text: str
    start: Samples
    end: Samples


# ears → everybody


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """Somebody began to speak."""

    at: Samples


@dataclass(frozen=True, slots=True)
class PartialWords:
    """What the ears believe so far; later ones may differ."""

    at: Samples
    text: str


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """Somebody finished, and this is what they said; `words` is empty where no words were recognised.

    `outcome` is "committed" where it is answered; else it was no turn: noise, a "mm-hm", our own echo.
    """

    at: Samples
    text: str
    words: tuple[Word, ...]
    phones: tuple[str, ...]
    outcome: TurnEnd = "committed"


# mind → mouth


@dataclass(frozen=True, slots=True)
class Replied:
    """What the mind says to it, and where it has that from; `gap` is the silence before it."""

    at: Samples
    text: str
    source: str
    gap: Samples | None = None


# mouth → loudspeaker


@dataclass(frozen=True, slots=True)
class Sound:
    """The next piece of the answer, at 24 kHz, full scale ±1; `at` is the turn's end that it answers."""

    at: Samples
    samples: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Held:
    """The answer holds still: somebody made a sound."""

    at: Samples


@dataclass(frozen=True, slots=True)
class WentOn:
    """The answer goes on: it was no interruption."""

    at: Samples


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The answer is over; `heard` is what of it was heard, marked where it was cut, and `lasted` how long."""

    at: Samples
    heard: str
    outcome: ResponseEnd
    lasted: Samples = Samples(0)


# everybody → screen, bench, exporter


@dataclass(frozen=True, slots=True)
class TurnDone:
    """The turn is over and answered; its measurements."""

    at: Samples
    trace: Trace


Message = TurnStarted | PartialWords | TurnEnded | Replied | Sound | Held | WentOn | ReplyEnded | TurnDone
