"""Has somebody begun to speak, and have they finished? A rule over frames, in audio time.

A turn opens once `onset_frames` of the last `onset_window` frames held a voice. It closes once no voice was
heard for `patience_ms`, or when it has lasted `longest_turn_s`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from agent.clock import FRAME, Samples, samples


@dataclass(frozen=True, slots=True)
class Settings:
    """The rule's constants."""

    onset_frames: int = 3
    onset_window: int = 5
    patience_ms: float = 600.0
    longest_turn_s: float = 30.0

    def __post_init__(self) -> None:
        if not 1 <= self.onset_frames <= self.onset_window:
            raise ValueError(
                f"onset_frames must lie in 1…{self.onset_window} (the window), not {self.onset_frames}"
            )
        if self.patience_ms <= 0 or self.longest_turn_s <= 0:
            raise ValueError("patience_ms and longest_turn_s must be positive")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nobody speaks. `recent` tells of the latest frames, oldest first, whether they held a voice."""

    recent: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """Somebody speaks, or pauses: `quiet` samples since their last voiced frame, `length` since the onset."""

    quiet: Samples = Samples(0)
    length: Samples = Samples(0)


State = Waiting | Open


class Decision(Enum):
    """What a frame decided."""

    STARTED = "started"
    ENDED = "ended"


def decide(state: State, voiced: bool, settings: Settings) -> tuple[State, Decision | None]:
    """The state after one more frame of 20 ms, and what that frame decided.

    >>> state, decision = decide(Waiting((True, True)), True, Settings())
    >>> decision
    <Decision.STARTED: 'started'>
    """
    match state:
        case Waiting(recent):
            recent = (*recent, voiced)[-settings.onset_window :]
            if sum(recent) >= settings.onset_frames:
                return Open(), Decision.STARTED
            return Waiting(recent), None
        case Open(quiet, length):
            after = replace(
                state,
                quiet=Samples(0) if voiced else Samples(quiet + FRAME),
                length=Samples(length + FRAME),
            )
            if after.quiet >= samples(settings.patience_ms):
                return Waiting(), Decision.ENDED
            if after.length >= samples(1000 * settings.longest_turn_s):
                return Waiting(), Decision.ENDED
            return after, None
