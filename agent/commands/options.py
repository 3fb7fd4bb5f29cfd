"""Options and small helpers that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from models.lm.elsewhere import Elsewhere

SOUND_FILE = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)
MODELS = click.option(
    "--models", "folder", type=FOLDER, metavar="FOLDER", help="Take the three networks from here."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
RECORD = click.option("--record", type=SOUND_FILE, metavar="ZIP", help="Keep the session, for `replay`.")
CONFIG = click.option("--config", type=SOUND_FILE, metavar="TOML", help="Take settings from this file.")
MIND = click.option("--mind", "url", metavar="URL", help="Let an OpenAI-compatible chat endpoint answer.")
MODEL = click.option("--model", default="default", show_default=True, help="The endpoint's model.")
KEY = click.option("--key", envvar="SPIKETALK_KEY", default="", help="The endpoint's key, or $SPIKETALK_KEY.")
SET = click.option(
    "--set",
    "switches",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="One setting; see `spiketalk config`.",
)


def elsewhere(url: str | None, model: str, key: str) -> Elsewhere | None:
    """The mind at an endpoint, where one is named. Raises click.ClickException for what is no address."""
    if url is None:
        return None
    from models.lm.elsewhere import Elsewhere
    from models.lm.endpoint import Endpoint, EndpointError

    try:
        return Elsewhere(Endpoint(url, model, key))
    except EndpointError as error:
        raise click.ClickException(str(error)) from error


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
