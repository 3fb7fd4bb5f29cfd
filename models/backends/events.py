"""The fast backend: event-driven, integer weights, one compiled call per step, the same bits as the
reference.

A neuron that is silent costs nothing: only the weight rows of inputs that spiked are read. Sums are exact
integers, so their order is free, and everything else follows the order of `models.program.ops`.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

import numpy as np

from models.backends import native
from models.backends import table as t
from models.backends.backend import check_rows, check_step
from models.backends.choose import choose
from models.backends.counts import Counts
from models.backends.plan import BLOCK, Plan, flatten
from models.program.graph import Program, ProgramError
from models.program.ops import Array
from models.program.state import State, require

_NO_COUNTS = np.zeros((0, 3), np.int64)
_TYPES = {"real": (np.dtype(np.float32),), "token": (np.dtype(np.int32), np.dtype(np.int64))}
_EVERY = np.arange(1 << 16)


class EventsBackend:
    """Runs programs on this machine's processor.   threads: at most so many, each with its own streams."""

    name = "events"

    def __init__(self, threads: int = 1) -> None:
        if type(threads) is not int or threads < 1:
            raise ProgramError(f"events: threads: expected 1 or more, found {threads!r}")
        self.threads = threads
        self._plans: WeakKeyDictionary[Program, Plan] = WeakKeyDictionary()
        self._pool: ThreadPoolExecutor | None = None

    def prepare(
        self,
        program: Program,
        rates: Mapping[str, float] | None = None,
        override: Mapping[str, str] | None = None,
    ) -> Plan:
        """Everything that can be done before the first step. rates, override: as in `choose`, kept."""
        plan = self._plans.get(program)
        if plan is None or rates is not None or override is not None:
            _ = program.values
            native.step()
            plan = self._plans[program] = flatten(program, choose(program, rates, override))
        return plan

    def step(
        self,
        program: Program,
        state: State,
        inputs: Mapping[str, Array],
        counts: Counts | None = None,
        rows: Array | None = None,
    ) -> dict[str, Array]:
        """See `Backend.step`."""
        plan = self._plans.get(program) or self.prepare(program)
        _check(program, plan, state, inputs, counts, rows)
        chosen = _EVERY[: state.streams] if rows is None else check_rows(program.name, state, rows)
        streams = len(chosen)
        result = {port.name: np.empty((streams, port.width), np.float32) for port in plan.outputs}
        if streams <= BLOCK and (self.threads == 1 or streams == 1):
            _block(program, plan, state, inputs, counts, chosen, 0, streams, result)
        else:
            self._blocks(program, plan, state, inputs, counts, chosen, result)
        if counts is not None:
            counts.steps += streams
        return result

    def _blocks(
        self,
        program: Program,
        plan: Plan,
        state: State,
        inputs: Mapping[str, Array],
        counts: Counts | None,
        chosen: Array,
        result: dict[str, Array],
    ) -> None:
        check_step(program, state, inputs, chosen, counts)
        streams = len(chosen)
        parts = max(-(-streams // BLOCK), min(self.threads, streams))
        edges = [streams * i // parts for i in range(parts + 1)]
        tallies = [None if counts is None else Counts(program) for _ in range(parts)]

        def work(part: int) -> None:
            _block(program, plan, state, inputs, tallies[part], chosen, edges[part], edges[part + 1], result)

        if self.threads == 1:
            for part in range(parts):
                work(part)
        else:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.threads, "spiketalk-events")
            list(self._pool.map(work, range(parts)))
        for tally in tallies:
            if counts is not None and tally is not None:
                counts.table += tally.table


def _check(
    program: Program,
    plan: Plan,
    state: State,
    inputs: Mapping[str, Array],
    counts: Counts | None,
    rows: Array | None,
) -> None:
    """The cheap half of `check_step`; the kernel looks at the numbers, and only a refusal pays for the
    words.
    """
    if state.layout is not plan.layout:
        require(plan.layout, state)
    streams = state.streams if rows is None else len(rows)
    good = len(inputs) == len(plan.inputs) and (counts is None or counts.program is program)
    for port in plan.inputs:
        value = inputs.get(port.name)
        good = good and type(value) is np.ndarray and value.shape == (streams, port.width)
        good = good and value is not None and value.dtype in _TYPES[port.kind]
    if not good:
        check_step(program, state, inputs, rows, counts)
    memory = state.memory
    if not (memory.flags.c_contiguous and memory.flags.writeable and memory.dtype == np.int32):
        raise ProgramError(f"{program.name}: state: expected contiguous int32 memory that may be written")


def _block(
    program: Program,
    plan: Plan,
    state: State,
    inputs: Mapping[str, Array],
    counts: Counts | None,
    chosen: Array,
    first: int,
    last: int,
    result: dict[str, Array],
) -> None:
    """Step the streams `chosen[first:last]`."""
    n = last - first
    work = plan.work(n)
    for port in plan.inputs:
        value = inputs[port.name][first:last]
        to = work.reals if port.kind == "real" else work.words
        to[:n, port.start : port.start + port.width] = (
            np.minimum(value, 2**31 - 1) if port.kind == "token" else value
        )
    call = work.call
    call[t.MEMORY], call[t.ROWS] = state.memory.ctypes.data, len(state.memory)
    call[t.CHOSEN], call[t.STREAMS] = chosen.ctypes.data + chosen.itemsize * first, n
    counted = _NO_COUNTS if counts is None else counts.table
    call[t.COUNTS], call[t.COUNTED] = counted.ctypes.data, len(counted)
    status = native.step()(work.address)
    if status:
        plan.spare.append(work)
        check_step(program, state, inputs, chosen, counts)
        raise ProgramError(
            f"{program.name}: input {program.nodes[status - 1].name!r}: expected usable numbers"
        )
    for port in plan.outputs:
        source = work.words if port.kind == "spikes" else work.reals
        result[port.name][first:last] = source[:n, port.start : port.start + port.width]
    plan.spare.append(work)
