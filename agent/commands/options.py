"""Options and small helpers that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

SOUND_FILE = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)
MODELS = click.option(
    "--models", "folder", type=FOLDER, metavar="FOLDER", help="Take the three networks from here."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
RECORD = click.option("--record", type=SOUND_FILE, metavar="ZIP", help="Keep the session, for `replay`.")
CONFIG = click.option("--config", type=SOUND_FILE, metavar="TOML", help="Take settings from this file.")
SET = click.option(
    "--set",
    "switches",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="One setting; see `spiketalk config`.",
)


def console(stream: Any) -> Console:
    """A console that leaves the text as it is."""
    from rich.console import Console

    return Console(file=stream, highlight=False, soft_wrap=True)


def play_file(path: Path, quietly: bool) -> None:
    """Play a sound file where there is a loudspeaker, else say why not."""
    from agent.sound.device import NoLoudspeaker
    from agent.sound.device import play as run

    try:
        run(path)
    except NoLoudspeaker as error:
        if not quietly:
            click.echo(f"It was not played: {error}.")
