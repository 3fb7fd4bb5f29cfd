"""The three spiking networks as stages of the pipeline, and how sure they are that the user has finished."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agent.clock import Samples
from agent.history import Line
from agent.loading import loading
from agent.stages import Piece
from agent.turn.events import Why

if TYPE_CHECKING:
    from models.asr.recogniser import Recogniser, Stream
    from models.lm.mind import Mind, Talk
    from models.tts.voice import Voice

Floats = NDArray[np.float32]


class SpikingEars:
    """The recogniser."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._shared: dict[int, Any] = {
            id(part): part
            for part in (
                recogniser,
                recogniser.program,
                recogniser.runner,
                recogniser.vocabulary,
                recogniser.vocabulary.graph,
            )
        }

    @classmethod
    def load(cls, folder: Path | None = None) -> SpikingEars:
        """The shipped ears, or those in `folder`."""
        from models.asr.recogniser import Recogniser

        with loading("ears", folder):
            return cls(Recogniser.load(folder))

    def listen(self, since: Samples) -> SpikingHearing:
        """Begin a transcript."""
        return SpikingHearing(self._recogniser.stream(), self._shared)


class SpikingHearing:
    """One transcript; `so_far` finishes a copy of it."""

    def __init__(self, stream: Stream, shared: dict[int, Any]) -> None:
        self._stream, self._shared = stream, shared

    def hear(self, frames: Sequence[Floats]) -> str | None:
        """The words so far where they changed."""
        partials = self._stream.feed(np.concatenate(list(frames)))
        return partials[-1].text if partials else None

    def so_far(self) -> str:
        """The words as if the sound ended here."""
        # what a stream shares with others is not copied: the network, its engine and the words
        return copy.deepcopy(self._stream, dict(self._shared)).finish().text


class SpikingMind:
    """The language model and its memory. It is told the whole talk each time, and reads only what is new."""

    def __init__(self, mind: Mind, seed: int = 0) -> None:
        self._mind, self._seed = mind, seed
        self._known: Talk = mind.talk(seed)

    @classmethod
    def load(cls, folder: Path | None = None, seed: int = 0) -> SpikingMind:
        """The shipped mind, or the one in `folder`."""
        from models.lm.mind import Mind

        with loading("mind", folder):
            return cls(Mind.load(folder), seed)

    def reply(self, talk: Sequence[Line], words: str, why: Why) -> str:
        """What to say to `words`; an empty line is silence."""
        turns = [("user" if line.speaker == "user" else "pip", line.text()) for line in talk]
        if turns and turns[-1] == ("user", words):
            turns = turns[:-1]
        if self._known.turns != turns[: len(self._known.turns)]:
            self._known = self._mind.talk(self._seed)
        self._known.turns += turns[len(self._known.turns) :]
        return str(self._known.fork().think(words).text)


class SpikingMouth:
    """The voice."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    @classmethod
    def load(cls, folder: Path | None = None) -> SpikingMouth:
        """The shipped mouth, or the one in `folder`."""
        from models.tts.voice import Voice

        with loading("mouth", folder):
            return cls(Voice.load(folder))

    def speak(self, text: str) -> Iterator[Piece]:
        """The sound of `text`, 20 ms at a time."""
        return self._voice.speak(text)
