"""`spiketalk config` and `spiketalk devices`: what is chosen, and what there is to choose from."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from agent.commands.options import CONFIG, SET


@click.command()
@CONFIG
@SET
def config(config: Path | None, switches: tuple[str, ...]) -> None:
    """Print the settings in force, as a file that --config takes."""
    from agent.configuration import default_path, load

    click.echo(f"# {config or default_path()}\n{load(config, switches).toml()}", nl=False)


@click.command()
def devices() -> int:
    """List microphones and loudspeakers; exit code 1 where one of the two is missing."""
    from agent.sound.duplex import Devices, NoDeviceError, checked, listed

    try:
        click.echo(listed())
        checked(Devices())
    except NoDeviceError as error:
        click.echo(f"spiketalk: {error}", err=True)
        return 1
    sys.stdout.flush()
    return 0
