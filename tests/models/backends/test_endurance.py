"""Long runs: nothing drifts, nothing overflows, and the bits stay the reference's however long it goes.

    export SPIKETALK_HOURS=24 SPIKETALK_LONG_STEPS=10000 SPIKETALK_LONG_PROGRAMS=20
    pytest tests/models/backends/test_endurance.py

Without these the same is done in short.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.backends import Counts
from models.backends.events import EventsBackend
from models.backends.reference import ReferenceBackend
from models.chips.exchange import exchange
from models.program import Program
from models.program.ops import Array
from models.program.state import State
from tests.models.backends.programs import random_inputs, random_programs, same_bits

HOURS = float(os.environ.get("SPIKETALK_HOURS", "0.01"))
LONG_STEPS = int(os.environ.get("SPIKETALK_LONG_STEPS", "60"))
LONG_PROGRAMS = int(os.environ.get("SPIKETALK_LONG_PROGRAMS", "12"))
RECORDING = Path(__file__).parents[2] / "fixtures" / "recordings"
LOOKS = 8
"""How often a long run is looked at, and in how many parts its firing is compared."""
COUNTED = 8
"""One in so many exchanges has its spikes counted, the last ones of each part."""
CHECKED_STEPS = 12
"""Steps that the reference takes from each of these states."""
EVENTS, REFERENCE = EventsBackend(), ReferenceBackend()


def recording() -> Path:
    found = sorted(p for p in RECORDING.iterdir() if p.suffix in (".opus", ".flac", ".wav"))
    return found[0]


def largest(program: Program, state: State) -> dict[str, float]:
    """Part of the state → its largest magnitude, in units in which its bound does not grow with time.

    A WKV's sum of weights tends to 1 / (1 − e^w) over a time of 1 / |w|, so it is taken as a share of that,
    and its sum of values as a share of the weights; its exponent follows the keys.
    """
    recurrent = {node.name for node in program.nodes if node.op == "wkv"}
    found = {
        name: float(np.abs(part).max())
        for name, part in state.items()
        if name.rpartition(".")[0] not in recurrent
    }
    for node in program.nodes:
        if node.op == "wkv":
            num, den = (state[f"{node.name}.{part}"].astype(np.float64) for part in ("num", "den"))
            decay = program.tensor(node, "decay").astype(np.float64)
            found[f"{node.name}.den"] = float((den * -np.expm1(decay)).max()) - 1
            found[f"{node.name}.num"] = float((np.abs(num) / np.maximum(den, 1e-30)).max())
    return found


def follow(program: Program, state: State, steps: list[dict[str, Array]]) -> None:
    """From this state on, both backends take the same steps bit for bit."""
    fast, slow = state.fork(), state.fork()
    for inputs in steps:
        a, b = EVENTS.step(program, fast, inputs), REFERENCE.step(program, slow, inputs)
        assert all(same_bits(a[name], b[name]) and np.isfinite(a[name]).all() for name in a)
    assert same_bits(fast.memory, slow.memory)


@pytest.mark.parametrize("which", ["ears", "mind", "mouth lengths", "mouth melody", "mouth"])
def test_shipped_networks_run_for_hours(which: str) -> None:
    """An exchange over and over without ever starting anew: firing and state as at the beginning."""
    found = exchange(recording())
    if which not in found.programs:
        pytest.skip(f"no {which} is shipped yet")
    program, given = found.programs[which], [dict(step) for step in found.inputs[which]]
    total = max(LOOKS * len(given), round(HOURS * 3.6e6 / program.step_ms))
    part = -(-total // LOOKS // len(given)) * len(given)
    state = program.state()
    rates, sizes = [], []
    for _ in range(LOOKS):
        # Counting costs as much as neurons do, so only the last exchanges of a part are counted.
        counted = max(1, part // len(given) // COUNTED) * len(given)
        counts = Counts(program)
        for index in range(part):
            tally = counts if index >= part - counted else None
            EVENTS.step(program, state, given[index % len(given)], tally)
        follow(program, state, given[:CHECKED_STEPS])
        rates.append(sum(counts.active.values()) / counted)
        sizes.append(largest(program, state))
    assert all(abs(rate / rates[0] - 1) < 0.01 for rate in rates[1:]), rates
    # A membrane that leaks a thousandth a step takes thousands of steps to its end, ever slower; one that
    # drifts goes on as fast as it began.
    for name in sizes[0]:
        early, late = ([size[name] for size in part] for part in (sizes[: LOOKS // 2], sizes[LOOKS // 2 :]))
        assert np.isfinite(late).all(), name
        stays = max(late) <= 1.5 * max(0, *early) + 1e-2
        assert stays or max(late) - late[0] < 0.99 * (max(early) - early[0]), name


@settings(
    max_examples=LONG_PROGRAMS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(program=random_programs(), streams=st.sampled_from([3, 9, 40]), seed=st.integers(0, 999))
def test_random_programs_keep_their_bits_while_streams_come_and_go(
    program: Program, streams: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    fast, slow = program.state(streams), program.state(streams)
    for step in range(LONG_STEPS):
        rows = np.sort(rng.permutation(streams)[: rng.integers(1, streams + 1)])
        if rng.random() < 0.05:
            leaving = int(rng.integers(streams))
            fast.clear(leaving)
            slow.clear(leaving)
        inputs = random_inputs(program, len(rows), rng)
        a = EVENTS.step(program, fast, inputs, rows=rows)
        b = REFERENCE.step(program, slow, inputs, rows=rows)
        assert all(same_bits(a[name], b[name]) for name in a), f"step {step}"
        if step % 50 == 0:
            assert same_bits(fast.memory, slow.memory), f"step {step}"
    assert same_bits(fast.memory, slow.memory)
