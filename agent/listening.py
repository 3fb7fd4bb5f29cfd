"""The microphone's side of a frame: echo taken out, a voice found, and whose it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent.clock import Samples
from agent.echo import EchoCanceller, NoEcho
from agent.perception import Perception, level_db
from agent.turn.events import Source, SpeechStarted, SpeechStopped
from agent.vad import VoiceActivity

Floats = NDArray[np.float32]

AUDIBLE = 1e-3
"""−60 dB"""


class Microphone:
    """Turns raw frames into clean ones and into onsets and ends of speech."""

    def __init__(self, echo: EchoCanceller | None = None, voice: VoiceActivity | None = None) -> None:
        self._echo = echo or NoEcho()
        self._voice = voice or VoiceActivity()
        self._perception = Perception()
        self._levels: list[float] = []
        self._ours = False
        self.voiced = False
        """whether the detector found a voice in the last frame"""

    @property
    def sounding(self) -> bool:
        """Whether somebody is heard now."""
        return self._perception.source is not None

    @property
    def source(self) -> Source:
        """Whose sound it is held to be, or was last."""
        return self._last

    _last: Source = "user"

    def frame(self, at: Samples, sound: Floats) -> tuple[Floats, SpeechStarted | SpeechStopped | None]:
        """The frame without echo, and what it brought. What is no number is silence."""
        if not np.abs(sound).max() <= 1.0:
            sound = np.clip(np.nan_to_num(sound, nan=0.0, posinf=0.0, neginf=0.0), -1, 1)
        sound = np.asarray(sound, np.float32)
        clean, is_echo = self._echo.clean(sound)
        voiced = self.voiced = self._voice.voiced(clean)
        event = self._perception.frame(at, clean, voiced, is_echo, self._ours)
        if self._perception.source is not None:
            self._last = self._perception.source
        if voiced and self._perception.source == "user" and len(self._levels) < 1_500:
            self._levels.append(level_db(clean))
        return clean, event

    def played(self, sound: Floats) -> None:
        """What the loudspeaker plays in this frame, 20 ms at 24 kHz."""
        self._ours = bool(np.abs(sound).max() > AUDIBLE)
        self._echo.played(sound)

    def settle(self) -> None:
        """The turn was the user's: learn at which level they speak."""
        if self._levels:
            self._perception.learn(float(np.median(self._levels)))
        self._levels.clear()
