"""The emulated chips keep the backends' contract, and differ from the reference by what is documented."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.backends import Counts, backend
from models.chips import brainscales2, crossbar, loihi2, spinnaker2
from models.chips.chip import Chip, Constant, chip
from models.chips.emulated import ChipBackend, emulated
from models.chips.fixedpoint import decayed
from models.program import Program, ProgramError
from models.program.ops import OPS, Array
from tests.models.backends.programs import every_op, random_inputs, random_programs, same_bits
from tests.models.chips.test_placement import dense

CHIPS = ("loihi2", "spinnaker2", "brainscales2", "crossbar")
RNG = np.random.default_rng


def run(machine: ChipBackend, program: Program, steps: int = 5, streams: int = 3) -> list[dict[str, Array]]:
    state, rng = program.state(streams), RNG(4)
    return [machine.step(program, state, random_inputs(program, streams, rng)) for _ in range(steps)]


def without(name: str, **constants: float) -> Chip:
    """A shipped chip with some figures replaced."""
    found = chip(name)
    moved = {
        n: Constant(
            n, value, min(value, found[n].low), max(value, found[n].high), found[n].unit, "test", "assumption"
        )
        for n, value in constants.items()
    }
    return replace(found, constants={**found.constants, **moved})


@pytest.mark.parametrize("name", CHIPS)
def test_same_seed_same_outputs(name: str) -> None:
    program = every_op()
    first, second = (run(emulated(name, seed=7), program) for _ in range(2))
    assert all(same_bits(a[key], b[key]) for a, b in zip(first, second) for key in a)


@pytest.mark.parametrize(
    ("name", "noisy"), [("loihi2", 0), ("spinnaker2", 0), ("brainscales2", 1), ("crossbar", 1)]
)
def test_only_analogue_chips_have_a_seed_that_matters(name: str, noisy: int) -> None:
    program = every_op()
    first, second = (run(emulated(name, seed=seed), program) for seed in (1, 2))
    differs = any(not same_bits(a[key], b[key]) for a, b in zip(first, second) for key in a)
    assert differs == bool(noisy)


@pytest.mark.parametrize("name", CHIPS)
@settings(max_examples=15, deadline=None)
@given(program=random_programs(), seed=st.integers(0, 99))
def test_any_program_gives_finite_numbers_of_the_right_shape(name: str, program: Program, seed: int) -> None:
    machine, state, rng = emulated(name, seed), program.state(2), RNG(seed)
    for _ in range(3):
        out = machine.step(program, state, random_inputs(program, 2, rng))
        for key, value in out.items():
            assert value.dtype == np.float32 and value.shape == (2, program.values[key].width)
            assert np.isfinite(value).all()


@pytest.mark.parametrize("name", CHIPS)
def test_rows_leave_the_other_streams_alone(name: str) -> None:
    program = every_op()
    state = program.state(3)
    before = state.snapshot()
    emulated(name).step(program, state, random_inputs(program, 1, RNG(0)), rows=np.array([1]))
    assert np.array_equal(state.memory[[0, 2]], before[[0, 2]])
    assert not np.array_equal(state.memory[1], before[1])


@pytest.mark.parametrize("name", CHIPS)
def test_counts_are_those_of_the_spikes(name: str) -> None:
    program = dense(50, 20)
    counts, state = Counts(program), program.state(2)
    inputs = {"x": np.full((2, 50), 1.5, np.float32)}
    emulated(name).step(program, state, inputs, counts)
    assert counts.steps == 2 and counts.active["front"] == 100 and counts.synops["matrix"] == 2 * 50 * 20


def test_unknown_chip_lists_the_known_ones() -> None:
    with pytest.raises(ProgramError, match="loihi2, spinnaker2, brainscales2, crossbar, found 'abacus'"):
        emulated("abacus")


def test_bad_input_is_refused_before_the_state_is_touched() -> None:
    program = dense(4, 2)
    state = program.state()
    with pytest.raises(ProgramError, match="float32"):
        emulated("loihi2").step(program, state, {"x": np.zeros((1, 4))})
    assert not state.memory.any()


def signals(op: str, rng: np.random.Generator, n: int) -> list[Array]:
    if op in ("synapses", "conv"):
        return [rng.integers(0, 5, (2, n)).astype(np.int32)]
    return [rng.normal(0, 2, (2, n)).astype(np.float32) for _ in OPS[op].inputs]


@pytest.mark.parametrize("op", ["synapses", "conv", "norm", "affine", "add", "gate", "token_shift", "wkv"])
def test_loihi2_is_the_reference_to_fixed_point(op: str) -> None:
    """Ten steps of one op alone, each from its own state: within a few units of the last bit."""
    program = every_op()
    node = next(n for n in program.nodes if n.op == op)
    n = program.values[node.inputs[0]].width
    size = {"conv": n * (len(program.tensor(node, "weight")) - 1)} if op == "conv" else {}
    exact = {k: np.full((2, size.get(op, n)), a.initial, np.float32) for k, a in OPS[op].state.items()}
    held, plain = loihi2.prepare(program, node, RNG(0)), program.parameters(node)
    fixed, rng = dict(exact), RNG(5)
    for _ in range(10):
        inputs = signals(op, rng, n)
        wanted, exact = OPS[op].step(plain, exact, *inputs)
        found, fixed = loihi2.ARITHMETIC.steps[op](held, fixed, *inputs)
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=0.02 if op == "wkv" else 4e-3)


def test_loihi2_neuron_by_hand() -> None:
    """Leak 0.75, threshold 1, soft reset, four levels; all in 4096ths."""
    p = {"levels": 4, "signed": 0, "reset": "soft", "decay": np.array([1024]), "level": np.array([4096])}
    state = {"v": np.array([[0.0]], np.float32)}
    spikes, state = loihi2.lif(p, state, np.array([[2.5]], np.float32))
    assert spikes.tolist() == [[2]] and state["v"].tolist() == [[0.5]]
    # 0.5 · 0.75 = 0.375; − 1.875 leaves −1.5, which does not fire
    spikes, state = loihi2.lif(p, state, np.array([[-1.875]], np.float32))
    assert spikes.tolist() == [[0]] and state["v"].tolist() == [[-1.5]]
    assert decayed(np.array([-6144]), 1024).tolist() == [-4608]
    spikes, state = loihi2.lif({**p, "signed": 1}, state, np.array([[-1.0]], np.float32))
    assert spikes.tolist() == [[-2]] and state["v"].tolist() == [[-0.125]]
    spikes, state = loihi2.lif({**p, "reset": "hard"}, state, np.array([[99.0]], np.float32))
    assert spikes.tolist() == [[4]] and state["v"].tolist() == [[0.0]]


def test_loihi2_saturates_instead_of_overflowing() -> None:
    assert loihi2.real(loihi2.fixed(np.array([1e9, -1e9, np.nan]))).tolist() == [
        2047.999755859375,
        -2047.999755859375,
        0,
    ]


def test_spinnaker2_weights_are_within_half_a_step_of_their_populations_scale() -> None:
    rng = RNG(0)
    weight, scale = rng.integers(-128, 128, (30, 20)), rng.uniform(0.001, 0.1, 20)
    found, step = spinnaker2.one_scale(weight, scale)
    assert np.abs(found).max() <= 127
    assert np.abs(found * step - weight * scale).max() <= step / 2 + 1e-12


def test_spinnaker2_exponential_has_fifteen_bits() -> None:
    x = np.linspace(-8, 2, 50)
    assert np.abs(spinnaker2.exponential(x) - np.exp(x)).max() <= 2.0**-16


def outputs(machine: ChipBackend, program: Program, spikes: Array) -> Array:
    """The matrix's current, read from the membrane that it leaves in neurons which never fire."""
    state = program.state(len(spikes))
    machine.step(program, state, {"x": spikes.astype(np.float32)})
    return state["back.v"]


def quiet_dense(n_in: int, n_out: int) -> Program:
    program = dense(n_in, n_out)
    rng = RNG(3)
    tensors = dict(program.tensors)
    tensors["back.threshold"] = np.full(n_out, 1e6, np.float32)
    tensors["matrix.weight"] = rng.integers(-127, 128, (n_in, n_out)).astype(np.int8)
    tensors["matrix.scale"] = np.full(n_out, 0.01, np.float32)
    return replace(program, tensors=tensors)


IDEAL_BSS2 = {"read_noise": 0.0, "gain_spread": 0.0, "offset_spread": 0.0}


def test_brainscales2_without_mismatch_and_noise_is_quantised_only() -> None:
    program, spikes = quiet_dense(300, 40), (RNG(1).random((6, 300)) < 0.16)
    wanted = outputs(backend("reference"), program, spikes)  # type: ignore[arg-type]
    ideal = ChipBackend(brainscales2.arithmetic(without("brainscales2", **IDEAL_BSS2)))
    off = outputs(ideal, program, spikes) - wanted
    # three blocks, half a converter step each, and 6 bit weights
    assert np.abs(off).std() < 0.05 * wanted.std()
    usual = ChipBackend(brainscales2.arithmetic())
    assert np.abs(outputs(usual, program, spikes) - wanted).std() > 2 * np.abs(off).std()


def test_brainscales2_mismatch_stays_and_noise_does_not() -> None:
    program, spikes = quiet_dense(100, 40), np.ones((1, 100))
    still = ChipBackend(brainscales2.arithmetic(without("brainscales2", read_noise=0.0)), seed=3)
    assert same_bits(outputs(still, program, spikes), outputs(still, program, spikes))
    noisy = ChipBackend(brainscales2.arithmetic(), seed=3)
    assert not same_bits(outputs(noisy, program, spikes), outputs(noisy, program, spikes))


def test_brainscales2_converter_clamps() -> None:
    program = quiet_dense(128, 4)
    tensors = {**program.tensors, "matrix.weight": np.full((128, 4), 127, np.int8)}
    strong = replace(program, tensors=tensors)
    ideal = ChipBackend(brainscales2.arithmetic(without("brainscales2", **IDEAL_BSS2)))
    whole, half = (outputs(ideal, strong, np.arange(128)[None] < n) for n in (128, 100))
    assert np.array_equal(whole, half) and (whole < 128 * 127 * 0.01).all()


def test_passes_are_counted_in_blocks() -> None:
    bss2 = chip("brainscales2")
    assert [brainscales2.passes(*s, bss2) for s in ((128, 512), (129, 512), (256, 768), (1, 1))] == [
        1,
        2,
        4,
        1,
    ]


def test_crossbar_without_spread_and_noise_is_its_converter_only() -> None:
    program, spikes = quiet_dense(300, 40), (RNG(1).random((6, 300)) < 0.16)
    wanted = outputs(backend("reference"), program, spikes)  # type: ignore[arg-type]
    ideal = ChipBackend(crossbar.arithmetic(without("crossbar", program_spread=0.0, read_noise=0.0)))
    off = outputs(ideal, program, spikes) - wanted
    usual = outputs(ChipBackend(crossbar.arithmetic()), program, spikes) - wanted
    assert off.std() < 0.05 * wanted.std() < usual.std() < 0.5 * wanted.std()


def test_crossbar_spread_grows_with_its_constant() -> None:
    program, spikes = quiet_dense(200, 40), (RNG(1).random((6, 200)) < 0.16)
    wanted = outputs(backend("reference"), program, spikes)  # type: ignore[arg-type]
    arithmetic = partial(without, "crossbar", read_noise=0.0)
    errors = [
        (
            outputs(ChipBackend(crossbar.arithmetic(arithmetic(program_spread=s))), program, spikes) - wanted
        ).std()
        for s in (0.0, 0.02, 0.1)
    ]
    assert errors[0] < errors[1] < errors[2]


@pytest.mark.parametrize("name", CHIPS)
def test_the_table_of_backends_knows_the_chips(name: str) -> None:
    assert backend(name).name == name


def test_an_unknown_backend_lists_all() -> None:
    with pytest.raises(ProgramError, match=f"reference, events, {', '.join(CHIPS)}, found 'gpu'"):
        backend("gpu")
