"""An event loop whose clock jumps to the next timer: waiting takes no time, and happens in order."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Waits for file descriptors not at all; where the loop would sleep, its clock jumps instead."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or self.loop is None:
            return ready
        if timeout is None:
            if self.loop.in_threads:
                return super().select(None)
            raise RuntimeError("every task waits for another and no timer is set: a deadlock")
        if self.loop.in_threads:
            # time stands still while a worker thread computes, as it does for the samples of a slow machine
            return super().select(0.05) if timeout > 0 else ready
        self.loop.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on virtual time. Work in executors is real; the clock waits for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.in_threads = 0
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        return self.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> asyncio.Future[Any]:
        future = super().run_in_executor(executor, func, *args)
        self.in_threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, future: Any) -> None:
        self.in_threads -= 1


class LeakedTaskError(AssertionError):
    """A task outlived the coroutine that should have ended it."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """What `main` gives, run on virtual time. Raises LeakedTaskError where a task of its making is left."""
    loop = VirtualLoop()
    try:
        asyncio.set_event_loop(loop)
        result = loop.run_until_complete(main)
        left = [task for task in asyncio.all_tasks(loop) if not task.done()]
        if left:
            names = ", ".join(sorted(f"{task.get_name()} ({task.get_coro()})" for task in left))
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            raise LeakedTaskError(f"tasks left behind: {names}")
        return result
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.in_threads += 1  # the executor is shut down by a thread of its own
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()
