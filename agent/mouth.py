"""Reply → sound: the voice, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.loading import loading
from agent.trace import Trace, activity, now

if TYPE_CHECKING:
    from models.tts.voice import Voice


class Mouth:
    """The voice as a stage."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    @classmethod
    def load(cls, folder: Path | None = None) -> Mouth:
        """The shipped mouth, or the one in `folder`, with its kernels compiled."""
        from models.tts.voice import Voice

        with loading("mouth", folder):
            voice = Voice.load(folder)
        next(voice.speak("Yes."), None)
        return cls(voice)

    def speak(self, text: str, trace: Trace) -> Iterator[NDArray[np.float32]]:
        """The sound of `text` at 24 kHz, in the pieces in which it becomes ready."""
        start = now()
        first = True
        for chunk in self._voice.speak(text):
            if first:
                trace.since("mouth", start)
                first = False
            if chunk.counts is not None:
                trace.fired("mouth", activity(chunk.counts))
            yield chunk.samples
