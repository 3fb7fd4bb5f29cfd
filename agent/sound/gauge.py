"""Between the devices and the conversation: a switch for the microphone, and the level on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent.perception import level_db
from agent.stages import Sound

Floats = NDArray[np.float32]

SILENCE_DB = -100.0
_FALL_DB = 3.0
"""a shown level falls by so much in a frame: faster, and the eye sees nothing"""


class Gauge:
    """A `Sound` around another one."""

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self.open = True
        """whether the microphone is; closed, it hears silence"""
        self.heard_db = SILENCE_DB
        self.said_db = SILENCE_DB

    async def hear(self) -> Floats | None:
        """The next frame, or silence in its place."""
        frame = await self._sound.hear()
        if frame is None:
            return None
        if not self.open:
            frame = np.zeros_like(frame)
        self.heard_db = max(_level(frame), self.heard_db - _FALL_DB)
        return frame

    def say(self, frame: Floats) -> None:
        """Hand on what is played."""
        self.said_db = max(_level(frame), self.said_db - _FALL_DB)
        self._sound.say(frame)


def _level(frame: Floats) -> float:
    finite = np.nan_to_num(frame, nan=0.0, posinf=0.0, neginf=0.0)
    return max(SILENCE_DB, level_db(finite))
