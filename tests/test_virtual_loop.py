"""Virtual time jumps, waits for threads, tells of a deadlock and of tasks left behind."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.virtual_loop import LeakedTaskError, run


def test_an_hour_passes_at_once() -> None:
    async def wait() -> float:
        start = asyncio.get_running_loop().time()
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time() - start

    begun = time.perf_counter()
    assert run(wait()) == pytest.approx(3600)
    assert time.perf_counter() - begun < 5


def test_timers_fire_in_order() -> None:
    async def wait() -> list[float]:
        order: list[float] = []

        async def note(delay: float) -> None:
            await asyncio.sleep(delay)
            order.append(delay)

        await asyncio.gather(*(note(delay) for delay in (3, 1, 2)))
        return order

    assert run(wait()) == [1, 2, 3]


def test_time_stands_still_while_a_thread_computes() -> None:
    async def compute() -> float:
        loop = asyncio.get_running_loop()
        timer = asyncio.create_task(asyncio.sleep(10))
        await asyncio.to_thread(time.sleep, 0.1)
        assert not timer.done()
        at = loop.time()
        timer.cancel()
        return at

    assert run(compute()) == 0


def test_a_task_left_behind_is_named() -> None:
    async def leave() -> None:
        asyncio.create_task(asyncio.sleep(5), name="the forgotten one")  # noqa: RUF006

    with pytest.raises(LeakedTaskError, match="the forgotten one"):
        run(leave())


def test_a_deadlock_is_told() -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="deadlock"):
        run(wait())
