"""The predictions are computed, reach what they must, and hang on the constants that they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.chips import sensitivity, validation, workloads
from models.chips.chip import Chip, chip
from models.chips.cost import Range, stage_cost
from models.chips.report import document


@pytest.fixture(scope="module")
def rows() -> list[validation.Row]:
    return validation.rows()


def test_five_workloads_three_within_one_and_a_half_all_within_three(rows: list[validation.Row]) -> None:
    assert len({(r.workload, r.chip) for r in rows}) == 5
    assert validation.within(rows, 1.5) >= 3
    assert validation.within(rows, 3.0) == 5


def test_measured_figures_are_the_published_ones(rows: list[validation.Row]) -> None:
    assert [r.measured for r in rows] == [1.66, 26.4, 16.65, 1.094, 152.8, 7.1, 1.0, 405.0, 24.1]


def test_predictions_lie_in_their_range_and_have_one(rows: list[validation.Row]) -> None:
    for r in rows:
        assert r.predicted.low <= r.predicted.value <= r.predicted.high
        assert r.predicted.low < r.predicted.high


PUBLICATIONS = {
    "Keyword network, per added branch": ("Blouw", "1812.01739"),
    "LSNN, sequential MNIST": ("Rao", "2107.03992"),
    "PilotNet LIF": ("PilotNet", "lava-dl"),
    "Keyword network": ("Yan", "2009.08921"),
    "MatMul-free language model, 370 M": ("Abreu", "2503.18002"),
}


def test_no_constant_that_moves_a_prediction_comes_from_the_publication_that_it_predicts() -> None:
    cited = 0
    for workload in validation.WORKLOADS:
        for index, row in enumerate(workload(chip)):
            assert any(tag in row.source for tag in PUBLICATIONS[row.workload]), "the tags are the source's"
            of = chip(row.chip)
            for constant in of:
                if not any(tag in constant.source for tag in PUBLICATIONS[row.workload]):
                    continue
                cited += 1
                for end in ("low", "high"):
                    moved = of.with_constant(constant.name, end)
                    found = workload(lambda name, one=moved: one)[index]  # type: ignore[misc]
                    assert found.predicted.value == row.predicted.value, f"{row.workload}: {constant.name}"
    assert cited, "some constants share a publication with a row that they do not move"


def row(predicted: float, measured: float, workload: str = "a") -> validation.Row:
    figure = Range(predicted, predicted, predicted)
    return validation.Row(workload, "loihi2", "time", "s", figure, measured, "", "", "")


def test_a_workload_counts_by_its_worst_figure_and_in_both_directions() -> None:
    assert row(1, 2).factor == row(2, 1).factor == 2
    assert validation.within([row(1, 1), row(1, 2)], 1.5) == 0
    assert validation.within([row(1, 1), row(1, 2, "b")], 1.5) == 1
    assert validation.within([row(1, 2), row(2, 1, "b")], 2.0) == 2


def test_pilotnet_has_the_published_sizes() -> None:
    assert sum(layer.neurons for layer in workloads.PILOTNET) == 158_509
    assert sum(layer.cores for layer in workloads.PILOTNET) == 74
    dense = sum(layer.synapses for layer in workloads.PILOTNET)
    assert dense == pytest.approx(14.55e6, rel=0.001)


def test_keyword_branch_has_the_published_synapses() -> None:
    full = workloads.blouw_branch(1.0)
    assert full.total("synops") == 720_896
    assert full.total("neurons") == 2_560
    assert 0.0 < workloads.blouw_rate() < 0.1


def test_language_model_does_all_its_weights_once_per_token() -> None:
    block, last = workloads.language_model_token()
    matrices = [s for s in [*block * workloads.LLM_BLOCKS, *last] if s.total("synops") > 1e5]
    done = sum(stage.total("synops") for stage in matrices)
    assert done == pytest.approx(308.3e6 + 32.8e6, rel=0.02)


def test_silent_pilotnet_costs_its_neurons_only() -> None:
    silent = [
        workloads.ConvLayer(x.name, x.neurons, x.synapses, x.cores, 0.0, x.fan) for x in workloads.PILOTNET
    ]
    parts = stage_cost(chip("loihi2"), workloads.pilotnet(silent)).parts
    assert parts["weights"] == parts["spikes"] == parts["messages"] == 0.0
    assert parts["neurons"] == pytest.approx(158_509 * 31.9e-12)


def frame_energy(moved: Chip) -> float:
    return stage_cost(moved, workloads.pilotnet()).dynamic.value


def test_sweep_ranks_the_constants_of_a_figure() -> None:
    swings = sensitivity.sweep(chip("loihi2"), frame_energy)
    assert swings[0].constant.name == "synop_energy"
    assert swings[0].low < swings[0].value < swings[0].high
    assert [s.width for s in swings] == sorted((s.width for s in swings), reverse=True)
    assumed = sensitivity.sweep(chip("loihi2"), frame_energy, marks=["measured"])
    assert {s.constant.mark for s in assumed} == {"measured"}


def test_table_leaves_out_what_does_not_matter() -> None:
    swings = sensitivity.sweep(chip("loihi2"), frame_energy)
    text = sensitivity.table(swings, "mJ")
    assert "synop_energy" in text and "chip_static_power" not in text


def test_document_and_json_hold_every_row(rows: list[validation.Row]) -> None:
    text, plain = document(), validation.as_json(rows)
    assert all(r.workload in text and r.why in text and r.rests_on in text for r in rows)
    assert isinstance(plain["rows"], list) and len(plain["rows"]) == len(rows)
    assert plain["within_1_5x"] == validation.within(rows, 1.5)


def test_docs_are_what_the_command_prints() -> None:
    assert (Path(__file__).parents[3] / "docs" / "validation.md").read_text(encoding="utf-8") == document()
