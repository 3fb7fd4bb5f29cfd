"""Stages of a talk on every backend: time per step against budget, energy with its range, spikes, fit.

On this computer a step is timed. On an emulated chip the program is run in the chip's arithmetic, its
activity is counted step by step, and each step's time comes from the cost model; energies likewise. All
figures are of the same inputs, so they can be laid side by side.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.backends.backend import CHIPS, backend
from models.backends.counts import Counts
from models.chips.chip import chip
from models.chips.cost import Cost, Range
from models.chips.emulated import emulated
from models.chips.estimate import Estimator, dense_equivalent, estimator
from models.chips.placement import PlacementError
from models.chips.populations import Activity
from models.program.graph import Program
from models.program.ops import Array

HOST_WATTS = Range(5.0, 10.0, 20.0)
"""Power of one busy core of an ordinary computer with its share of memory: assumed, not measured."""


@dataclass(frozen=True)
class Stage:
    """A network with inputs for some steps of it, and what a step may take.

    starts: steps before which the state is fresh, as at the start of a sentence.
    """

    name: str
    program: Program
    steps: Sequence[Mapping[str, Array]]
    budget_ms: float
    starts: frozenset[int] = frozenset({0})


@dataclass(frozen=True)
class Figures:
    """What a stage takes on a backend: milliseconds, joules and counts per step."""

    stage: str
    backend: str
    steps_ms: tuple[float, ...]
    budget_ms: float
    energy: Range
    real_time: Range
    synops: float
    spikes: float
    dense: float
    rate: float
    fit: str
    chips: int
    time_range_ms: Range

    def percentile(self, share: float) -> float:
        """The time that this share (0…100) of the steps stay within, in milliseconds."""
        return float(np.percentile(self.steps_ms, share))

    @property
    def over_budget(self) -> bool:
        """Whether the 95th percentile is over the budget."""
        return self.percentile(95) > self.budget_ms

    def as_json(self) -> dict[str, Any]:
        """The keys that `spiketalk bench --json` prints for a stage."""
        return {
            "p50": self.percentile(50), "p95": self.percentile(95), "p99": self.percentile(99),
            "budget": self.budget_ms, "unit": "ms",
            "energy_j": {"low": self.energy.low, "value": self.energy.value, "high": self.energy.high},
            "energy_always_on_j": {"low": self.real_time.low, "high": self.real_time.high},
            "synops": self.synops, "spikes": self.spikes,
            "dense_equivalent": self.dense, "firing_rate": self.rate, "fit": self.fit, "chips": self.chips,
            "time_ms": [self.time_range_ms.low, self.time_range_ms.high],
        }  # fmt: skip


def measure(stage: Stage, name: str, seed: int = 0) -> Figures:
    """Give a stage's figures on a backend; PlacementError when it does not fit the chip at all."""
    return _emulate(stage, name, seed) if name in CHIPS else _time(stage, name)


def _time(stage: Stage, name: str) -> Figures:
    machine, counts = backend(name), Counts(stage.program)
    state = stage.program.state()
    for inputs in stage.steps[:2]:
        machine.step(stage.program, state, inputs)
    took = []
    for index, inputs in enumerate(stage.steps):
        state = stage.program.state() if index in stage.starts else state
        start = time.perf_counter()
        machine.step(stage.program, state, inputs)
        took.append(1e3 * (time.perf_counter() - start))
    state = stage.program.state()
    for index, inputs in enumerate(stage.steps):
        state = stage.program.state() if index in stage.starts else state
        machine.step(stage.program, state, inputs, counts)
    mean = float(np.mean(took)) * 1e-3
    energy = HOST_WATTS * mean
    return Figures(
        stage.name, name, tuple(took), stage.budget_ms, energy, energy, *_totals(stage, counts),
        "this computer", 0, Range(*np.percentile(took, (5, 50, 95))),
    )  # fmt: skip


def _emulate(stage: Stage, name: str, seed: int) -> Figures:
    on = estimator(stage.program, chip(name))
    total, costs = Counts(stage.program), []
    for counts in _counted(stage, name, seed):
        costs.append(on.cost(Activity.of(stage.program, counts)))
        total.table += counts.table
        total.steps += counts.steps
    mean = _mean(costs)
    return Figures(
        stage.name, name, tuple(1e3 * c.time.value for c in costs), stage.budget_ms, mean.energy,
        _always_on(on, mean, stage.program.step_ms * 1e-3), *_totals(stage, total), on.fit.text, on.fit.chips,
        mean.time * 1e3,
    )  # fmt: skip


def _counted(stage: Stage, name: str, seed: int) -> Iterator[Counts]:
    machine, state = emulated(name, seed), stage.program.state()
    for index, inputs in enumerate(stage.steps):
        state = stage.program.state() if index in stage.starts else state
        counts = Counts(stage.program)
        machine.step(stage.program, state, inputs, counts)
        yield counts


def _mean(costs: Sequence[Cost]) -> Cost:
    total = Cost()
    for cost in costs:
        total = total + cost
    return total * (1 / max(1, len(costs)))


def _always_on(on: Estimator, mean: Cost, step_seconds: float) -> Range:
    """Energy of a step when the chips are not switched off until the next one is due."""

    def joules(end: str) -> float:
        waiting = max(0.0, step_seconds - float(getattr(mean.time, end)))
        return float(getattr(mean.energy, end)) + waiting * float(getattr(on.standby_power, end))

    return Range.of(joules)


def _totals(stage: Stage, counts: Counts) -> tuple[float, float, float, float]:
    """Synaptic operations and spikes per step, what a dense network would do, share of neurons that fire."""
    steps = max(1, counts.steps)
    neurons = sum(stage.program.values[name].width for name in counts.active)
    rate = sum(counts.active.values()) / max(1, steps * neurons)
    synops, spikes = (sum(found.values()) / steps for found in (counts.synops, counts.spikes))
    return synops, spikes, dense_equivalent(stage.program), rate


def whole_turn(figures: Sequence[Figures], steps: Mapping[str, int]) -> dict[str, float]:
    """Give p50, p95 and p99 of a turn, in ms: so many steps of each stage one after the other.

    steps: stage → its steps between the end of the user's turn and the first sound.
    """
    by_stage = {f.stage: f for f in figures}
    return {
        f"p{share}": sum(n * by_stage[stage].percentile(share) for stage, n in steps.items())
        for share in (50, 95, 99)
    }


def report(
    stages: Sequence[Stage],
    names: Sequence[str],
    steps: Mapping[str, int],
    seed: int = 0,
    say: Callable[[str], None] = lambda what: None,
) -> dict[str, Any]:
    """Give the `backends` part of the bench's JSON: NAME → STAGE → figures, and `whole_turn_ms`.

    say: told which stage is being measured where.

    A stage that does not fit a chip has `error` in place of figures, and the turn is then left out.
    """
    made: dict[str, Any] = {}
    for name in names:
        found: list[Figures] = []
        entry: dict[str, Any] = {}
        for stage in stages:
            say(f"{name}: {stage.name}")
            try:
                found.append(measure(stage, name, seed))
                entry[stage.name] = found[-1].as_json()
            except PlacementError as error:
                entry[stage.name] = {"error": str(error)}
        if len(found) == len(stages):
            entry["whole_turn_ms"] = whole_turn(found, steps)
        made[name] = entry
    return made


def table(made: Mapping[str, Any]) -> str:
    """Give a report as a Markdown table."""
    lines = [
        "| backend | stage | p50 ms | p95 ms | p99 ms | budget | energy per step, µJ | always on, µJ | "
        "spikes | synaptic operations | of dense | fit |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, stages in made.items():
        for stage, f in stages.items():
            if stage == "whole_turn_ms":
                lines.append(
                    f"| {name} | whole turn | {f['p50']:.1f} | {f['p95']:.1f} | {f['p99']:.1f} "
                    f"| {f['budget']:g} |" + " |" * 6
                    if "budget" in f
                    else f"| {name} | whole turn | {f['p50']:.1f} | {f['p95']:.1f} | {f['p99']:.1f} |"
                    + " |" * 7
                )
            elif "error" in f:
                lines.append(f"| {name} | {stage} |" + " |" * 9 + f" {f['error']} |")
            else:
                e, on = f["energy_j"], f["energy_always_on_j"]
                lines.append(
                    f"| {name} | {stage} "
                    f"| {f['p50']:.3g} | {f['p95']:.3g} | {f['p99']:.3g} | {f['budget']:.3g} "
                    f"| {1e6 * e['value']:.3g} ({1e6 * e['low']:.3g} to {1e6 * e['high']:.3g}) "
                    f"| {1e6 * on['low']:.3g} to {1e6 * on['high']:.3g} "
                    f"| {f['spikes']:,.0f} | {f['synops']:,.0f} "
                    f"| {f['synops'] / max(1.0, f['dense_equivalent']):.0%} | {f['fit']} |"
                )
    return "\n".join(lines)
