"""The fixed-point arithmetic against Lava's own runs, against a hand-worked example, and at its edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.chips import fixedpoint
from models.chips.fixedpoint import STATE_LIMIT, Layer, LifParameters, lif_step, truncate_weights

GOLDEN = Path(__file__).parents[2] / "fixtures" / "chips" / "lava_lif.npz"


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as runs:
        return {name: runs[name] for name in runs.files}


def layer(golden: dict[str, np.ndarray], run: int) -> Layer:
    parameters = LifParameters(*(int(golden[k][run]) for k in ("du", "dv", "vth", "bias_mant", "bias_exp")))
    return Layer(golden["weights"][run], parameters, int(golden["weight_exp"][run]), mode="mixed")


@pytest.mark.parametrize("run", range(150))
def test_equals_lava_bit_for_bit(golden: dict[str, np.ndarray], run: int) -> None:
    spikes, u, v = layer(golden, run).run(golden["spikes_in"][run])
    np.testing.assert_array_equal(spikes, golden["spikes_out"][run])
    np.testing.assert_array_equal(u, golden["u_final"][run])
    np.testing.assert_array_equal(v, golden["v_final"][run])


def test_golden_runs_exercise_the_neuron(golden: dict[str, np.ndarray]) -> None:
    rates = golden["spikes_out"].mean(axis=(1, 2))
    assert len(rates) == 150 and 0 < rates.mean() < 1
    assert (golden["u_final"] < 0).any()
    assert (golden["weight_exp"] < 0).any() and (golden["bias_exp"] > 0).any()


def test_hand_worked_example() -> None:
    """Six steps of one neuron, worked by hand from the equations."""
    neuron = LifParameters(du=409, dv=128, vth=100, bias_mant=10, bias_exp=3)
    train = np.array([[1, 0, 1, 0, 0, 0], [1, 0, 1, 1, 0, 0], [0, 0, 1, 0, 0, 0]])
    spikes, u, v = Layer(np.array([[101, -37, 8]]), neuron).run(train)
    assert spikes.tolist() == [[0, 0, 1, 1, 0, 1]]
    assert u.tolist() == [4040] and v.tolist() == [0]


def test_negative_exponent_floors_the_sum() -> None:
    assert fixedpoint.synaptic_current([0, 1, 0], [[100, -38, 8]], -2).tolist() == [-10]


def test_graded_payload_is_an_integer_product() -> None:
    assert fixedpoint.synaptic_current([3, -2], [[10, 4]]).tolist() == [22]


def test_one_sign_modes_keep_the_low_bit() -> None:
    assert truncate_weights([255, 101, 0]).tolist() == [255, 101, 0]
    assert truncate_weights([-255, -37, 0], bits=6).tolist() == [-252, -36, 0]
    assert truncate_weights([300, -300]).tolist() == [254, -256]


def test_current_wraps_and_membrane_saturates() -> None:
    neuron = LifParameters(du=0, dv=0, vth=(1 << 17) - 1)
    full = np.array([STATE_LIMIT - 1])
    _, u, _ = lif_step(np.array([1 << 14]), full, np.array([0]), neuron)
    assert u[0] < 0
    assert u[0] == (8388607 * 4095 >> 12) + (1 << 20) - (1 << 24)
    assert fixedpoint.saturated(np.array([1 << 24, -(1 << 24)])).tolist() == [8388607, -8388607]


@pytest.mark.parametrize(("field", "value"), [("du", 4096), ("dv", -1), ("vth", 1 << 17)])
def test_register_overflow_names_the_register(field: str, value: int) -> None:
    registers = {"du": 0, "dv": 0, "vth": 1} | {field: value}
    with pytest.raises(ValueError, match=field):
        LifParameters(**registers)


def test_unknown_mode_and_width_are_refused() -> None:
    with pytest.raises(ValueError, match="sideways"):
        truncate_weights([1], mode="sideways")
    with pytest.raises(ValueError, match="1 to 8 bits"):
        truncate_weights([1], bits=9)
