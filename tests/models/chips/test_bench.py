"""Estimates on every kind of chip by hand, and the report that `spiketalk bench` prints."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.backends.backend import BACKENDS, CHIPS
from models.chips.bench import Figures, Stage, measure, report, table, whole_turn
from models.chips.chip import chip
from models.chips.cost import Range
from models.chips.estimate import dense_equivalent, digital_values, estimator, matrices
from models.chips.placement import PlacementError
from models.chips.populations import Activity
from tests.models.backends.programs import every_op, random_inputs
from tests.models.chips.test_placement import dense


def stage(name: str = "ears", steps: int = 4) -> Stage:
    program = every_op()
    rng = np.random.default_rng(0)
    inputs = [random_inputs(program, 1, rng) for _ in range(steps)]
    return Stage(name, program, inputs, budget_ms=20.0)


def test_dense_equivalent_is_all_weights() -> None:
    assert dense_equivalent(dense(100, 16)) == 1600
    assert matrices(dense(100, 16)) == [(100, 16)]
    assert digital_values(dense(100, 16)) == 116


def test_brainscales2_by_hand() -> None:
    program, bss2 = dense(300, 600), chip("brainscales2")
    on = estimator(program, bss2)
    # 3 blocks of rows × 2 of columns; each pass is preceded by a reload; 900 neurons are digital
    assert on.fit.units == 6 and on.fit.chips == 1
    cost = on.cost(Activity.of(program))
    assert cost.time.value == pytest.approx(6 * (4.3e-6 + 324e-6) + 900e-9)
    assert cost.energy.value == pytest.approx(cost.time.value * 0.373)
    small = estimator(dense(100, 16), bss2).cost(Activity.of(dense(100, 16)))
    assert small.time.value == pytest.approx(4.3e-6 + 116e-9)


def test_crossbar_by_hand() -> None:
    program, bar = dense(300, 600), chip("crossbar")
    on = estimator(program, bar)
    assert on.fit.units == 2 * 3 and on.fit.chips == 1
    cost = on.cost(Activity.of(program))
    assert cost.time.value == pytest.approx(263e-9 + 900e-9)
    assert cost.dynamic.value == pytest.approx(180_000 * 0.4e-12 + 900 * 10e-12)
    assert cost.static.value == pytest.approx(cost.time.value * 65e-3)


def test_crossbar_refuses_with_figures() -> None:
    with pytest.raises(
        PlacementError, match=r"needs 80 tiles of crossbar, 1 chips have 64: 16 too many; 2 chips"
    ):
        estimator(dense(2048, 2560), chip("crossbar"), chips=1)
    assert estimator(dense(2048, 2560), chip("crossbar")).fit.chips == 2


@pytest.mark.parametrize("name", ["loihi1", "loihi2", "spinnaker2"])
def test_more_activity_costs_more(name: str) -> None:
    program = dense(200, 200)
    on = estimator(program, chip(name))
    quiet, busy = (on.cost(Activity.of(program, rate=rate)) for rate in (0.05, 0.5))
    assert quiet.dynamic.value < busy.dynamic.value and quiet.time.value <= busy.time.value


@pytest.mark.parametrize("name", BACKENDS)
def test_figures_on_every_backend(name: str) -> None:
    found = measure(stage(), name)
    assert len(found.steps_ms) == 4 and min(found.steps_ms) > 0
    assert found.percentile(50) <= found.percentile(95) <= found.percentile(99)
    assert 0 < found.energy.low <= found.energy.value <= found.energy.high
    assert found.real_time.high >= found.energy.high and 0 < found.rate < 1 and found.synops > 0


def test_reference_and_events_count_the_same() -> None:
    plain, quick = (measure(stage(), name) for name in ("reference", "events"))
    assert (plain.synops, plain.rate, plain.dense) == (quick.synops, quick.rate, quick.dense)


def test_report_has_the_keys_and_is_json() -> None:
    made = report([stage(), stage("mouth")], ["events", "loihi2"], {"ears": 2, "mouth": 1})
    plain = json.loads(json.dumps(made))
    for name in ("events", "loihi2"):
        for part in ("ears", "mouth"):
            assert {"p50", "p95", "p99", "budget", "energy_j", "synops"} <= plain[name][part].keys()
            assert {"low", "high"} <= plain[name][part]["energy_j"].keys()
        ears, mouth = plain[name]["ears"]["p95"], plain[name]["mouth"]["p95"]
        assert plain[name]["whole_turn_ms"]["p95"] == pytest.approx(2 * ears + mouth)
    assert "loihi2" in table(made) and "whole turn" in table(made)
    assert len({line.count("|") for line in table(made).splitlines()}) == 1, "every line has all columns"


def test_a_stage_that_does_not_fit_says_why_and_leaves_the_turn_out() -> None:
    program = dense(5000, 4)
    large = Stage("mind", program, [{"x": np.zeros((1, 5000), np.float32)}], 10.0)
    made = report([large], ["loihi2", "crossbar"], {"mind": 1})
    assert "5000 inputs; a core of loihi2 takes 4096: 904 too many" in made["loihi2"]["mind"]["error"]
    assert "whole_turn_ms" not in made["loihi2"] and "whole_turn_ms" in made["crossbar"]
    assert "904 too many" in table(made)


def test_over_budget_is_the_95th_percentile() -> None:
    times = (*(1.0,) * 90, *(50.0,) * 10)
    figures = Figures("ears", "x", times, 20.0, Range(), Range(), 0, 0, 0, 0, "", 1, Range())
    assert figures.over_budget and figures.percentile(50) == 1.0
    assert whole_turn([figures], {"ears": 3})["p50"] == 3.0


def test_starts_give_a_fresh_state() -> None:
    program = every_op()
    inputs = [random_inputs(program, 1, np.random.default_rng(0))] * 2
    fresh = Stage("ears", program, inputs, 1.0, frozenset({0, 1}))
    first, second = measure(fresh, "loihi2").steps_ms
    assert first == second


def test_all_chips_are_in_the_table_of_backends() -> None:
    assert set(CHIPS) <= set(BACKENDS)
