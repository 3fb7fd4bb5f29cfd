"""The command line: what there is, and what is said when something is wrong.

Each command stands in a module of `agent.commands` (or beside what it runs) and imports what it needs only
when it runs, so that `--help` is instant.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from agent.commands.bench import bench
from agent.commands.chat import chat
from agent.commands.choices import config, devices
from agent.commands.mind import convert, generate, reply
from agent.commands.options import FOLDER, MODELS
from agent.commands.sessions import replay
from agent.commands.stages import say, transcribe
from agent.commands.talk import talk


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command; what is wrong is said in one line on standard error, with exit code 2."""
    from agent.configuration import ConfigurationError
    from agent.loading import LoadingError
    from agent.replay import ReplayError
    from agent.sound.duplex import NoDeviceError
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
    except (LoadingError, SoundError, ProgramError, ReplayError, NoDeviceError, ConfigurationError) as error:
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


for _command in (talk, chat, say, reply, transcribe, replay, config, devices, convert, generate):
    spiketalk.add_command(_command)


def _extra(package: str) -> str:
    """How to get a package that only an extra installs."""
    extras = {
        "opentelemetry": "telemetry",
        "torch": "train",
        "pyworld": "train",
        "matplotlib": "train",
        "pocketsphinx": "peers",
    }
    return f"pip install 'spiketalk[{extras.get(package.split('.')[0], 'dev')}]'"


def _outside(
    group: click.Group, name: str, target: str, text: str, folder: Path | None = None, figures: bool = False
) -> None:
    """Add a command whose options are the parameters of the function `target`, looked up only when it runs.

    `figures` that it gives are printed as lines, or with --json as one object; a number is the exit code.
    `folder` is where it works unless told.
    """

    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    @click.pass_context
    def run(context: click.Context, arguments: tuple[str, ...]) -> int:
        from agent.options import call, lines

        given = [a for a in arguments if not (figures and a == "--json")]
        result = call(target, context.command_path, given, {"folder": str(folder)} if folder else None)
        if isinstance(result, dict) and figures:
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


spiketalk.add_command(bench)


@bench.command()
@click.argument("recordings", type=FOLDER, default=Path("tests/fixtures/recordings"))
@click.option(
    "--read-back/--no-read-back", default=True, help='Let pocketsphinx read the answers (extra "peers").'
)
@MODELS
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
        evaluate,
        _name,
        f"models.{_package}.evaluate:evaluate",
        f"Measure the {_name}; JSON with --json.",
        figures=True,
    )
_outside(bench, "engine", "models.backends.bench:main", "The event-driven backend beside dense engines.")
_outside(
    bench,
    "turns",
    "agent.bench_turns:turns",
    "How soon it answers and stops; --json.",
    figures=True,
)
_outside(
    bench,
    "duplex",
    "agent.duplex:duplex",
    "Answer recordings in Full-Duplex-Bench's layout where they lie; --json.",
    figures=True,
)
_outside(
    bench, "load", "server.load:load", "Many talks at once against a server of its own; --json.", figures=True
)
_outside(spiketalk, "serve", "server.command:serve", "Serve the browser page and the Realtime protocol.")
