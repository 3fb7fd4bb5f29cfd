"""No microphone and no loudspeaker: silence in step with time, for talks in writing."""

from __future__ import annotations

import asyncio

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, FRAME_MS
from agent.trace import now

Floats = NDArray[np.float32]


class Silent:
    """A `Sound` that hears nothing, frame by frame, and says nothing."""

    def __init__(self) -> None:
        self._due_ms: float | None = None

    async def hear(self) -> Floats | None:
        """20 ms of silence, 20 ms after the last; a machine that fell behind does not catch up in a burst."""
        at = now().wall_ms
        due = at if self._due_ms is None else max(self._due_ms, at - 10 * FRAME_MS)
        self._due_ms = due + FRAME_MS
        await asyncio.sleep(max(0.0, due - at) / 1000)
        return np.zeros(FRAME, np.float32)

    def say(self, frame: Floats) -> None:
        """Nobody hears it."""
