"""A program on the cores of a digital chip: which population lies where, and what every core does per stage.

Synapses are stored with the neurons that they lead to. A population is cut into as few cores as its weights,
neurons and input axons allow; cores are filled tile by tile, and messages go first along x, then along y.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.chips.chip import Chip
from models.chips.cost import CoreLoad, Stage
from models.chips.populations import Activity, Arrival, Population, populations
from models.program.graph import Program


class PlacementError(Exception):
    """A program does not fit; the message says what is too big, by how much, and how many chips it takes."""


@dataclass(frozen=True, slots=True)
class Block:
    """A population on its cores: the first core's number, how many, neurons per core (the last has fewer)."""

    population: Population
    first: int
    cores: int
    slice: int


@dataclass(frozen=True)
class Placement:
    """A program on `chips` chips: blocks by population name, cores used, share of weight memory used."""

    program: Program
    chip: Chip
    blocks: Mapping[str, Block]
    cores: int
    chips: int
    weight_bits: int

    @property
    def memory_share(self) -> float:
        """Weight memory used, as a share of that of the cores in use."""
        return self.weight_bits / max(1, self.cores * self.chip.count("weight_bits_per_core"))

    @cached_property
    def neurons(self) -> int:
        """Neurons of all populations; a port has none, its values come from outside."""
        return sum(b.population.width for b in self.blocks.values() if b.cores)

    @cached_property
    def routes(self) -> Mapping[tuple[str, str], tuple[float, NDArray[np.float64]]]:
        """(source, target) → hops and messages over each link, for one message to each target core."""
        pairs = {(a.source, b.population.name) for b in self.blocks.values() for a in b.population.arrivals}
        return {pair: _route(self, *pair) for pair in sorted(pairs)}

    def stages(self, activity: Activity) -> list[Stage]:
        """Give the loads of the chip's cores in each stage of a program step."""
        last = max(block.population.stage for block in self.blocks.values())
        return [stage for number in range(1, last + 1) for stage in _stages(self, number, activity)]


def needed_bits(population: Population, chip: Chip) -> int:
    """Give the weight memory that one neuron of a population takes, in bits."""
    return population.fan_in * chip.count("weight_bits")


def place(program: Program, chip: Chip, chips: int = 0) -> Placement:
    """Give the placement of a program on so many chips, on as many as it takes when 0.

    PlacementError when a neuron or its inputs do not fit a core, or the program does not fit the chips.
    """
    blocks: dict[str, Block] = {}
    used, bits = 0, 0
    for population in populations(program):
        cores, size = _cut(program, population, chip)
        blocks[population.name] = Block(population, used, cores, size)
        used += cores
        bits += needed_bits(population, chip) * population.width
    available = chip.count("cores")
    wanted = -(-used // available)
    if chips and wanted > chips:
        largest = max(blocks.values(), key=lambda block: block.cores)
        raise PlacementError(
            f"{program.source or program.name}: needs {used} cores of {chip.name}, "
            f"{chips} chip{'s' if chips > 1 else ''} ha{'ve' if chips > 1 else 's'} {available * chips}: "
            f"{used - available * chips} too many; the largest part is {largest.population.name!r} with "
            f"{largest.cores} cores; {wanted} chips would hold it"
        )
    return Placement(
        program, chip, blocks, used, wanted if wanted <= 1 else _boards(wanted, chip, chips), bits
    )


def _boards(wanted: int, chip: Chip, chips: int) -> int:
    board = chip.count("chips_per_board")
    return chips or -(-wanted // board) * board


def _cut(program: Program, population: Population, chip: Chip) -> tuple[int, int]:
    """Give (cores, neurons per core) for a population."""
    if population.width == 0 or population.is_port:
        return 0, population.width
    where = f"{program.source or program.name}: node {population.name!r}"
    room, each = chip.count("weight_bits_per_core"), needed_bits(population, chip)
    if each > room:
        raise PlacementError(
            f"{where}: one neuron has {population.fan_in} weights, {each} bits; a core of {chip.name} "
            f"holds {room}: {each - room} bits too many; no number of chips would hold it"
        )
    axons = chip.count("axons_in_per_core")
    if population.axons > axons:
        raise PlacementError(
            f"{where}: {population.axons} inputs; a core of {chip.name} takes {axons}: "
            f"{population.axons - axons} too many; no number of chips would hold it"
        )
    size = min(population.width, chip.count("neurons_per_core"), room // each if each else population.width)
    cores = -(-population.width // size)
    return cores, -(-population.width // cores)


def _tile(chip: Chip, core: int) -> tuple[int, int]:
    tile = (core % chip.count("cores")) // chip.count("cores_per_tile")
    wide, high = chip.count("tiles_wide"), chip.count("tiles_high")
    return tile % wide, min(tile // wide, high - 1)


def _links(chip: Chip, start: tuple[int, int], end: tuple[int, int]) -> Iterator[int]:
    """Give the links of a route, x first: each tile has four outgoing links, numbered 4·tile + direction."""
    wide = chip.count("tiles_wide")
    (x, y), (to_x, to_y) = start, end
    while x != to_x:
        yield 4 * (y * wide + x) + (0 if to_x > x else 1)
        x += 1 if to_x > x else -1
    while y != to_y:
        yield 4 * (y * wide + x) + (2 if to_y > y else 3)
        y += 1 if to_y > y else -1


def _route(placed: Placement, source: str, target: str) -> tuple[float, NDArray[np.float64]]:
    chip = placed.chip
    usage = np.zeros(4 * chip.count("tiles_wide") * chip.count("tiles_high"))
    start, end = placed.blocks[source], placed.blocks[target]
    hops = 0.0
    # a port's messages enter at the corner where the host is connected
    sources = [_tile(chip, start.first + i) for i in range(start.cores)] or [(0, 0)]
    targets = [_tile(chip, end.first + i) for i in range(end.cores)]
    for here in sources:
        for there in targets:
            for link in _links(chip, here, there):
                usage[link] += 1 / len(sources)
                hops += 1 / len(sources)
    return hops, usage


def messages(placed: Placement, arrival: Arrival, activity: Activity, target: Block) -> tuple[float, float]:
    """Give (messages that each target core receives, messages sent in all) for one arrival in a step."""
    match arrival.kind:
        case "dense":
            return activity.inputs[arrival.node], activity.inputs[arrival.node] * target.cores
        case "own":
            return activity.inputs[arrival.node] / target.cores, activity.inputs[arrival.node]
        case "token":
            return 1.0, float(target.cores)
        case _:
            return arrival.inputs / target.cores, float(arrival.inputs)


def _stages(placed: Placement, number: int, activity: Activity) -> Iterator[Stage]:
    working = [b for b in placed.blocks.values() if b.population.stage == number and b.cores]
    collecting = [
        b
        for b in placed.blocks.values()
        if b.population.stage == number + 1 and any(a.kind == "norm" for a in b.population.arrivals)
    ]
    loads, busy = [], 0.0
    link = np.zeros(4 * placed.chip.count("tiles_wide") * placed.chip.count("tiles_high"))
    hops = 0.0
    for block in working:
        load, block_hops, usage = _load(placed, block, activity)
        loads.append(load)
        busy += block.population.width
        hops, link = hops + block_hops, link + usage
    for block in collecting:
        width = float(block.population.width)
        loads.append(CoreLoad(neurons=1, sent=float(block.cores), received=width, synops=width))
        hops += 2 * width
    resting = max(0, placed.cores - sum(load.copies for load in loads))
    if resting:
        loads.append(CoreLoad(idle=max(0.0, placed.neurons - busy) / resting, copies=resting))
    if loads:
        yield Stage(f"stage {number}", tuple(loads), float(link.max(initial=0.0)), hops)


def _load(placed: Placement, block: Block, activity: Activity) -> tuple[CoreLoad, float, NDArray[np.float64]]:
    population, cores = block.population, block.cores
    received, synops, macs, hops = 0.0, 0.0, 0.0, 0.0
    usage = np.zeros(4 * placed.chip.count("tiles_wide") * placed.chip.count("tiles_high"))
    for arrival in population.arrivals:
        each, _ = messages(placed, arrival, activity, block)
        each = 1.0 if arrival.kind == "norm" else each
        unit_hops, unit_usage = placed.routes[arrival.source, population.name]
        received, hops, usage = received + each, hops + each * unit_hops, usage + each * unit_usage
        if arrival.kind in ("dense", "own"):
            synops += activity.synops[arrival.node] / cores
            macs += arrival.taps * (arrival.inputs if arrival.kind == "dense" else 1) * block.slice
        elif arrival.kind == "token":
            synops += block.slice
            macs += block.slice
    spikes = sum(activity.spikes.get(name, 0.0) for name in population.nodes)
    sent = sum(_sent(placed, population, other, activity) for other in placed.blocks.values())
    return (
        CoreLoad(block.slice, 0.0, spikes / cores, sent / cores, received, synops, macs, cores),
        hops,
        usage,
    )


def _sent(placed: Placement, population: Population, other: Block, activity: Activity) -> float:
    arrivals = (a for a in other.population.arrivals if a.source == population.name)
    return sum(messages(placed, arrival, activity, other)[1] for arrival in arrivals)


def stage_names(placed: Placement) -> Mapping[int, list[str]]:
    """Give the populations that work in each stage, for a report."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for block in placed.blocks.values():
        names[block.population.stage].append(block.population.name)
    return dict(names)
