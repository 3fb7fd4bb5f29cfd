"""Counts × constants → the time and the energy of a step, each with the range that its constants leave.

A program step is a sequence of *stages*. In a stage every core of a digital chip updates its neurons, sends
the spikes, and works through the spikes that reach it; a barrier ends it. So

    busy(core) = updated·t_neuron + idle·t_idle + spikes·t_spike + sent·t_out + received·t_in + weights
    weights    = synops·t_synop, or macs·t_mac on the chip that has a MAC array, whichever is quicker
    stage time = max(tick, max(busiest core, busiest link) + barrier + overhead)
    dynamic    = Σ counts · energies + management power · stage time
    static     = (powered chips · chip power + powered cores · core power) · stage time

after the max-affine runtime model of Timcheck et al. 2026 (arXiv 2601.10035), with sums inside a core where
that model, a lower bound, takes a maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from models.chips.chip import Chip

ENDS = ("low", "value", "high")


@dataclass(frozen=True, slots=True)
class Range:
    """A figure with the least and the most that it may be.

    >>> (Range(1, 2, 4) + Range(0, 1, 1)) * 2
    Range(low=2, value=6, high=10)
    """

    low: float = 0.0
    value: float = 0.0
    high: float = 0.0

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.value + other.value, self.high + other.high)

    def __mul__(self, factor: float) -> Range:
        return Range(self.low * factor, self.value * factor, self.high * factor)

    @classmethod
    def of(cls, figure: Callable[[str], float]) -> Range:
        """The figure computed with all constants at their low end, at their value and at their high end."""
        return cls(*(figure(end) for end in ENDS))


@dataclass(frozen=True, slots=True)
class CoreLoad:
    """What one core has to do in a stage. Counts may be means, hence float.

    neurons: updated;   idle: only looked at;   spikes: neurons that fired;   sent, received: messages;
    synops: weights met by a spike;   macs: all weights, for a core that multiplies them all instead;
    copies: how many cores have this same load.
    """

    neurons: float = 0.0
    idle: float = 0.0
    spikes: float = 0.0
    sent: float = 0.0
    received: float = 0.0
    synops: float = 0.0
    macs: float = 0.0
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """One synchronised step of the chip: loads of its cores, messages over the busiest link, all hops."""

    name: str
    cores: tuple[CoreLoad, ...]
    link: float = 0.0
    hops: float = 0.0

    @property
    def size(self) -> int:
        """How many cores are loaded."""
        return sum(load.copies for load in self.cores)

    def total(self, count: str) -> float:
        """A count summed over the cores."""
        return float(sum(getattr(load, count) * load.copies for load in self.cores))


@dataclass(frozen=True)
class Cost:
    """Time in seconds, dynamic and static energy in joules; `parts` splits the dynamic energy at `value`."""

    time: Range = field(default_factory=Range)
    dynamic: Range = field(default_factory=Range)
    static: Range = field(default_factory=Range)
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def energy(self) -> Range:
        """Dynamic and static energy together."""
        return self.dynamic + self.static

    def __add__(self, other: Cost) -> Cost:
        names = sorted({*self.parts, *other.parts})
        parts = {name: self.parts.get(name, 0.0) + other.parts.get(name, 0.0) for name in names}
        return Cost(self.time + other.time, self.dynamic + other.dynamic, self.static + other.static, parts)

    def __mul__(self, factor: float) -> Cost:
        parts = {name: part * factor for name, part in self.parts.items()}
        return Cost(self.time * factor, self.dynamic * factor, self.static * factor, parts)


def weight_work(chip: Chip, load: CoreLoad, end: str) -> tuple[float, float]:
    """Give (seconds, joules) of a core's weights, by the quicker of the two paths where there are two."""
    event = (load.synops * chip.si("synop_time", end), load.synops * chip.si("synop_energy", end))
    if "mac_time" not in chip.constants or not load.macs:
        return event
    return min(event, (load.macs * chip.si("mac_time", end), load.macs * chip.si("mac_energy", end)))


def busy_seconds(chip: Chip, load: CoreLoad, end: str = "value") -> float:
    """Give the time that a core needs for its load."""
    return (
        load.neurons * chip.si("neuron_time", end)
        + load.idle * chip.si("neuron_idle_time", end)
        + load.spikes * chip.si("spike_time", end)
        + load.sent * chip.si("message_out_time", end)
        + load.received * chip.si("message_in_time", end)
        + weight_work(chip, load, end)[0]
    )


def stage_seconds(chip: Chip, stage: Stage, chips: int = 1, end: str = "value") -> float:
    """Give the time of a stage on so many chips: the busiest core or link, barrier and overhead, one tick."""
    busiest = max((busy_seconds(chip, load, end) for load in stage.cores), default=0.0)
    busiest = max(busiest, stage.link * chip.si("link_time", end))
    barrier = chip.si("barrier_time", end) + (chip.si("chips_barrier_time", end) if chips > 1 else 0.0)
    return max(chip.si("tick", end), busiest + barrier + chip.si("step_overhead", end))


def _joules(chip: Chip, stage: Stage, end: str) -> dict[str, float]:
    return {
        "neurons": stage.total("neurons") * chip.si("neuron_energy", end)
        + stage.total("idle") * chip.si("neuron_idle_energy", end),
        "spikes": stage.total("spikes") * chip.si("spike_energy", end),
        "weights": sum(weight_work(chip, load, end)[1] * load.copies for load in stage.cores),
        "messages": stage.total("sent") * chip.si("message_energy", end)
        + stage.hops * chip.si("hop_energy", end),
    }


def stage_cost(chip: Chip, stage: Stage, chips: int = 1, cores: int = 0) -> Cost:
    """Give the cost of a stage on a digital chip.

    chips: powered chips, all of them leak and are managed;   cores: powered cores, the loaded ones when 0.
    """
    cores = cores or stage.size
    time = Range.of(lambda end: stage_seconds(chip, stage, chips, end))
    management = Range.of(lambda end: chips * chip.si("manage_power", end) * getattr(time, end))
    work = Range.of(lambda end: sum(_joules(chip, stage, end).values()))
    static = Range.of(
        lambda end: (
            (chips * chip.si("chip_static_power", end) + cores * chip.si("core_static_power", end))
            * getattr(time, end)
        )
    )
    parts = {**_joules(chip, stage, "value"), "management": management.value}
    return Cost(time, work + management, static, parts)


def program_cost(chip: Chip, stages: Iterable[Stage], chips: int = 1, cores: int = 0) -> Cost:
    """Give the cost of stages that follow one another, as a step of a program needs them."""
    total = Cost()
    for stage in stages:
        total = total + stage_cost(chip, stage, chips, cores)
    return total


def spread(load: CoreLoad, cores: int) -> CoreLoad:
    """Give the load of each of so many cores that share a load evenly.

    >>> spread(CoreLoad(neurons=100, synops=300), 2).synops
    150.0
    """
    counts = {name: getattr(load, name) / cores for name in CoreLoad.__slots__ if name != "copies"}
    return replace(load, copies=cores, **counts)
