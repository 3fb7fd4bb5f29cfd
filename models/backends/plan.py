"""A program flattened for the kernels: a table line per node, a place in the work buffer per value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from models.backends import table as t
from models.backends.backend import vocabulary
from models.backends.choose import DENSE, Choice, choose
from models.program.graph import INPUT_LIMIT, Node, Program
from models.program.ops import Array
from models.program.ranges import prove
from models.program.state import Layout

BLOCK = 64
"""Streams that step together: enough to use every weight many times, few enough for the caches."""

_ALIGN = 16
_PARAMETERS = {
    "embedding": ("scale",),
    "synapses": ("scale", "bias"),
    "conv": ("scale", "bias"),
    "lif": ("leak", "threshold"),
    "wkv": ("decay", "bonus"),
    "token_shift": ("mix",),
    "norm": ("gain", "offset"),
    "affine": ("gain", "offset"),
}


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output: name, first word in the work buffer, width, kind."""

    name: str
    start: int
    width: int
    kind: str

    def of(self, words: Array) -> Array:
        """The port's part of a work buffer."""
        part = words[:, self.start : self.start + self.width]
        return part.view(np.float32) if self.kind == "real" else part


@dataclass(frozen=True, slots=True)
class Work:
    """The buffers of one call, and the call itself; two calls at a time need two of them.

    streams: at most so many;   inputs, outputs: (streams, width), where the ports' values are;
    call: the numbers of a call (see `table`), state, streams and counts still to be entered;
    keep: the arrays whose addresses are in it.
    """

    streams: int
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    call: memoryview
    address: int
    keep: tuple[Array, ...]


@dataclass(frozen=True)
class Plan:
    """All that a step needs. Keeps the program's tensors alive, whose addresses are in the table."""

    layout: Layout
    table: Array
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    words: int
    keep: tuple[Array, ...]
    choices: Mapping[str, Choice]
    spare: list[Work]

    @cached_property
    def sizes(self) -> tuple[int, int, int, int]:
        """Widest sum, widest node, widest fan-in, widest spikes that the next node uses up."""
        added = np.isin(self.table[:, t.OP], (t.SYNAPSES, t.CONV))
        return (
            int(self.table[added, t.N].max(initial=1)),
            int(self.table[:, t.N].max()),
            int(self.table[added, t.N_IN].max(initial=1)),
            int(self.table[self.table[:, t.OUT] == t.PASSING, t.N].max(initial=1)),
        )

    def work(self, streams: int) -> Work:
        """Buffers for so many streams, used ones where there are some; give them back to `spare`."""
        while self.spare:
            try:
                work = self.spare.pop()
            except IndexError:
                break
            if work.streams >= streams:
                return work
        return self._buffers(streams)

    def _buffers(self, streams: int) -> Work:
        widest_sum, widest, fan_in, passing = self.sizes
        strips = -(-fan_in // t.STRIP_ROWS)
        words = aligned(streams, self.words, np.int32)
        sums = aligned(1, max(widest_sum, t.COLUMN_TILE, 2 * streams * t.STRIP), np.int32)
        narrow = aligned(1, max(t.COLUMN_TILE, t.STRIP * t.STRIP_ROWS // 2, 4 * widest), np.int16)
        spikes = aligned(1, passing, np.int32)
        places = aligned(1, fan_in + t.ROWS_PER_PASS, np.int32)
        sizes = np.zeros(places.shape, np.int16)
        together = streams if streams >= t.STRIP_FROM else 0
        events = aligned(together, fan_in + 2 * strips + t.ROWS_PER_PASS, np.int32)
        ends = np.zeros((together, strips), np.int64)
        call = np.zeros(t.CALL, np.int64)
        buffers = {t.TABLE: self.table, t.WORK: words, t.SPIKES: spikes, t.SUMS: sums, t.NARROW: narrow}
        buffers |= {t.PLACES: places, t.SIZES: sizes, t.EVENTS: events, t.ENDS: ends}
        for place, buffer in buffers.items():
            call[place] = buffer.ctypes.data
        call[t.NODES], call[t.WORK_WORDS], call[t.ROW_WORDS] = (
            len(self.table),
            words.shape[1],
            self.layout.words,
        )
        call[t.SUMS_SIZE], call[t.NARROW_SIZE] = sums.size, narrow.size
        call[t.SPIKES_SIZE] = spikes.size
        call[t.LISTED], call[t.EVENTS_SIZE], call[t.TILES] = places.size, events.shape[1], strips
        keep = (call, *buffers.values())
        inputs, outputs = (tuple(port.of(words) for port in ports) for ports in (self.inputs, self.outputs))
        return Work(streams, inputs, outputs, call.data, call.ctypes.data, keep)


def aligned(rows: int, width: int, dtype: type) -> Array:
    """A zeroed (rows, width or a little more) array whose rows begin at multiples of 64 bytes."""
    size = np.dtype(dtype).itemsize
    width = -(-width * size // 64) * 64 // size
    raw = np.zeros(rows * width * size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + rows * width * size].view(dtype).reshape(rows, width)


def flatten(program: Program, choices: Mapping[str, Choice] | None = None) -> Plan:
    """The table of a valid program."""
    choices = choose(program) if choices is None else choices
    taken, passing = _taken(program), _passing(program)
    places, words = _places(program, taken, passing)
    bounds = prove(program, program.values)
    state = {entry.name.rpartition(".")[0]: entry for entry in reversed(program.layout.entries)}
    table = np.zeros((len(program.nodes), t.COLUMNS), np.int64)
    for line, node in zip(table, program.nodes, strict=True):
        value = program.values[node.name]
        line[t.OP], line[t.OUT], line[t.N] = t.CODES[node.op], places[node.name], value.width
        if node.inputs:
            line[t.A], line[t.N_IN] = places[node.inputs[0]], program.values[node.inputs[0]].width
            line[t.B] = places[node.inputs[-1]]
        if node.name in state:
            line[t.STATE] = state[node.name].start
        if "weight" in node.tensors:
            line[t.WEIGHT] = program.tensor(node, "weight").ctypes.data
        for column, role in enumerate(_PARAMETERS.get(node.op, ()), t.P0):
            line[column] = program.tensor(node, role).ctypes.data
        if node.name in taken:
            norm = taken[node.name]
            line[t.A] = places[norm.inputs[0]]
            line[t.P2], line[t.P3] = (program.tensor(norm, r).ctypes.data for r in _PARAMETERS["norm"])
        elif node.op == "norm" and places[node.name] == t.PASSING:
            line[t.OP] = t.TAKEN
        line[t.X0], line[t.X1], line[t.X2] = _extras(program, node, bounds, choices)
    ports = {name: Port(name, places[name], v.width, v.kind) for name, v in program.values.items()}
    return Plan(
        program.layout,
        table,
        tuple(ports[name] for name in program.inputs),
        tuple(ports[name] for name in program.outputs),
        words,
        tuple(program.tensors.values()),
        choices,
        [],
    )


def _extras(
    program: Program, node: Node, bounds: Mapping[str, float], choices: Mapping[str, Choice]
) -> tuple[int, int, int]:
    """Three whole numbers that mean something else for each op."""
    match node.op:
        case "input":
            token = program.values[node.name].kind == "token"
            return vocabulary(program, node.name) if token else 0, int(INPUT_LIMIT), 0
        case "lif":
            hard = node.attributes["reset"] == "hard"
            return int(node.attributes["levels"]), int(node.attributes["signed"]), int(hard)
        case "synapses":
            dense = choices[node.name].kernel == DENSE
            spikes = bounds[node.inputs[0]]
            pairs = 0 if _signed(program, node.inputs[0]) else rows_before_widening(spikes) // 2
            return rows_before_widening(spikes) // t.ROWS_PER_PASS, int(dense), pairs
        case "conv":
            return len(program.tensor(node, "weight")), 0, 0
    return 0, 0, 0


def _signed(program: Program, name: str) -> bool:
    """Whether spikes may be negative, seen through windows."""
    nodes = {node.name: node for node in program.nodes}
    while nodes[name].op != "lif":
        name = nodes[name].inputs[0]
    return bool(nodes[name].attributes["signed"])


def rows_before_widening(spikes: float) -> int:
    """How many weight rows an int16 sum holds when spikes are within ±spikes; 0: not even a pass of them.

    >>> rows_before_widening(4), rows_before_widening(1000)
    (63, 0)
    """
    rows = int(32767 // (128 * spikes))
    return rows if rows >= t.ROWS_PER_PASS else 0


def _only_for_next(program: Program, op: str, following: str) -> list[tuple[Node, Node]]:
    """Nodes of one op whose value only the very next node uses, one of another op; and that node."""
    used = Counter([*program.outputs, *(name for node in program.nodes for name in node.inputs)])
    return [
        (node, after)
        for node, after in pairwise(program.nodes)
        if (node.op, after.op) == (op, following) and after.inputs == (node.name,) and used[node.name] == 1
    ]


def _taken(program: Program) -> dict[str, Node]:
    """Neurons → the norm that they take along, so that its value need not be kept."""
    return {neurons.name: norm for norm, neurons in _only_for_next(program, "norm", "lif")}


def _passing(program: Program) -> set[str]:
    """Neurons whose spikes are used up by the synapses behind them."""
    return {neurons.name for neurons, _ in _only_for_next(program, "lif", "synapses")}


def _places(program: Program, norms: Mapping[str, Node], passing: set[str]) -> tuple[dict[str, int], int]:
    """First word of every value in the work buffer, values that are no longer needed making room; and its
    size.
    """
    index = {node.name: i for i, node in enumerate(program.nodes)}
    last = {name: i for i, node in enumerate(program.nodes) for name in (node.name, *node.inputs)}
    last |= {norm.inputs[0]: max(last[norm.inputs[0]], index[name]) for name, norm in norms.items()}
    last.update(dict.fromkeys(program.outputs, len(program.nodes)))
    last.update(dict.fromkeys(program.inputs, len(program.nodes)))
    places: dict[str, int] = {}
    taken: list[tuple[int, int, str]] = []
    # Ports come first: they are filled before the first node runs.
    order = [*program.inputs, *(n.name for n in program.nodes if n.op != "input")]
    nowhere = {norm.name for norm in norms.values()} | passing
    size = 0
    for name in order:
        if name in nowhere:
            places[name] = t.PASSING
            continue
        taken = [entry for entry in taken if last[entry[2]] >= index[name] or entry[2] in program.inputs]
        width = -(-program.values[name].width // _ALIGN) * _ALIGN
        start = _gap(taken, width)
        places[name] = start
        taken = sorted([*taken, (start, start + width, name)])
        size = max(size, start + width)
    return places, size


def _gap(taken: list[tuple[int, int, str]], width: int) -> int:
    """Lowest start of a free stretch of that width."""
    start = 0
    for low, high, _ in taken:
        if low - start >= width:
            return start
        start = max(start, high)
    return start
