"""`spiketalk bench`: the stages of a spoken turn on every backend, beside their budgets."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from agent.commands.options import JSON, MODELS, SOUND_FILE

QUESTION = Path("examples/question.flac")
HELD_OUT = Path("tests/fixtures/recordings")
MOST_STEPS = 60
"""Steps that are taken of each stage and recording; enough for a 95th percentile, and little enough that all
chips together take under three minutes."""
MOST_RECORDINGS = 10
"""For what the networks still do; fewer tell one word from five per cent."""


@click.group(invoke_without_command=True)
@click.option(
    "--recording", "recordings", multiple=True, type=SOUND_FILE, help="What is asked; again for more."
)
@click.option(
    "--backend", "wanted", help="Some of those that are known, with commas between; all of them unless told."
)
@click.option(
    "--accuracy/--no-accuracy", default=True, help="Also what the networks still do on each backend."
)
@click.option(
    "--held-out", type=SOUND_FILE, default=HELD_OUT, help="Recordings with a list texts.tsv, for that."
)
@click.option(
    "--steps", default=MOST_STEPS, type=click.IntRange(2), help="Steps of each stage and recording."
)
@click.option("--html", "page", type=SOUND_FILE, metavar="FILE", help="Write a report with plots here.")
@click.option("--compare", "old", type=SOUND_FILE, metavar="OLD.json", help="Say what got worse since then.")
@MODELS
@JSON
@click.pass_context
def bench(context: click.Context, **given: Any) -> int:
    """Measure: how fast each stage of a turn is here, and how fast and frugal it would be on each chip.

    Alone it lays the networks on every backend; 0 when every budget is kept, 1 when one is broken.
    """
    return 0 if context.invoked_subcommand else _run(**given)


def _run(
    recordings: tuple[Path, ...], wanted: str | None, accuracy: bool, held_out: Path, steps: int,
    page: Path | None, old: Path | None, folder: Path | None, as_json: bool,
) -> int:  # fmt: skip
    from models.backends.backend import BACKENDS
    from models.chips import bench as chips

    names = BACKENDS if wanted is None else tuple(name.strip() for name in wanted.split(","))
    if unknown := [name for name in names if name not in BACKENDS]:
        raise click.UsageError(f"--backend: expected some of {', '.join(BACKENDS)}; found {unknown[0]!r}")
    asked = recordings or (QUESTION,)
    if missing := [path for path in asked if not path.is_file()]:
        raise click.UsageError(f"{missing[0]}: no such recording; name one with --recording")
    before = _older(old)
    report = _report(asked, names, folder, held_out if accuracy else None, steps)
    if page is not None:
        from models.chips.html import document

        page.write_text(document(report), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(report, indent=1))
    else:
        click.echo(f"Heard: {report['heard']!r}. Said: {report['said']!r}.\n")
        click.echo(chips.table(report["backends"]))
        click.echo(_passed(report["path"]))
        click.echo(_kept(report["accuracy"]))
        for line in report["broken"]:
            click.echo(f"over budget: {line}")
    if before is not None:
        from models.chips.compare import worse

        for line in worse(before, report) or ["nothing got worse"]:
            click.echo(line, err=as_json)
    return 1 if report["broken"] else 0


def _older(path: Path | None) -> dict[str, Any] | None:
    """An earlier report, refused before anything is measured if it is none."""
    from models.chips.compare import CompareError, figures

    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        list(figures(found))
    except (OSError, ValueError, CompareError) as error:
        raise click.UsageError(f"--compare {path}: {error}") from error
    return dict(found)


def _report(
    recordings: tuple[Path, ...],
    names: tuple[str, ...],
    folder: Path | None,
    held_out: Path | None,
    most: int,
) -> dict[str, Any]:
    import soundfile

    from agent.budgets import BUDGETS
    from models.chips import bench as chips
    from models.chips import shipped, validation
    from models.chips.exchange import SHIPPED, exchange, longest, stages

    say = _progress(sys.stderr.isatty())
    place = folder or SHIPPED
    say("listening, answering and speaking")
    try:
        found = [exchange(path, place) for path in recordings]
    except soundfile.LibsndfileError as error:
        raise click.UsageError(f"{error}") from error
    if not found[0].programs:
        raise click.UsageError(f"{place}: expected ears, mind or mouth there, found none of them")
    turn = longest(found)
    made = chips.report(stages(found, step_budgets(turn), most), names, turn, say=say)
    for entry in made.values():
        if "whole_turn_ms" in entry:
            entry["whole_turn_ms"]["budget"] = BUDGETS["first sample"].limit_ms
    path: dict[str, dict[str, float]] = {}
    if {"ears", "mouth"} <= found[0].programs.keys():
        from agent.bench_path import path as passed
        from agent.bench_pauses import heard

        say("what lies between the networks")
        path = passed([heard(recording) for recording in recordings], folder)
    kept: dict[str, dict[str, float]] = {}
    if held_out is not None and (held_out / "texts.tsv").is_file():
        say("accuracy")
        kept = shipped.accuracy(names, shipped.recordings(held_out, MOST_RECORDINGS), place)
    say("")
    return {
        "heard": found[0].heard,
        "said": found[0].said,
        "turn_steps": turn,
        "budgets": {name: asdict(b) for name, b in BUDGETS.items()},
        "path": path,
        "backends": made,
        "broken": broken({"this computer": path, **made}),
        "accuracy": kept,
        "validation": validation.as_json(validation.rows()),
    }


def step_budgets(turn: Mapping[str, int]) -> dict[str, float]:
    """Stage → milliseconds that one of its steps may take, from the budgets of the work that it is part of.

    Ears and mouth must keep up with sound, 40 and 20 ms a step; what happens between the user's last word and
    the first sound shares that time: the mind's all of its own, lengths and melody half of the mouth's.
    """
    from agent.budgets import BUDGETS

    planned = turn.get("mouth lengths", 0) + turn.get("mouth melody", 0)
    planning = BUDGETS["mouth"].limit_ms / 2 / max(1, planned)
    return {
        "ears": 2 * BUDGETS["ears"].limit_ms,
        "mind": BUDGETS["mind"].limit_ms / max(1, turn.get("mind", 1)),
        "mouth lengths": planning,
        "mouth melody": planning,
        "mouth": BUDGETS["mouth, going on"].limit_ms / 5,
    }


def broken(made: Mapping[str, Any]) -> list[str]:
    """A line for every stage and turn whose 95th percentile is over its budget."""
    return [
        f"{name}, {stage.removesuffix('_ms').replace('_', ' ')}: {f['p95']:.3g} of {f['budget']:.3g} ms"
        for name, stages in made.items()
        for stage, f in stages.items()
        if "p95" in f and f["p95"] > f["budget"]
    ]


def _passed(path: Mapping[str, Mapping[str, float]]) -> str:
    """A line for each piece of work outside the networks."""
    return "\n".join(
        f"{work}: {f['p50']:.3g} ms, p95 {f['p95']:.3g} of {f['budget']:g} ms ({f['times']:g} times)"
        for work, f in path.items()
    )


def _kept(accuracy: Mapping[str, Mapping[str, float]]) -> str:
    if not accuracy:
        return ""
    keys = list(next(iter(accuracy.values())))
    lines = ["", "backend       " + "  ".join(f"{key.replace('_', ' '):>21}" for key in keys)]
    for name, found in accuracy.items():
        lines.append(f"{name:14}" + "  ".join(f"{found[key]:21.3f}" for key in keys))
    return "\n".join([*lines, ""])


def _progress(live: bool) -> Any:
    def say(what: str) -> None:
        if live:
            click.echo(f"\r\033[K{what}", nl=False, err=True)

    return say
