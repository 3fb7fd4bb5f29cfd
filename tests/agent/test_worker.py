"""A worker computes in order, passes errors on, and can be left behind when it hangs."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest

from agent.worker import Worker


def test_calls_are_made_in_order() -> None:
    worker = Worker("a")
    seen: list[int] = []
    futures = [worker.submit(seen.append, number) for number in range(20)]
    for future in futures:
        future.result(10)
    assert seen == list(range(20))
    worker.shutdown()


def test_an_error_is_passed_on_and_the_worker_lives() -> None:
    worker = Worker("b")
    with pytest.raises(ZeroDivisionError):
        worker.submit(lambda: 1 / 0).result(10)
    assert worker.submit(lambda: 7).result(10) == 7
    worker.shutdown()


def test_a_hanging_call_is_left_behind() -> None:
    worker, release = Worker("c"), threading.Event()
    hanging = worker.submit(release.wait, 30)
    behind = worker.submit(lambda: 1)
    while not hanging.running():
        pass
    worker.abandon()
    assert worker.submit(lambda: 2).result(10) == 2
    with pytest.raises(CancelledError):
        behind.result(10)
    release.set()
    assert hanging.result(10) is True
    worker.shutdown()
