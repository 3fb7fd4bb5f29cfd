"""`spiketalk serve`: its parameters are the options of the command line."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from pathlib import Path

import click

from agent.commands.options import elsewhere
from server.app import App, Options, port_of, running
from server.door import Door, KeyFileError, is_loopback, read_keys
from server.stages import Networks

MOST_SESSIONS = 1_000
"""whatever was measured"""
SWITCH_S = 0.0005
"""a thread that computes gives way to the event loop after so long; Python's own 5 ms add up"""


def serve(
    host: str = "127.0.0.1",
    port: int = 8765,
    sessions: int | None = None,
    api_key_file: Path | None = None,
    origins: str = "",
    certificate: Path | None = None,
    certificate_key: Path | None = None,
    idle_timeout: float = 600.0,
    models: Path | None = None,
    mind: str | None = None,
    model: str = "default",
) -> None:
    """Serve the browser page and the OpenAI Realtime protocol.

    sessions: talks at once; unless told, as many as the machine bears, measured while it talks.
    origins: pages that may connect beside our own, with commas between.
    An address that others can reach needs api_key_file, with one key a line. The two certificate files bring
    TLS. idle_timeout, in seconds, ends sessions from which nothing comes. mind is the address of an
    OpenAI-compatible chat endpoint that answers instead, with its model; its key is $SPIKETALK_KEY.
    """
    sys.setswitchinterval(SWITCH_S)
    how = options(host, port, sessions, api_key_file, origins, certificate, certificate_key, idle_timeout)
    endpoint = elsewhere(mind, model, os.environ.get("SPIKETALK_KEY", ""))
    click.echo("Loading ears, mind and mouth …")
    networks = Networks.load(models, endpoint)
    gc.collect()
    gc.freeze()  # what was loaded stays: looking through it for garbage would hold all talks up
    gc.collect()  # and how often is looked depends on how much there was the last time
    asyncio.run(until_stopped(networks, how))


def options(
    host: str,
    port: int,
    sessions: int | None,
    key_file: Path | None,
    origins: str,
    certificate: Path | None,
    certificate_key: Path | None,
    idle_s: float,
) -> Options:
    """What the command line asks for. Raises click.UsageError."""
    if not is_loopback(host) and key_file is None:
        raise click.UsageError(f"{host} can be reached by others: add --api-key-file with keys to ask for")
    if (certificate is None) != (certificate_key is None):
        raise click.UsageError("TLS needs both --certificate and --certificate-key")
    for path in (certificate, certificate_key):
        if path is not None and not path.is_file():
            raise click.UsageError(f"there is no file {path}")
    if not 0 <= port < 65_536 or (sessions is not None and sessions < 1) or idle_s <= 0:
        raise click.UsageError("--port is 0 to 65535, --sessions 1 or more, --idle-timeout more than 0")
    try:
        keys = read_keys(key_file) if key_file is not None else ()
    except KeyFileError as error:
        raise click.UsageError(str(error)) from error
    allowed = frozenset(one.strip() for one in origins.split(",") if one.strip())
    return Options(
        host,
        port,
        sessions or MOST_SESSIONS,
        sessions is None,
        idle_s,
        door=Door(keys, allowed, is_loopback(host)),
        tls=None if certificate is None or certificate_key is None else (certificate, certificate_key),
    )


async def until_stopped(networks: Networks, how: Options) -> None:
    """Serve until SIGTERM or SIGINT; then everybody may finish the sentence. A second signal ends it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signs = (signal.SIGTERM, signal.SIGINT)
    for sign in signs:
        loop.add_signal_handler(sign, stop.set)
    try:
        async with running(App(networks, how)) as server:
            host = f"[{how.host}]" if ":" in how.host else how.host
            at = f"{'https' if how.tls else 'http'}://{host}:{port_of(server)}"
            click.echo(f"Talk at {at}/ or point a Realtime client at {at}/v1; Ctrl-C stops.")
            await stop.wait()
            for sign in signs:
                loop.remove_signal_handler(sign)
            click.echo("Stopping: everybody may finish the sentence.")
    except OSError as error:
        reason = error.strerror or error
        raise click.ClickException(f"{how.host}:{how.port} cannot be served: {reason}") from error
