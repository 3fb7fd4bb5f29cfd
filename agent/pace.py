"""Whether audio waits for computing: never when somebody listens, always when a file is worked through."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from agent.worker import AtOnce, Worker

Pace = Literal["live", "file"]
"""live: audio goes on while stages compute. file: it waits, so that the same audio gives the same talk."""


class Work:
    """Counts the work under way."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._under_way = 0
        self._waiting: asyncio.Future[None] | None = None

    def worker(self, name: str) -> Worker | AtOnce:
        """Where one stage computes: in a thread of its own, or at once where audio waits for it."""
        return AtOnce() if self._pace == "file" else Worker(name)

    def begin(self) -> None:
        """One more piece of work."""
        self._under_way += 1

    def done(self) -> None:
        """One piece less."""
        self._under_way -= 1
        if self._under_way == 0 and self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    @contextmanager
    def one(self) -> Iterator[None]:
        """The block is a piece of work."""
        self.begin()
        try:
            yield
        finally:
            self.done()

    async def settled(self) -> None:
        """Wait until no work is under way, where audio has to wait for it."""
        while self._pace == "file" and self._under_way:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
