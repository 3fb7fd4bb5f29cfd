"""The pace of sound, in made-up time: bursts, silences and backlogs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from agent.clock import FRAME
from server.wire import GRACE_MS, MOST, Wire
from tests.virtual_loop import run


def speech(ms: int) -> np.ndarray:
    return np.ones(16 * ms, np.float32)


def listen(
    scene: Callable[[Wire], Awaitable[None]], for_ms: float, eager: bool = False
) -> list[tuple[float, bool]]:
    """What was heard in a scene: for each frame, when and whether it was speech."""
    heard: list[tuple[float, bool]] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        wire = Wire(lambda: 1000 * (loop.time() - began), lambda: eager, lambda frame: None)

        async def hear() -> None:
            while (frame := await wire.hear()) is not None:
                heard.append((1000 * (loop.time() - began), bool(frame.any())))

        task = asyncio.create_task(hear())
        await scene(wire)
        await asyncio.sleep(for_ms / 1000 - (loop.time() - began))
        wire.close()
        await task

    run(play())
    return heard


def test_who_sends_nothing_is_heard_as_silence_in_real_time() -> None:
    async def nothing(wire: Wire) -> None:
        pass

    heard = listen(nothing, 1_000)
    assert 49 <= len(heard) <= 51
    assert not any(spoken for _, spoken in heard)


def test_speech_is_heard_as_it_comes_in_pieces_of_any_size() -> None:
    async def in_tenths(wire: Wire) -> None:
        for _ in range(10):
            wire.feed(speech(100))
            await asyncio.sleep(0.1)

    spoken = [at for at, voiced in listen(in_tenths, 1_000) if voiced]
    assert len(spoken) == 50
    assert all(at <= 100 * (index // 5) + 1 for index, at in enumerate(spoken))


def test_a_hiccup_of_the_network_puts_no_silence_into_a_word() -> None:
    async def late(wire: Wire) -> None:
        for piece in range(50):
            wire.feed(speech(20))
            await asyncio.sleep(0.2 if piece == 20 else 0.02)

    heard = listen(late, 1_000)
    first = next(i for i, (_, voiced) in enumerate(heard) if voiced)
    assert all(voiced for _, voiced in heard[first : first + 45])


def test_who_stops_sending_is_heard_as_silence_after_a_grace() -> None:
    async def stops(wire: Wire) -> None:
        wire.feed(speech(100))

    heard = listen(stops, 1_500)
    silent = [at for at, voiced in heard if not voiced]
    assert silent[0] >= GRACE_MS
    assert len(heard) >= 55, "afterwards time goes on"


def test_a_recording_at_once_is_heard_in_real_time_unless_nobody_waits() -> None:
    async def at_once(wire: Wire) -> None:
        wire.feed(speech(2_000))

    slow = [at for at, voiced in listen(at_once, 1_000) if voiced]
    fast = [at for at, voiced in listen(at_once, 1_000, eager=True) if voiced]
    assert 55 <= len(slow) <= 62, "200 ms ahead at most"
    assert len(fast) == 100 and fast[-1] < 400


def test_a_mark_is_passed_after_the_sound_before_it_and_before_the_sound_behind() -> None:
    order: list[str] = []

    async def marked(wire: Wire) -> None:
        wire.mark(lambda: order.append("first"))
        wire.feed(speech(30))
        wire.mark(lambda: order.append(f"second, {wire.backlog_ms:.0f} ms left"))
        wire.feed(speech(20))

    heard = listen(marked, 500)
    assert order == ["first", "second, 20 ms left"]
    assert sum(voiced for _, voiced in heard) == 3, "a frame before a mark need not be whole"


def test_what_does_not_fit_is_refused_and_counted() -> None:
    async def flood(wire: Wire) -> None:
        assert wire.feed(np.zeros(MOST, np.float32))
        assert not wire.feed(np.zeros(FRAME, np.float32))
        assert wire.dropped == FRAME
        wire.forget()
        assert wire.feed(np.zeros(FRAME, np.float32))

    listen(flood, 10)


def test_time_stands_still_while_the_client_is_away() -> None:
    async def away(wire: Wire) -> None:
        await asyncio.sleep(0.1)
        wire.hold(still=True)
        await asyncio.sleep(5)
        wire.hold(still=False)

    assert 10 <= len(listen(away, 5_200)) <= 20
