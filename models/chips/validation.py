"""Predictions of the cost model for published measurements that set none of its constants.

`python -m models.chips.report` prints them as docs/validation.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.chips import workloads
from models.chips.chip import Chip, chip
from models.chips.cost import Range, Stage, program_cost, stage_cost

Chips = Callable[[str], Chip]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: predicted with its range, and measured, both in `unit`."""

    workload: str
    chip: str
    quantity: str
    unit: str
    predicted: Range
    measured: float
    source: str
    rests_on: str
    why: str

    @property
    def ratio(self) -> float:
        """Predicted over measured."""
        return self.predicted.value / self.measured

    @property
    def factor(self) -> float:
        """How far off, in either direction; 1 is exact."""
        return max(self.ratio, 1 / self.ratio)


def _outer(low: Range, value: Range, high: Range) -> Range:
    """A figure whose constants *and* activity have a range: the least of the least, the most of the most."""
    return Range(low.low, value.value, high.high)


def _work(of: Chip, stage: Stage) -> Range:
    """Dynamic energy of the cores alone, without the processors that manage them."""
    cost = stage_cost(of, stage)
    managed = Range.of(lambda end: of.si("manage_power", end) * getattr(cost.time, end))
    return cost.dynamic + managed * -1.0


def _blouw(chips: Chips) -> list[Row]:
    rate, loihi = workloads.blouw_rate(), chips("loihi1")
    quiet, usual, busy = (_work(loihi, workloads.blouw_branch(rate * share)) for share in (0.0, 1.0, 2.0))
    return [
        Row(
            "Keyword network, per added branch", "loihi1", "dynamic energy per step", "µJ",
            _outer(quiet, usual, busy) * 1e6, 1.66,
            "Blouw et al. 2018, arXiv 1812.01739; slope over branches from logs in abr/power_benchmarks",
            "Loihi 1's constants; activity assumed (Nengo's default populations; range: silent to double)",
            "The activity is not published. Were all layers silent, the prediction would be 0.19 µJ, as the "
            "range shows; the row is a test of the synapse's energy only as far as the assumption holds.",
        )
    ]  # fmt: skip


def _lsnn(chips: Chips) -> list[Row]:
    loihi = chips("loihi1")
    quiet, usual, busy = (workloads.lsnn(0.005, 1.0), workloads.lsnn(), workloads.lsnn(0.02, 5.0))
    energy = _outer(*(_work(loihi, stage) for stage in (quiet, usual, busy)))
    time = _outer(*(stage_cost(loihi, stage).time for stage in (quiet, usual, busy)))
    source = "Rao et al. 2022, arXiv 2107.03992; executed notebook in intel-nrc-ecosystem/models"
    return [
        Row(
            "LSNN, sequential MNIST", "loihi1", "core dynamic energy per step", "nJ", energy * 1e9, 26.4,
            source,
            "Loihi 1's constants; published weights; rates assumed (10 Hz, 2.7 input spikes per step)",
            "Too high: the fitted synapse costs 1.5 times what Davies et al. state, and neurons whose "
            "potential has decayed to nothing are cheaper than the model's updated ones.",
        ),
        Row(
            "LSNN, sequential MNIST", "loihi1", "time per step", "µs", time * 1e6, 16.65, source,
            "Loihi 1's constants; step overhead measured on another board (Frady et al. 2020)",
            "Two thirds of the step belong to the embedded processor, which here also encodes the image.",
        ),
    ]  # fmt: skip


def _pilotnet(chips: Chips) -> list[Row]:
    cost = stage_cost(chips("loihi2"), workloads.pilotnet())
    source = "lava-dl, pilotnet_snn/benchmark.ipynb, executed on Oheo Gulch"
    return [
        Row(
            "PilotNet LIF", "loihi2", "dynamic energy per frame (16 steps)", "mJ", cost.dynamic * 16e3, 1.094,
            source, "Loihi 2's energies (all assumptions between two bounds); published cores and spikes",
            "The per-operation energies of Loihi 2 are not published; the range is wide for that reason.",
        ),
        Row(
            "PilotNet LIF", "loihi2", "time per step", "µs", cost.time * 1e6, 152.8, source,
            "Loihi 2's times: Loihi 1's by Intel's stated speed-up; published cores and spikes",
            "Too fast: convolutions share weights through axon programs whose look-ups the model has no term "
            "for, and the measured steps alternate between 105 and 200 µs, which a mean cannot show.",
        ),
    ]  # fmt: skip


def _yan(chips: Chips) -> list[Row]:
    cost = stage_cost(chips("spinnaker2"), workloads.yan(), chips=0, cores=4)
    energy = cost.dynamic + cost.static
    source = "Yan et al. 2021, arXiv 2009.08921 (second-hand)"
    return [
        Row(
            "Keyword network", "spinnaker2", "energy per inference", "µJ", energy * 1e6, 7.1, source,
            "SpiNNaker 2's constants of the 2026 chip; 4 cores by memory, asleep between two inferences",
            "Most of it is sleep. Whether the measured 'active energy' holds the sleeping cores is not known "
            "to us; without them the prediction would be 1.3 µJ, a miss by 5.6.",
        ),
        Row(
            "Keyword network", "spinnaker2", "time per inference", "ms", cost.time * 1e3, 1.0, source,
            "The 1 ms tick alone", "Both sides are the tick: this row tests little.",
        ),
    ]  # fmt: skip


def _language_model(chips: Chips) -> list[Row]:
    block, last = workloads.language_model_token()
    loihi, n = chips("loihi2"), workloads.LLM_CHIPS
    cost = program_cost(loihi, block, chips=n) * workloads.LLM_BLOCKS + program_cost(loihi, last, chips=n)
    source = "Abreu et al. 2025, arXiv 2503.18002 (second-hand; partly extrapolated there)"
    return [
        Row(
            "MatMul-free language model, 370 M", "loihi2", "energy per generated token", "mJ",
            cost.energy * 1e3, 405.0, source,
            "Static and management power of 32 chips × predicted time; layers one after another",
            "Too low, mostly because too fast: norms, 24 bit products and traffic between chips are counted "
            "at the price of plain updates, and leakage is that of other boards.",
        ),
        Row(
            "MatMul-free language model, 370 M", "loihi2", "time per generated token", "ms", cost.time * 1e3,
            24.1, source, "Loihi 2's times; 4 matrix stages and 13 to 16 short ones per block",
            "As above. The 41.5 tokens per second behind it are themselves quoted from memory.",
        ),
    ]  # fmt: skip


WORKLOADS = (_blouw, _lsnn, _pilotnet, _yan, _language_model)
"""One function per workload; each gives its rows, computed with the chips of those names."""


def rows(chips: Chips = chip) -> list[Row]:
    """Give all predictions, computed now, with the chips of those names."""
    return [row for workload in WORKLOADS for row in workload(chips)]


def within(found: Sequence[Row], factor: float) -> int:
    """Give how many workloads have every figure within a factor of the measured one."""
    worst: dict[tuple[str, str], float] = {}
    for row in found:
        key = (row.workload, row.chip)
        worst[key] = max(worst.get(key, 1.0), row.factor)
    return sum(value <= factor for value in worst.values())


def table(found: Sequence[Row]) -> str:
    """Give the rows as a Markdown table."""
    lines = [
        "| workload | chip | quantity | predicted (range) | measured | ratio | rests on |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in found:
        p = r.predicted
        lines.append(
            f"| {r.workload} | {r.chip} | {r.quantity} "
            f"| {p.value:.3g} ({p.low:.3g} to {p.high:.3g}) {r.unit} "
            f"| {r.measured:g} {r.unit} | {r.ratio:.2f} | {r.rests_on} |"
        )
    return "\n".join(lines)


def misses(found: Sequence[Row]) -> str:
    """Give one Markdown line per figure on why it is off."""
    return "\n".join(f"- **{r.workload}, {r.quantity}** ({r.ratio:.2f}). {r.why}" for r in found)


def as_json(found: Sequence[Row]) -> dict[str, object]:
    """Give the rows and the two counts as `spiketalk bench --json` prints them."""
    plain = [
        {
            "workload": r.workload, "chip": r.chip, "quantity": r.quantity, "unit": r.unit,
            "predicted": r.predicted.value, "low": r.predicted.low, "high": r.predicted.high,
            "measured": r.measured, "ratio": r.ratio, "source": r.source, "rests_on": r.rests_on,
            "why": r.why,
        }
        for r in found
    ]  # fmt: skip
    return {"rows": plain, "within_1_5x": within(found, 1.5), "within_3x": within(found, 3.0)}
