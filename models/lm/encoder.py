# ruff: noqa: E501
"""The spiking encoder: what the mind's network makes of a line, as a vector.

The spikes of the neurons in front of the head, summed over the line's tokens after the user's mark, less their mean
over ordinary lines, of length one. The network reads lines to say what comes next, so that lines which are answered
alike come to lie near each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from models.backends.counts import Counts
from models.lm.network import Network
from models.program.graph import Program, ProgramError

NEURONS = "head_lif"
FIRST = 3  # tokens of a line that say little yet: <pad>, <user> and its first


def up_to(program: Program, name: str) -> Program:
    """The program as far as the node `name`, which becomes its output."""
    names = [node.name for node in program.nodes]
    if name not in names:
        raise ProgramError(f"{program.name}: has no neurons {name}; a mind made by spiketalk train mind has")
    nodes = program.nodes[: names.index(name) + 1]
    used = {key for node in nodes for key in node.tensors.values()}
    tensors = {key: value for key, value in program.tensors.items() if key in used}
    return replace(program, nodes=nodes, tensors=tensors, outputs=(name,))


@dataclass(frozen=True)
class Encoder:
    """A network's reading part; `middle` (neurons,) is taken off every sum of spikes."""

    network: Network
    reader: Program
    middle: np.ndarray

    @classmethod
    def of(cls, network: Network, lines: Iterable[str]) -> Encoder:
        """The encoder of a network; `lines` are ordinary ones, to find the middle."""
        reader = up_to(network.program, NEURONS)
        bare = cls(network, reader, np.zeros(reader.values[NEURONS].width, np.float32))
        sums = [bare.spikes(line) for line in lines]
        return replace(bare, middle=np.mean(sums, 0)) if sums else bare

    def spikes(self, line: str, counts: Counts | None = None) -> np.ndarray:
        """Mean spikes (neurons,) for each token of a line."""
        state = self.reader.state(1)
        ids = [*self.network.tokens.talk([]), *self.network.tokens.turn("user", line)]
        total = np.zeros_like(self.middle)
        for place, token in enumerate(ids):
            found = self.network.backend.step(
                self.reader, state, {"token": np.array([[token]], np.int32)}, counts
            )
            if place >= min(FIRST, len(ids) - 1):
                total += found[NEURONS][0]
        return total / max(1, len(ids) - FIRST)

    def vector(self, line: str) -> np.ndarray:
        """Unit vector (neurons,) of a line; zeros for one without spikes of its own."""
        off = self.spikes(line) - self.middle
        size = float(np.linalg.norm(off))
        unit: np.ndarray = off / size if size > 1e-6 else np.zeros_like(off)
        return unit
