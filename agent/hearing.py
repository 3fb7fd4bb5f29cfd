"""The ears as a task: frames in, words out, computed beside everything else."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from agent.channel import Channel, ChannelClosedError
from agent.clock import FRAME, Samples, samples
from agent.finished import Evidence, Judge, judged
from agent.pace import Work
from agent.prosody import Prosody
from agent.spans import Measure, Metered, Span, metered, unmeasured
from agent.stages import Ears, Expecting, Hearing, Stepping, Together
from agent.turn.events import EndGuess, Event, Partial, Source, SpeechStarted, SpeechStopped

T = TypeVar("T")

BEFORE = samples(300)
"""a transcript starts so much before the onset: the first sound of a word is fainter than the rest"""
REST = samples(2_000)
"""after so much silence without a turn the ears rest"""
KEPT = 75
"""frames that are kept to start a transcript in the past"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame, and what voice activity made of it."""

    at: Samples
    sound: NDArray[np.float32]
    event: SpeechStarted | SpeechStopped | None
    awake: bool
    source: Source
    voiced: bool = False


@dataclass(frozen=True, slots=True)
class Afresh:
    """Words from `since` on are wanted."""

    since: Samples


class StageHungError(Exception):
    """A stage did not come back."""


class Recogniser:
    """Keeps one transcript at a time."""

    def __init__(
        self,
        ears: Ears,
        inbox: Channel[Heard | Afresh],
        work: Work,
        happen: Callable[[Event], None],
        judge: Judge = judged,
        measure: Measure = unmeasured,
    ) -> None:
        self._judge, self._measure = judge, measure
        self._prosody = Prosody()
        self._ears, self._inbox, self._work, self._happen = ears, inbox, work, happen
        self._worker = work.worker("ears")
        self._kept: deque[Heard] = deque(maxlen=KEPT)
        self._hearing: Hearing | None = None
        self._resting = False
        """whether there is neither a transcript nor work"""
        self._unheard: list[NDArray[np.float32]] = []
        self._since = Samples(0)
        self._awake_at = Samples(0)
        self._words: tuple[str, ...] = ()
        self._paused = False
        self._due: Callable[[], int] = _at_once
        self._pending: asyncio.Future[Any] | None = None
        self.failures = 0

    def take(self, item: Heard | Afresh) -> None:
        """Hand over the next frame, or the wish for a new transcript."""
        if self._inbox.closed:
            return
        if len(self._inbox) >= self._inbox.size and self._pending:
            self._worker.abandon()
            self._pending.cancel()
        if self._resting and isinstance(item, Heard) and not len(self._inbox):
            self._keep(item)  # nothing to compute: nobody need be woken
            return
        self._work.begin()
        dropped = self._inbox.counters.dropped
        self._inbox.put(item)
        for _ in range(self._inbox.counters.dropped - dropped):
            self._work.done()

    async def recognise(self) -> None:
        """Go on until the channel closes. Ears that break begin afresh with the next onset."""
        while True:
            self._resting = self._hearing is None
            try:
                item = await self._inbox.receive()
            except ChannelClosedError:
                return
            self._resting = False
            try:
                if isinstance(item, Afresh):
                    await self._begin(item.since)
                else:
                    await self._follow(item)
            except Exception:
                self._hearing = None
                self.failures += 1
            finally:
                self._work.done()

    def close(self) -> None:
        """Let the thread go."""
        self._worker.shutdown()

    async def _begin(self, since: Samples) -> None:
        self._since, self._words, self._paused = since, (), False
        self._prosody.begin()
        frames = [one.sound for one in self._kept if one.at > since - BEFORE]
        start = Samples(self._kept[-1].at - FRAME * len(frames)) if self._kept else since
        self._unheard = []
        hearing = self._hearing = (await self._compute(lambda: self._ears.listen(start))).result
        self._due = hearing.due if isinstance(hearing, Stepping) else _at_once
        self._awake_at = self._kept[-1].at if self._kept else since
        if frames:
            await self._hear(self._kept[-1], frames)

    async def _follow(self, heard: Heard) -> None:
        self._keep(heard)
        if self._hearing is None:
            return
        if heard.at > self._awake_at + REST:
            self._hearing = None
            return
        if isinstance(heard.event, SpeechStarted) and heard.event.source == "user":
            self._paused = False
        await self._hear(heard, [heard.sound])
        if isinstance(heard.event, SpeechStopped) or (heard.event and heard.event.source != "user"):
            await self._guess(heard)

    def _keep(self, heard: Heard) -> None:
        self._kept.append(heard)
        self._prosody.frame(heard.sound, heard.voiced)
        if heard.awake:
            self._awake_at = heard.at

    async def _hear(self, heard: Heard, frames: list[NDArray[np.float32]], now: bool = False) -> None:
        """Hear these frames once they make a step, or `now`."""
        hearing = self._hearing
        assert hearing is not None, "frames are followed only while there is a transcript"
        self._unheard += frames
        if not self._unheard or (not now and FRAME * len(self._unheard) < self._due()):
            return
        sound, self._unheard = self._unheard, []
        if isinstance(hearing, Together):
            made = await self._wait(asyncio.ensure_future(hearing.hear_together(sound)))
        else:
            made = await self._compute(lambda: hearing.hear(sound), hearing)
        self._told("ears", heard.at, made, len(sound))
        if made.result is not None and not self._paused:
            self._tell(heard, made.result, stable=False)

    async def _guess(self, heard: Heard) -> None:
        """A pause: the words as if this were the end, and how probable it is that it is."""
        await self._hear(heard, [], now=True)
        hearing = self._hearing
        assert hearing is not None, "guesses are made only while there is a transcript"
        made = await self._compute(hearing.so_far, hearing)
        self._told("ears, last words", heard.at, made, text=made.result)
        self._tell(heard, made.result, stable=True)
        self._paused = True
        end_log_p = hearing.end_log_p() if isinstance(hearing, Expecting) else None
        evidence = Evidence(self._words, self._prosody.melody(), end_log_p)
        self._happen(EndGuess(heard.at, self._judge(evidence)))

    def _tell(self, heard: Heard, text: str, stable: bool) -> None:
        words = tuple(text.split())
        if words != self._words:
            self._words = words
            self._happen(Partial(heard.at, words, self._since, stable, heard.source))

    def _told(self, work: str, at: Samples, made: Metered[Any], calls: int = 1, text: str = "") -> None:
        took = (made.wall_ms, made.compute_ms)
        self._measure(Span(work, at, at, *took, calls=calls, account=made.account, text=text))

    async def _compute(self, call: Callable[[], T], stage: object = None) -> Metered[T]:
        loop = asyncio.get_running_loop()
        return await self._wait(loop.run_in_executor(self._worker, partial(metered, call, stage)))

    async def _wait(self, pending: asyncio.Future[Metered[T]]) -> Metered[T]:
        self._pending = pending
        await asyncio.wait({pending})
        if pending.cancelled():
            raise StageHungError("the ears took longer than the frames they had yet to hear")
        return pending.result()


def _at_once() -> int:
    """Every frame may bring something."""
    return 0
