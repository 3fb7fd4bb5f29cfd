"""The words that a search has found so far: a tree of records, and who lost against whom.

A record is one word with the record of the word before it; parents always have smaller numbers. Where two
different histories met at a word's end, the loser's parent is kept with how much worse it was: the losers
make the n-best list.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.backends.warm import jit, jit_cached


class Past(NamedTuple):
    """Words found so far, as a growing tree of records, and the losers of every meeting."""

    word: NDArray[np.int32]
    parent: NDArray[np.int32]
    since: NDArray[np.int32]
    until: NDArray[np.int32]
    score: NDArray[np.float64]
    language: NDArray[np.float64]  # the part of the score that the language model gave
    sequence: NDArray[np.uint64]  # hash of all the words up to here
    other: NDArray[np.int32]
    other_parent: NDArray[np.int32]
    other_since: NDArray[np.int32]
    other_score: NDArray[np.float64]
    other_next: NDArray[np.int32]


def new_past(records: int = 1 << 16, others: int = 1 << 17) -> Past:
    """Room for so many words and losers."""
    i, f = np.int32, np.float64
    return Past(
        np.zeros(records, i), np.zeros(records, i), np.zeros(records, i), np.zeros(records, i),
        np.zeros(records, f), np.zeros(records, f), np.zeros(records, np.uint64), np.full(records, -1, i),
        np.zeros(others, i), np.zeros(others, i), np.zeros(others, f), np.zeros(others, i),
    )  # fmt: skip


@jit
def sequence_of(past, history, word):  # type: ignore[no-untyped-def]
    """The hash of a history's words, and of one word more unless it is −1."""
    mixed = np.uint64(1469598103934665603)
    if history >= 0:
        mixed = past.sequence[history]
    if word < 0:
        return mixed
    return (mixed ^ np.uint64(word)) * np.uint64(1099511628211) + np.uint64(0x632BE59BD9B4E019)


@jit_cached
def agreed(past, heads, records, marks):  # type: ignore[no-untyped-def]
    """The last record that all heads have in their past, −1 if none; marks is zeroed room for it."""
    waiting = 0
    if heads.min() < 0:
        return -1
    for head in heads:
        if marks[head] == 0:
            marks[head] = 1
            waiting += 1
    answer = -1
    for record in range(records - 1, -1, -1):
        if marks[record] == 0:
            continue
        marks[record] = 0
        if waiting == 1:
            answer = record
            break
        waiting -= 1
        parent = past.parent[record]
        if parent < 0:
            break
        if marks[parent] == 0:
            marks[parent] = 1
            waiting += 1
    marks[:records] = 0
    return answer


@jit_cached
def compact(past, heads, records, settled):  # type: ignore[no-untyped-def]
    """Drop records that no head needs, and the losers at or before the settled record.

    Returns (records left, losers left); heads are renumbered in place.
    """
    number = np.zeros(records, np.int32)
    for head in heads:
        if head >= 0:
            number[head] = 1
    for record in range(records - 1, -1, -1):
        if number[record] == 0:
            continue
        if past.parent[record] >= 0:
            number[past.parent[record]] = 1
        other = past.other[record] if record > settled else np.int32(-1)
        while other >= 0:
            if past.other_parent[other] >= 0:
                number[past.other_parent[other]] = 1
            other = past.other_next[other]
    kept = 0
    for record in range(records):
        if number[record]:
            number[record] = kept
            kept += 1
        else:
            number[record] = -1
    losers = 0
    parents = past.other_parent.copy()
    sinces = past.other_since.copy()
    scores = past.other_score.copy()
    nexts = past.other_next.copy()
    for record in range(records):
        to = number[record]
        if to < 0:
            continue
        past.word[to] = past.word[record]
        past.parent[to] = number[past.parent[record]] if past.parent[record] >= 0 else -1
        past.since[to] = past.since[record]
        past.until[to] = past.until[record]
        past.score[to] = past.score[record]
        past.language[to] = past.language[record]
        past.sequence[to] = past.sequence[record]
        other = past.other[record] if record > settled else np.int32(-1)
        past.other[to] = -1
        while other >= 0:
            past.other_parent[losers] = number[parents[other]] if parents[other] >= 0 else -1
            past.other_since[losers] = sinces[other]
            past.other_score[losers] = scores[other]
            past.other_next[losers] = past.other[to]
            past.other[to] = losers
            losers += 1
            other = nexts[other]
    for place in range(len(heads)):
        if heads[place] >= 0:
            heads[place] = number[heads[place]]
    return kept, losers


def grown(past: Past) -> Past:
    """The same past with twice the room."""
    return Past(*(np.concatenate([array, np.full_like(array, -1)]) for array in past))


def chain(past: Past, record: int, stop: int = -1) -> list[int]:
    """The records from after stop up to and with this one, oldest first."""
    found = []
    while record > stop:
        found.append(record)
        record = int(past.parent[record])
    return found[::-1]


class Path(NamedTuple):
    """One way to read the past: its words' records with when each began, and how much worse than the best."""

    records: tuple[tuple[int, int], ...]
    score: float


def best_paths(past: Past, heads: list[tuple[int, float]], most: int, tries: int = 4000) -> list[Path]:
    """The best different word sequences that end in one of the (record, score) heads, best first.

    Best-first search backwards from the heads: at every record the path goes on with the parent, or with one
    of the losers at its cost.
    """
    queue: list[tuple[float, int, int, tuple[tuple[int, int], ...]]] = []
    order = 0
    for record, score in heads:
        heapq.heappush(queue, (-score, order, record, ()))
        order += 1
    found: dict[tuple[int, ...], Path] = {}
    while queue and len(found) < most and tries:
        tries -= 1
        cost, _, record, after = heapq.heappop(queue)
        while record >= 0:
            other = int(past.other[record])
            while other >= 0:
                worse = float(past.other_score[other])
                here = (record, int(past.other_since[other]))
                order += 1
                heapq.heappush(queue, (cost - worse, order, int(past.other_parent[other]), (here, *after)))
                other = int(past.other_next[other])
            after = ((record, int(past.since[record])), *after)
            record = int(past.parent[record])
        words = tuple(int(past.word[r]) for r, _ in after)
        if words not in found:
            found[words] = Path(after, -cost)
    return list(found.values())
