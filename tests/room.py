"""A room for scenes: real sound at the microphone, our own voice coming back, stages that keep to the script.

Voices are synthetic vowels that the real voice detector takes for speech; the stages know the scene.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ, SPEAKING_HZ, Samples, samples
from agent.echo import EchoCanceller
from agent.history import Line
from agent.listening import Microphone
from agent.pipeline import Conversation
from agent.turn.effects import Effect
from agent.turn.events import Cancel, Event, Say, TalkPressed, TalkReleased, Typed, Why
from agent.turn.invariants import Ledger, watch
from agent.turn.settings import Settings
from agent.turn.states import State
from tests.scene import Outcome, Scene, Sounding

Floats = NDArray[np.float32]

WORD = SPEAKING_HZ // 4
PIECE = SPEAKING_HZ // 50
HEARD_AFTER = samples(120)
NEAR, FAR = 0.2, 0.012
"""how loud the user and somebody far away are"""


def vowel(length: int, rate: int, pitch_hz: float, seed: int = 0) -> Floats:
    """A voice: a buzz of harmonics under two formants that wander, four syllables a second."""
    t = np.arange(length) / rate
    rng = np.random.default_rng(seed)
    pitch = pitch_hz * (1 + 0.05 * np.sin(2 * np.pi * 0.7 * t + rng.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    first = 550 + 200 * np.sin(2 * np.pi * 2.1 * t + rng.uniform(0, 6))
    sound = np.zeros(length)
    for harmonic in range(1, int(3800 / pitch_hz)):
        at = harmonic * pitch
        peaks = np.exp(-(((at - first) / 150) ** 2)) + 0.5 * np.exp(-(((at - 1500) / 250) ** 2)) + 0.03
        sound += peaks * np.sin(harmonic * phase + rng.uniform(0, 6))
    sound *= 0.75 + 0.25 * np.sin(2 * np.pi * 4 * t)
    return (sound / max(1e-9, float(np.abs(sound).max()))).astype(np.float32)


def cough(length: int, seed: int = 0) -> Floats:
    """A burst of noise."""
    noise = np.random.default_rng(seed).standard_normal(length)
    return (0.3 * noise * np.exp(-np.arange(length) / (0.15 * HEARING_HZ))).astype(np.float32)


@dataclass
class Room:
    """A `Sound` whose microphone hears the scene, and what the loudspeaker plays, `echo_db` fainter."""

    scene: Scene
    echo_db: float | None = None
    delay_ms: int = 40

    def __post_init__(self) -> None:
        rng = np.random.default_rng(1)
        length = self.scene.until + samples(1000)
        self._mixed = 0.0003 * rng.standard_normal(length).astype(np.float32)
        for number, s in enumerate(self.scene.sounds):
            self._mixed[s.start : s.end] += self._sound(s, number)[: max(0, length - s.start)]
        self.at = 0
        self.said: list[Floats] = []
        tail = rng.standard_normal(HEARING_HZ // 5) * np.exp(-np.arange(HEARING_HZ // 5) / 700)
        way = np.concatenate((np.zeros(samples(self.delay_ms)), [3.0], tail))
        self._way = way / np.sqrt(np.sum(way**2))
        self._echo = np.zeros(len(self._way) + FRAME)

    def _sound(self, s: Sounding, number: int) -> Floats:
        length = s.end - s.start
        if s.source == "user" and not s.words:
            return cough(length, number)
        loud = NEAR if s.source == "user" else FAR
        return loud * vowel(length, HEARING_HZ, 120 if s.source == "user" else 180, number)

    async def hear(self) -> Floats | None:
        """The next frame."""
        if self.at >= self.scene.until:
            return None
        frame = self._mixed[self.at : self.at + FRAME].copy()
        self.at += FRAME
        frame += self._echo[:FRAME].astype(np.float32)
        self._echo = np.concatenate((self._echo[FRAME:], np.zeros(FRAME)))
        return frame

    def say(self, frame: Floats) -> None:
        """What the loudspeaker plays; it comes back."""
        self.said.append(frame)
        if self.echo_db is not None and np.any(frame):
            x = np.arange(FRAME) * (SPEAKING_HZ / HEARING_HZ)
            at_16k = np.interp(x, np.arange(len(frame)), frame)
            back = np.convolve(at_16k, self._way) * 10 ** (self.echo_db / 20)
            self._echo[: len(back)] += back[: len(self._echo)]


class ScriptedHearing:
    """Hears the user's words as their sound goes by."""

    def __init__(self, scene: Scene, since: Samples) -> None:
        self._scene, self._since, self._at, self._told = scene, since, since, ""

    def hear(self, frames: Sequence[Floats]) -> str | None:
        self._at = Samples(self._at + FRAME * len(frames))
        text = self._text(Samples(self._at - HEARD_AFTER))
        if text == self._told:
            return None
        self._told = text
        return text

    def so_far(self) -> str:
        return self._text(self._at)

    def _text(self, until: Samples) -> str:
        words = [
            (word.end, word.text)
            for sound in self._scene.sounds
            if sound.source == "user" and sound.end > self._since
            for word in sound.words
            if self._since - FRAME <= word.start and word.end <= until
        ]
        return " ".join(text for _, text in sorted(words))


@dataclass
class ScriptedEars:
    scene: Scene

    def listen(self, since: Samples) -> ScriptedHearing:
        return ScriptedHearing(self.scene, since)


@dataclass
class ScriptedMind:
    scene: Scene
    counts: Counter[str]

    def reply(self, talk: Sequence[Line], words: str, why: Why) -> str:
        replies = self.scene.replies or [("yes",)]
        return " ".join(replies[min(self.counts["Start"], len(replies) - 1)])


@dataclass(frozen=True)
class Said:
    """A piece of scripted speech."""

    samples: Floats
    at: int
    word: int
    word_at: int
    said: str


class ScriptedMouth:
    """A quarter of a second for each word."""

    def speak(self, text: str) -> Iterator[Said]:
        for number, word in enumerate(text.split()):
            sound = 0.3 * vowel(WORD, SPEAKING_HZ, 210, len(word))
            for start in range(0, WORD, PIECE):
                part = sound[start : start + PIECE]
                yield Said(part, number * WORD + start, number, number * WORD, word)


async def play(
    scene: Scene,
    echo_db: float | None = None,
    canceller: EchoCanceller | None = None,
    mind: object = None,
    mouth: object = None,
    ears: object = None,
) -> tuple[Outcome, Conversation, Room]:
    """The scene through the whole pipeline, in audio time, with the invariants watched."""
    room = Room(scene, echo_db)
    counts: Counter[str] = Counter()
    ledger = Ledger()

    def watched(before: State, event: Event, after: State, effects: tuple[Effect, ...]) -> None:
        nonlocal ledger
        ledger = watch(ledger, before, event, after, effects)
        counts.update(type(effect).__name__ for effect in effects)
        act(after)

    todo = sorted(scene.actions, reverse=True)

    def act(state: State) -> None:
        while todo and todo[-1][0] <= conversation.clock.now():
            _, what, words = todo.pop()
            if what == "type":
                conversation.tell(partial(typed, words))
            else:
                kinds = {"say": Say, "cancel": Cancel, "press": TalkPressed, "release": TalkReleased}
                conversation.tell(kinds[what])

    conversation = Conversation(
        room,
        ears or ScriptedEars(scene),  # type: ignore[arg-type]
        mind or ScriptedMind(scene, counts),  # type: ignore[arg-type]
        mouth or ScriptedMouth(),  # type: ignore[arg-type]
        replace(Settings(), **scene.rules),  # type: ignore[arg-type]
        pace="file",
        microphone=Microphone(canceller),
        guess=lambda words: guessed(scene, words),
        watch=watched,
    )
    history = await conversation.converse()
    return Outcome(history, intervals(room.said), dict(counts)), conversation, room


def guessed(scene: Scene, words: Sequence[str]) -> float:
    """How finished the scene says that somebody is who said these words last."""
    found = [s.finished for s in scene.sounds if s.words and words and s.words[-1].text == words[-1]]
    return found[-1] if found else 0.5


def typed(words: tuple[str, ...], at: Samples) -> Typed:
    return Typed(at, words)


def intervals(said: Sequence[Floats]) -> list[tuple[Samples, Samples]]:
    """When our voice was to be heard."""
    found: list[tuple[Samples, Samples]] = []
    for number, frame in enumerate(said):
        if float(np.abs(frame).max()) < 1e-3:
            continue
        start, end = Samples(number * FRAME), Samples((number + 1) * FRAME)
        if found and start - found[-1][1] <= FRAME:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
