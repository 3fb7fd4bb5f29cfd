"""Where a talk is measured: a room with a quiet hiss, recordings for a user, our own voice coming back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, FRAME_MS, HEARING_HZ
from agent.echo import EchoCanceller
from agent.history import Line
from agent.listening import Microphone
from agent.pace import Pace
from agent.pipeline import Conversation
from agent.stages import Ears, Mind, Mouth, Piece
from agent.trace import now
from agent.turn.effects import Effect
from agent.turn.events import Close, Event, Played, Say, Why
from agent.turn.settings import Settings
from agent.turn.states import State

Floats = NDArray[np.float32]

LONG = (
    "A river begins at a spring, high in the hills. It runs over stones, and other streams join it. "
    "In the valley it grows wide and slow, and boats go up and down on it. At last it comes to the sea. "
)
NOISE = 3e-4
"""a quiet room, full scale 1"""


class Talker:
    """A mind that talks and talks."""

    def __init__(self, times: int) -> None:
        self._text = LONG * times

    def reply(self, talk: Sequence[Line], words: str, why: Why) -> str:
        """Always the same."""
        return self._text


class Said:
    """A mouth that makes each text once."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth = mouth
        self._made: dict[str, list[Piece]] = {}

    def speak(self, text: str) -> Iterator[Piece]:
        """The sound of `text`, from memory where it was made before."""
        if text not in self._made:
            self._made[text] = list(self._mouth.speak(text))
        return iter(self._made[text])


@dataclass
class Place:
    """A microphone that hears recordings, noise and, `echo_db` fainter, the loudspeaker."""

    heard: Floats
    echo_db: float | None = None
    at: int = 0
    said: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(1)
        self.heard = self.heard + NOISE * rng.standard_normal(len(self.heard)).astype(np.float32)
        tail = rng.standard_normal(HEARING_HZ // 5) * np.exp(-np.arange(HEARING_HZ // 5) / 700)
        way = np.concatenate((np.zeros(HEARING_HZ * 40 // 1000), [3.0], tail))
        self._way = way / np.sqrt(np.sum(way**2))
        self._echo = np.zeros(len(self._way) + FRAME)

    async def hear(self) -> Floats | None:
        """The next frame."""
        frame = self.heard[self.at : self.at + FRAME]
        self.at += FRAME
        if len(frame) < FRAME:
            return None
        out = frame + self._echo[:FRAME].astype(np.float32)
        self._echo = np.concatenate((self._echo[FRAME:], np.zeros(FRAME)))
        return out

    def say(self, frame: Floats) -> None:
        """What is played; it comes back."""
        self.said.append(frame)
        if self.echo_db is not None and np.any(frame):
            at_16k = np.interp(np.arange(FRAME) * 1.5, np.arange(len(frame)), frame)
            back = np.convolve(at_16k, self._way) * 10 ** (self.echo_db / 20)
            self._echo[: len(back)] += back[: len(self._echo)]

    def sounding(self) -> NDArray[np.bool_]:
        """For every frame, whether the loudspeaker sounded."""
        return np.array([bool(np.abs(frame).max() > 1e-3) for frame in self.said])


class InTime(Place):
    """The same in real time: each frame when it is due."""

    _due_ms = 0.0

    async def hear(self) -> Floats | None:
        """The next frame, no sooner than 20 ms after the last was due."""
        at = now().wall_ms
        self._due_ms = (self._due_ms or at) + FRAME_MS
        await asyncio.sleep(max(0.0, self._due_ms - at) / 1000)
        return await super().hear()


@dataclass
class Watched:
    """When which effects happened, in frames."""

    effects: list[tuple[int, Effect]] = field(default_factory=list)
    conversation: Conversation | None = None
    """to be closed once it sounds"""

    def watch(self, before: State, event: Event, after: State, effects: tuple[Effect, ...]) -> None:
        """Note one step."""
        self.effects += [(after.book.at // FRAME, effect) for effect in effects]
        if self.conversation is not None and isinstance(event, Played):
            self.conversation.tell(Close)

    def frames(self, kind: type) -> list[int]:
        """When effects of a kind happened."""
        return [at for at, effect in self.effects if isinstance(effect, kind)]


def silence(seconds: float) -> Floats:
    """So much of it."""
    return np.zeros(round(seconds * HEARING_HZ), np.float32)


@dataclass(frozen=True)
class Stages:
    """Ears, mind and mouth of one conversation."""

    ears: Ears
    mind: Mind
    mouth: Mouth


def hold(
    place: Place,
    stages: Stages,
    canceller: EchoCanceller,
    say: bool,
    pace: Pace = "file",
    brief: bool = False,
) -> tuple[Watched, Conversation]:
    """One conversation over what the place hears. `say`: we begin; `brief`: it ends once we sound."""
    watched = Watched()
    rules = Settings(speak_up=False, murmur=False)

    async def run() -> Conversation:
        conversation = Conversation(
            place, stages.ears, stages.mind, stages.mouth, rules,
            pace=pace, microphone=Microphone(canceller), watch=watched.watch,
        )  # fmt: skip
        watched.conversation = conversation if brief else None
        if say:
            conversation.tell(Say)
        await conversation.converse()
        return conversation

    return watched, asyncio.run(run())
