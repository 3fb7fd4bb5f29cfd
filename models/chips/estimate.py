"""What a program costs per step on a chip, whatever the chip is made of, and what of the chip it takes.

Digital chips: placement, stages and `cost`. Analogue matrices (BrainScaleS-2): every matrix is cut into
passes; when the chip holds fewer than a step needs, the array is rewritten before each. Crossbars: all
matrices stay on their tiles and a step takes one read per stage. On both, what is not a matrix is
digital: so much time for each value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from models.chips.brainscales2 import passes
from models.chips.chip import Chip
from models.chips.cost import Cost, Range, program_cost
from models.chips.placement import Placement, PlacementError, place
from models.chips.populations import Activity, populations
from models.program.graph import Program


@dataclass(frozen=True)
class Fit:
    """What a program takes of a chip: units of a kind (cores, passes, tiles), chips, share of memory."""

    kind: str
    units: int
    units_per_chip: int
    chips: int
    memory_share: float

    @property
    def text(self) -> str:
        """One line for a table."""
        return (
            f"{self.units} {self.kind} ({self.units_per_chip} a chip), {self.chips} "
            f"chip{'s' if self.chips != 1 else ''}, {self.memory_share:.0%} of their weight memory"
        )


@dataclass(frozen=True)
class Estimator:
    """The cost of a program's steps on a chip. `fit` says what it takes, `cost` what a step costs."""

    program: Program
    chip: Chip
    fit: Fit
    cost: Callable[[Activity], Cost]

    @cached_property
    def standby_power(self) -> Range:
        """Watts that the chips take between two steps, if they are not switched off."""
        chip, n = self.chip, self.fit.chips
        if chip.substrate == "analogue":
            return Range.of(lambda end: n * chip.si("chip_power", end))
        cores = self.fit.units if chip.substrate.startswith("digital") else 0
        return Range.of(
            lambda end: n * chip.si("chip_static_power", end) + cores * chip.si("core_static_power", end)
        )


def estimator(program: Program, chip: Chip, chips: int = 0) -> Estimator:
    """Give the estimator of a program on a chip, on so many chips or on as many as it takes.

    Raises PlacementError when it does not fit.
    """
    if chip.substrate.startswith("digital"):
        return _digital(program, chip, chips)
    return _analogue(program, chip) if chip.substrate == "analogue" else _crossbar(program, chip, chips)


def _digital(program: Program, chip: Chip, chips: int) -> Estimator:
    placed: Placement = place(program, chip, chips)
    fit = Fit("cores", placed.cores, chip.count("cores"), placed.chips, placed.memory_share)

    def cost(activity: Activity) -> Cost:
        return program_cost(chip, placed.stages(activity), placed.chips, placed.cores)

    return Estimator(program, chip, fit, cost)


def matrices(program: Program) -> list[tuple[int, int]]:
    """Give (inputs, outputs) of every matrix."""
    found = [program.tensor(node, "weight").shape for node in program.nodes if node.op == "synapses"]
    return [(int(a), int(b)) for a, b in found]


def digital_values(program: Program) -> int:
    """Give how many values a step computes outside the matrices; a convolution counts once per tap."""
    work = 0
    for node in program.nodes:
        if node.op not in ("input", "synapses", "window"):
            taps = len(program.tensor(node, "weight")) if node.op == "conv" else 1
            work += program.values[node.name].width * taps
    return work


def _analogue(program: Program, chip: Chip) -> Estimator:
    needed = sum(passes(inputs, outputs, chip) for inputs, outputs in matrices(program))
    weights = sum(inputs * outputs for inputs, outputs in matrices(program))
    share = weights / max(1, needed * chip.count("rows") * chip.count("columns"))
    values = digital_values(program)

    def seconds(end: str) -> float:
        reloads = needed if needed > 1 else 0
        analogue = needed * chip.si("pass_time", end) + reloads * chip.si("reload_time", end)
        return analogue + values * chip.si("digital_time", end)

    time = Range.of(seconds)
    energy = Range.of(lambda end: getattr(time, end) * chip.si("chip_power", end))
    reload = needed * chip.si("reload_time") * chip.si("chip_power") if needed > 1 else 0.0
    parts = {"reloading": reload, "passes": energy.value - reload}
    fixed = Cost(time, energy, Range(), parts)
    return Estimator(program, chip, Fit("passes", needed, 1, 1, share), lambda activity: fixed)


def _crossbar(program: Program, chip: Chip, chips: int) -> Estimator:
    rows, columns = chip.count("rows"), chip.count("columns")
    shapes = matrices(program)
    tiles = sum(-(-inputs // rows) * -(-outputs // columns) for inputs, outputs in shapes)
    wanted = max(1, -(-tiles // chip.count("tiles")))
    if chips and wanted > chips:
        raise PlacementError(
            f"{program.source or program.name}: needs {tiles} tiles of {chip.name}, {chips} chips have "
            f"{chips * chip.count('tiles')}: {tiles - chips * chip.count('tiles')} too many; "
            f"{wanted} chips would hold it"
        )
    macs, values = sum(inputs * outputs for inputs, outputs in shapes), digital_values(program)
    depth = len({p.stage for p in populations(program) if any(a.kind == "dense" for a in p.arrivals)})
    time = Range.of(lambda end: depth * chip.si("tile_time", end) + values * chip.si("digital_time", end))
    matrix = Range.of(lambda end: macs * chip.si("mac_energy", end))
    digital = Range.of(lambda end: values * chip.si("digital_energy", end))
    static = Range.of(lambda end: wanted * chip.si("chip_static_power", end) * getattr(time, end))
    fixed = Cost(time, matrix + digital, static, {"matrices": matrix.value, "digital": digital.value})
    fit = Fit("tiles", tiles, chip.count("tiles"), wanted, macs / max(1, tiles * rows * columns))
    return Estimator(program, chip, fit, lambda activity: fixed)


def dense_equivalent(program: Program) -> float:
    """Give the multiply-accumulates that a step would take if every neuron sent a number in every step."""
    taps = sum(program.tensor(n, "weight").size for n in program.nodes if n.op == "conv")
    return float(sum(inputs * outputs for inputs, outputs in matrices(program)) + taps)
