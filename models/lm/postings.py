# ruff: noqa: E501
"""Which lines hold which codes (words, pairs of words, runs of phones), and how near each line is to a set of codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Postings:
    """`owner` lines in the order of their codes, `starts` (codes + 1,) where each code's begin.

    `rarity` (codes,) is ln((lines + 1) / (holders + ½)), `norms` (lines,) the length of each line's rarities.
    """

    owner: np.ndarray
    starts: np.ndarray
    rarity: np.ndarray
    norms: np.ndarray

    @classmethod
    def of(cls, owner: np.ndarray, codes: np.ndarray, lines: int, kinds: int) -> Postings:
        """Postings of code after code, each with the line that it stands in; repeats within a line count once."""
        both = np.unique(codes.astype(np.int64) * lines + owner)
        codes, owner = both // lines, (both % lines).astype(np.int32)
        starts = np.searchsorted(codes, np.arange(kinds + 1))
        rarity = np.log((lines + 1) / (np.diff(starts) + 0.5)).astype(np.float32)
        norms = np.sqrt(np.bincount(owner, rarity[codes] ** 2, lines)).astype(np.float32)
        return cls(owner, starts, rarity, np.maximum(norms, 1e-3))

    def cosine(self, codes: np.ndarray) -> np.ndarray:
        """Cosine (lines,) of every line with some codes, each as much as it is rare."""
        codes = np.unique(codes)
        total = np.zeros(len(self.norms), np.float32)
        for code in codes.tolist():
            total[self.owner[self.starts[code] : self.starts[code + 1]]] += self.rarity[code] ** 2
        size = float(np.sqrt((self.rarity[codes] ** 2).sum())) or 1.0
        nearness: np.ndarray = total / (self.norms * size)
        return nearness


def spread(
    ids: np.ndarray, starts: np.ndarray, pieces: np.ndarray, begins: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lines of words as lines of the words' pieces: (pieces on end, where each line's begin).

    `ids` are the words of all lines, `starts` (lines + 1,) where each line begins; `pieces` and `begins` say the same
    of the pieces (phones, say) of each word.
    """
    lengths = begins[ids + 1] - begins[ids]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    at = np.repeat(begins[ids] - ends[:-1], lengths) + np.arange(ends[-1])
    return pieces[at], ends[starts]


def owners(starts: np.ndarray) -> np.ndarray:
    """The line of every element of lines on end."""
    return np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
