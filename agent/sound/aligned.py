"""Question and answer side by side in one file: left what was heard, right what was said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent.clock import SPEAKING_HZ
from agent.sound.wav import SoundWriter

Floats = NDArray[np.float32]

_FADE = SPEAKING_HZ * 30 // 1000
_AT_ONCE = SPEAKING_HZ // 2


class Aligned:
    """Writes two channels at 24 kHz in audio time; an answer sounds from where the recording then is."""

    def __init__(self, writer: SoundWriter) -> None:
        if writer.channels != 2 or writer.rate_hz != SPEAKING_HZ:
            raise ValueError("question and answer need a file of two channels at 24 kHz")
        self._writer = writer
        self._waiting = np.zeros(0, np.float32)

    def heard(self, sound: Floats) -> None:
        """The recording goes on by `sound`; as much of what was said is played along."""
        said, self._waiting = self._waiting[: len(sound)], self._waiting[len(sound) :]
        right = np.zeros_like(sound)
        right[: len(said)] = said
        self._writer.write(np.stack([sound, right], axis=1))

    def say(self, sound: Floats) -> None:
        """Play `sound` after what is waiting to be played."""
        self._waiting = np.concatenate((self._waiting, sound))

    def hush(self) -> None:
        """Somebody else speaks: fade out within 30 ms and forget the rest."""
        rest = self._waiting[:_FADE]
        self._waiting = rest * np.linspace(1, 0, len(rest), dtype=np.float32)

    def finish(self) -> None:
        """Play the rest over silence and complete the file."""
        while len(self._waiting):
            self.heard(np.zeros(min(_AT_ONCE, len(self._waiting)), np.float32))
        self._writer.finish()
