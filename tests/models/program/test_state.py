"""State is a value: snapshot, restore, fork, take, put, clear, and bytes that outlive the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.backends.reference import ReferenceBackend
from models.program import Program, ProgramError, State, from_bytes
from models.program.ops import Array
from tests.models.backends.programs import every_op, random_inputs, same_bits

RUN = ReferenceBackend()


def steps(program: Program, state: State, count: int, seed: int) -> Array:
    """What comes out of the last of some steps with inputs that depend on the seed alone."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        out = RUN.step(program, state, random_inputs(program, state.streams, rng))
    return np.concatenate(list(out.values()), axis=1)


@pytest.fixture
def program() -> Program:
    return every_op()


def test_parts_have_names_types_and_start_values(program: Program) -> None:
    state = program.state(3)
    wkv = next(node.name for node in program.nodes if node.op == "wkv")
    conv = next(node.name for node in program.nodes if node.op == "conv")
    assert state[f"{wkv}.p"].tolist() == [[np.float32(-1e30)] * 40] * 3
    assert state[f"{wkv}.num"].dtype == np.float32
    assert state[f"{conv}.past"].dtype == np.int32
    assert state[f"{conv}.past"].shape == (3, 120)
    assert sum(array.shape[1] for array in state.values()) == program.layout.words
    assert "nobody.v" not in state


def test_a_part_is_a_view(program: Program) -> None:
    state = program.state()
    name = next(iter(state))
    state[name][0, 0] = 5
    assert state[name][0, 0] == 5


def test_restore_goes_back(program: Program) -> None:
    state = program.state(2)
    steps(program, state, 5, seed=1)
    before = state.snapshot()
    first = steps(program, state, 5, seed=2)
    assert not same_bits(state.memory, before)
    state.restore(before)
    assert same_bits(steps(program, state, 5, seed=2), first)


def test_fork_is_independent(program: Program) -> None:
    state = program.state(2)
    steps(program, state, 5, seed=1)
    guess = state.fork()
    thrown_away = steps(program, guess, 5, seed=3)
    kept = steps(program, state, 5, seed=2)
    assert not same_bits(thrown_away, kept)
    assert same_bits(steps(program, guess, 1, seed=4), steps(program, guess.fork(), 1, seed=4)) is False


def test_take_put_and_clear_move_single_streams(program: Program) -> None:
    state = program.state(4)
    steps(program, state, 5, seed=1)
    before = state.snapshot()
    some = state.take([3, 1, 3])
    assert same_bits(some.memory, before[[3, 1, 3]])
    state.put(0, some, 1)
    state.clear(2)
    assert same_bits(state.memory, np.stack([before[1], before[1], program.state().memory[0], before[3]]))


def test_snapshot_of_another_size_is_refused(program: Program) -> None:
    with pytest.raises(ProgramError, match="snapshot: expected int32"):
        program.state(2).restore(program.state(3).snapshot())


@pytest.mark.parametrize("streams", [0, -1, 1 << 20, 1.0, True])
def test_number_of_streams_is_checked(program: Program, streams: int) -> None:
    with pytest.raises(ProgramError, match="streams: expected 1 to"):
        program.state(streams)


def test_put_from_another_program_is_refused(program: Program) -> None:
    with pytest.raises(ProgramError, match="state: expected one of this program"):
        program.state(2).put(0, every_op(seed=1).state())


def test_bytes_outlive_the_process(program: Program, tmp_path: Path) -> None:
    """A state that another process saved goes on here as if nothing had been."""
    program.save(tmp_path / "p.safetensors")
    code = f"""
import sys
from pathlib import Path
from models.program import Program
from tests.models.program.test_state import steps
program = Program.load({str(tmp_path / "p.safetensors")!r})
state = program.state(2)
steps(program, state, 5, seed=1)
Path({str(tmp_path / "state")!r}).write_bytes(state.to_bytes())
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
    state = from_bytes(program, (tmp_path / "state").read_bytes())
    here = program.state(2)
    steps(program, here, 5, seed=1)
    assert same_bits(state.memory, here.memory)
    assert same_bits(steps(program, state, 5, seed=2), steps(program, here, 5, seed=2))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda b: b"", "expected bytes written by State.to_bytes, found 0"),
        (lambda b: b"x" + b[1:], "expected bytes written by"),
        (lambda b: b[:-1], "bytes, found"),
        (lambda b: b + b"x", "bytes, found"),
        (lambda b: b[:16] + bytes(32) + b[48:], "expected program"),
        (lambda b: b[:48] + (2**63).to_bytes(8, "little") + b[56:], "words per stream"),
        (lambda b: b[:48] + bytes(8) + b[56:], "words per stream"),
        (lambda b: b[:56] + (7).to_bytes(8, "little") + b[64:], "words per stream"),
    ],
)
def test_damaged_bytes_are_refused(program: Program, harm: object, message: str) -> None:
    assert callable(harm)
    with pytest.raises(ProgramError, match=message):
        from_bytes(program, harm(program.state(2).to_bytes()))


def test_bytes_of_another_program_are_refused(program: Program) -> None:
    with pytest.raises(ProgramError, match="saved state: expected program"):
        from_bytes(program, every_op(seed=1).state().to_bytes())
