"""The three networks as one session sees them: shared weights, a talk and a manner of its own."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, Samples
from agent.history import Line
from agent.loading import loading
from agent.networks import SpikingEars, SpikingHearing, SpikingMind, SpikingMouth, loaded_mind
from agent.spans import Metered
from agent.stages import Mind, Mouth, Piece
from agent.trace import activity
from agent.turn.events import Why
from models.asr.recogniser import Stream
from models.lm.mind import Mind as MindNetwork
from models.tts.voice import Chunk, Voice
from models.tts.words import spoken
from server.spikes import Meter, Watch, nobody
from server.together import EarsTogether

if TYPE_CHECKING:
    from models.lm.elsewhere import Elsewhere

Gate = Semaphore

WATCHED_FRAMES = 5
"""what fires is told every 100 ms"""
REMEMBERED = 8
"""so many texts are kept to show what is said as it was written"""


@dataclass
class Manner:
    """How a session wants to be answered; changed between answers. `watch` is told what fires."""

    text_only: bool = False
    speed: float = 1.0
    watch: Watch = nobody


@dataclass(frozen=True, slots=True)
class Stages:
    """What one session's pipeline is made of."""

    ears: SessionEars
    mind: Mind
    mouth: Mouth
    manner: Manner
    spelling: Spelling


@dataclass(frozen=True)
class Networks:
    """Loaded once, shared by all sessions."""

    ears: SpikingEars
    mind: MindNetwork | Elsewhere
    voice: Voice
    gate: Gate = field(default_factory=lambda: Semaphore(os.cpu_count() or 1))
    """so many minds and mouths compute at once, a reply or 20 ms of speech each: more would only take the
    interpreter from each other, and from the event loop"""

    @classmethod
    def load(cls, folder: Path | None = None, endpoint: Elsewhere | None = None) -> Networks:
        """The shipped ones, or those in `folder`, warm; an `endpoint` takes the mind's place.

        Raises LoadingError with one line.
        """
        ears = SpikingEars.load(folder)
        mind = endpoint or loaded_mind(folder)
        with loading("mouth", folder):
            voice = Voice.load(folder)
        return cls(ears, mind, voice)

    def stages(self, together: EarsTogether, seed: int = 0) -> Stages:
        """The stages of one session, which hears with others."""
        manner, spelling = Manner(), Spelling()
        return Stages(
            SessionEars(self.ears, together, manner, self.gate),
            AttentiveMind(self.mind, seed, manner, self.gate),
            MannerlyMouth(self.voice, manner, spelling, self.gate),
            manner,
            spelling,
        )


class SessionEars:
    """The shared ears as one session has them: they know how far they have heard, and tell what fires."""

    def __init__(self, ears: SpikingEars, together: EarsTogether, manner: Manner, gate: Gate) -> None:
        self._ears, self.together, self.manner, self.gate = ears, together, manner, gate
        self.heard_to = Samples(0)

    def listen(self, since: Samples) -> SessionHearing:
        """See `Ears.listen`."""
        self.heard_to = since
        return SessionHearing(self._ears.recogniser.stream(), since, self)


class SessionHearing(SpikingHearing):
    """A transcript that is heard together with those of all other sessions."""

    def __init__(self, stream: Stream, since: Samples, ears: SessionEars) -> None:
        super().__init__(stream, since)
        self._ears = ears
        self._meter, self._frames = Meter("ears", self._fired), 0

    async def hear_together(self, frames: Sequence[NDArray[np.float32]]) -> Metered[str | None]:
        """See `agent.stages.Together`."""
        made = await self._ears.together.hear(self._stream, np.concatenate(list(frames)))
        self._ears.heard_to = Samples(self._ears.heard_to + FRAME * len(frames))
        self._frames += len(frames)
        if self._frames >= WATCHED_FRAMES and self._ears.manner.watch is not nobody:
            self._frames = 0
            self._meter.read(self._stream.counts)
        return Metered(self._told(made.result), made.wall_ms, made.compute_ms, None)

    def so_far(self) -> str:
        """See `Hearing.so_far`."""
        with self._ears.gate:
            return super().so_far()

    def _fired(self, network: str, layers: list[float]) -> None:
        self._ears.manner.watch(network, layers)


class AttentiveMind(SpikingMind):
    """Asked for an answer without a turn, it answers the last line of the user's."""

    def __init__(self, mind: MindNetwork | Elsewhere, seed: int, manner: Manner, gate: Gate) -> None:
        super().__init__(mind, seed)
        self._manner, self._gate = manner, gate

    def reply(self, talk: Sequence[Line], words: str, why: Why) -> str:
        """See `Mind.reply`."""
        if why == "asked" and talk and talk[-1].speaker == "user":
            words = talk[-1].text()
        with self._gate:
            said = super().reply(talk, words, why)
        if self._said is not None and self._said.counts is not None:
            Meter("mind", self._manner.watch).read(self._said.counts)
        return said


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of text of an answer: one word, without sound."""

    samples: NDArray[np.float32]
    at: int
    word: int
    word_at: int
    said: str


class MannerlyMouth(SpikingMouth):
    """Speaks at the session's speed, or writes."""

    def __init__(self, voice: Voice, manner: Manner, spelling: Spelling, gate: Gate) -> None:
        super().__init__(voice)
        self._manner, self._spelling, self._gate = manner, spelling, gate

    def speak(self, text: str) -> Iterator[Piece]:
        """See `Mouth.speak`."""
        if self._manner.text_only:
            self._spelling.plain(text)
            silence = np.zeros(0, np.float32)
            yield from (Written(silence, 0, index, 0, word) for index, word in enumerate(text.split()))
            return
        self._spelling.remember(text)
        chunks = self._voice.speak(text, self._manner.speed)
        while (chunk := self._next(chunks)) is not None:
            if chunk.counts is not None:
                self._spent += activity(chunk.counts)
                if self._manner.watch is not nobody:
                    Meter("mouth", self._manner.watch).read(chunk.counts)
            yield chunk

    def _next(self, chunks: Iterator[Chunk]) -> Chunk | None:
        with self._gate:
            return next(chunks, None)


class Spelling:
    """Remembers how what is spoken was written.

    >>> spelling = Spelling()
    >>> spelling.remember("It's 20 km, I think.")
    >>> spelling.shown(("it's", "twenty", "kilometers", "i"))
    ("It's", '20', 'km,', 'I')
    """

    def __init__(self) -> None:
        self._known: deque[tuple[tuple[str, ...], tuple[str, ...]]] = deque(maxlen=REMEMBERED)

    def remember(self, text: str) -> None:
        """This text will be spoken."""
        said = tuple(one.word for one in spoken(text))
        shown: list[str] = []
        waiting = ""
        for token in text.split():
            count = sum(1 for _ in spoken(token))
            if count == 0:
                waiting = f"{waiting} {token}".strip()
                continue
            shown += [f"{waiting} {token}".strip(), *[""] * (count - 1)]
            waiting = ""
        self._known.appendleft((said, tuple(shown) if len(shown) == len(said) else said))

    def plain(self, text: str) -> None:
        """This text will be shown as it is."""
        words = tuple(text.split())
        self._known.appendleft((words, words))

    def shown(self, said: tuple[str, ...]) -> tuple[str, ...]:
        """These first words of an answer as they were written; "" for one that belongs to the one before."""
        for words, shown in list(self._known):
            if words[: len(said)] == said:
                return shown[: len(said)]
        return said
