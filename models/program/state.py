"""State: all that streams carry from step to step, one array of 32-bit words with a name for each part.

A stream is a row. Snapshot, restore and fork are copies; a stream that joins or leaves touches only its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from models.program import ops
from models.program.graph import ProgramError, measure
from models.program.ops import Array

if TYPE_CHECKING:
    from models.program.graph import Program

MAX_STREAMS = 1 << 16
_MAGIC = b"spiketalk-state\x01"
_HEAD = struct.Struct("<16s32sQQ")


@dataclass(frozen=True, slots=True)
class Entry:
    """One named part, e.g. `lif3.v`: dtype, first word, width in words, value before the first step."""

    name: str
    dtype: str
    start: int
    width: int
    initial: float


@dataclass(frozen=True)
class Layout:
    """The parts of one program's state.   owner: the program's name;   digest: which program it is."""

    owner: str
    digest: str
    entries: tuple[Entry, ...]

    @cached_property
    def words(self) -> int:
        """32-bit words per stream."""
        return sum(entry.width for entry in self.entries)

    @cached_property
    def row(self) -> Array:
        """One stream before its first step."""
        row = np.zeros(self.words, np.int32)
        for entry in self.entries:
            part = row[entry.start : entry.start + entry.width]
            part[:] = np.full(entry.width, entry.initial, entry.dtype).view(np.int32)
        return row


def layout(program: Program) -> Layout:
    """Names, kinds and places of all state arrays, in the order of the nodes."""
    entries: list[Entry] = []
    start = 0
    for node in program.nodes:
        for part, array in ops.OPS[node.op].state.items():
            before = program.values[node.inputs[0]]
            sizes = {"n": before.width}
            sizes.update((k, v) for k, v in node.attributes.items() if type(v) is int)
            if node.op == "conv":
                sizes["taps"] = len(program.tensor(node, "weight"))
            kind = before.kind if array.kind == "same" else array.kind
            width = measure(array.width, sizes)
            entries.append(
                Entry(
                    f"{node.name}.{part}",
                    "int32" if kind == "spikes" else "float32",
                    start,
                    width,
                    array.initial,
                )
            )
            start += width
    return Layout(program.source or program.name, program.digest, tuple(entries))


@dataclass(frozen=True, eq=False)
class State(Mapping[str, Array]):
    """The streams of one program: a mapping from part name to its array, (streams, width), views of `memory`.

    memory: (streams, words) int32, contiguous. A backend's step advances it in place.
    """

    layout: Layout
    memory: Array

    @property
    def streams(self) -> int:
        """How many rows there are."""
        return len(self.memory)

    def __getitem__(self, name: str) -> Array:
        entry = self._entries[name]
        return self.memory[:, entry.start : entry.start + entry.width].view(entry.dtype)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self.layout.entries)

    def __reduce__(self) -> tuple[type[State], tuple[Layout, Array]]:
        """Copies and pickles are of layout and words alone: an address is nobody else's."""
        return State, (self.layout, self.memory)

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return {entry.name: entry for entry in self.layout.entries}

    @cached_property
    def address(self) -> int:
        """Where the words lie, for compiled code; ProgramError unless in one piece and writable."""
        flags = self.memory.flags
        if not (flags.c_contiguous and flags.writeable and self.memory.dtype == np.int32):
            raise ProgramError(
                f"{self.layout.owner}: state: expected contiguous int32 memory that may be written"
            )
        return int(self.memory.ctypes.data)

    def snapshot(self) -> Array:
        """A copy of all words, to give back to `restore`."""
        return self.memory.copy()

    def restore(self, snapshot: Array) -> None:
        """Go back to a snapshot of this state or of one with as many streams."""
        if snapshot.shape != self.memory.shape or snapshot.dtype != self.memory.dtype:
            raise ProgramError(
                f"{self.layout.owner}: snapshot: expected int32 {self.memory.shape}, "
                f"found {snapshot.dtype} {snapshot.shape}"
            )
        self.memory[:] = snapshot

    def fork(self) -> State:
        """An independent copy."""
        return State(self.layout, self.memory.copy())

    def take(self, rows: Sequence[int] | Array) -> State:
        """An independent copy of some streams, in the given order; a row may be taken twice."""
        return State(self.layout, np.ascontiguousarray(self.memory[np.asarray(rows, np.intp)]))

    def put(self, row: int, other: State, other_row: int = 0) -> None:
        """Overwrite one stream with one of another state of this program; the others stay as they are."""
        require(self.layout, other)
        self.memory[row] = other.memory[other_row]

    def clear(self, row: int) -> None:
        """Put one stream back before its first step, for another to join in its place."""
        self.memory[row] = self.layout.row

    def to_bytes(self) -> bytes:
        """All of it, for a file or another process; `from_bytes` takes it back."""
        head = _HEAD.pack(_MAGIC, bytes.fromhex(self.layout.digest), self.streams, self.layout.words)
        return head + self.memory.astype("<i4", copy=False).tobytes()


def initial(layout: Layout, streams: int) -> State:
    """Streams before their first step."""
    if type(streams) is not int or not 1 <= streams <= MAX_STREAMS:
        raise ProgramError(f"{layout.owner}: streams: expected 1 to {MAX_STREAMS}, found {streams!r}")
    return State(layout, np.tile(layout.row, (streams, 1)))


def from_bytes(program: Program, data: bytes) -> State:
    """The state that `to_bytes` wrote, for the same program; ProgramError for anything else."""
    where = f"{program.source or program.name}: saved state"
    if len(data) < _HEAD.size or data[: len(_MAGIC)] != _MAGIC:
        raise ProgramError(f"{where}: expected bytes written by State.to_bytes, found {len(data)} others")
    _, digest, streams, words = _HEAD.unpack_from(data)
    if digest.hex() != program.digest:
        raise ProgramError(
            f"{where}: expected program {program.digest[:12]}, found that of {digest.hex()[:12]}"
        )
    if words != program.layout.words or not 1 <= streams <= MAX_STREAMS:
        raise ProgramError(
            f"{where}: expected {program.layout.words} words per stream, found {words} × {streams}"
        )
    if len(data) != _HEAD.size + 4 * words * streams:
        raise ProgramError(f"{where}: expected {_HEAD.size + 4 * words * streams} bytes, found {len(data)}")
    memory = np.frombuffer(data, "<i4", offset=_HEAD.size).astype(np.int32).reshape(streams, words)
    return State(program.layout, memory)


def require(layout: Layout, state: State) -> None:
    """ProgramError unless the state belongs to the program that has this layout."""
    if state.layout is not layout and state.layout != layout:
        raise ProgramError(
            f"{layout.owner}: state: expected one of this program, found one of {state.layout.owner}"
        )
