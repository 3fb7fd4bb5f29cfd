# ruff: noqa: E501
"""The most likely line behind a misheard one: words that sound like the heard ones and go well one after the other.

A noisy channel. log P(line) comes from counts of two words in a row in what users say, log P(heard | line) from how
near each word sounds to the heard one; the best line is found by dynamic programming (Viterbi).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EDGE = 0xFFFF  # before the first word and after the last
UNKNOWN = EDGE - 1
DISCOUNT = 0.6  # taken off every count of two words in a row, for those never met
HEARD_RIGHT = np.log(0.8)  # a word is what was heard
HEARD_WRONG = np.log(0.02)  # it is the word that sounds most like it
FURTHER = 0.12  # nats that the next one costs more
PUT_IN = np.log(0.01)  # a small word that nobody said
SMALL = ("the", "a", "and", "of", "in", "uh", "to", "it", "um")


@dataclass(frozen=True)
class Repair:
    """`codes` of two words in a row (first << 16 | second), sorted, and how often each comes; `leads` how often
    each word is followed by another and `kinds` by how many; `single` log P of each word by itself; `sounding` (words,
    near) which words sound like each, nearest first; `small` words that ears may put in."""

    codes: np.ndarray
    counts: np.ndarray
    leads: np.ndarray
    kinds: np.ndarray
    single: np.ndarray
    sounding: np.ndarray
    small: frozenset[int]

    @classmethod
    def of(
        cls, codes: np.ndarray, counts: np.ndarray, words: int, sounding: np.ndarray, small: frozenset[int]
    ) -> Repair:
        """From counts of two words in a row."""
        first, second = (codes >> 16).astype(np.int64), (codes & 0xFFFF).astype(np.int64)
        leads = np.bincount(first, counts, EDGE + 1)
        kinds = np.bincount(first, minlength=EDGE + 1)
        said = np.bincount(second, counts, EDGE + 1) + 0.1
        return cls(codes, counts, leads, kinds, np.log(said / said[: words + 1].sum()), sounding, small)

    def following(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """log P(second | first) (firsts, seconds): absolute discounting, the rest by how common the second is."""
        codes = (first[:, None].astype(np.uint32) << np.uint32(16)) | second[None].astype(np.uint32)
        at = np.searchsorted(self.codes, codes).clip(max=len(self.codes) - 1)
        met = np.where(self.codes[at] == codes, self.counts[at], 0)
        leads, kinds = self.leads[first][:, None], self.kinds[first][:, None]
        rest = np.where(leads > 0, DISCOUNT * kinds / np.maximum(leads, 1), 1.0)
        chance = (
            np.maximum(met - DISCOUNT, 0) / np.maximum(leads, 1) + rest * np.exp(self.single[second])[None]
        )
        value: np.ndarray = np.log(chance)
        return value

    def line(self, heard: Sequence[int]) -> list[int]:
        """The most likely words behind heard ones; `UNKNOWN` words stay."""
        if not len(heard):
            return []
        offered, costs = [np.array([EDGE])], [np.zeros(1)]
        for word in heard:
            near = self.sounding[word] if word < len(self.sounding) else np.zeros(0, np.int64)
            near = near[near != EDGE].astype(np.int64)
            offered.append(np.concatenate([[word], near]))
            costs.append(np.concatenate([[HEARD_RIGHT], HEARD_WRONG - FURTHER * np.arange(len(near))]))
        offered.append(np.array([EDGE]))
        costs.append(np.zeros(1))
        best: list[np.ndarray] = [np.zeros(1)]
        back: list[tuple[np.ndarray, np.ndarray]] = [(np.zeros(1, int), np.zeros(1, int))]
        for i in range(1, len(offered)):
            total = best[i - 1][:, None] + self.following(offered[i - 1], offered[i])
            from_ = np.argmax(total, 0)
            value, step = total[from_, np.arange(total.shape[1])], np.ones(total.shape[1], int)
            if i > 1 and int(offered[i - 1][0]) in self.small and len(heard) > 2:
                over = best[i - 2][:, None] + self.following(offered[i - 2], offered[i]) + PUT_IN
                skip = np.argmax(over, 0)
                better = over[skip, np.arange(over.shape[1])] > value
                value = np.where(better, over[skip, np.arange(over.shape[1])], value)
                from_, step = np.where(better, skip, from_), np.where(better, 2, 1)
            best.append(value + costs[i])
            back.append((from_, step))
        found, i, j = [], len(offered) - 1, 0
        while i > 0:
            j, i = int(back[i][0][j]), i - int(back[i][1][j])
            if i > 0:
                found.append(int(offered[i][j]))
        return found[::-1]
