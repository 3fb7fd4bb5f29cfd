"""The shipped recordings, and what is said in them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUESTION = ROOT / "examples" / "question.flac"
FOLDER = Path(__file__).resolve().parent / "fixtures" / "recordings"


@dataclass(frozen=True, slots=True)
class Held:
    """A held-out recording: where it is, who speaks, its words, and its phones without stress."""

    path: Path
    speaker: str
    text: str
    phones: tuple[str, ...]


def held_out() -> list[Held]:
    """The ten held-out recordings, in the order of texts.tsv."""
    with open(FOLDER / "texts.tsv", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [Held(FOLDER / r["file"], r["speaker"], r["text"], tuple(r["phones"].split())) for r in rows]


def edits(ours: Sequence[str], truth: Sequence[str]) -> int:
    """The fewest insertions, deletions and substitutions that turn one into the other (Levenshtein, 1965).

    >>> edits("sitting", "kitten")
    3
    """
    row = list(range(len(truth) + 1))
    for i, mine in enumerate(ours, 1):
        diagonal, row[0] = row[0], i
        for j, theirs in enumerate(truth, 1):
            diagonal, row[j] = row[j], min(diagonal + (mine != theirs), row[j] + 1, row[j - 1] + 1)
    return row[-1]
