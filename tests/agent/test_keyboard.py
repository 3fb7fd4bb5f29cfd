"""Keys into wishes."""

from __future__ import annotations

import asyncio
import os
import pty
from collections.abc import Sequence

import pytest

from agent.keyboard import Keyboard, Keys


def wishes(typed: Sequence[str]) -> list[tuple[str, str]]:
    keys, found = Keys(), []
    for key in typed:
        keys, wish, text = keys.after(key)
        if wish is not None:
            found.append((str(wish), text))
    return found


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("  ", [("press", ""), ("release", "")]),
        ("\nmash\n", [("type", "mash")]),
        ("\nno\x1bm", [("mute", "")]),
        ("\nhallo\x7f\x7f\x7flp\n", [("type", "halp")]),
        ("\n   \nq", [("quit", "")]),
        ("\nhi\x03", [("quit", "")]),
        ("xyzs", [("stop", "")]),
    ],
)
def test_keys_mean_what_the_help_says(typed: str, expected: list[tuple[str, str]]) -> None:
    assert wishes(typed) == expected


def test_a_terminal_is_read_key_by_key_and_left_as_it_was() -> None:
    import termios

    host, guest = pty.openpty()
    before = termios.tcgetattr(guest)
    found: list[tuple[str, str]] = []

    async def live() -> None:
        with open(guest, closefd=False) as source, Keyboard(lambda *wish: found.append(wish), source):
            os.write(host, b"m\x1b[A\nhello")
            await asyncio.sleep(0.2)
            os.write(host, b"\n")
            while len(found) < 2:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(live(), 60))
    after = termios.tcgetattr(guest)
    os.close(host)
    os.close(guest)
    assert found == [("mute", ""), ("type", "hello")]
    assert after == before


def test_lines_of_a_pipe_are_typed_and_its_end_quits() -> None:
    reading, writing = os.pipe()
    found: list[tuple[str, str]] = []

    async def live() -> None:
        with open(reading) as source, Keyboard(lambda *wish: found.append(wish), source):
            os.write(writing, b"hello there\n\nbye\n")
            os.close(writing)
            while ("quit", "") not in found:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(live(), 60))
    assert found == [("type", "hello there"), ("type", "bye"), ("quit", "")]
