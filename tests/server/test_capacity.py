"""Admission by what was measured: room, no room, and a machine that is busy with other work."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed

from agent.trace import wall_ms
from server.capacity import GUESSED, Capacity
from server.stages import Networks
from tests.server.live import Client, serving


def measured(talks: int, used: float, late_ms: float = 1.0, cores: float = 2.0) -> Capacity:
    capacity = Capacity(lambda: talks, cores)
    for _ in range(10):
        capacity.look(used, late_ms)
    return capacity


@pytest.mark.parametrize(("talks", "used", "room"), [(10, 0.5, True), (30, 1.5, True), (31, 1.58, False)])
def test_one_more_fits_while_its_share_is_free(talks: int, used: float, room: bool) -> None:
    assert (measured(talks, used).reason_to_refuse() is None) == room


def test_the_first_is_never_refused() -> None:
    assert measured(0, used=2.0, late_ms=500).reason_to_refuse() is None
    assert Capacity(lambda: 3).reason_to_refuse() is None


def test_a_loop_that_is_late_admits_nobody() -> None:
    assert "other work" in (measured(3, used=0.1, late_ms=60).reason_to_refuse() or "")


def test_one_late_look_is_no_reason() -> None:
    capacity = measured(3, used=0.1)
    capacity.look(0.1, 5_000.0)
    assert capacity.reason_to_refuse() is None


def test_many_who_come_at_once_count_before_they_are_measured() -> None:
    here = [2]
    capacity = Capacity(lambda: here[0], cores=1.0)
    for _ in range(10):
        capacity.look(0.4, 1.0)
    while capacity.reason_to_refuse() is None:
        here[0] += 1
    assert here[0] == 4  # 0.2 cores each, and 0.8 of one core
    assert measured(0, 0.0).a_talk_takes() == GUESSED


def test_the_machine_is_watched() -> None:
    async def busy() -> Capacity:
        capacity = Capacity(lambda: 1)
        watching = asyncio.create_task(capacity.watch())
        await asyncio.sleep(0.9)
        until = wall_ms() + 400
        while wall_ms() < until:
            pass
        await asyncio.sleep(0.1)
        watching.cancel()
        return capacity

    capacity = asyncio.run(busy())
    assert capacity.late_ms[0] > 200 and capacity.used[0] > 0


def test_who_finds_no_room_is_told_to_try_later(networks: Networks) -> None:
    with serving(networks, measured=True) as server, Client(server.ws) as first:
        first.until("session.created")
        for _ in range(10):
            server.ask(partial(server.app.house.capacity.look, 64.0, 1.0))
        with pytest.raises(ConnectionClosed) as closed, Client(server.ws) as second:
            second.next()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
        assert "no room" in closed.value.rcvd.reason
        first.configure()
        health = json.loads(server.ask(lambda: server.app._health().body))
        assert (health["sessions"], health["room"]) == (1, False)
