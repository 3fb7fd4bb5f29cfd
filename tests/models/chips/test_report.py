"""An exchange on tape, what the networks still do, the report as a page, and what got worse."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from models.chips import bench, shipped
from models.chips.compare import CompareError, figures, worse
from models.chips.exchange import SHIPPED, Exchange, exchange, longest, stages
from models.chips.html import document, plot

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "recordings"
RECORDING = min(RECORDINGS.glob("*.opus"))
ALL_SHIPPED = all((SHIPPED / f"{name}.safetensors").exists() for name in ("ears", "mind", "mouth"))
BUDGETS = {"ears": 40.0, "mind": 60.0, "mouth lengths": 5.0, "mouth melody": 5.0, "mouth": 10.0}

pytestmark = pytest.mark.skipif(not ALL_SHIPPED, reason="not all networks are shipped yet")


@pytest.fixture(scope="module")
def found() -> Exchange:
    return exchange(RECORDING)


@pytest.fixture(scope="module")
def report(found: Exchange) -> dict[str, Any]:
    laid = stages([found, found], BUDGETS, most=5)
    made = bench.report(laid, ("events", "loihi2"), longest([found]))
    return {"backends": made, "turn_steps": dict(found.turn), "heard": "a < b", "said": "c"}


def test_every_network_is_fed_what_it_takes(found: Exchange) -> None:
    assert found.heard and found.said
    assert list(found.programs) == list(BUDGETS)
    for name, program in found.programs.items():
        assert all(set(step) == set(program.inputs) for step in found.inputs[name])
    assert found.turn["ears"] < len(found.inputs["ears"])
    assert all(steps > 0 for steps in found.turn.values())


def test_recordings_follow_one_another_from_fresh_states(found: Exchange) -> None:
    laid = stages([found, found], BUDGETS, most=5)
    assert [stage.budget_ms for stage in laid] == list(BUDGETS.values())
    for stage in laid:
        half = len(stage.steps) // 2
        assert stage.starts == {0, half} and half <= 5
    ears = bench.measure(laid[0], "loihi2").steps_ms
    assert ears[: len(ears) // 2] == ears[len(ears) // 2 :]


def test_a_folder_without_networks_gives_no_programs(tmp_path: Path) -> None:
    assert exchange(RECORDING, tmp_path).programs == {}


def test_noise_is_an_exchange_too(tmp_path: Path) -> None:
    path = tmp_path / "noise.wav"
    soundfile.write(path, 0.05 * np.random.default_rng(0).standard_normal(12_000), 16_000)
    found = exchange(path)
    assert found.inputs["ears"] and found.inputs["mouth"]


def test_page_is_whole_and_needs_no_network(report: dict[str, Any]) -> None:
    page = document(report)

    class Checker(HTMLParser):
        """Every element that is opened is closed in order."""

        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert not re.search(r"https?://|src=|href=|<script", page)
    assert "a &lt; b" in page and "loihi2" in page and page.count("<svg") == 5


def test_bars_are_as_long_as_their_values() -> None:
    drawn = plot([("a", 1.0, 1.0, 1.0, "#000"), ("b", 2.0, 2.0, 2.0, "#000")], "ms")
    one, two = (float(w) for w in re.findall(r'width="([\d.]+)"', drawn))
    assert two == pytest.approx(2 * one, abs=0.2)


def test_what_got_worse_is_told_and_nothing_else(report: dict[str, Any]) -> None:
    slower = copy.deepcopy(report)
    slower["backends"]["loihi2"]["ears"]["p95"] *= 1.5
    slower["backends"]["events"]["mind"]["energy_j"]["value"] *= 0.5
    (line,) = worse(report, slower)
    assert line.startswith("loihi2, ears, p95 ms:") and line.endswith("(+50 %)")
    assert worse(report, report) == []


@pytest.mark.parametrize("other", [{}, {"backends": []}, {"backends": {"events": {"ears": {"p95": 1}}}}, []])
def test_another_file_is_no_report(other: Any) -> None:
    with pytest.raises(CompareError, match="expected what `spiketalk bench --json` prints"):
        list(figures(other))


def test_events_keep_what_the_reference_does() -> None:
    kept = shipped.accuracy(["events"], shipped.recordings(RECORDINGS, 1))
    assert kept["events"] == kept["reference"]
    assert set(kept["events"]) == {
        "phone_error_rate", "word_error_rate", "bits_per_character", "voice_distortion_db",
    }  # fmt: skip
    assert all(share == 0 for share in shipped.lost(kept, "events").values())
