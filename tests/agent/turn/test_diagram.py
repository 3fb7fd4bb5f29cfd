"""docs/turns.md shows the table as it is."""

from __future__ import annotations

from agent.turn.diagram import cells, mermaid
from tests.recordings import ROOT


def test_the_page_is_printed_from_the_table() -> None:
    page = (ROOT / "docs" / "turns.md").read_text()
    assert mermaid() in page, "print it again: python -m agent.turn.diagram"
    assert cells() in page, "print it again: python -m agent.turn.diagram"
