"""Which layers fire, as it happens: shares of neurons, layer by layer, for somebody who watches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.backends.counts import ACTIVE, Counts

Watch = Callable[[str, list[float]], None]
"""told (network, share of neurons that fired in each of its layers, in their order); from any thread"""


def nobody(network: str, layers: list[float]) -> None:
    """Nobody watches."""


class Meter:
    """Follows one network's counts and tells what was added to them."""

    def __init__(self, network: str, watch: Watch) -> None:
        self._network, self._watch = network, watch
        self._seen: NDArray[np.int64] | None = None
        self._steps = 0

    def read(self, counts: Counts) -> None:
        """Tell the shares since the last reading of the same counts; nothing where no step was made."""
        if counts.steps < self._steps or self._seen is None:
            self._seen, self._steps = np.zeros(len(counts.table), np.int64), 0
        steps = counts.steps - self._steps
        if not steps:
            return
        active = counts.table[:, ACTIVE]
        added, self._seen, self._steps = active - self._seen, active.copy(), counts.steps
        program = counts.program
        self._watch(
            self._network,
            [
                round(float(added[i]) / (steps * program.values[node.name].width), 3)
                for i, node in enumerate(program.nodes)
                if node.op == "lif"
            ],
        )
