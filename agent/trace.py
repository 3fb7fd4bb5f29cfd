"""What a turn cost: time per piece of work, spikes and synaptic operations per stage.

Wall time is what a person waits; compute is the processor time that this thread spent of it, which a busy
machine does not change. Neither ever decides anything in a conversation; they are only measured, here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from agent.budgets import BUDGETS, over
from models.backends.counts import ACTIVE, SPIKES, SYNOPS, Counts


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in wall time and in this thread's processor time; only differences mean something."""

    wall_ms: float
    compute_ms: float


def wall_ms() -> float:
    """The time, for the pace of sound alone; nothing is decided by it."""
    return 1000 * time.perf_counter()


def process_s() -> float:
    """Seconds of processor time that this process has used."""
    return time.process_time()


def now() -> Moment:
    """This moment."""
    return Moment(1000 * time.perf_counter(), 1000 * time.thread_time())


def epoch_ns() -> int:
    """This moment as other programs count it; it may jump, and is only ever handed out."""
    return time.time_ns()


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one kind of work took, over all its calls, in milliseconds of wall time and of compute."""

    calls: int = 0
    total_ms: float = 0.0
    worst_ms: float = 0.0
    compute_ms: float = 0.0

    @property
    def mean_ms(self) -> float:
        """The mean over the calls; 0 before the first."""
        return self.total_ms / self.calls if self.calls else 0.0

    def plus(self, took_ms: float, compute_ms: float, calls: int = 1) -> Timing:
        """This and one more call, or several that were made in one go."""
        return Timing(
            self.calls + calls,
            self.total_ms + took_ms,
            max(self.worst_ms, took_ms / calls),
            self.compute_ms + compute_ms,
        )


@dataclass(frozen=True, slots=True)
class Activity:
    """What networks did: graded spikes, neurons that fired, chances to fire, synaptic operations."""

    steps: int = 0
    spikes: int = 0
    fired: int = 0
    chances: int = 0
    synops: int = 0

    @property
    def firing_rate(self) -> float:
        """The share of neurons that fired in a step."""
        return self.fired / self.chances if self.chances else 0.0

    def __add__(self, other: Activity) -> Activity:
        return Activity(
            self.steps + other.steps,
            self.spikes + other.spikes,
            self.fired + other.fired,
            self.chances + other.chances,
            self.synops + other.synops,
        )

    def __sub__(self, other: Activity) -> Activity:
        return self + replace(
            other,
            steps=-other.steps,
            spikes=-other.spikes,
            fired=-other.fired,
            chances=-other.chances,
            synops=-other.synops,
        )


def activity(counts: Counts) -> Activity:
    """What the networks behind `counts` did, summed over their neurons."""
    program, table = counts.program, counts.table
    is_lif = np.array([node.op == "lif" for node in program.nodes], bool)
    neurons = sum(program.values[node.name].width for node in program.nodes if node.op == "lif")
    return Activity(
        steps=counts.steps,
        spikes=int(table[is_lif, SPIKES].sum()),
        fired=int(table[is_lif, ACTIVE].sum()),
        chances=neurons * counts.steps,
        synops=int(table[:, SYNOPS].sum()),
    )


@dataclass
class Trace:
    """The measurements of one turn, by the names of `agent.budgets`."""

    timings: dict[str, Timing] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)

    def took(self, work: str, took_ms: float, compute_ms: float = 0.0, calls: int = 1) -> None:
        """Note that one call of `work`, which has a budget, took so long (or `calls` of them together)."""
        if work not in BUDGETS:
            raise KeyError(f"{work!r} has no budget: add it to agent/budgets.py")
        self.timings[work] = self.timings.get(work, Timing()).plus(took_ms, compute_ms, calls)

    def since(self, work: str, start: Moment) -> None:
        """Note that one call of `work` lasted from `start` until now."""
        end = now()
        self.took(work, end.wall_ms - start.wall_ms, end.compute_ms - start.compute_ms)

    @contextmanager
    def timed(self, work: str) -> Iterator[None]:
        """Measure the block as one call of `work`."""
        start = now()
        try:
            yield
        finally:
            self.since(work, start)

    def fired(self, stage: str, spent: Activity) -> None:
        """Note what the networks of `stage` did."""
        self.activities[stage] = self.activities.get(stage, Activity()) + spent

    def over_budget(self) -> Mapping[str, float]:
        """The work that took longer than it may, with its milliseconds: what is called often, on average."""
        return {work: timing.mean_ms for work, timing in self.timings.items() if over(work, timing.mean_ms)}
