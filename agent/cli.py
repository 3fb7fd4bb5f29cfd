"""The command line. Each command imports what it needs only when it runs, so that `--help` is instant."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from rich.console import Console

    from agent.conversation import Conversation

_SOUND_FILE = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_MODELS = click.option(
    "--models", "folder", type=_FOLDER, metavar="FOLDER", help="Take the three networks from here."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command; what is wrong is said in one line on standard error, with exit code 2."""
    from agent.loading import LoadingError
    from agent.sound.wav import SoundError
    from models.program.graph import ProgramError

    try:
        code = spiketalk.main(args=arguments, standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "spiketalk"
        click.echo(f"{command}: {error.format_message().rstrip('.')} (see {command} --help)", err=True)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"spiketalk: {error.format_message()}", err=True)
        sys.exit(2)
    except (LoadingError, SoundError, ProgramError) as error:
        click.echo(f"spiketalk: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has left
        sys.exit(1)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in ("agent", "models", "server"):
            raise
        click.echo(f"spiketalk: this command needs the package {error.name}: {_extra(error.name)}", err=True)
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="spiketalk", message="spiketalk %(version)s")
def spiketalk() -> None:
    """A voice agent made of three spiking networks: ears, mind and mouth."""


@spiketalk.command()
@click.argument("question", type=_SOUND_FILE)
@click.option("-o", "--output", "answer", type=_SOUND_FILE, help="Write the answer here (.wav, .flac, .ogg).")
@click.option("--stereo", is_flag=True, help="Write the question left and the answer right, aligned in time.")
@click.option("--play", is_flag=True, help="Play the answer where there is a loudspeaker.")
@_MODELS
@_JSON
def talk(
    question: Path, answer: Path | None, stereo: bool, play: bool, folder: Path | None, as_json: bool
) -> None:
    """Put a recorded QUESTION to the agent and get its spoken answer."""
    from agent.screen import Screen
    from agent.talk import as_dictionary
    from agent.talk import talk as run

    if stereo and answer is None:
        raise click.UsageError("--stereo needs a file to write: add --output answer.wav")
    if play and answer is None:
        raise click.UsageError("--play needs a file to write: add --output answer.wav")
    screen = Screen(_console(sys.stderr if as_json else sys.stdout))
    turns = run(
        question,
        answer,
        lambda: _conversation(folder),
        (lambda message: None) if as_json else screen.show,
        stereo,
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
        _play(answer, as_json)


@spiketalk.command()
@click.argument("text")
@click.option("-o", "--output", type=_SOUND_FILE, required=True, help="Write the speech here.")
@click.option("--play", is_flag=True, help="Play it where there is a loudspeaker.")
@_MODELS
def say(text: str, output: Path, play: bool, folder: Path | None) -> None:
    """Speak TEXT."""
    from agent.clock import SPEAKING_HZ
    from agent.mouth import Mouth
    from agent.sound.wav import SoundWriter
    from agent.trace import Trace

    if not any(sign.isalnum() for sign in text):
        raise click.UsageError("there is nothing to say: give some words")
    writer = SoundWriter(output, SPEAKING_HZ, 1)
    try:
        trace = Trace()
        for piece in Mouth.load(folder).speak(text, trace):
            writer.write(piece)
        writer.finish()
    finally:
        writer.discard()
    first = trace.timings["mouth"].mean_ms
    click.echo(
        f"{writer.written / SPEAKING_HZ:.2f} s of speech in {output}, the first of it after {first:.0f} ms."
    )
    if play:
        _play(output, False)


@spiketalk.command()
@click.argument("words", nargs=-1)
@_MODELS
@_JSON
def reply(words: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Answer WORDS in writing; without any, each line of standard input in one talk."""
    from agent.mind import Mind
    from agent.trace import Trace

    mind = Mind.load(folder).talk()
    for line in [" ".join(words)] if words else sys.stdin:
        if not line.strip():
            continue
        said = mind.reply(line.strip(), Trace())
        if as_json:
            click.echo(json.dumps({"said": line.strip(), "reply": said.text, "source": said.source}))
        else:
            click.echo(said.text)


@spiketalk.command()
@click.argument("recordings", type=_SOUND_FILE, nargs=-1, required=True)
@_MODELS
@_JSON
def transcribe(recordings: tuple[Path, ...], folder: Path | None, as_json: bool) -> None:
    """Write down what is said in RECORDINGS."""
    from agent.ears import transcribe as run

    for path, heard in run(recordings, folder):
        if as_json:
            click.echo(json.dumps({"file": str(path), "text": heard.text, "phones": list(heard.phones)}))
        else:
            click.echo(heard.text if len(recordings) == 1 else f"{path}: {heard.text}")


def _conversation(folder: Path | None) -> Conversation:
    """The three stages, loaded and warm, ready to talk."""
    from agent.conversation import Conversation
    from agent.ears import Ears
    from agent.mind import Mind
    from agent.mouth import Mouth

    return Conversation(Ears.load(folder), Mind.load(folder), Mouth.load(folder))


def _console(stream: Any) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, soft_wrap=True)


def _play(path: Path, quietly: bool) -> None:
    from agent.sound.device import NoLoudspeaker
    from agent.sound.device import play as run

    try:
        run(path)
    except NoLoudspeaker as error:
        if not quietly:
            click.echo(f"It was not played: {error}.")


def _extra(package: str) -> str:
    """How to get a package that only an extra installs."""
    extras = {"torch": "train", "pyworld": "train", "matplotlib": "train", "pocketsphinx": "peers"}
    return f"pip install 'spiketalk[{extras.get(package, 'dev')}]'"


def _outside(group: click.Group, name: str, target: str, text: str, folder: Path | None = None) -> None:
    """Add a command whose options are the parameters of the function `target`, looked up only when it runs.

    Figures that it gives are printed as lines, or with --json as one object; a number is the exit code.
    `folder` is where it works unless told.
    """

    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    @click.pass_context
    def run(context: click.Context, arguments: tuple[str, ...]) -> int:
        from agent.options import call, lines

        takes_figures = group is evaluate
        given = [a for a in arguments if not (takes_figures and a == "--json")]
        result = call(target, context.command_path, given, {"folder": str(folder)} if folder else None)
        if isinstance(result, dict) and takes_figures:
            click.echo(json.dumps(result, indent=1) if len(given) < len(arguments) else lines(result))
        return result if isinstance(result, int) else 0

    settings = {"ignore_unknown_options": True}
    group.command(name, help=text, context_settings=settings, add_help_option=False)(run)


@spiketalk.group()
def train() -> None:
    """Train a network, or go on where a training stopped; needs the extra "train"."""


@spiketalk.group(name="eval")
def evaluate() -> None:
    """Measure a network on what it was never trained on."""


@spiketalk.group()
def bench() -> None:
    """Measure, and print the figures."""


@bench.command()
@click.argument("recordings", type=_FOLDER, default=Path("tests/fixtures/recordings"))
@click.option(
    "--read-back/--no-read-back", default=True, help='Let pocketsphinx read the answers (extra "peers").'
)
@_MODELS
def talks(recordings: Path, read_back: bool, folder: Path | None) -> None:
    """Put a folder of RECORDINGS with a list texts.tsv to the agent; JSON."""
    from tempfile import TemporaryDirectory

    from agent.bench import answer_all, figures

    with TemporaryDirectory() as answers:
        report = figures(answer_all(recordings, Path(answers), folder), read_back)
    click.echo(json.dumps(report, indent=1))


for _name, _package in {"ears": "asr", "mind": "lm", "mouth": "tts"}.items():
    _runs = Path("runs") / _name
    _outside(train, _name, f"models.{_package}.train:train", f"Train the {_name}.", _runs)
    _outside(
        evaluate, _name, f"models.{_package}.evaluate:evaluate", f"Measure the {_name}; JSON with --json."
    )
_outside(bench, "engine", "models.backends.bench:main", "The event-driven backend beside dense engines.")
