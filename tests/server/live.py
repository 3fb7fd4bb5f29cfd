"""A real server in a thread, and a client that reads like a conversation: speech goes in, events come out."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from websockets.sync.client import ClientConnection, connect

from agent.trace import now, wall_ms
from server.app import App, Options, port_of, running
from server.stages import Networks

RECORDINGS = Path(__file__).parents[1] / "fixtures" / "recordings"
CHUNK_MS = 20
PATIENCE_S = 120.0
"""so long is waited for an event: what is checked is order and content, not how busy the machine is"""

TEMPO = float(os.environ.get("SPIKETALK_TEST_TEMPO", "1"))
"""less than 1 where the machine is too busy: clients speak slower, and the server hears slower"""

Event = dict[str, Any]


@dataclass(frozen=True)
class Live:
    """A server that runs."""

    app: App
    port: int
    loop: asyncio.AbstractEventLoop

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/realtime"

    def ask(self, question: Callable[[], Any]) -> Any:
        """Call in the server's own thread."""

        async def answer() -> Any:
            return question()

        return asyncio.run_coroutine_threadsafe(answer(), self.loop).result(10)

    def eventually(self, true: Callable[[], bool]) -> bool:
        """Whether it becomes true before patience ends."""
        end = now().wall_ms + 1000 * PATIENCE_S
        while not self.ask(true):
            if now().wall_ms > end:
                return False
            threading.Event().wait(0.05)
        return True


@contextmanager
def serving(networks: Networks, **changes: Any) -> Iterator[Live]:
    """A server on a free port of loopback."""
    ready = threading.Event()
    found: list[Live] = []
    stop: list[Callable[[], object]] = []

    async def run() -> None:
        leave = asyncio.Event()
        loop = asyncio.get_running_loop()
        app = App(networks, replace(Options(port=0, wall_ms=lambda: TEMPO * wall_ms()), **changes))
        async with running(app) as server:
            stop.append(partial(loop.call_soon_threadsafe, leave.set))
            found.append(Live(app, port_of(server), loop))
            ready.set()
            await leave.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="server")
    thread.start()
    try:
        assert ready.wait(30), "the server did not start"
        yield found[0]
    finally:
        stop[0]()
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"


@cache
def recording(name: str = "118-47824-0013", rate: int = 24_000) -> NDArray[np.int16]:
    """A recording of somebody speaking, and a second of silence."""
    sound, found = soundfile.read(RECORDINGS / f"{name}.opus", dtype="float32")
    sound = np.concatenate([soxr.resample(sound, found, rate), np.zeros(rate, np.float32)])
    return (32_767 * np.clip(sound, -1, 1)).astype("<i2")


class Client:
    """One side of a conversation. `events` is all that came."""

    def __init__(self, url: str, **options: Any) -> None:
        self._open = ExitStack()
        self.socket: ClientConnection = self._open.enter_context(
            connect(url, open_timeout=20, max_size=None, **options)
        )
        self.events: list[Event] = []
        self._sending: threading.Thread | None = None
        self._quiet = threading.Event()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.hush()
        self._open.close()

    def send(self, kind: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": kind, **fields}))

    def next(self, timeout: float = PATIENCE_S) -> Event:
        event: Event = json.loads(self.socket.recv(timeout))
        self.events.append(event)
        return event

    def until(self, kind: str, timeout: float = PATIENCE_S) -> Event:
        """The next event of a type; what comes before is kept in `events`."""
        while (event := self.next(timeout))["type"] != kind:
            assert event["type"] != "error" or kind == "error", event
        return event

    def until_now(self, kind: str) -> Event:
        """The last event of a type among those that have come."""
        return next(event for event in reversed(self.events) if event["type"] == kind)

    def vanish(self) -> None:
        """Break the connection without a word."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

    def append(self, pcm: NDArray[np.int16]) -> None:
        """Send sound at once."""
        for at in range(0, len(pcm), 24_000):
            data = base64.b64encode(pcm[at : at + 24_000].tobytes()).decode()
            self.send("input_audio_buffer.append", audio=data)

    def configure(self, **session: Any) -> Event:
        self.send("session.update", session={"type": "realtime", **session})
        return self.until("session.updated")

    def speak(self, pcm: NDArray[np.int16], then_silence: bool = True) -> None:
        """Send sound as it would be spoken, in a thread; afterwards silence, until `hush`."""
        self.hush()
        self._quiet = threading.Event()
        self._sending = threading.Thread(target=self._speak, args=(pcm, then_silence, self._quiet))
        self._sending.start()

    def hush(self) -> None:
        self._quiet.set()
        if self._sending is not None:
            self._sending.join()

    def _speak(self, pcm: NDArray[np.int16], then_silence: bool, quiet: threading.Event) -> None:
        step = 24 * CHUNK_MS
        at = 0
        while not quiet.wait(CHUNK_MS / 1000 / TEMPO) and (at < len(pcm) or then_silence):
            chunk = pcm[at : at + step] if at < len(pcm) else np.zeros(step, "<i2")
            at += step
            try:
                self.send("input_audio_buffer.append", audio=base64.b64encode(chunk.tobytes()).decode())
            except Exception:
                return  # the connection is gone: the test will say so

    def types(self) -> list[str]:
        """The types of all that came, each once, where it first came."""
        return list(dict.fromkeys(event["type"] for event in self.events))

    def sound(self) -> NDArray[np.float32]:
        """All that was said, in ±1."""
        deltas = (e["delta"] for e in self.events if e["type"] == "response.output_audio.delta")
        pcm = np.frombuffer(b"".join(map(base64.b64decode, deltas)), "<i2")
        return pcm.astype(np.float32) / np.float32(32_768)
