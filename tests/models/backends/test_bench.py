"""The engine's benchmark: what must move is counted by hand, and its networks fire as often as they say."""

from __future__ import annotations

import time

import numpy as np
import pytest

from models.backends import Counts
from models.backends.bench import MARKS, main
from models.backends.bench_limits import interleaved, traffic
from models.backends.bench_shapes import Shape, network
from models.backends.events import EventsBackend
from models.program import ProgramError

SMALL = Shape("small", 128, 256, 1, 96)


@pytest.mark.parametrize("rate", [0.05, 0.15, 0.30])
def test_networks_fire_as_often_as_they_say(rate: float) -> None:
    program, run, rng = network(SMALL, rate), EventsBackend(), np.random.default_rng(0)
    state, counts = program.state(), Counts(program)
    for _ in range(200):
        run.step(program, state, {"x": rng.standard_normal((1, SMALL.width), np.float32)}, counts)
    assert all(found == pytest.approx(rate, rel=0.2) for found in counts.rates.values()), counts.rates


def test_what_must_move_by_hand() -> None:
    program = network(SMALL, 0.15)
    counts = Counts(program, steps=2)
    names = [node.name for node in program.nodes]
    for name, synops in (("up0", 2 * 10 * 256), ("down0", 2 * 40 * 128), ("head", 2 * 20 * 96)):
        counts.table[names.index(name), 2] = synops
    moved = traffic(program, counts)
    assert SMALL.parameters == 128 * 256 + 256 * 128 + 128 * 96
    assert moved.weights == 10 * 256 + 40 * 128 + 20 * 96
    inputs, outputs = 128 + 256 + 128, 256 + 128 + 96
    assert moved.parameters == 4 * (4 * inputs + 2 * outputs), "gain, offset, leak, threshold; scale, bias"
    assert moved.state == 2 * 4 * inputs, "a potential for every neuron, read and written"
    assert moved.must == moved.weights + moved.parameters + moved.state


def test_steps_take_turns_and_the_least_counts() -> None:
    calls: list[str] = []

    def busy(name: str, seconds: float) -> None:
        calls.append(name)
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            pass

    quick, slow = interleaved([lambda: busy("a", 0.0002), lambda: busy("b", 0.001)], 0.3)
    assert 0.0002 <= quick < 0.001 <= slow
    assert "".join(calls).count("ab") >= 4, "one after the other, again and again"


def test_a_shape_that_is_not_known_is_refused() -> None:
    with pytest.raises(ProgramError, match="expected one of 5 M, 20 M, 100 M, found '7 M'"):
        main(shape="7 M")


def test_every_mark_of_the_table_has_a_sense() -> None:
    assert {sense for _, sense in MARKS.values()} == {"at least", "at most"}
