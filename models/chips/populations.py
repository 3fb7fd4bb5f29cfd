"""A program as populations of neurons and the stages in which they work, the form in which chips take it.

A chip delivers a spike in the step after the one in which it was sent. So a program step is as many chip
steps, or *stages*, as there are matrices, convolutions and norms one behind the other. Element-wise ops of
one width in one stage are one population: each of its neurons computes them in its own small program. A norm
takes two stages, one to collect the squares in one neuron and one to hand the scale back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.backends.counts import Counts
from models.program.graph import Node, Program

WEIGHTED = ("synapses", "conv", "embedding")
MOST_INPUTS = 4096
"""Populations are not joined beyond so many different inputs, what a core of the smallest chip takes."""
USUAL_RATE = 0.16
"""Share of neurons that fire in a step where nothing was counted: what our trained networks showed."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What reaches a population from another one.

    kind: `dense` (every spike to every neuron), `own` (channel by channel), `token` (one row of a table),
    `value` (one number per neuron) or `norm` (squares in, scale out).   node: the op whose output it is.
    """

    kind: str
    source: str
    node: str
    inputs: int
    taps: int = 1


@dataclass
class Population:
    """Neurons that work in one stage: their ops, and what arrives. `fan_in` is weights per neuron."""

    name: str
    width: int
    stage: int
    nodes: list[str] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    is_port: bool = False

    @property
    def fan_in(self) -> int:
        """Weights that each neuron holds."""
        per = {"dense": lambda a: a.inputs, "token": lambda a: a.inputs, "own": lambda a: a.taps}
        return sum(per[a.kind](a) for a in self.arrivals if a.kind in per)

    @property
    def axons(self) -> int:
        """Different inputs that a core of this population may have to know."""
        return sum(a.inputs for a in self.arrivals if a.kind in ("dense", "token"))


@dataclass(frozen=True)
class Activity:
    """What a program does per step on average: active inputs of each weighted node, spikes of each lif."""

    inputs: Mapping[str, float]
    spikes: Mapping[str, float]
    synops: Mapping[str, float]

    @classmethod
    def of(cls, program: Program, counts: Counts | None = None, rate: float = USUAL_RATE) -> Activity:
        """From counters, or with every neuron firing in this share of the steps."""
        values = program.values
        fan_out = {
            n.name: values[n.name].width if n.op == "synapses" else len(program.tensor(n, "weight"))
            for n in program.nodes
            if n.op in ("synapses", "conv")
        }
        if counts is None or not counts.steps:
            inputs = {n.name: rate * values[n.inputs[0]].width for n in program.nodes if n.name in fan_out}
            spikes = {n.name: rate * values[n.name].width for n in program.nodes if n.op == "lif"}
        else:
            inputs = {name: counts.synops[name] / fan / counts.steps for name, fan in fan_out.items()}
            spikes = {name: n / counts.steps for name, n in counts.active.items()}
        return cls(inputs, spikes, {name: inputs[name] * fan for name, fan in fan_out.items()})

    @property
    def total_synops(self) -> float:
        """Synaptic operations per program step."""
        return sum(self.synops.values())


def populations(program: Program) -> tuple[Population, ...]:
    """Give the populations of a program in the order of their stages."""
    builder = _Builder(program)
    for node in program.nodes:
        builder.add(node)
    return tuple(sorted(builder.found.values(), key=lambda p: p.stage))


class _Builder:
    """Assigns each node to a population; later nodes join the population of their inputs where they can."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.found: dict[str, Population] = {}
        self.home: dict[str, str] = {}

    def add(self, node: Node) -> None:
        width = self.program.values[node.name].width
        if node.op == "input":
            is_token = self.program.values[node.name].kind == "token"
            self._new(node, 0 if is_token else width, 0).is_port = True
        elif node.op == "window":
            # delays sit on the axons: a window is no population of its own
            self.home[node.name] = self.home[node.inputs[0]]
        elif node.op in WEIGHTED:
            self._weighted(node, width)
        elif node.op == "norm":
            source = self._population(node.inputs[0])
            made = self._new(node, width, source.stage + 2)
            made.arrivals.append(Arrival("norm", source.name, node.name, width))
        else:
            self._elementwise(node, width)

    def _weighted(self, node: Node, width: int) -> None:
        source = self._population(node.inputs[0])
        weight = self.program.tensor(node, "weight")
        kind = {"synapses": "dense", "conv": "own", "embedding": "token"}[node.op]
        inputs = width if kind == "own" else len(weight)
        taps = len(weight) if kind == "own" else 1
        made = self._new(node, width, source.stage + 1)
        made.arrivals.append(Arrival(kind, source.name, node.name, inputs, taps))

    def _elementwise(self, node: Node, width: int) -> None:
        sources = [self._population(name) for name in dict.fromkeys(node.inputs)]
        stage = max(source.stage for source in sources)
        here = [s for s in sources if s.stage == stage and s.width == width and not s.is_port]
        together = {p.name: p for p in here}.values()
        if not here or (len(together) > 1 and sum(p.axons for p in together) > MOST_INPUTS):
            target = self._new(node, width, stage + 1)
        else:
            target = here[0]
            for other in together:
                if other is not target:
                    self._merge(target, other)
            target.nodes.append(node.name)
            self.home[node.name] = target.name
        for source, name in zip(sources, dict.fromkeys(node.inputs), strict=True):
            if self.home[name] != target.name:
                target.arrivals.append(Arrival("value", source.name, name, width))

    def _new(self, node: Node, width: int, stage: int) -> Population:
        made = Population(node.name, width, stage, [node.name])
        self.found[node.name] = made
        self.home[node.name] = made.name
        return made

    def _population(self, name: str) -> Population:
        return self.found[self.home[name]]

    def _merge(self, target: Population, other: Population) -> None:
        target.nodes += other.nodes
        target.arrivals += other.arrivals
        del self.found[other.name]
        self.home.update({name: target.name for name, home in self.home.items() if home == other.name})
