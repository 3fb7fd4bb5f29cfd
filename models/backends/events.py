"""The fast backend: event-driven, integer weights, one compiled call per step, the same bits as the
reference.

A neuron that is silent costs nothing: only the weight rows of inputs that spiked are read. Sums are exact
integers, so their order is free, and everything else follows the order of `models.program.ops`.

A step sends megabytes of weights through the caches, which drives Python's own code out of them: each line
of Python in a step costs several times what it costs in a loop of its own. Views and addresses are kept.
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
from models.backends.plan import BLOCK, Plan, Work, flatten
from models.program.graph import Program, ProgramError
from models.program.ops import Array
from models.program.state import State, require

_TYPES = {"real": (np.dtype(np.float32),), "token": (np.dtype(np.int32), np.dtype(np.int64))}
_EVERY = np.arange(1 << 16)
_EVERY_AT = _EVERY.ctypes.data
_LAST_TOKEN = 2**31 - 1


class EventsBackend:
    """Runs programs on this machine's processor.   threads: at most so many, each with its own streams."""

    name = "events"

    def __init__(self, threads: int = 1) -> None:
        if type(threads) is not int or threads < 1:
            raise ProgramError(f"events: threads: expected 1 or more, found {threads!r}")
        self.threads = threads
        self._plans: WeakKeyDictionary[Program, Plan] = WeakKeyDictionary()
        self._pool: ThreadPoolExecutor | None = None
        self._run: native.Step | None = None

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
            self._run = native.step()
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
        streams = len(state.memory) if rows is None else len(rows)
        if state.layout is not plan.layout:
            require(plan.layout, state)
        if not _fits(plan, inputs, streams) or (counts is not None and counts.program is not program):
            check_step(program, state, inputs, rows, counts)
        chosen = None if rows is None else check_rows(program.name, state, rows)
        if streams <= BLOCK and (self.threads == 1 or streams == 1):
            work = self._block(program, plan, state, inputs, counts, chosen, 0, streams)
            result = {
                port.name: value[:streams].astype(np.float32)
                for port, value in zip(plan.outputs, work.outputs, strict=True)
            }
            plan.spare.append(work)
        else:
            result = self._blocks(program, plan, state, inputs, counts, chosen, streams)
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
        chosen: Array | None,
        streams: int,
    ) -> dict[str, Array]:
        check_step(program, state, inputs, chosen, counts)
        parts = max(-(-streams // BLOCK), min(self.threads, streams))
        edges = [streams * i // parts for i in range(parts + 1)]
        tallies = [None if counts is None else Counts(program) for _ in range(parts)]
        result = {port.name: np.empty((streams, port.width), np.float32) for port in plan.outputs}

        def part(i: int) -> None:
            first, last = edges[i], edges[i + 1]
            work = self._block(program, plan, state, inputs, tallies[i], chosen, first, last)
            for port, value in zip(plan.outputs, work.outputs, strict=True):
                result[port.name][first:last] = value[: last - first]
            plan.spare.append(work)

        if self.threads == 1:
            for i in range(parts):
                part(i)
        else:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.threads, "spiketalk-events")
            list(self._pool.map(part, range(parts)))
        for tally in tallies:
            if counts is not None and tally is not None:
                counts.table += tally.table
        return result

    def _block(
        self,
        program: Program,
        plan: Plan,
        state: State,
        inputs: Mapping[str, Array],
        counts: Counts | None,
        chosen: Array | None,
        first: int,
        last: int,
    ) -> Work:
        """Step the streams first…last−1 of those chosen; the buffers with the outputs, to be given back."""
        n = last - first
        work = plan.work(n)
        for port, place in zip(plan.inputs, work.inputs, strict=True):
            value = inputs[port.name][first:last]
            place[:n] = value if port.kind == "real" else np.minimum(value, _LAST_TOKEN)
        call = work.call
        call[t.MEMORY], call[t.ROWS], call[t.STREAMS] = state.address, len(state.memory), n
        call[t.CHOSEN] = (_EVERY_AT if chosen is None else chosen.ctypes.data) + 8 * first
        if counts is None:
            call[t.COUNTED] = 0
        else:
            call[t.COUNTS], call[t.COUNTED] = counts.table.ctypes.data, len(counts.table)
        assert self._run is not None
        status = self._run(work.address)
        if status:
            plan.spare.append(work)
            check_step(program, state, inputs, chosen, counts)
            raise ProgramError(
                f"{program.name}: input {program.nodes[status - 1].name!r}: expected usable numbers"
            )
        return work


def _fits(plan: Plan, inputs: Mapping[str, Array], streams: int) -> bool:
    """The cheap half of `check_step`; the kernel looks at the numbers, and only a refusal pays for words."""
    good = len(inputs) == len(plan.inputs)
    for port in plan.inputs:
        value = inputs.get(port.name)
        good = good and type(value) is np.ndarray and value.shape == (streams, port.width)
        good = good and value is not None and value.dtype in _TYPES[port.kind]
    return good
