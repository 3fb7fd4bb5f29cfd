"""From which firing rate on the dense sum is quicker than the event-driven one: the table behind `choose`.

    python -m models.backends.bench_dense

One layer behind its neurons, one stream, one thread, microseconds per step.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from models.backends.bench_limits import interleaved
from models.backends.choose import DENSE, EVENTS
from models.backends.events import EventsBackend
from models.program import Program, ProgramBuilder

RATES = (0.05, 0.15, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
LAYERS = ((256, 1024), (1024, 256), (768, 3072), (3072, 768))


def layer(n_in: int, n_out: int) -> Program:
    """Inputs that are spikes as soon as they are 1, into one matrix."""
    rng = np.random.default_rng(0)
    build = ProgramBuilder("layer", 1.0)
    x = build.add("input", "x", attributes={"width": n_in, "kind": "real"})
    ones, none = np.ones(n_in, np.float32), np.zeros(n_in, np.float32)
    neurons: Mapping[str, Any] = {"leak": none, "threshold": ones}
    s = build.add("lif", "s", [x], {"levels": 4, "signed": 0, "reset": "hard"}, neurons)
    weight: Mapping[str, Any] = {
        "weight": rng.integers(-127, 128, (n_in, n_out), np.int8),
        "scale": np.ones(n_out, np.float32),
        "bias": np.zeros(n_out, np.float32),
    }
    return build.finish([build.add("synapses", "y", [s], tensors=weight)])


def measure(n_in: int, n_out: int, rate: float, seconds: float) -> tuple[float, float]:
    """Microseconds of the event-driven and of the dense step."""
    rng = np.random.default_rng(1)
    many = [{"x": (rng.random((1, n_in)) < rate).astype(np.float32)} for _ in range(8)]
    steps = []
    for kernel in (EVENTS, DENSE):
        program, run = layer(n_in, n_out), EventsBackend()
        run.prepare(program, override={"y": kernel})
        state, turn = program.state(), iter(range(1 << 62))
        steps.append(
            lambda run=run, program=program, state=state, turn=turn: run.step(
                program, state, many[next(turn) % 8]
            )
        )
    events, dense = interleaved(steps, seconds)
    return 1e6 * events, 1e6 * dense


def main(seconds: float = 0.8) -> int:
    """Print the table."""
    sys.stdout.write("layer        " + "".join(f"{rate:>14.0%}" for rate in RATES) + "\n")
    for n_in, n_out in LAYERS:
        cells = [measure(n_in, n_out, rate, seconds) for rate in RATES]
        sys.stdout.write(f"{n_in:5} × {n_out:5}" + "".join(f"{e:7.1f}/{d:6.1f}" for e, d in cells) + "\n")
    sys.stdout.write("µs event-driven / dense\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
