"""Counts are what they say: spikes, neurons that fired, weights that were met."""

from __future__ import annotations

import numpy as np
import pytest

from models.backends import Backend, Counts, backend
from models.program import Program, ProgramBuilder, ProgramError
from models.program.ops import Array


def small() -> Program:
    """Three neurons with threshold 1 that forget at once, a layer to five, a convolution of two taps."""
    build = ProgramBuilder("small", 1.0)
    x = build.add("input", "x", attributes={"width": 3, "kind": "real"})
    attributes: dict[str, int | float | str] = {"levels": 4, "signed": 1, "reset": "hard"}
    s = build.add("lif", "s", [x], attributes, {"leak": np.zeros(3), "threshold": np.ones(3)})
    dense: dict[str, Array] = {"weight": np.ones((3, 5), np.int8), "scale": np.ones(5), "bias": np.zeros(5)}
    y = build.add("synapses", "y", [s], tensors=dense)
    taps: dict[str, Array] = {"weight": np.ones((2, 3), np.int8), "scale": np.ones(3), "bias": np.zeros(3)}
    return build.finish([y, build.add("conv", "c", [s], tensors=taps)])


@pytest.fixture(params=["reference", "events"])
def run(request: pytest.FixtureRequest) -> Backend:
    return backend(request.param)


def test_counts_by_hand(run: Backend) -> None:
    program = small()
    counts, state = Counts(program), program.state(2)
    x = np.array([[3.5, 0.5, -1.0], [0.0, 0.0, 1.0]], np.float32)
    run.step(program, state, {"x": x}, counts)
    assert counts.spikes == {"s": 3 + 1 + 1}
    assert counts.active == {"s": 3}
    assert counts.synops == {"y": 3 * 5, "c": 3 * 2}
    assert counts.rates == {"s": 0.5}
    run.step(program, state, {"x": x}, counts)
    assert counts.steps == 4
    assert counts.synops == {"y": 30, "c": 12}


def test_only_the_chosen_rows_count(run: Backend) -> None:
    program = small()
    counts = Counts(program)
    run.step(program, program.state(9), {"x": np.ones((1, 3), np.float32)}, counts, rows=np.array([4]))
    assert counts.steps == 1
    assert counts.rates == {"s": 1.0}


def test_nothing_is_counted_unless_asked(run: Backend) -> None:
    program = small()
    counts = Counts(program)
    run.step(program, program.state(), {"x": np.ones((1, 3), np.float32)})
    assert counts.spikes == {"s": 0}
    assert counts.rates == {"s": 0.0}


def test_a_backend_is_the_one_asked_for() -> None:
    assert backend("events").name == "events"
    assert backend("reference").name == "reference"
    with pytest.raises(ProgramError, match=r"expected one of reference, events, .*, found 'event'"):
        backend("event")
