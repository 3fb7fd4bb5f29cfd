"""`spiketalk chat`: talk over microphone and loudspeaker."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import click

from agent.commands.options import CONFIG, KEY, MIND, MODEL, MODELS, RECORD, SET, console, elsewhere


@click.command()
@click.option("--microphone", metavar="NAME", help="A device's number or a part of its name; see `devices`.")
@click.option("--loudspeaker", metavar="NAME", help="The same for the other side.")
@click.option("--echo", type=click.Choice(["auto", "webrtc", "numpy", "none"]), help="none: for headphones.")
@click.option("--push-to-talk", is_flag=True, help="Listen only after the space bar, until it is hit again.")
@click.option("--telemetry", is_flag=True, help='Export each turn to OpenTelemetry (extra "telemetry").')
@click.option("--text", is_flag=True, help="Write instead of speaking; needs no sound device.")
@RECORD
@CONFIG
@SET
@MODELS
@MIND
@MODEL
@KEY
def chat(
    microphone: str | None,
    loudspeaker: str | None,
    echo: str | None,
    push_to_talk: bool,
    telemetry: bool,
    text: bool,
    record: Path | None,
    config: Path | None,
    switches: tuple[str, ...],
    folder: Path | None,
    url: str | None,
    model: str,
    key: str,
) -> None:
    """Talk with the agent; space is push to talk, enter begins to write, q ends it."""
    from agent.chat import Chat
    from agent.configuration import load
    from agent.dashboard import Dashboard
    from agent.networks import Networks
    from agent.screen import Screen
    from agent.sound.chatter import without_chatter
    from agent.sound.duplex import Devices, checked

    choice = load(config, switches)
    for key, value in (("microphone", microphone), ("loudspeaker", loudspeaker), ("echo", echo)):
        if value is not None:
            choice = choice.with_value("sound", key, int(value) if value.isdigit() else value)
    if not text:
        checked(Devices(choice.sound.microphone, choice.sound.loudspeaker))
    export = None
    if telemetry:
        from agent.telemetry import Telemetry

        export = Telemetry.to_collector()
    mind = elsewhere(url, model, key)
    networks = Networks.load(folder, mind)  # before the screen, since it may tell that it compiles
    on_terminal = sys.stdout.isatty()
    screen: Any = Dashboard(_terminal()) if on_terminal else Screen(console(sys.stdout))
    with ExitStack() as shown:
        if on_terminal:
            shown.enter_context(without_chatter())
            shown.enter_context(screen)
        talk = Chat(
            networks, choice, screen,
            in_writing=text, push_to_talk=push_to_talk, record=record, telemetry=export,
        )  # fmt: skip
        with suppress(KeyboardInterrupt):  # a way to say goodbye like any other
            asyncio.run(talk.run())
    if record is not None:
        click.echo(f"The session is in {record}.")


def _terminal() -> Any:
    from rich.console import Console

    return Console(highlight=False)
