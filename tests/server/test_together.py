"""The ears of all sessions on one clock: batches form where many wait, and each gets its own words."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from models.asr.recogniser import Recogniser
from server.together import EarsTogether
from tests.server.live import recording

PIECE = 640


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.load()


def sounds() -> list[NDArray[np.float32]]:
    whole = recording(rate=16_000).astype(np.float32) / np.float32(32_768)
    return [whole[start : start + 20 * PIECE] for start in range(0, 4 * PIECE, PIECE)]


def test_each_stream_gets_its_own_words(recogniser: Recogniser) -> None:
    batches: list[int] = []

    async def one(together: EarsTogether, sound: NDArray[np.float32]) -> tuple[list[str], str]:
        stream, told = recogniser.stream(), []
        for at in range(0, len(sound), PIECE):
            made = await together.hear(stream, sound[at : at + PIECE])
            told += [partial.text for partial in made.result]
        return told, stream.finish().text

    async def everybody() -> list[tuple[list[str], str]]:
        together = EarsTogether(recogniser, batches.append)
        return await asyncio.gather(*(one(together, sound) for sound in sounds()))

    found = asyncio.run(everybody())
    for (told, last), sound in zip(found, sounds(), strict=True):
        stream = recogniser.stream()
        pieces = [sound[at : at + PIECE] for at in range(0, len(sound), PIECE)]
        assert told == [partial.text for piece in pieces for partial in stream.feed(piece)]
        assert last == stream.finish().text
    assert max(batches) == len(found) and sum(batches) == 20 * len(found)


def test_one_who_leaves_takes_nobody_along(recogniser: Recogniser) -> None:
    async def talk() -> int:
        together = EarsTogether(recogniser)
        sound = np.zeros(PIECE, np.float32)
        streams = [recogniser.stream() for _ in range(3)]
        first = [together.hear(stream, sound) for stream in streams]
        first[1].cancel()
        for waiting in (first[0], first[2]):
            await waiting
        gone = together.hear(streams[0], sound)
        gone.cancel()
        made = await together.hear(streams[2], np.zeros(4 * PIECE, np.float32))
        assert made.compute_ms > 0
        return streams[2].counts.steps

    assert asyncio.run(talk()) == 4


def test_ears_that_break_tell_everybody_who_waits(recogniser: Recogniser) -> None:
    async def talk() -> list[BaseException | object]:
        together = EarsTogether(recogniser)
        streams = [recogniser.stream() for _ in range(2)]
        bad = together.hear(streams[0], np.zeros((2, 3, 4), np.float32))
        results = await asyncio.gather(
            bad, together.hear(streams[1], np.zeros(PIECE, np.float32)), return_exceptions=True
        )
        later = await together.hear(recogniser.stream(), np.zeros(PIECE, np.float32))
        return [*results, later.result]

    bad, beside, later = asyncio.run(talk())
    assert isinstance(bad, TypeError) and isinstance(beside, TypeError)
    assert later == []
