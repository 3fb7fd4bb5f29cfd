"""Counts: how often a program's neurons fired, and how many synaptic operations that cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from models.program.ops import Array

if TYPE_CHECKING:
    from models.program.graph import Program

SPIKES, ACTIVE, SYNOPS = range(3)


@dataclass
class Counts:
    """Sums over all steps and streams that were counted, per node.

    spikes: graded spikes sent by a lif (their sizes summed);   active: its neurons with a spike of any size;
    synops: weights that a synapses or conv node met with a spike that is not 0, its active inputs × fan-out.
    `table` is (nodes, 3) int64 in the order of the program's nodes; backends add to it.
    """

    program: Program
    steps: int = 0
    table: Array = field(init=False)

    def __post_init__(self) -> None:
        self.table = np.zeros((len(self.program.nodes), 3), np.int64)

    def fork(self) -> Counts:
        """An independent copy."""
        other = Counts(self.program, self.steps)
        other.table[:] = self.table
        return other

    @property
    def spikes(self) -> Mapping[str, int]:
        """Lif node → sum of spike sizes."""
        return self._column(SPIKES, ("lif",))

    @property
    def active(self) -> Mapping[str, int]:
        """Lif node → neurons that fired."""
        return self._column(ACTIVE, ("lif",))

    @property
    def synops(self) -> Mapping[str, int]:
        """Synapses or conv node → synaptic operations."""
        return self._column(SYNOPS, ("synapses", "conv"))

    @property
    def rates(self) -> Mapping[str, float]:
        """Lif node → share of its neurons that fired, mean over steps and streams (0…1)."""
        size = self.program.values
        return {name: n / max(1, self.steps * size[name].width) for name, n in self.active.items()}

    def _column(self, column: int, ops: tuple[str, ...]) -> dict[str, int]:
        nodes = self.program.nodes
        return {n.name: int(self.table[i, column]) for i, n in enumerate(nodes) if n.op in ops}
