"""Where the shipped recordings are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUESTION = ROOT / "examples" / "question.flac"
RECORDINGS = ROOT / "tests" / "fixtures" / "recordings"
