"""No accumulator can overflow, and nothing can become infinite: proven when a program is checked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.backends.events import EventsBackend
from models.backends.reference import ReferenceBackend
from models.program import Program, ProgramBuilder, ProgramError
from models.program.ranges import accumulator_bound, prove
from tests.models.backends.programs import every_op


def one_layer(
    levels: int, weight: int = 127, n: int = 130, scale: float = 1.0, threshold: float = 1.0
) -> Program:
    build = ProgramBuilder("one layer", 1.0)
    x = build.add("input", "x", attributes={"width": n, "kind": "real"})
    attributes: dict[str, int | float | str] = {"levels": levels, "signed": 1, "reset": "soft"}
    s = build.add("lif", "s", [x], attributes, {"leak": np.ones(n), "threshold": np.full(n, threshold)})
    tensors = {"weight": np.full((n, 3), weight), "scale": np.full(3, scale), "bias": np.zeros(3)}
    return build.finish([build.add("synapses", "layer7", [s], tensors=tensors)])


def test_an_accumulator_that_could_overflow_is_refused_by_its_layer() -> None:
    largest = (2**31 - 1) // (127 * 130)
    assert one_layer(largest)
    with pytest.raises(ProgramError, match=r"'layer7' .synapses. accumulator: expected at most 2147483647"):
        one_layer(largest + 1)


def test_the_largest_sum_is_exact_on_both_backends() -> None:
    levels = (2**31 - 1) // (127 * 130)
    program = one_layer(levels)
    x = np.full((1, 130), 1e9, np.float32)
    for backend in (EventsBackend(), ReferenceBackend()):
        for sign in (1, -1):
            y = backend.step(program, program.state(), {"x": np.float32(sign) * x})["layer7"]
            assert y.tolist() == [[np.float32(sign * levels * 127 * 130)] * 3]


def test_small_weights_leave_room() -> None:
    """The bound rests on the weights that are there, not on what int8 could hold."""
    program = one_layer(1 << 20, weight=1)
    layer = program.nodes[-1]
    assert accumulator_bound(program, layer, float(1 << 20)) == 130 << 20


def test_reals_that_could_become_infinite_are_refused() -> None:
    with pytest.raises(ProgramError, match=r"'layer7'.*values below 1e.30, found up to"):
        one_layer(4, scale=1e30)
    with pytest.raises(ProgramError, match=r"'s' .lif. potential: expected at most 1e37"):
        one_layer(4, threshold=1e-30)


def test_a_norm_too_wide_for_its_sum_is_refused() -> None:
    build = ProgramBuilder("wide", 1.0)
    x = build.add("input", "x", attributes={"width": 8192, "kind": "real"})
    tensors = {"gain": np.ones(8192), "offset": np.zeros(8192)}
    with pytest.raises(ProgramError, match=r"'n' .norm.: expected a width below 8192"):
        build.finish([build.add("norm", "n", [x], tensors=tensors)])


def test_bounds_hold_when_running() -> None:
    program = every_op()
    everything = replace(program, outputs=tuple(n.name for n in program.nodes if n.op != "input"))
    bounds = prove(everything, everything.values)
    state, rng = everything.state(4), np.random.default_rng(0)
    for size in (1e-3, 1, 1e3, 1e9):
        for _ in range(30):
            sound = rng.uniform(-size, size, (4, 40)).astype(np.float32)
            values = ReferenceBackend().step(
                everything, state, {"sound": sound, "token": rng.integers(0, 11, (4, 1))}
            )
            for name, value in values.items():
                assert np.abs(value).max() <= bounds[name], name
