# ruff: noqa: E501
"""Words that may stand for each other: the same in sense (granny, grandma), or of one kind (cat, hamster).

`synonyms.txt` has a group a line: = words of one sense, ~ words of one kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "synonyms.txt"
GROUPS = 4  # groups of a word that count, its first ones
SAME_SENSE, SAME_KIND = 0.9, 0.6  # how alike two words of a group are


@dataclass(frozen=True)
class Synonyms:
    """`groups` (words, GROUPS): each word's groups, 0 for none; `alike` (groups + 1,): how alike its words are;
    `sense` (words,): the first word of its first group of one sense, or the word itself."""

    groups: np.ndarray
    alike: np.ndarray
    sense: np.ndarray

    @classmethod
    def of(cls, number: Mapping[str, int], text: str | None = None) -> Synonyms:
        """The groups of the file, or of a text in its form, over numbered words.

        >>> known = Synonyms.of({"gran": 0, "nan": 1, "cat": 2}, "= gran nan")
        >>> known.sense.tolist(), known.likeness(np.array([0, 2]), np.array([1]))[0].tolist()
        ([0, 0, 2], [0.8999999761581421])
        """
        lines = (FILE.read_text(encoding="utf-8") if text is None else text).splitlines()
        groups = np.zeros((len(number), GROUPS), np.int32)
        alike, sense = [0.0], np.arange(len(number))
        for line in lines:
            mark, *words = line.split()
            known = [number[w] for w in words if w in number]
            alike.append(SAME_SENSE if mark == "=" else SAME_KIND)
            for word in known:
                free = np.flatnonzero(groups[word] == 0)
                if len(free):
                    groups[word, free[0]] = len(alike) - 1
                if mark == "=" and sense[word] == word:
                    sense[word] = known[0]
        return cls(groups, np.array(alike, np.float32), sense)

    def likeness(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(some, others): how alike words are by their groups; 0 where they share none."""
        best = np.zeros((len(some), len(others)), np.float32)
        theirs = self.groups[others].T
        for mine in self.groups[some].T:
            if mine.any():
                weight = self.alike[mine][:, None]
                for group in theirs:
                    np.maximum(best, weight * (mine[:, None] == group), out=best)
        return best
