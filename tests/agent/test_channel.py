"""A channel is bounded, keeps its order, and loses nothing that it was told to keep."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.channel import Channel, ChannelClosedError, ChannelFullError
from tests.virtual_loop import run


def test_a_full_channel_makes_the_sender_wait() -> None:
    async def talk() -> list[int]:
        channel: Channel[int] = Channel(2)
        got = []

        async def send() -> None:
            for number in range(6):
                await channel.send(number)
            channel.close()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(send())
            await asyncio.sleep(1)
            assert len(channel) == 2
            async for number in channel:
                got.append(number)
        assert channel.counters.longest == 2
        return got

    assert run(talk()) == list(range(6))


@given(st.lists(st.tuples(st.integers(0, 99), st.booleans()), max_size=40), st.integers(1, 5))
def test_what_is_kept_is_never_dropped(items: list[tuple[int, bool]], size: int) -> None:
    channel: Channel[tuple[int, bool]] = Channel(size, "drop oldest", keep=lambda item: item[1])
    refused = []
    for item in items:
        try:
            channel.put(item)
        except ChannelFullError:
            refused.append(item)
    left = [channel.take() for _ in range(len(channel))]
    assert len(left) <= size
    kept = [item for item in items if item[1]]
    assert len([item for item in left if item[1]]) + len([i for i in refused if i[1]]) == len(kept)
    assert channel.counters.dropped == len(items) - len(left) - len(refused)


def test_clear_leaves_control_events() -> None:
    channel: Channel[str] = Channel(4, keep=str.isupper)
    for item in ("a", "STOP", "b"):
        channel.put(item)
    assert channel.clear() == 2
    assert channel.take() == "STOP"


def test_a_refusing_channel_says_so() -> None:
    channel: Channel[int] = Channel(1, "refuse")
    channel.put(1)
    with pytest.raises(ChannelFullError, match="1 items"):
        channel.put(2)


def test_closing_twice_and_what_is_left_can_be_read() -> None:
    async def talk() -> list[int]:
        channel: Channel[int] = Channel(3)
        channel.put(1)
        channel.close()
        channel.close()
        with pytest.raises(ChannelClosedError):
            channel.put(2)
        return [item async for item in channel]

    assert run(talk()) == [1]


def test_a_cancelled_receiver_leaves_the_channel_whole() -> None:
    async def talk() -> int:
        channel: Channel[int] = Channel(1)
        waiting = asyncio.create_task(channel.receive())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await channel.send(7)
        return await channel.receive()

    assert run(talk()) == 7


def test_a_channel_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Channel(0)
