# ruff: noqa: E501
"""`reply`, `convert` and `generate`: the mind's own commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

import click

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("words", nargs=-1)
@click.option("--mind", "url", metavar="URL", help="Let an OpenAI-compatible chat endpoint answer.")
@click.option("--model", default="default", show_default=True, help="The endpoint's model.")
@click.option("--key", envvar="SPIKETALK_KEY", default="", help="The endpoint's key, or $SPIKETALK_KEY.")
@click.option("--seed", default=0, show_default=True, help="Decides between replies that are equally near.")
@click.option("--models", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Take the mind from here.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, for programs.")
def reply(
    words: tuple[str, ...],
    url: str | None,
    model: str,
    key: str,
    seed: int,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Answer WORDS in writing; without any, each line of standard input in one talk."""
    answer = _elsewhere(url, model, key, as_json) if url else _here(folder, seed)
    asks = sys.stdin.isatty() and not words
    for line in [" ".join(words)] if words else _lines(asks):
        if not words and not line.strip():
            continue
        text, source = answer(line.strip())
        if as_json:
            click.echo(json.dumps({"said": line.strip(), "reply": text, "source": source}))
        elif text:
            click.echo(text)


def _lines(asks: bool) -> Iterable[str]:
    """Standard input's lines, with a prompt where someone types them."""
    if not asks:
        return sys.stdin

    def typed() -> str:
        try:
            return input("> ") or " "
        except EOFError:
            return ""

    return iter(typed, "")


def _here(folder: Path | None, seed: int) -> Callable[[str], tuple[str, str]]:
    """Answers of the spiking mind, in one talk."""
    from agent.loading import loading
    from models.lm.mind import Mind

    with loading("mind", folder):
        talk = Mind.load(folder).talk(seed)

    def answer(line: str) -> tuple[str, str]:
        said = talk.reply(line)
        return said.text, said.source

    return answer


def _elsewhere(url: str, model: str, key: str, quiet: bool) -> Callable[[str], tuple[str, str]]:
    """Answers of an endpoint, in one talk, shown as they come unless `quiet`; danger is answered here."""
    from models.lm import danger
    from models.lm.endpoint import Endpoint, EndpointError

    talk: list[tuple[str, str]] = []
    try:
        endpoint = Endpoint(url, model, key)
    except EndpointError as error:
        raise click.ClickException(str(error)) from error

    def answer(line: str) -> tuple[str, str]:
        alarm = danger.recognise(line)
        if alarm:
            said, source = danger.answer(alarm, talk), "danger"
        else:
            said, source = "", "endpoint"
            try:
                for sentence in endpoint.sentences(talk, line):
                    said += (" " if said else "") + sentence
                    if not quiet:
                        click.echo(sentence)
            except EndpointError as error:
                raise click.ClickException(str(error)) from error
        talk.extend([("user", line), ("pip", said)])
        return (said if quiet or alarm else "", source)

    return answer


@click.command()
@click.argument("checkpoint", type=_FILE)
@click.option("-o", "--output", type=_FILE, required=True, help="Write it here (.safetensors).")
@click.option("--kind", type=click.Choice(["spikegpt", "rwkv4"]), default="spikegpt", show_default=True)
@click.option("--embedding", type=click.Choice(["by-size", "binary", "plain"]), default="by-size",
              show_default=True, help="Whether the embedding fires; by-size: where there are 77 tokens.")  # fmt: skip
@click.option("--rescale/--no-rescale", default=True, show_default=True, help="Halve after every six layers.")
def convert(checkpoint: Path, output: Path, kind: str, embedding: str, rescale: bool) -> None:
    """Make a released SpikeGPT or RWKV-4 CHECKPOINT (.pth) readable without PyTorch."""
    from models.lm.spikegpt import CheckpointError

    run = import_module("models.lm.convert").convert  # it needs PyTorch, and talking does not
    binary = None if embedding == "by-size" else embedding == "binary"
    try:
        made = run(checkpoint, output, kind, binary, rescale)
    except CheckpointError as error:
        raise click.ClickException(str(error)) from error
    size = "{layers} layers, width {width}, {vocabulary} tokens".format(**made)
    click.echo(f"{output}: {made['parameters'] / 1e6:.1f} M parameters, {size}.")


@click.command()
@click.argument("model", type=_FILE)
@click.argument("text")
@click.option("--tokenizer", type=_FILE, help="Its tokenizer.json; without, TEXT is numbers of tokens.")
@click.option("--length", default=40, show_default=True, help="Tokens to say.")
@click.option("--temperature", default=1.0, show_default=True)
@click.option("--top-p", default=0.7, show_default=True)
@click.option("--seed", default=0, show_default=True)
def generate(
    model: Path, text: str, tokenizer: Path | None, length: int, temperature: float, top_p: float, seed: int
) -> None:
    """Let a converted SpikeGPT or RWKV-4 MODEL go on with TEXT."""
    import numpy as np

    from models.lm.generate import Sampling
    from models.lm.spikegpt import CheckpointError, SpikeGPT, State

    try:
        sampling = Sampling(temperature, top_p, 1.0, longest=length)
        network = SpikeGPT.load(model)
        ids, show = _tokens(text, tokenizer)
        state = State()
        if len(ids) > 1:
            network.read(state, ids[:-1])
        for token in network.generate(state, ids[-1], np.random.default_rng(seed), sampling):
            click.echo(show(token), nl=False)
    except (CheckpointError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo()


def _tokens(text: str, tokenizer: Path | None) -> tuple[list[int], Callable[[int], str]]:
    """(token ids of a text, how a token is shown)."""
    if tokenizer is None:
        try:
            ids = [int(word) for word in text.split()]
        except ValueError as error:
            raise ValueError("without --tokenizer, give numbers of tokens") from error
        show: Callable[[int], str] = lambda token: f"{token} "  # noqa: E731
    else:
        from tokenizers import Tokenizer

        try:
            known = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # the package raises nothing narrower
            raise ValueError(f"{tokenizer}: no tokenizer can be read here") from error
        ids = known.encode(text).ids
        show = lambda token: str(known.decode([token]))  # noqa: E731
    if not ids:
        raise ValueError("the text is empty: give some words")
    return ids, show
