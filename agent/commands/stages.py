"""One stage alone: `spiketalk say` (the mouth), `reply` (the mind), `transcribe` (the ears)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from agent.commands.options import JSON, MODELS, SOUND_FILE, play_file


@click.command()
@click.argument("text")
@click.option("-o", "--output", type=SOUND_FILE, help="Write the speech here; without it, it is played.")
@click.option("--play", is_flag=True, help="Play it where there is a loudspeaker.")
@click.option("--words", is_flag=True, help="Print every word with the second at which it begins.")
@MODELS
def say(text: str, output: Path | None, play: bool, words: bool, folder: Path | None) -> None:
    """Speak TEXT."""
    from tempfile import TemporaryDirectory

    if not any(sign.isalnum() for sign in text):
        raise click.UsageError("there is nothing to say: give some words")
    with TemporaryDirectory() as unkept:
        written = output or Path(unkept) / "said.wav"
        first_ms, seconds = _speak(text, written, words, folder)
        where = f" in {output}" if output else ""
        click.echo(f"{seconds:.2f} s of speech{where}, the first after {first_ms:.0f} ms.")
        if play or not output:
            play_file(written, False)


def _speak(text: str, output: Path, words: bool, folder: Path | None) -> tuple[float, float]:
    """Milliseconds to the first sound and seconds of all of it; `words` are printed as they begin."""
    from agent.clock import SPEAKING_HZ
    from agent.networks import SpikingMouth
    from agent.sound.wav import SoundWriter
    from agent.trace import now

    writer = SoundWriter(output, SPEAKING_HZ, 1)
    try:
        mouth, first_ms, last = SpikingMouth.load(folder), 0.0, -1
        start = now()
        for piece in mouth.speak(text):
            first_ms = first_ms or now().wall_ms - start.wall_ms
            writer.write(piece.samples)
            if words and piece.word > last:
                last = piece.word
                click.echo(f"{piece.word_at / SPEAKING_HZ:8.3f}  {piece.said}")
        writer.finish()
    finally:
        writer.discard()
    return first_ms, writer.written / SPEAKING_HZ


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
