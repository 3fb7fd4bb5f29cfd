"""Microphone → words: the recogniser, one turn at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ, Samples, samples
from agent.loading import loading
from agent.messages import TurnEnded, Word
from agent.sound.wav import Recording
from agent.trace import Trace, activity

if TYPE_CHECKING:
    from models.asr.recogniser import Recogniser


class Ears:
    """The recogniser as a stage. Holds no turn: `listen` begins one."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser

    @classmethod
    def load(cls, folder: Path | None = None) -> Ears:
        """The shipped ears, or those in `folder`, with their kernels compiled."""
        from models.asr.recogniser import Recogniser

        with loading("ears", folder):
            recogniser = Recogniser.load(folder)
        stream = recogniser.stream()
        stream.feed(np.zeros(HEARING_HZ // 2, np.float32))
        stream.finish()
        return cls(recogniser)

    def listen(self, since: Samples, trace: Trace) -> Listening:
        """Begin a turn whose first sample was heard at `since`; its cost goes to `trace`."""
        return Listening(self._recogniser, since, trace)


class Listening:
    """One turn being heard."""

    def __init__(self, recogniser: Recogniser, since: Samples, trace: Trace) -> None:
        self._stream = recogniser.stream()
        self._since = since
        self._trace = trace

    def hear(self, frames: Sequence[NDArray[np.float32]]) -> str | None:
        """The words so far where they changed; frames: 16 kHz, full scale ±1."""
        newest = None
        for frame in frames:
            with self._trace.timed("ears"):
                partials = self._stream.feed(frame)
            if partials:
                newest = partials[-1].text
        return newest

    def finish(self, at: Samples) -> TurnEnded:
        """The final words, in audio time."""
        with self._trace.timed("ears, last words"):
            transcript = self._stream.finish()
        self._trace.fired("ears", activity(transcript.counts))
        words = tuple(
            Word(
                w.text,
                Samples(self._since + samples(1000 * w.start_s)),
                Samples(self._since + samples(1000 * w.end_s)),
            )
            for w in transcript.words
        )
        return TurnEnded(at, transcript.text, words, tuple(transcript.phones))


def transcribe(paths: Sequence[Path], folder: Path | None = None) -> Iterator[tuple[Path, TurnEnded]]:
    """Each recording with what is said in it, taken as one turn; SoundError for what is no recording."""
    ears = Ears.load(folder)
    for path in paths:
        with Recording(path) as recording:
            listening, heard = ears.listen(Samples(0), Trace()), Samples(0)
            for frame in recording.pieces(HEARING_HZ, FRAME):
                listening.hear([frame])
                heard = Samples(heard + FRAME)
            yield path, listening.finish(heard)
