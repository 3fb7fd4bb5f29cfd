"""`spiketalk serve`."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import click

from server.app import App, Options, port_of, running
from server.door import Door, KeyFileError, is_loopback, read_keys
from server.stages import Networks

SESSIONS_PER_CORE = 16


def options(
    host: str,
    port: int,
    sessions: int | None,
    key_file: Path | None,
    origins: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
    idle_s: float,
) -> Options:
    """What the command line asks for. Raises click.UsageError."""
    if not is_loopback(host) and key_file is None:
        raise click.UsageError(
            f"{host} can be reached by others: add --api-key-file with a key to ask them for"
        )
    if (certificate is None) != (key is None):
        raise click.UsageError("TLS needs both --certificate and --certificate-key")
    try:
        keys = read_keys(key_file) if key_file is not None else ()
    except KeyFileError as error:
        raise click.UsageError(str(error)) from error
    return Options(
        host,
        port,
        sessions or SESSIONS_PER_CORE * (os.cpu_count() or 1),
        idle_s,
        door=Door(keys, frozenset(origins), is_loopback(host)),
        tls=None if certificate is None or key is None else (certificate, key),
    )


async def serve(networks: Networks, how: Options) -> None:
    """Serve until SIGTERM or SIGINT; then everybody may finish the sentence. A second signal ends it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    app = App(networks, how)
    try:
        async with running(app) as server:
            scheme = "https" if how.tls else "http"
            host = f"[{how.host}]" if ":" in how.host else how.host
            at = f"{scheme}://{host}:{port_of(server)}"
            click.echo(f"Talk at {at}/ or point a Realtime client at {at}/v1; Ctrl-C stops.")
            await stop.wait()
            for sign in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(sign)
            click.echo("Stopping: everybody may finish the sentence.")
    except OSError as error:
        raise click.ClickException(
            f"{how.host}:{how.port} cannot be served: {error.strerror or error}"
        ) from error


@click.command(name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65_535))
@click.option(
    "--sessions", type=click.IntRange(1, 10_000), help="So many talks at once; 16 a core unless told."
)
@click.option(
    "--api-key-file",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Ask for one of the keys in this file, one a line; needed beyond loopback.",
)
@click.option("--origin", "origins", multiple=True, help="Let pages of this origin connect; may be repeated.")
@click.option("--certificate", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="TLS.")
@click.option("--certificate-key", "key", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--idle-timeout", "idle_s", default=600.0, show_default=True, type=click.FloatRange(1, 86_400))
@click.option(
    "--models",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Take the three networks from here.",
)
def command(folder: Path | None, **given: object) -> None:
    """Serve the browser page and the OpenAI Realtime protocol."""
    how = options(**given)  # type: ignore[arg-type]
    click.echo("Loading ears, mind and mouth …")
    asyncio.run(serve(Networks.load(folder), how))
