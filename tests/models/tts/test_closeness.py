"""Distances between frames: nothing from a thing to itself, known amounts from known changes."""

import numpy as np
import pytest

from models.tts.analysis import analyse
from models.tts.closeness import MCD, distances, stretched, variance_ratio
from models.tts.spectrum import Floats
from models.tts.synthesiser import synthesise


def frames(n: int = 60) -> Floats:
    rng = np.random.default_rng(4)
    values = rng.standard_normal((n, 55)).astype(np.float32)
    values[:, 0] = np.log(160.0) + 0.1 * np.sin(np.arange(n) / 7.0)
    values[:, 1] = np.arange(n) % 3 > 0
    return values


def test_the_same_frames_are_no_distance_apart() -> None:
    x, speaking = frames(), np.ones(60, bool)
    found = distances([(x, x, speaking)])
    assert found["mcd_db"] == found["f0_rmse_hz"] == found["voicing_error"] == 0.0
    assert found["f0_corr"] == pytest.approx(1.0)
    assert variance_ratio([(x, x, speaking)]) == pytest.approx(1.0)


def test_known_changes_give_known_distances() -> None:
    x, speaking = frames(), np.arange(60) < 30
    y = x.copy()
    y[:, 7] += 2.0
    y[40:, 8] += 100.0  # in silence, where nothing is compared
    y[:, 0] += np.log(1.1)
    y[:6, 1] = 1.0 - y[:6, 1]
    found = distances([(y, x, speaking)])
    assert found["mcd_db"] == pytest.approx(2.0 * MCD)
    assert found["f0_rmse_hz"] == pytest.approx(16.0, abs=1.0)
    assert found["voicing_error"] == pytest.approx(0.1)
    half = x.copy()
    half[:, 5:] *= 0.5
    assert variance_ratio([(half, x, speaking)]) == pytest.approx(0.25)


def test_stretching_keeps_phones_in_step() -> None:
    at = stretched(np.array([2, 3]), np.array([4, 3]))
    assert at.tolist() == [0, 0, 1, 1, 2, 3, 4]


def test_analysis_finds_what_the_synthesiser_was_given() -> None:
    pytest.importorskip("pyworld")
    values = np.zeros((120, 55), np.float32)
    values[:, 0], values[:, 1], values[:, 2:5] = np.log(200.0), 1.0, -30.0
    values[:, 5], values[:, 6] = -60.0, 4.0
    found = analyse(synthesise(values))
    inner = slice(20, 100)
    assert (found.voiced[inner] == 1.0).all()
    assert np.abs(np.exp(found.log_f0[inner]) / 200.0 - 1.0).max() < 0.01
    assert abs(found.cepstra[inner, 0].mean() + 60.0) < 4.0
    assert abs(found.cepstra[inner, 1].mean() - 4.0) < 1.5
