"""`spiketalk talk`: a recorded question in, a spoken answer out."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import click

from agent.commands.options import (
    CONFIG,
    JSON,
    KEY,
    MIND,
    MODEL,
    MODELS,
    RECORD,
    SET,
    SOUND_FILE,
    console,
    elsewhere,
    play_file,
)


@click.command()
@click.argument("question", type=SOUND_FILE)
@click.option("-o", "--output", "answer", type=SOUND_FILE, help="Write the answer here (.wav, .flac, .ogg).")
@click.option("--stereo", is_flag=True, help="Write the question left and the answer right, aligned in time.")
@click.option("--play", is_flag=True, help="Play the answer where there is a loudspeaker.")
@RECORD
@CONFIG
@SET
@MODELS
@MIND
@MODEL
@KEY
@JSON
def talk(
    question: Path,
    answer: Path | None,
    stereo: bool,
    play: bool,
    record: Path | None,
    config: Path | None,
    switches: tuple[str, ...],
    folder: Path | None,
    url: str | None,
    model: str,
    key: str,
    as_json: bool,
) -> None:
    """Put a recorded QUESTION to the agent and get its spoken answer."""
    from agent.configuration import Configuration, load
    from agent.networks import Networks
    from agent.screen import Screen
    from agent.talk import FOR_FILES, as_dictionary
    from agent.talk import talk as run

    if stereo and answer is None:
        raise click.UsageError("--stereo needs a file to write: add --output answer.wav")
    if play and answer is None:
        raise click.UsageError("--play needs a file to write: add --output answer.wav")
    chosen = load(config, switches, Configuration(FOR_FILES))
    screen = Screen(console(sys.stderr if as_json else sys.stdout))
    turns = run(
        question,
        answer,
        partial(Networks.load, folder, elsewhere(url, model, key)),
        (lambda message: None) if as_json else screen.show,
        stereo,
        chosen.turn,
        record,
    )
    spoken = any(turn.reply for turn in turns)
    if as_json:
        written = str(answer) if answer is not None and spoken else None
        click.echo(
            json.dumps({"question": str(question), "answer": written, "turns": [*map(as_dictionary, turns)]})
        )
    elif not turns:
        click.echo(f"Nothing was said in {question}.")
    elif not spoken:
        click.echo(f"Something sounded in {question}, but no words were understood.")
    elif answer is not None:
        click.echo(f"The answer is in {answer}.")
    if play and spoken and answer is not None:
        play_file(answer, as_json)
