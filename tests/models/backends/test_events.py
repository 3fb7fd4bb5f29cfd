"""The event-driven backend gives the reference's bits: values, states and counts."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.backends import Counts
from models.backends.events import EventsBackend
from models.backends.plan import flatten
from models.backends.reference import ReferenceBackend
from models.program import Program, ProgramBuilder, ProgramError
from models.program.ops import Array
from models.program.state import State
from tests.models.backends.programs import every_op, random_inputs, random_programs, same_bits

EVENTS = EventsBackend()
REFERENCE = ReferenceBackend()


def agree(program: Program, steps: int, streams: int, seed: int, events: EventsBackend = EVENTS) -> Counts:
    """Step both backends side by side and compare everything after every step."""
    rng = np.random.default_rng(seed)
    fast, slow = program.state(streams), program.state(streams)
    fast_counts, slow_counts = Counts(program), Counts(program)
    for step in range(steps):
        inputs = random_inputs(program, streams, rng)
        a = events.step(program, fast, inputs, fast_counts)
        b = REFERENCE.step(program, slow, inputs, slow_counts)
        assert a.keys() == b.keys()
        for name in a:
            assert same_bits(a[name], b[name]), f"step {step}, output {name}"
        assert same_bits(fast.memory, slow.memory), f"step {step}, state"
        assert np.isfinite(np.concatenate(list(a.values()), axis=1)).all()
    assert np.array_equal(fast_counts.table, slow_counts.table)
    assert fast_counts.steps == slow_counts.steps == steps * streams
    return fast_counts


def test_every_op_gives_the_same_bits_for_ten_thousand_steps() -> None:
    counts = agree(every_op(), 10_000, 1, seed=1)
    assert all(0.01 < rate < 1 for rate in counts.rates.values()), counts.rates
    assert all(counts.synops.values())


@settings(max_examples=40, deadline=None)
@given(program=random_programs(), streams=st.sampled_from([1, 2, 3, 7, 33]), seed=st.integers(0, 999))
def test_random_programs_give_the_same_bits(program: Program, streams: int, seed: int) -> None:
    agree(program, 12, streams, seed)


@pytest.mark.parametrize("streams", [2, 64, 65, 150])
def test_many_streams_give_the_same_bits(streams: int) -> None:
    agree(every_op(), 6, streams, seed=streams)


def test_threads_give_the_same_bits() -> None:
    agree(every_op(), 6, 100, seed=3, events=EventsBackend(threads=2))


def test_wide_layers_give_the_same_bits() -> None:
    """Wider than every tile: several column tiles and row tiles, with a rest that fills no vector."""
    rng = np.random.default_rng(5)
    build = ProgramBuilder("wide", 1.0)
    x = build.add("input", "x", attributes={"width": 700, "kind": "real"})
    row = {"leak": np.full(700, 0.5), "threshold": np.full(700, 0.5)}
    s = build.add("lif", "s", [x], {"levels": 4, "signed": 1, "reset": "soft"}, row)
    weight = rng.integers(-128, 128, (700, 5003))
    y = build.add(
        "synapses", "y", [s], tensors={"weight": weight, "scale": np.ones(5003), "bias": np.zeros(5003)}
    )
    program = build.finish([y])
    agree(program, 3, 1, seed=0)
    agree(program, 3, 5, seed=0)


@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize("width", [31, 32, 96, 511, 512, 544, 577, 640, 1187])
def test_rows_of_any_length_give_the_same_bits(width: int, signed: int) -> None:
    """Rows are added a line at a time, the next ones on their way: ends and heads are special."""
    rng = np.random.default_rng(width)
    build = ProgramBuilder("rows", 1.0)
    x = build.add("input", "x", attributes={"width": 61, "kind": "real"})
    neurons = {"leak": np.zeros(61, np.float32), "threshold": np.full(61, 0.5, np.float32)}
    x = build.add("lif", "lif", [x], {"levels": 4, "signed": signed, "reset": "hard"}, neurons)
    tensors = {
        "weight": rng.integers(-127, 128, (61, width), np.int8),
        "scale": np.full(width, 0.01, np.float32),
        "bias": np.zeros(width, np.float32),
    }
    agree(build.finish([build.add("synapses", "y", [x], tensors=tensors)]), 20, 1, seed=width)


@pytest.mark.parametrize("threshold", [2.0, 1.15, 0.5])
def test_many_streams_that_fire_rarely_or_often_give_the_same_bits(threshold: float) -> None:
    """By row where the first stream fires rarely, else by strip; inputs of all sizes bring both."""
    rng = np.random.default_rng(2)
    build = ProgramBuilder("often", 1.0)
    x = build.add("input", "x", attributes={"width": 200, "kind": "real"})
    neurons = {"leak": np.zeros(200, np.float32), "threshold": np.full(200, threshold, np.float32)}
    x = build.add("lif", "lif", [x], {"levels": 4, "signed": 0, "reset": "hard"}, neurons)
    tensors = {
        "weight": rng.integers(-127, 128, (200, 333), np.int8),
        "scale": np.full(333, 0.01, np.float32),
        "bias": np.zeros(333, np.float32),
    }
    agree(build.finish([build.add("synapses", "y", [x], tensors=tensors)]), 20, 40, seed=4)


@pytest.mark.parametrize("hard", [0, 1])
@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize("levels", [1, 4, 31, 127, 128])
@pytest.mark.parametrize("n_in", [5, 256, 803])
def test_sums_of_many_streams_widen_in_time(n_in: int, levels: int, signed: int, hard: int) -> None:
    """Weights and spikes as large as they may be: int16 sums overflow unless they are widened.

    From streams where hardly anything fires to ones where all do, with lists over several tiles.
    """
    rng = np.random.default_rng(n_in + levels)
    build = ProgramBuilder("large", 1.0)
    x = build.add("input", "x", attributes={"width": n_in, "kind": "real"})
    even = {"gain": np.ones(n_in, np.float32), "offset": np.zeros(n_in, np.float32)}
    neurons = {"leak": rng.random(n_in), "threshold": rng.choice([0.003, 0.3, 1.0, 3.0], n_in)}
    x = build.add("norm", "norm", [x], tensors=even)
    reset = "hard" if hard else "soft"
    x = build.add("lif", "lif", [x], {"levels": levels, "signed": signed, "reset": reset}, neurons)
    weight = rng.choice(np.array([-128, 127], np.int8), (n_in, 200)) * rng.integers(0, 2, 200, np.int8)
    weight[:, :20] = rng.choice(np.array([-128, 127], np.int8), 20)
    tensors = {"weight": weight, "scale": np.full(200, 0.01), "bias": rng.standard_normal(200)}
    agree(build.finish([build.add("synapses", "y", [x], tensors=tensors)]), 3, 40, seed=levels)


def test_copies_of_a_state_step_for_themselves() -> None:
    """A state that has stepped knows where its words lie; its copies and pickles lie elsewhere."""
    program = every_op()
    rng = np.random.default_rng(5)
    first = random_inputs(program, 2, rng)
    state = program.state(2)
    EVENTS.step(program, state, first)
    for other in (copy.deepcopy(state), copy.copy(state.fork()), pickle.loads(pickle.dumps(state))):
        before, want = state.memory.copy(), state.fork()
        EVENTS.step(program, other, first)
        REFERENCE.step(program, want, first)
        assert same_bits(state.memory, before)
        assert same_bits(other.memory, want.memory)


def test_words_that_cannot_be_written_are_refused() -> None:
    program = every_op()
    words = program.state().memory
    words.flags.writeable = False
    with pytest.raises(ProgramError, match="memory that may be written"):
        EVENTS.step(
            program, State(program.layout, words), random_inputs(program, 1, np.random.default_rng(0))
        )


def test_streams_join_and_leave_without_touching_the_others() -> None:
    program, rng = every_op(), np.random.default_rng(7)
    pool = program.state(8)
    alone = {row: program.state(1) for row in range(8)}
    history: list[tuple[Array, dict[str, Array]]] = []
    for _ in range(200):
        rows = np.sort(rng.permutation(8)[: rng.integers(1, 9)])
        inputs = random_inputs(program, len(rows), rng)
        history.append((rows, inputs))
        if rng.random() < 0.1:
            leaving = int(rng.integers(8))
            pool.clear(leaving)
            alone[leaving] = program.state(1)
        out = EVENTS.step(program, pool, inputs, rows=rows)
        for place, row in enumerate(rows):
            mine = {name: value[place : place + 1] for name, value in inputs.items()}
            single = REFERENCE.step(program, alone[row], mine)
            assert all(same_bits(out[name][place : place + 1], single[name]) for name in out)
    assert same_bits(pool.memory, np.concatenate([alone[row].memory for row in range(8)]))


def test_values_that_are_no_longer_needed_make_room() -> None:
    program = every_op()
    plan = flatten(program)
    assert plan.words < sum(value.width for value in program.values.values())


def ports(program: Program) -> dict[str, Array]:
    return random_inputs(program, 2, np.random.default_rng(0))


BAD_INPUTS = {
    "missing": lambda i: i.pop("sound"),
    "spare": lambda i: i.update(other=i["sound"]),
    "narrow": lambda i: i.update(sound=i["sound"][:, 1:]),
    "streams": lambda i: i.update(sound=i["sound"][:1]),
    "double": lambda i: i.update(sound=i["sound"].astype(np.float64)),
    "list": lambda i: i.update(sound=i["sound"].tolist()),
    "nan": lambda i: i["sound"].__setitem__((1, 3), np.nan),
    "infinite": lambda i: i["sound"].__setitem__((0, 0), -np.inf),
    "too large": lambda i: i["sound"].__setitem__((0, 0), 2e9),
    "no such token": lambda i: i["token"].__setitem__((1, 0), 11),
    "negative token": lambda i: i["token"].__setitem__((1, 0), -1),
    "huge token": lambda i: i["token"].__setitem__((1, 0), 2**32),
    "token that is real": lambda i: i.update(token=i["token"].astype(np.float32)),
}


@pytest.mark.parametrize("backend", [EVENTS, REFERENCE], ids=["events", "reference"])
@pytest.mark.parametrize("harm", BAD_INPUTS)
def test_bad_inputs_are_refused_before_the_state_moves(backend: EventsBackend, harm: str) -> None:
    program = every_op()
    state, inputs = program.state(2), ports(program)
    backend.step(program, state, inputs)
    before = state.snapshot()
    BAD_INPUTS[harm](inputs)
    with pytest.raises(ProgramError, match=r"every op: input.*expected.*found"):
        backend.step(program, state, inputs)
    assert same_bits(state.memory, before)
    backend.step(program, state, ports(program))


@pytest.mark.parametrize("backend", [EVENTS, REFERENCE], ids=["events", "reference"])
def test_what_belongs_to_another_program_is_refused(backend: EventsBackend) -> None:
    program, other = every_op(), every_op(seed=1)
    with pytest.raises(ProgramError, match="state: expected one of this program"):
        backend.step(program, other.state(2), ports(program))
    with pytest.raises(ProgramError, match="counts: expected those of this program"):
        backend.step(program, program.state(2), ports(program), Counts(other))


@pytest.mark.parametrize("backend", [EVENTS, REFERENCE], ids=["events", "reference"])
@pytest.mark.parametrize("rows", [[0, 0], [0, 3], [-1, 0], [], [[0], [1]], [0.5, 1.0]])
def test_rows_that_are_not_streams_are_refused(backend: EventsBackend, rows: list[object]) -> None:
    program = every_op()
    with pytest.raises(ProgramError, match="rows: expected"):
        backend.step(program, program.state(3), ports(program), rows=np.array(rows))


def test_a_thread_is_the_least() -> None:
    with pytest.raises(ProgramError, match="threads: expected 1 or more, found 0"):
        EventsBackend(threads=0)
