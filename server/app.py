"""The server: one port for the page, the protocol, health and metrics."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from agent.trace import wall_ms
from server.connection import Connection, Ending
from server.door import BETA_PROTOCOL, KEY_PROTOCOL, Door
from server.house import AWAY_S, DRAIN_S, Guest, House
from server.metrics import Metrics
from server.pages import HEADERS, read_pages
from server.stages import Networks

REALTIME = "/v1/realtime"
LARGEST_MESSAGE = 4 << 20
TRY_LATER, GOING_AWAY = 1013, 1001

log = logging.getLogger("spiketalk.server")


@dataclass(frozen=True, slots=True)
class Options:
    """How the server runs."""

    host: str = "127.0.0.1"
    port: int = 8765
    most: int = 32
    measured: bool = False
    """whether one is refused for whom the machine has no room, too"""
    idle_s: float = 600.0
    away_s: float = AWAY_S
    ping_s: float = 20.0
    door: Door = field(default_factory=Door)
    tls: tuple[Path, Path] | None = None
    """certificate chain and its key"""
    wall_ms: Callable[[], float] = wall_ms
    """the time by which sound is paced; a slower one lets a machine that is too slow keep up"""


class App:
    """Answers requests."""

    def __init__(self, networks: Networks, options: Options) -> None:
        self.options = options
        self.metrics = Metrics(
            lambda: len(self.house.guests),
            lambda: self.house.most,
            lambda: self.house.capacity.cores_used(),
            lambda: self.house.capacity.usually_late_ms(),
        )
        self.house = House(
            networks,
            options.most,
            options.away_s,
            self.metrics.measured,
            options.wall_ms,
            options.measured,
            self.metrics.together.observe,
        )
        self._pages = read_pages()

    async def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """A page, or None where a session is to begin."""
        path = urlsplit(request.path).path
        if path == REALTIME:
            return self._at_the_door(connection, request)
        if path == "/healthz":
            return self._health()
        if path == "/metrics":
            if self.options.door.keys and not self.options.door.knows(request.headers.get("Authorization")):
                return _plain(HTTPStatus.UNAUTHORIZED, "a key is needed: Authorization: Bearer <key>")
            return _response(HTTPStatus.OK, self.metrics.text(), "text/plain; version=0.0.4; charset=utf-8")
        page = self._pages.get(path)
        if page is None:
            return _plain(HTTPStatus.NOT_FOUND, "there is no such page")
        if request.headers.get("If-None-Match") == page.tag:
            return _response(HTTPStatus.NOT_MODIFIED, b"", page.type, {**HEADERS, "ETag": page.tag})
        return _response(HTTPStatus.OK, page.body, page.type, {**HEADERS, "ETag": page.tag})

    async def serve(self, socket: ServerConnection) -> None:
        """One connection, from its first message to its last."""
        assert socket.request is not None, "a connection that is open was asked for"
        query = parse_qs(urlsplit(socket.request.path).query)
        beta = _is_beta(socket)
        returning = query.get("session_id", [""])[0]
        guest = await self.house.returning(returning) if returning else None
        if guest is None:
            if (reason := self.house.reason_to_refuse()) is not None:
                self.metrics.refused.labels("full").inc()
                await socket.close(TRY_LATER, reason)
                return
            guest = self.house.admit(query.get("model", [""])[0][:200] or None, beta)
            self.metrics.begun.inc()
        ending = Ending(1006, vanished=True)
        try:
            guest.hang_up = socket.transport.abort
            connection = Connection(
                socket, guest, beta, self.options.idle_s, self._received, self.metrics.sent.inc
            )
            ending = await connection.serve()
        finally:
            await self._ended(socket, guest, ending)

    async def _ended(self, socket: ServerConnection, guest: Guest, ending: Ending) -> None:
        self.metrics.closed.labels(str(ending.code)).inc()
        if ending.vanished and not self.house.draining and not guest.run.done():
            self.house.away(guest)
        else:
            await asyncio.gather(socket.close(_sendable(ending.code), ending.reason), self.house.leave(guest))

    def _received(self, refused: bool) -> None:
        self.metrics.received.inc()
        if refused:
            self.metrics.errors.inc()

    def _at_the_door(self, connection: ServerConnection, request: Request) -> Response | None:
        headers = request.headers
        refusal = self.options.door.refusal(
            headers.get("Host"),
            headers.get("Origin"),
            headers.get("Authorization"),
            _offered(headers),
        )
        if refusal is None:
            return None
        self.metrics.refused.labels("door").inc()
        status, reason = refusal
        error = {"error": {"type": "invalid_request_error", "code": "refused", "message": reason}}
        return _response(HTTPStatus(status), json.dumps(error).encode(), "application/json")

    def _health(self) -> Response:
        status = "draining" if self.house.draining else "ok"
        body = {"status": status, "sessions": len(self.house.guests), "most": self.house.most}
        body["room"] = self.house.reason_to_refuse() is None
        code = HTTPStatus.SERVICE_UNAVAILABLE if self.house.draining else HTTPStatus.OK
        return _response(code, json.dumps(body).encode(), "application/json")


@asynccontextmanager
async def running(app: App) -> AsyncIterator[Server]:
    """The server, listening; at the end everybody may finish the sentence, then all connections close."""
    options = app.options
    context = None
    if options.tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    server = await serve(
        app.serve,
        options.host,
        options.port,
        process_request=app.answer,
        select_subprotocol=_subprotocol,
        ssl=context,
        max_size=LARGEST_MESSAGE,
        max_queue=64,
        ping_interval=options.ping_s,
        ping_timeout=options.ping_s,
        close_timeout=2.0,
        compression=None,  # speech in base64 hardly shrinks, and each connection's window would cost memory
        server_header="spiketalk",
        logger=logging.getLogger("spiketalk.websockets"),
    )
    watching = asyncio.create_task(app.house.capacity.watch(), name="capacity")
    try:
        yield server
    finally:
        watching.cancel()
        await app.house.drain(DRAIN_S)
        server.close(code=GOING_AWAY, reason="the server stops")
        await server.wait_closed()
        for guest in list(app.house.guests.values()):
            await app.house.leave(guest)


def port_of(server: Server) -> int:
    """The port that it listens on."""
    return int(next(iter(server.sockets)).getsockname()[1])


def _offered(headers: Headers) -> list[str]:
    return [one.strip() for one in ",".join(headers.get_all("Sec-WebSocket-Protocol")).split(",")]


def _subprotocol(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """`realtime` where it is offered; a key that came along is never sent back."""
    return next((one for one in offered if not one.startswith(KEY_PROTOCOL)), None)


def _is_beta(socket: ServerConnection) -> bool:
    assert socket.request is not None, "a connection that is open was asked for"
    headers = socket.request.headers
    return headers.get("OpenAI-Beta") == "realtime=v1" or BETA_PROTOCOL in _offered(headers)


def _sendable(code: int) -> int:
    """A code that may stand in a close frame; those below say that there was none."""
    return 1000 if code in (1005, 1006, 1015) else code


def _plain(status: HTTPStatus, text: str) -> Response:
    return _response(status, f"{text}\n".encode(), "text/plain; charset=utf-8")


def _response(status: HTTPStatus, body: bytes, kind: str, more: dict[str, str] | None = None) -> Response:
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"})
    for name, value in (more or {}).items():
        headers[name] = value
    return Response(status.value, status.phrase, headers, body)
