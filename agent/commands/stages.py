"""One stage alone: `spiketalk say` (the mouth), `reply` (the mind), `transcribe` (the ears)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from agent.commands.options import JSON, MODELS, SOUND_FILE, play_file


@click.command()
@click.argument("text")
@click.option("-o", "--output", type=SOUND_FILE, required=True, help="Write the speech here.")
@click.option("--play", is_flag=True, help="Play it where there is a loudspeaker.")
@MODELS
def say(text: str, output: Path, play: bool, folder: Path | None) -> None:
    """Speak TEXT."""
    from agent.clock import SPEAKING_HZ
    from agent.networks import SpikingMouth
    from agent.sound.wav import SoundWriter
    from agent.trace import now

    if not any(sign.isalnum() for sign in text):
        raise click.UsageError("there is nothing to say: give some words")
    writer = SoundWriter(output, SPEAKING_HZ, 1)
    try:
        mouth, first_ms = SpikingMouth.load(folder), 0.0
        start = now()
        for piece in mouth.speak(text):
            first_ms = first_ms or now().wall_ms - start.wall_ms
            writer.write(piece.samples)
        writer.finish()
    finally:
        writer.discard()
    click.echo(
        f"{writer.written / SPEAKING_HZ:.2f} s of speech in {output}, the first after {first_ms:.0f} ms."
    )
    if play:
        play_file(output, False)


@click.command()
@click.argument("words", nargs=-1)
@MODELS
@JSON
def reply(words: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Answer WORDS in writing; without any, each line of standard input in one talk."""
    from agent.networks import SpikingMind

    talk = SpikingMind.load(folder).talk()
    for line in [" ".join(words)] if words else sys.stdin:
        if not line.strip():
            continue
        said = talk.reply(line.strip())
        if as_json:
            click.echo(json.dumps({"said": line.strip(), "reply": said.text, "source": said.source}))
        else:
            click.echo(said.text)


@click.command()
@click.argument("recordings", type=SOUND_FILE, nargs=-1, required=True)
@MODELS
@JSON
def transcribe(recordings: tuple[Path, ...], folder: Path | None, as_json: bool) -> None:
    """Write down what is said in RECORDINGS."""
    from agent.networks import SpikingEars
    from agent.sound.wav import Recording

    ears = SpikingEars.load(folder)
    for path in recordings:
        with Recording(path) as recording:
            heard = ears.transcribe(recording)
        if as_json:
            click.echo(json.dumps({"file": str(path), "text": heard.text, "phones": list(heard.phones)}))
        else:
            click.echo(heard.text if len(recordings) == 1 else f"{path}: {heard.text}")
