"""Programs to measure: residual networks of given size whose neurons fire at a given rate."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from models.program import Program, ProgramBuilder
from models.program.ops import Array


@dataclass(frozen=True, slots=True)
class Shape:
    """Width, hidden width, blocks (width → hidden → width, added to what came in), and a head."""

    label: str
    width: int
    hidden: int
    blocks: int
    head: int

    @property
    def layers(self) -> list[tuple[int, int]]:
        """(inputs, outputs) of every weight matrix, in order."""
        block = [(self.width, self.hidden), (self.hidden, self.width)]
        return [*block * self.blocks, (self.width, self.head)]

    @property
    def parameters(self) -> int:
        """Weights in all matrices."""
        return sum(n_in * n_out for n_in, n_out in self.layers)


SHAPES = (
    Shape("5 M", 384, 1536, 4, 768),
    Shape("20 M", 768, 3072, 4, 1408),
    Shape("100 M", 1536, 6144, 5, 3648),
)
RATES = (0.05, 0.15, 0.30)


def network(shape: Shape, rate: float, seed: int = 0) -> Program:
    """A program of that shape with random weights.

    A norm before every neuron makes its current a unit Gaussian, so that the threshold alone sets the rate.
    Graded spikes 0…4, hard reset, no memory between steps.
    """
    rng = np.random.default_rng(seed)
    build = ProgramBuilder(f"bench {shape.label} {rate:.2f}", step_ms=10.0)
    threshold = NormalDist().inv_cdf(1 - rate)

    def layer(name: str, x: str, n_in: int, n_out: int) -> str:
        even: dict[str, Array] = {"gain": np.ones(n_in, np.float32), "offset": np.zeros(n_in, np.float32)}
        x = build.add("norm", f"{name}.norm", [x], tensors=even)
        neurons: dict[str, Array] = {
            "leak": np.zeros(n_in, np.float32),
            "threshold": np.full(n_in, threshold, np.float32),
        }
        x = build.add("lif", f"{name}.lif", [x], {"levels": 4, "signed": 0, "reset": "hard"}, neurons)
        tensors: dict[str, Array] = {
            "weight": rng.integers(-127, 128, (n_in, n_out), np.int8),
            "scale": np.full(n_out, 0.01, np.float32),
            "bias": np.zeros(n_out, np.float32),
        }
        return build.add("synapses", name, [x], tensors=tensors)

    x = build.add("input", "x", attributes={"width": shape.width, "kind": "real"})
    for block in range(shape.blocks):
        hidden = layer(f"up{block}", x, shape.width, shape.hidden)
        back = layer(f"down{block}", hidden, shape.hidden, shape.width)
        x = build.add("add", f"add{block}", [x, back])
    return build.finish([layer("head", x, shape.width, shape.head)])
