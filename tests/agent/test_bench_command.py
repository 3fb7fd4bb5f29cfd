"""`spiketalk bench`: what it prints, its exit codes, and what it says when it is asked wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.budgets import markdown
from agent.cli import main
from agent.commands.bench import broken, step_budgets
from models.chips.exchange import SHIPPED

QUESTION = min((Path(__file__).parents[1] / "fixtures" / "recordings").glob("*.opus"))
SHORT = ["bench", "--recording", str(QUESTION), "--steps", "3", "--no-accuracy"]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    return int(exit_.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--backend", "abacus"], "expected some of reference, events, loihi2, spinnaker2"),
        (["--recording", "nowhere.wav"], "nowhere.wav: no such recording"),
        (["--recording", __file__], "not recognised"),
        (["--compare", __file__], "--compare"),
        (["--steps", "1"], "--steps"),
        (["abacus"], "abacus"),
    ],
)
def test_usage_errors_are_two(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bench", "--no-accuracy", *arguments) == 2
    error = capsys.readouterr().err
    assert said in error and len(error.splitlines()) == 1


@pytest.mark.skipif(not (SHIPPED / "ears.safetensors").exists(), reason="no ears are shipped yet")
def test_json_has_the_keys_and_can_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(*SHORT, "--backend", "events, loihi2", "--json", "--html", str(tmp_path / "report.html"))
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == (1 if report["broken"] else 0)
    for name in ("events", "loihi2"):
        stages = report["backends"][name]
        assert {"p50", "p95", "p99", "budget"} <= stages["whole_turn_ms"].keys()
        for stage in ("ears", "mind", "mouth lengths", "mouth"):
            assert {"p50", "p95", "p99", "budget", "energy_j", "synops"} <= stages[stage].keys()
    for work in ("front end", "barge-in, duck"):
        assert 0 < report["path"][work]["p50"] <= report["path"][work]["p95"]
    assert report["budgets"].keys() >= {"capture", "playout", "end of turn", *report["path"]}
    assert all(0 < b["middle_ms"] < b["limit_ms"] and b["why"] for b in report["budgets"].values())
    assert report["validation"]["rows"] and report["validation"]["within_1_5x"] >= 3
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")

    report["backends"]["loihi2"]["ears"]["p95"] /= 2
    old = tmp_path / "old.json"
    old.write_text(json.dumps(report), encoding="utf-8")
    run(*SHORT, "--backend", "loihi2", "--compare", str(old))
    out = capsys.readouterr().out
    assert "loihi2, ears, p95 ms" in out and "(+100 %)" in out


def test_a_broken_budget_is_named() -> None:
    made = {
        "spinnaker2": {
            "ears": {"p95": 116.0, "budget": 40.0},
            "mind": {"error": "does not fit"},
            "whole_turn_ms": {"p95": 149.0, "budget": 150.0},
        }
    }
    assert broken(made) == ["spinnaker2, ears: 116 of 40 ms"]


def test_steps_share_the_time_of_their_piece_of_work() -> None:
    budgets = step_budgets({"ears": 12, "mind": 10, "mouth lengths": 15, "mouth": 1})
    assert budgets == {"ears": 40.0, "mind": 6.0, "mouth lengths": 2.0, "mouth melody": 2.0, "mouth": 10.0}


def test_the_docs_show_the_budgets_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "turns.md").read_text(encoding="utf-8")
    assert markdown() in page, "docs/turns.md: put in what `python -m agent.budgets` prints"
