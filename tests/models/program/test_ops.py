"""Every op against numbers worked out by hand or by the plain formula in double precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.program import ops
from models.program.ops import Array


def f32(numbers: object) -> Array:
    return np.array(numbers, np.float32)


def row(*numbers: float) -> Array:
    return np.array([numbers], np.float32)


def spikes(*numbers: int) -> Array:
    return np.array([numbers], np.int32)


def test_exponential_is_right_within_two_units() -> None:
    x = np.linspace(-87, 88, 200_001).astype(np.float32)
    right = np.exp(x.astype(np.float64))
    assert (np.abs(ops.exp32(x) - right) <= 2 * np.spacing(right.astype(np.float32))).all()


def test_exponential_is_clamped_and_never_lost() -> None:
    ends = ops.exp32(np.array([-1e30, -np.inf, np.nan, 1e30, np.inf, 0], np.float32))
    assert np.array_equal(ends[:3], np.repeat(ops.exp32(f32([-87])), 3))
    assert np.array_equal(ends[3:5], np.repeat(ops.exp32(f32([88])), 2))
    assert ends[5] == 1
    assert np.isfinite(ends).all()


def test_sigmoid() -> None:
    x = row(-200, -3, 0, 3, 200)
    assert np.allclose(ops.sigmoid(x), 1 / (1 + np.exp(-x.astype(np.float64))), atol=1e-7)


def test_embedding_scales_the_row_of_the_token() -> None:
    p = {"weight": np.array([[1, 2], [-3, 4]], np.int8), "scale": f32([0.5, 2])}
    y, _ = ops.embedding(p, {}, np.array([[1], [0]], np.int32))
    assert y.tolist() == [[-1.5, 8.0], [0.5, 4.0]]


def test_synapses_add_rows_times_spikes() -> None:
    weight = np.array([[1, -2], [3, 4], [-128, 127]], np.int8)
    p = {"weight": weight, "scale": f32([0.5, 1]), "bias": f32([0, 10])}
    y, _ = ops.synapses(p, {}, spikes(2, 0, -1))
    assert y.tolist() == [[(2 + 128) / 2, -4 - 127 + 10]]


def test_convolution_sees_the_past_and_now() -> None:
    p = {"weight": np.array([[1], [10], [100]], np.int8), "scale": f32([1]), "bias": f32([0])}
    past, seen = np.zeros((1, 2), np.int32), []
    for s in (1, 2, 0, 3):
        y, after = ops.conv(p, {"past": past}, spikes(s))
        past = after["past"]
        seen.append(float(y[0, 0]))
    assert seen == [100, 210, 21, 302]


LIF = {"leak": f32([0.5]), "threshold": f32([2])}


@pytest.mark.parametrize(
    ("attributes", "current", "fired", "left"),
    [
        ({"levels": 4, "signed": 0, "reset": "soft"}, 5.0, 2, 1.0),
        ({"levels": 4, "signed": 0, "reset": "hard"}, 5.0, 2, 0.0),
        ({"levels": 1, "signed": 0, "reset": "soft"}, 5.0, 1, 3.0),
        ({"levels": 4, "signed": 0, "reset": "soft"}, 100.0, 4, 92.0),
        ({"levels": 4, "signed": 0, "reset": "soft"}, 1.9, 0, 1.9),
        ({"levels": 4, "signed": 0, "reset": "hard"}, 1.9, 0, 1.9),
        ({"levels": 4, "signed": 0, "reset": "soft"}, 2.0, 1, 0.0),
        ({"levels": 4, "signed": 0, "reset": "soft"}, -9.0, 0, -9.0),
        ({"levels": 4, "signed": 1, "reset": "soft"}, -5.0, -2, -1.0),
        ({"levels": 1, "signed": 1, "reset": "soft"}, -5.0, -1, -3.0),
        ({"levels": 4, "signed": 1, "reset": "hard"}, -5.0, -2, 0.0),
        ({"levels": 4, "signed": 1, "reset": "soft"}, -1.9, 0, -1.9),
    ],
)
def test_neuron_fires_and_resets(
    attributes: dict[str, object], current: float, fired: int, left: float
) -> None:
    s, after = ops.lif({**LIF, **attributes}, {"v": row(0)}, row(current))
    assert s.dtype == np.int32
    assert s.tolist() == [[fired]]
    assert after["v"] == pytest.approx(left)


def test_neuron_leaks() -> None:
    p = {**LIF, "levels": 1, "signed": 0, "reset": "soft"}
    _, after = ops.lif(p, {"v": row(1.5)}, row(0.25))
    assert after["v"].tolist() == [[1.0]]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-5, 5)), min_size=1, max_size=30))
def test_recurrence_is_the_decaying_weighted_mean(history: list[tuple[float, float]]) -> None:
    w, u = -0.3, 0.7
    p = {"decay": f32([w]), "bonus": f32([u])}
    state = {"num": row(0), "den": row(0), "p": row(-1e30)}
    for t, (key, value) in enumerate(history):
        y, state = ops.wkv(p, state, row(key), row(value))
        exponents = [w * (t - 1 - i) + k for i, (k, _) in enumerate(history[:t])] + [u + key]
        weights = [math.exp(e - max(exponents)) for e in exponents]
        values = [v for _, v in history[: t + 1]]
        right = sum(a * v for a, v in zip(weights, values, strict=True)) / sum(weights)
        assert y[0, 0] == pytest.approx(right, abs=2e-4)


def test_token_shift_mixes_with_the_last_step() -> None:
    p = {"mix": f32([0.25])}
    y, after = ops.token_shift(p, {"previous": row(4)}, row(8))
    assert y.tolist() == [[5.0]]
    assert after["previous"].tolist() == [[8.0]]


def test_window_puts_the_oldest_first() -> None:
    past, seen = np.zeros((1, 4), np.int32), []
    for x in (spikes(1, 2), spikes(3, 4), spikes(5, 6), spikes(7, 8)):
        y, after = ops.window({"steps": 3}, {"past": past}, x)
        past = after["past"]
        seen.append(y[0].tolist())
    assert seen[0] == [0, 0, 0, 0, 1, 2]
    assert seen[3] == [3, 4, 5, 6, 7, 8]


def test_norm_is_root_mean_square() -> None:
    x = f32(np.random.default_rng(0).standard_normal((3, 64))) * f32([[0.1], [1], [100]])
    p = {"gain": np.full(64, 2, np.float32), "offset": np.full(64, 1, np.float32)}
    wide = x.astype(np.float64)
    right = wide / np.sqrt((wide**2).mean(axis=1, keepdims=True) + 1e-5) * 2 + 1
    assert np.allclose(ops.norm(p, {}, x)[0], right, rtol=2e-3, atol=2e-3)


def test_norm_does_not_depend_on_order() -> None:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((1, 500)) * 10.0 ** rng.integers(-3, 4, 500)).astype(np.float32)
    p = {"gain": np.ones(500, np.float32), "offset": np.zeros(500, np.float32)}
    order = rng.permutation(500)
    assert np.array_equal(ops.norm(p, {}, x)[0][:, order], ops.norm(p, {}, x[:, order])[0])


def test_affine_gate_and_add() -> None:
    assert ops.affine({"gain": f32([3]), "offset": f32([1])}, {}, row(2))[0].tolist() == [[7.0]]
    assert ops.gate({}, {}, row(0), row(3))[0].tolist() == [[1.5]]
    assert ops.add({}, {}, row(2), row(3))[0].tolist() == [[5.0]]


@pytest.mark.parametrize("name", list(ops.OPS))
def test_results_are_float32_or_int32(name: str) -> None:
    """A stray double would be rounded twice, and other backends could not follow."""
    n, op = 6, ops.OPS[name]
    if name == "input":
        return
    kinds = {"real": np.ones((1, n), np.float32), "spikes": np.ones((1, n), np.int32), "token": spikes(0)}
    dims = {"n": n, "n_in": n, "n_out": n, "taps": 3, "vocab": 4}
    p: dict[str, object] = {a: r.choices[0] if r.choices else 2 for a, r in op.attributes.items()}
    for role, wanted in op.tensors.items():
        p[role] = np.ones([dims[d] for d in wanted.shape], wanted.dtype)
    kind = {"spikes": np.int32}
    state = {
        part: np.ones((1, 2 * n if "*" in a.width else n), kind.get(a.kind, np.float32))
        for part, a in op.state.items()
    }
    y, after = op.step(p, state, *(kinds[names[0]] for names, _ in op.inputs))
    assert y.dtype in (np.float32, np.int32)
    assert all(array.dtype in (np.float32, np.int32) for array in after.values())
