"""What a long bench has done is kept, and made again only where it was made otherwise."""

from __future__ import annotations

import io
from pathlib import Path

from agent.progress import Kept, each


def test_a_part_is_made_once_and_again_with_other_parameters(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    made = []

    def make() -> list[int]:
        made.append(1)
        return [len(made)]

    assert Kept(path).part("echo", {"minutes": 1, "path": None}, make) == [1]
    assert Kept(path).part("echo", {"minutes": 1, "path": None}, make) == [1], "from the file"
    assert Kept(path).part("echo", {"minutes": 2, "path": None}, make) == [2]
    assert Kept(path).part("live", {}, make) == [3]
    assert Kept(path).part("echo", {"minutes": 2, "path": None}, make) == [2]
    assert Kept(None).part("echo", {"minutes": 2, "path": None}, make) == [4]


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text('{"echo": {')
    assert Kept(path).part("echo", {}, lambda: 1) == 1
    assert Kept(path).part("echo", {}, lambda: 2) == 1


def test_progress_is_told_by_tenths_to_a_file() -> None:
    out = io.StringIO()
    assert list(each("pauses", range(40), 40, out)) == list(range(40))
    assert len(out.getvalue().splitlines()) == 10
    assert out.getvalue().endswith("pauses: 40 of 40\n")
