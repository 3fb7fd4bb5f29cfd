"""One WebSocket and the session behind it: messages in, messages out, and every way in which that can end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from server.house import Guest
from server.protocol.beta import from_beta
from server.protocol.errors import Refusal, error_event
from server.protocol.events import parse

VANISHED = (1006, 1011)
"""close codes of a connection that broke: no close was said, or no ping answered"""

IN_A_ROW = 4
"""messages of one client, before the others have their turn"""
LOOKS = 20


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ended, in the WebSocket's codes; `vanished` clients may come back."""

    code: int
    reason: str = ""
    vanished: bool = False


class Connection:
    """Serves one guest over one socket."""

    def __init__(
        self,
        socket: ServerConnection,
        guest: Guest,
        beta: bool,
        idle_s: float,
        received: Callable[[bool], None] = lambda refused: None,
        sent: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._socket, self._guest, self._beta, self._idle_s = socket, guest, beta, idle_s
        self._received, self._sent = received, sent
        self._came = 0

    async def serve(self) -> Ending:
        """Until one side has had enough."""
        parts = {
            asyncio.create_task(self._read()),
            asyncio.create_task(self._idle()),
            asyncio.create_task(self._write()),
            asyncio.create_task(self._overflow()),
            asyncio.create_task(self._talk()),
        }
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    async def _read(self) -> Ending:
        try:
            while True:
                message = await self._socket.recv()
                self._came += 1
                if isinstance(message, bytes):
                    return Ending(1003, "events are text frames of JSON")
                self._take(message)
                if self._came % IN_A_ROW == 0:
                    await asyncio.sleep(0)  # one who sends without a pause leaves others their turn
        except ConnectionClosed as error:
            received = error.rcvd.code if error.rcvd else 1006
            ours = error.sent.code if error.sent and not error.rcvd_then_sent else received
            return Ending(received, vanished=received in VANISHED and ours in VANISHED)

    async def _idle(self) -> Ending:
        """Over once nothing has come for so long; looked at now and then, for timers cost something."""
        loop = asyncio.get_running_loop()
        came, since = self._came, loop.time()
        while (left := since + self._idle_s - loop.time()) > 0:
            await asyncio.sleep(min(left, self._idle_s / LOOKS))
            if self._came != came:
                came, since = self._came, loop.time()
        return Ending(1000, f"nothing came for {self._idle_s:g} s")

    def _take(self, message: str) -> None:
        try:
            event = parse(from_beta(message) if self._beta else message)
        except Refusal as refusal:
            self._received(True)
            self._guest.outbox.put(error_event(refusal))
            return
        self._received(False)
        self._guest.talk.receive(event)

    async def _write(self) -> Ending:
        outbox = self._guest.outbox
        try:
            while True:
                message = await outbox.first()
                await self._socket.send(message)
                outbox.sent()
                self._sent(len(message))
        except ConnectionClosed:
            return await asyncio.shield(asyncio.get_running_loop().create_future())  # the reader tells why

    async def _overflow(self) -> Ending:
        await self._guest.outbox.full.wait()
        return Ending(1008, "too much was left unread")

    async def _talk(self) -> Ending:
        await asyncio.wait({self._guest.run})
        failed = not self._guest.run.cancelled() and self._guest.run.exception()
        return Ending(1011, "the conversation broke") if failed else Ending(1000, "the conversation is over")
