"""Mind and mouth as tasks: each reply, drafted or said, is one, known and cancelled by its generation."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from agent.clock import Clock
from agent.history import History
from agent.pace import Work
from agent.player import Player
from agent.spans import Measure, Metered, Span, metered, unmeasured
from agent.stages import Mind, Mouth, Piece, Stoppable
from agent.trace import Moment, now
from agent.turn.events import Event, Failed, Why

T = TypeVar("T")

APOLOGY = "Sorry, I lost my thread."
MM_HM = "Mm hm."
AT_ONCE = 5
"""so many pieces of 20 ms are made in one go, after the first"""


class Replies:
    """Makes replies, up to the loudspeaker's gate."""

    def __init__(
        self,
        mind: Mind,
        mouth: Mouth,
        player: Player,
        work: Work,
        clock: Clock,
        happen: Callable[[Event], None],
        measure: Measure = unmeasured,
    ) -> None:
        self._measure = measure
        self._mind, self._mouth, self._player = mind, mouth, player
        self._work, self._clock, self._happen = work, clock, happen
        self._workers = {stage: work.worker(stage) for stage in ("mind", "mouth")}
        self._busy: dict[str, int] = {}
        self._committed: dict[int, float] = {}
        self._ready: dict[int, float] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Event()
        self._murmur: NDArray[np.float32] | None = None
        self.tasks: asyncio.TaskGroup | None = None
        self.first: deque[Moment] = deque(maxlen=1_000)
        """the time from words to the first piece of sound, waited for and computed, of the latest replies"""
        self.waited: deque[float] = deque(maxlen=1_000)
        """milliseconds from the commit to the first piece of sound; 0 where the draft was there in time"""

    def running(self) -> list[asyncio.Task[None]]:
        """The tasks that are not over."""
        return [task for task in self._tasks.values() if not task.done()]

    def prepare(self, generation: int, history: History, words: tuple[str, ...], why: Why) -> None:
        """Begin a reply; its sound waits behind the gate."""
        assert self.tasks is not None, "replies are made inside the conversation's task group"
        self._player.prepare(generation)
        self._work.begin()
        made = self._make(generation, history, " ".join(words), why)
        task = self.tasks.create_task(made, name=f"reply {generation}")
        # not in the coroutine: one that is cancelled before its first step never runs its `finally`
        task.add_done_callback(lambda _: self._work.done())
        self._tasks[generation] = task

    def stop(self, generation: int, failed: bool = False) -> None:
        """Nothing more of this reply. If it `failed`, a stage that still computes for it is left behind."""
        self._player.drop(generation)
        self._committed.pop(generation, None)
        self._ready.pop(generation, None)
        task = self._tasks.pop(generation, None)
        if task is None or task.done():
            return
        task.cancel()
        for stage, busy_with in list(self._busy.items()):
            if busy_with == generation:
                if isinstance(self._mind, Stoppable) and stage == "mind":
                    self._mind.stop()
                del self._busy[stage]
                if failed:
                    self._workers[stage].abandon()

    def room(self) -> None:
        """The loudspeaker has moved on: there may be room for more."""
        moved, self._room = self._room, asyncio.Event()
        moved.set()

    def murmur(self) -> None:
        """Say "mm-hm" under everything else."""
        assert self.tasks is not None, "murmurs are made inside the conversation's task group"
        self.tasks.create_task(self._make_murmur(), name="murmur")

    def close(self) -> None:
        """Let the threads go."""
        for worker in self._workers.values():
            worker.shutdown()

    def gate(self, generation: int) -> None:
        """The turn is ours: from now on somebody waits for this reply's first sound."""
        self._committed[generation] = now().wall_ms
        self._note_wait(generation)

    async def _make(self, generation: int, history: History, words: str, why: Why) -> None:
        began = now()
        computed = 0.0
        try:
            text = APOLOGY
            if why != "apology":
                lines = history.messages()
                thought = await self._compute("mind", generation, lambda: self._mind.reply(lines, words, why))
                text, computed = thought.result, thought.compute_ms
            begun = await self._compute("mouth", generation, lambda: _begun(self._mouth.speak(text)))
            made, rest = begun.result
            self._ready[generation] = now().wall_ms
            self._note_wait(generation)
            self.first.append(Moment(now().wall_ms - began.wall_ms, computed + begun.compute_ms))
            while made:
                for piece in made:
                    self._player.add(generation, piece)
                await self._wait_for_room(generation)
                more = await self._compute("mouth, going on", generation, lambda: list(islice(rest, AT_ONCE)))
                made = more.result
            self._player.complete(generation)
        except Exception as error:
            self._happen(Failed(self._clock.now(), generation, f"{type(error).__name__}: {error}"))

    def _note_wait(self, generation: int) -> None:
        """Note how long the first sound was waited for after the commit, once both have happened."""
        if generation in self._committed and generation in self._ready:
            self.waited.append(max(0.0, self._ready.pop(generation) - self._committed.pop(generation)))

    async def _wait_for_room(self, generation: int) -> None:
        if self._player.wants(generation):
            return
        self._work.done()
        try:
            while not self._player.wants(generation):
                await self._room.wait()
        finally:
            self._work.begin()

    async def _make_murmur(self) -> None:
        with self._work.one():
            if self._murmur is None:
                try:
                    made = await self._compute("mouth", 0, lambda: list(self._mouth.speak(MM_HM)))
                except Exception:
                    return  # nobody misses a murmur
                self._murmur = np.concatenate([np.zeros(0, np.float32), *(p.samples for p in made.result)])
            self._player.murmur(self._murmur)

    async def _compute(self, work: str, generation: int, call: Callable[[], T]) -> Metered[T]:
        stage, _, _ = work.partition(",")
        self._busy[stage] = generation
        doer, began = self._mind if stage == "mind" else self._mouth, self._clock.now()
        made = await asyncio.get_running_loop().run_in_executor(
            self._workers[stage], partial(metered, call, doer)
        )
        if self._busy.get(stage) == generation:
            del self._busy[stage]
        took = (made.wall_ms, made.compute_ms)
        text = made.result if isinstance(made.result, str) else ""
        self._measure(Span(work, began, self._clock.now(), *took, generation, 1, made.account, text))
        return made


def _begun(pieces: Iterator[Piece]) -> tuple[list[Piece], Iterator[Piece]]:
    """The first piece of speech, and the rest."""
    rest = iter(pieces)
    return list(islice(rest, 1)), rest
