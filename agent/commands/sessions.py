"""`spiketalk replay`: a recorded session once more, decision by decision."""

from __future__ import annotations

import json
from pathlib import Path

import click

from agent.commands.options import JSON, MODELS, SOUND_FILE


@click.command()
@click.argument("session", type=SOUND_FILE)
@click.option(
    "--sound", is_flag=True, help="Hear the recorded sound again too, through ears, mind and mouth."
)
@MODELS
@JSON
def replay(session: Path, sound: bool, folder: Path | None, as_json: bool) -> int:
    """Decide a recorded SESSION again; exit code 1 at the first decision that differs."""
    from tempfile import TemporaryDirectory

    from agent.replay import DifferentError, about, compare
    from agent.replay import replay as run

    try:
        again = run(session)
        if sound:
            from agent.talk import talk_again

            with TemporaryDirectory() as place:
                heard = Path(place) / "again.zip"
                talk_again(session, heard, folder)
                compare(session, heard)
    except DifferentError as error:
        click.echo(
            json.dumps({"same": False, "difference": str(error)}) if as_json else f"{session}: {error}"
        )
        return 1
    _, pace = about(session)
    if as_json:
        figures = {"same": True, "steps": again.steps, "effects": again.effects, "seconds": again.seconds}
        click.echo(json.dumps(figures | {"pace": pace, "sound": sound}))
    else:
        what = "decisions and sound" if sound else "decisions"
        click.echo(
            f"{session}: {again.seconds:.1f} s, {again.steps} steps, {again.effects} effects, the same {what}"
        )
    return 0
