"""The ears of all sessions on one clock: every few milliseconds, all that waits is heard in one batch.

One thread hears, so that a hundred talks cost one hand-over a tick and not a hundred, and the network reads
its weights once for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.spans import Metered
from agent.trace import wall_ms

if TYPE_CHECKING:
    from models.asr.recogniser import Partial, Recogniser, Stream

TICK_S = 0.008
"""a batch begins no sooner after the one before; a stream that waits alone is heard at once"""

Partials = Metered[list["Partial"]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Sound of one stream that is to be heard."""

    stream: Stream
    sound: NDArray[np.float32]
    heard: asyncio.Future[Partials]


class EarsTogether:
    """Hears for everybody. `noted` is told how many streams each batch had."""

    def __init__(self, recogniser: Recogniser, noted: Callable[[int], None] = lambda streams: None) -> None:
        self._recogniser, self.noted = recogniser, noted
        self._crew = ThreadPoolExecutor(1, "ears together")
        self._waiting: list[Waiting] = []
        self._under_way = False
        self._not_before = 0.0

    def hear(self, stream: Stream, sound: NDArray[np.float32]) -> asyncio.Future[Partials]:
        """The words so far, each time that they changed; the next sound of a stream comes after them."""
        loop = asyncio.get_running_loop()
        heard: asyncio.Future[Partials] = loop.create_future()
        self._waiting.append(Waiting(stream, sound, heard))
        self._plan(loop)
        return heard

    def _plan(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._under_way and self._waiting:
            self._under_way = True
            loop.call_at(max(self._not_before, loop.time()), self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = [one for one in self._waiting if not one.heard.done()], []
        self._not_before = loop.time() + TICK_S
        if not batch:
            self._under_way = False
            return
        self.noted(len(batch))
        work = loop.run_in_executor(self._crew, self._work, batch)
        work.add_done_callback(lambda done: self._give(loop, batch, done))

    def _work(self, batch: Sequence[Waiting]) -> Metered[list[list[Partial]]]:
        """Wall time for compute: to ask for processor time so often costs more than the ears do."""
        began = wall_ms()
        made = self._recogniser.feed([one.stream for one in batch], [one.sound for one in batch])
        took_ms = wall_ms() - began
        return Metered(made, took_ms, took_ms, None)

    def _give(
        self,
        loop: asyncio.AbstractEventLoop,
        batch: Sequence[Waiting],
        done: asyncio.Future[Metered[list[list[Partial]]]],
    ) -> None:
        self._under_way = False
        for place, one in enumerate(batch):
            if one.heard.done():
                continue
            if (error := done.exception()) is not None:
                one.heard.set_exception(error)
                continue
            made = done.result()
            share = made.compute_ms / len(batch)
            one.heard.set_result(Metered(made.result[place], made.wall_ms, share, None))
        self._plan(loop)
