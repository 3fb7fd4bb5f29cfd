"""A client's microphone and loudspeaker: sound comes in as it likes, and goes on 20 ms at a time.

The conversation plays one frame for each frame it hears, so what comes in sets the pace of both. Three things
must not change that pace: a network that delivers in bursts, a client that sends nothing while nobody speaks,
and a client that sends a whole recording at once. So there is a schedule, one frame every 20 ms:

- sound that is there is heard at once, up to `BURST_MS` ahead of the schedule;
- sound that is late is waited for, up to `GRACE_MS`, if the client sent any lately; then silence is heard;
- a backlog is caught up with, but only while nobody waits for an answer, and no faster than the ears.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, FRAME_MS, HEARING_HZ, silence

Floats = NDArray[np.float32]

BURST_MS = 200.0
GRACE_MS = 300.0
LATELY_MS = 1_000.0
STALL_MS = 1_000.0
"""a schedule that has fallen behind by more starts anew: the process was stopped"""
CATCH_UP_MS = 2.0
"""a frame of a backlog takes at least so long"""
LEAST_MS = 1.0
"""nothing is waited for any shorter"""
MOST = 90 * HEARING_HZ
"""so much sound may wait to be heard"""


class Wire:
    """The `Sound` of a session.

    `wall_ms` tells the time, `eager` whether a backlog may be caught up with now, `say` takes what is played.
    """

    def __init__(
        self, wall_ms: Callable[[], float], eager: Callable[[], bool], say: Callable[[Floats], None]
    ) -> None:
        self._wall_ms, self._eager, self._say = wall_ms, eager, say
        self._items: deque[Floats | Callable[[], None]] = deque()
        self._waiting = 0
        self._due = wall_ms()
        self._fed = -LATELY_MS
        self._arrived: asyncio.Future[None] | None = None
        self._open = asyncio.Event()
        self._open.set()
        self.closed = False
        self.dropped = 0
        """samples that found no room"""

    @property
    def backlog_ms(self) -> float:
        """How much sound waits to be heard."""
        return 1000 * self._waiting / HEARING_HZ

    def feed(self, sound: Floats, live: bool = True) -> bool:
        """More sound, at 16 kHz; `live`: more will follow as it is spoken. False where there is no room."""
        if live:
            self._fed = self._wall_ms()
        if self._waiting + len(sound) > MOST:
            self.dropped += len(sound)
            return False
        if len(sound):
            self._items.append(sound)
            self._waiting += len(sound)
            self._wake()
        return True

    def mark(self, call: Callable[[], None]) -> None:
        """Call when all the sound before has been heard."""
        self._items.append(call)
        self._wake()

    def forget(self) -> None:
        """Drop the sound that waits; marks stay."""
        self._items = deque(item for item in self._items if callable(item))
        self._waiting = 0

    def hold(self, still: bool) -> None:
        """Let time stand still while the client is away, or go on."""
        if still:
            self._open.clear()
        else:
            self._due = self._wall_ms()
            self._open.set()

    def close(self) -> None:
        """No more sound."""
        self.closed = True
        self._wake()
        self._open.set()

    async def hear(self) -> Floats | None:
        """The next 20 ms, when they are due; None after the end."""
        while not self.closed:
            await self._open.wait()
            self._pass_marks()
            now = self._wall_ms()
            late = now - self._due
            if late > STALL_MS:
                self._due, late = now - STALL_MS, STALL_MS
            if self._waiting >= FRAME or (self._waiting and self._marked()):
                if late >= -BURST_MS:
                    await asyncio.sleep(0)
                    self._due += FRAME_MS
                    return self._take()
                if self._eager():
                    await asyncio.sleep(CATCH_UP_MS / 1000)
                    return self._take()
                await asyncio.sleep(max(min(-late - BURST_MS, FRAME_MS), LEAST_MS) / 1000)
            elif late >= (patience := GRACE_MS if now - self._fed < LATELY_MS else 0.0):
                await asyncio.sleep(0)
                self._due += FRAME_MS
                return silence(FRAME)
            else:
                await self._arrival(max(patience - late, LEAST_MS) / 1000)
        return None

    def say(self, frame: Floats) -> None:
        """Play 20 ms."""
        self._say(frame)

    async def _arrival(self, within_s: float) -> None:
        """Wait for more sound; one future and one timer, fifty times a second."""
        loop = asyncio.get_running_loop()
        arrived = self._arrived = loop.create_future()
        timer = loop.call_later(within_s, self._wake)
        try:
            await arrived
        finally:
            timer.cancel()

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    def _marked(self) -> bool:
        """Whether a mark follows the sound that waits: then its last frame need not be whole."""
        return any(map(callable, self._items))

    def _pass_marks(self) -> None:
        while self._items and callable(mark := self._items[0]):
            self._items.popleft()
            mark()
            self._due = self._wall_ms()

    def _take(self) -> Floats:
        frame = silence(FRAME)
        filled = 0
        while filled < FRAME and self._items and not callable(sound := self._items[0]):
            self._items.popleft()
            part = sound[: FRAME - filled]
            frame[filled : filled + len(part)] = part
            filled += len(part)
            if len(part) < len(sound):
                self._items.appendleft(sound[len(part) :])
        self._waiting -= filled
        return frame
