"""The contract of everything that runs programs, the check of what comes in, and the table of backends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from models.backends.counts import Counts
from models.program.graph import INPUT_LIMIT, Program, ProgramError
from models.program.ops import Array
from models.program.state import State, require

CHIPS = ("loihi2", "spinnaker2", "brainscales2", "crossbar")
BACKENDS = ("reference", "events", *CHIPS)


class Backend(Protocol):
    """Advances the streams of a program, one step at a time."""

    name: str

    def step(
        self,
        program: Program,
        state: State,
        inputs: Mapping[str, Array],
        counts: Counts | None = None,
        rows: Array | None = None,
    ) -> dict[str, Array]:
        """One step: outputs by node name, float32 (streams, width); `state` is advanced in place.

        inputs: port → (streams, width), float32 for real ports, integers for token ports.
        rows: the rows of `state` that take this step, each once; inputs and outputs then have one row for
        each of them, and the other streams stay as they are. None: all of them.
        ProgramError when anything does not fit, before the state is touched.
        """
        ...


def backend(name: str) -> Backend:
    """The backend of that name, the one asked for or ProgramError, never another."""
    if name == "reference":
        from models.backends.reference import ReferenceBackend

        return ReferenceBackend()
    if name == "events":
        from models.backends.events import EventsBackend

        return EventsBackend()
    if name in CHIPS:
        from models.chips.emulated import emulated

        return emulated(name)
    raise ProgramError(f"backend: expected one of {', '.join(BACKENDS)}, found {name!r}")


def check_step(
    program: Program, state: State, inputs: Mapping[str, Array], rows: Array | None, counts: Counts | None
) -> tuple[dict[str, Array], Array | None]:
    """Inputs as contiguous arrays of the right type, rows as indices; ProgramError where they don't fit."""
    require(program.layout, state)
    where = program.source or program.name
    if counts is not None and counts.program is not program:
        raise ProgramError(
            f"{where}: counts: expected those of this program, found those of {counts.program.name}"
        )
    rows = None if rows is None else check_rows(where, state, rows)
    streams = state.streams if rows is None else len(rows)
    if inputs.keys() != program.inputs.keys():
        raise ProgramError(f"{where}: inputs: expected {sorted(program.inputs)}, found {sorted(inputs)}")
    return {name: check_input(program, name, inputs[name], streams) for name in program.inputs}, rows


def check_rows(where: str, state: State, rows: Array) -> Array:
    """Row indices as int64, each within the state and once."""
    found = np.asarray(rows)
    if found.ndim != 1 or found.dtype.kind not in "iu" or not len(found):
        raise ProgramError(
            f"{where}: rows: expected a list of row numbers, found {found.dtype} {found.shape}"
        )
    if found.min() < 0 or found.max() >= state.streams or len(np.unique(found)) != len(found):
        raise ProgramError(
            f"{where}: rows: expected rows of 0…{state.streams - 1}, each once, found {found.tolist()}"
        )
    return found.astype(np.int64)


def check_input(program: Program, name: str, value: Array, streams: int) -> Array:
    """One port's value as contiguous float32 or int32, (streams, width)."""
    where, port = f"{program.source or program.name}: input {name!r}", program.inputs[name]
    if not isinstance(value, np.ndarray):
        raise ProgramError(f"{where}: expected a NumPy array, found {type(value).__name__}")
    if value.shape != (streams, port.width):
        raise ProgramError(f"{where}: expected shape {(streams, port.width)}, found {value.shape}")
    if port.kind == "token":
        if value.dtype.kind not in "iu":
            raise ProgramError(f"{where}: expected whole numbers, found {value.dtype}")
        top = vocabulary(program, name)
        if value.min() < 0 or value.max() >= top:
            raise ProgramError(
                f"{where}: expected tokens in 0…{top - 1}, found {value.min()} to {value.max()}"
            )
        return np.ascontiguousarray(value, np.int32)
    if value.dtype != np.float32:
        raise ProgramError(f"{where}: expected float32, found {value.dtype}")
    if not np.abs(value).max() <= INPUT_LIMIT:
        raise ProgramError(
            f"{where}: expected numbers within ±{INPUT_LIMIT:g}, found NaN, infinite or larger ones"
        )
    return np.ascontiguousarray(value)


def vocabulary(program: Program, name: str) -> int:
    """How many tokens a port may take: the rows of the smallest embedding that it feeds."""
    sizes = [
        len(program.tensor(n, "weight")) for n in program.nodes if n.op == "embedding" and name in n.inputs
    ]
    return min(sizes, default=2**31)
