"""The truth: walks the graph with the dense NumPy steps of `models.program.ops`, nothing clever."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.backends.backend import check_step
from models.backends.counts import ACTIVE, SPIKES, SYNOPS, Counts
from models.program.graph import Node, Program
from models.program.ops import OPS, Array
from models.program.state import State


class ReferenceBackend:
    """Plain dense arithmetic; every other backend must give the same bits."""

    name = "reference"

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
            for index, node in enumerate(program.nodes):
                arguments = (
                    [given[node.name]] if node.op == "input" else [values[name] for name in node.inputs]
                )
                parts = {part: active[f"{node.name}.{part}"] for part in OPS[node.op].state}
                values[node.name], after = OPS[node.op].step(program.parameters(node), parts, *arguments)
                for part, array in after.items():
                    parts[part][:] = array
                if counts is not None:
                    _count(counts, index, node, values[node.name], arguments, parts)
        if counts is not None:
            counts.steps += active.streams
        if rows is not None:
            state.memory[rows] = active.memory
        return {name: values[name].astype(np.float32) for name in program.outputs}


def _count(
    counts: Counts, index: int, node: Node, value: Array, arguments: list[Array], parts: Mapping[str, Array]
) -> None:
    line = counts.table[index]
    if node.op == "lif":
        line[SPIKES] += np.abs(value).sum()
        line[ACTIVE] += np.count_nonzero(value)
    elif node.op == "synapses":
        line[SYNOPS] += np.count_nonzero(arguments[0]) * value.shape[1]
    elif node.op == "conv":
        line[SYNOPS] += np.count_nonzero(arguments[0]) * counts.program.tensor(node, "weight").shape[0]
