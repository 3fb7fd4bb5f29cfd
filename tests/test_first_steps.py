"""The first-steps notebook runs from top to bottom, and says what its text says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import matplotlib
import pytest

NOTEBOOK = Path(__file__).parents[1] / "examples" / "first_steps.ipynb"


def cells(kind: str) -> list[str]:
    notebook = json.loads(NOTEBOOK.read_text())
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_every_cell_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(NOTEBOOK.parent)
    matplotlib.use("Agg")
    names: dict[str, Any] = {}

    for number, cell in enumerate(cells("code")):
        exec(compile(cell, f"cell {number}", "exec"), names)

    assert names["right"] > 0.95
    assert "weights met by a spike" in capsys.readouterr().out


def test_the_files_it_points_to_exist() -> None:
    text = "\n".join(cells("markdown"))
    root = NOTEBOOK.parents[1]

    named = [word.strip("`.,;()") for word in text.split() if word.strip("`.,;()").startswith("docs/")]

    assert named
    for name in named:
        assert os.path.exists(root / name), f"{name} is named in the notebook, but does not exist"
