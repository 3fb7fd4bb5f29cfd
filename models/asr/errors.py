"""Error rates: how many edits lie between what was said and what was written down."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass


def edits(ours: Sequence[Hashable], truth: Sequence[Hashable]) -> int:
    """Fewest substitutions, insertions and deletions that turn one into the other.

    >>> edits("kitten", "sitting")
    3
    """
    row = list(range(len(truth) + 1))
    for place, one in enumerate(ours, 1):
        previous, row[0] = row[0], place
        for other, target in enumerate(truth, 1):
            change = previous + (one != target)
            previous = row[other]
            row[other] = min(change, row[other] + 1, row[other - 1] + 1)
    return row[-1]


@dataclass
class ErrorRate:
    """Edits over all sentences by all words (or phones) said in them."""

    wrong: int = 0
    said: int = 0

    def add(self, ours: Sequence[Hashable], truth: Sequence[Hashable]) -> None:
        """Count one sentence."""
        self.wrong += edits(ours, truth)
        self.said += len(truth)

    @property
    def rate(self) -> float:
        """As a fraction."""
        return self.wrong / max(1, self.said)
