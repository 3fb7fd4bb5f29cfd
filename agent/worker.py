"""Where a stage computes: in a thread of its own, so that the event loop never waits, or at once in none."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Worker(Executor):
    """Runs one call at a time, in order. Its thread is a daemon: a call that hangs holds nobody up."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._begin()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have the thread call `fn`."""
        future: Future[Any] = Future()
        with self._lock:
            self._calls.put((future, fn, args, kwargs))
        return future

    def abandon(self) -> None:
        """Leave a call that hangs to itself, drop what waits behind it, and begin afresh."""
        with self._lock:
            old, self._calls = self._calls, queue.SimpleQueue()
            self._begin()
        _drop(old)
        old.put(None)

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = True) -> None:
        """End the thread after the call it is in; what waits is dropped."""
        with self._lock:
            _drop(self._calls)
            self._calls.put(None)

    def _begin(self) -> None:
        threading.Thread(target=_work, args=(self._calls,), name=self._name, daemon=True).start()


class AtOnce(Executor):
    """Runs each call where it is made: for talks from files, which wait for it anyway.

    Nothing then happens beside anything else, so how long a call takes cannot reach what is decided.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call `fn`; the future is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def abandon(self) -> None:
        """No call is ever under way."""


_Call = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def _drop(calls: queue.SimpleQueue[_Call | None]) -> None:
    while True:
        try:
            call = calls.get_nowait()
        except queue.Empty:
            return
        if call is not None:
            call[0].cancel()


def _work(calls: queue.SimpleQueue[_Call | None]) -> None:
    while (call := calls.get()) is not None:
        future, function, arguments, named = call
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(function(*arguments, **named))
        except BaseException as error:
            future.set_exception(error)
