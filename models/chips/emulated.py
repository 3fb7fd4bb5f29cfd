"""Emulated chips as backends: interpreters of the same program behind the same contract as `reference`.

A chip differs from the reference by the arithmetic of some ops and by what its memory can hold of their
tensors. So an emulated chip is a table of steps, one per op that it does its own way, and a `prepare` that
gives the tensors as the chip stores them; all else is the reference's. State stays a value: the chip's
membranes lie in the same arrays, fixed-point numbers as the reals they stand for (24 bit fit a float32).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.backends.backend import CHIPS, check_step
from models.backends.counts import ACTIVE, SPIKES, SYNOPS, Counts
from models.program.graph import Node, Program, ProgramError
from models.program.ops import OPS, Array, Parameters, States
from models.program.state import State

Step = Callable[..., tuple[Array, dict[str, Array]]]
Prepare = Callable[[Program, Node, np.random.Generator], dict[str, Any]]


@dataclass(frozen=True)
class Arithmetic:
    """How a chip computes: its own steps by op, and the tensors of a node as the chip holds them.

    A step of an analogue chip takes its noise from `p["noise"]`, a generator, which `noisy` asks for.
    """

    name: str
    steps: Mapping[str, Step]
    prepare: Prepare
    noisy: bool = False


@dataclass
class ChipBackend:
    """A chip that runs programs. `seed` decides its mismatch and its noise; digital chips have neither.

    Two backends with one seed give the same outputs for the same sequence of steps. Mismatch belongs to the
    chip and the program, noise to the moment: a fork of a state sees the same mismatch and other noise.
    """

    arithmetic: Arithmetic
    seed: int = 0
    name: str = field(init=False)
    _held: dict[str, list[dict[str, Any]]] = field(default_factory=dict, init=False, repr=False)
    _noise: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.name = self.arithmetic.name
        self._noise = np.random.default_rng([self.seed, 1])

    def step(
        self,
        program: Program,
        state: State,
        inputs: Mapping[str, Array],
        counts: Counts | None = None,
        rows: Array | None = None,
    ) -> dict[str, Array]:
        """See `Backend.step`."""
        given, rows = check_step(program, state, inputs, rows, counts)
        active = state if rows is None else state.take(rows)
        values: dict[str, Array] = {}
        with np.errstate(all="ignore"):
            for index, (node, held) in enumerate(zip(program.nodes, self._tensors(program), strict=True)):
                if node.op == "input":
                    arguments = [given[node.name]]
                else:
                    arguments = [values[name] for name in node.inputs]
                parts = {part: active[f"{node.name}.{part}"] for part in OPS[node.op].state}
                step = self.arithmetic.steps.get(node.op, OPS[node.op].step)
                values[node.name], after = step(held, parts, *arguments)
                for part, array in after.items():
                    parts[part][:] = array
                if counts is not None:
                    _count(counts, index, node, values[node.name], arguments)
        if counts is not None:
            counts.steps += active.streams
        if rows is not None:
            state.memory[rows] = active.memory
        return {name: values[name].astype(np.float32) for name in program.outputs}

    def _tensors(self, program: Program) -> list[dict[str, Any]]:
        held = self._held.get(program.digest)
        if held is None:
            mismatch = np.random.default_rng([self.seed, 0])
            held = [self.arithmetic.prepare(program, node, mismatch) for node in program.nodes]
            if self.arithmetic.noisy:
                for parameters in held:
                    parameters["noise"] = self._noise
            self._held[program.digest] = held
        return held


def _count(counts: Counts, index: int, node: Node, value: Array, arguments: list[Array]) -> None:
    line = counts.table[index]
    if node.op == "lif":
        line[SPIKES] += np.abs(value).sum()
        line[ACTIVE] += np.count_nonzero(value)
    elif node.op == "synapses":
        line[SYNOPS] += np.count_nonzero(arguments[0]) * value.shape[1]
    elif node.op == "conv":
        line[SYNOPS] += np.count_nonzero(arguments[0]) * len(counts.program.tensor(node, "weight"))


def as_stored(program: Program, node: Node) -> dict[str, Any]:
    """Give a node's parameters as the reference uses them, weights as floats for fast exact products."""
    held: dict[str, Any] = dict(program.parameters(node))
    if node.op == "synapses":
        weight = program.tensor(node, "weight")
        held["matrix"] = weight.astype(exact_type(len(weight), largest_spike(program, node)))
    return held


def exact_type(inputs: int, levels: int) -> type[np.floating[Any]]:
    """Give the narrowest float in which a sum of int8 weights times spikes is exact.

    >>> exact_type(1024, 4).__name__, exact_type(1024, 1000).__name__
    ('float32', 'float64')
    """
    return np.float32 if inputs * levels * 128 < 1 << 24 else np.float64


def largest_spike(program: Program, node: Node) -> int:
    """Give the largest size of the spikes that a node receives, seen through windows."""
    by_name = {n.name: n for n in program.nodes}
    while node.op != "lif":
        node = by_name[node.inputs[0]]
    return int(node.attributes["levels"])


def accumulated(p: Parameters, spikes: Array) -> Array:
    """Give Σ_i spikes_i · matrix[i] as float64, exact for integer matrices."""
    matrix: Array = p["matrix"]
    return np.asarray(spikes.astype(matrix.dtype) @ matrix, np.float64)


def convolved(p: Parameters, state: States, spikes: Array) -> tuple[Array, Array]:
    """Give (Σ_t weight[t]·spikes(t − taps + 1), the spikes to remember), both (streams, …)."""
    line = np.concatenate([state["past"], spikes], axis=1)
    n = spikes.shape[1]
    seen = line.reshape(len(spikes), -1, n).astype(np.float64)
    return (seen * p["weight"]).sum(axis=1), line[:, n:]


def emulated(name: str, seed: int = 0) -> ChipBackend:
    """Give the backend that emulates a chip; ProgramError lists the known ones."""
    from models.chips import brainscales2, crossbar, loihi2, spinnaker2

    match name:
        case "loihi2":
            return ChipBackend(loihi2.ARITHMETIC, seed)
        case "spinnaker2":
            return ChipBackend(spinnaker2.ARITHMETIC, seed)
        case "brainscales2":
            return ChipBackend(brainscales2.arithmetic(), seed)
        case "crossbar":
            return ChipBackend(crossbar.arithmetic(), seed)
    raise ProgramError(f"backend: expected one of {', '.join(CHIPS)}, found {name!r}")
