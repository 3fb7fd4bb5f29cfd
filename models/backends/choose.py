"""Event-driven or dense, layer by layer, from how often the layer's inputs fire.

Event-driven sums read only the rows of inputs that fired; dense ones read all rows in a row, which spares the
listing of spikes and lets the processor fetch ahead. Both give the same integers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from models.backends.counts import Counts
from models.program.graph import Program, ProgramError

EVENTS, DENSE = "events", "dense"
DENSE_FROM = 0.9
"""Share of firing inputs from which the dense sum is taken to be faster.

Measured by `python -m models.backends.bench_dense`: between 0.8 (1024 × 256) and never (768 × 3072), and by
no more than a fifth where it is faster at all."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a layer is summed, and the share of its inputs that fired (None: not measured)."""

    kernel: str
    rate: float | None


def measured(counts: Counts) -> dict[str, float]:
    """Synapses node → share of its inputs that fired."""
    program, rates = counts.program, {}
    for node in program.nodes:
        if node.op == "synapses":
            dense = program.tensor(node, "weight").size * max(1, counts.steps)
            rates[node.name] = counts.synops[node.name] / dense
    return rates


def choose(
    program: Program, rates: Mapping[str, float] | None = None, override: Mapping[str, str] | None = None
) -> dict[str, Choice]:
    """The choice for every synapses node: the override, else by its rate, else event-driven.

    rates: as `measured` gives them; without them those that the program carries in its metadata as `rates`.
    """
    known = json.loads(program.metadata.get("rates", "{}")) if rates is None else rates
    layers = [node.name for node in program.nodes if node.op == "synapses"]
    for name, kernel in (override or {}).items():
        if name not in layers or kernel not in (EVENTS, DENSE):
            raise program.refuse(
                f"kernel of {name!r}", f"{EVENTS} or {DENSE} for a synapses node", repr(kernel)
            )
    choices = {}
    for name in layers:
        rate = known.get(name)
        if rate is not None and not (isinstance(rate, int | float) and 0 <= rate <= 1):
            raise ProgramError(
                f"{program.source or program.name}: rate of {name!r}: expected 0…1, found {rate!r}"
            )
        kernel = DENSE if rate is not None and rate >= DENSE_FROM else EVENTS
        choices[name] = Choice((override or {}).get(name, kernel), rate)
    return choices


def table(choices: Mapping[str, Choice]) -> str:
    """One line per layer: name, kernel, rate.

    >>> print(table({"head": Choice("events", 0.15)}))
    head    events   15.0 %
    """
    width = max((len(name) for name in choices), default=0)
    lines = []
    for name, choice in choices.items():
        rate = "not measured" if choice.rate is None else f"{100 * choice.rate:5.1f} %"
        lines.append(f"{name:{width}}    {choice.kernel:6}  {rate}")
    return "\n".join(lines)
