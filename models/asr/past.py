"""The words that a search has found so far: a tree of records, and who lost against whom.

A record is one word with the record of the word before it; parents always have smaller numbers. Where two
different histories met at a word's end, the loser's parent is kept with how much worse it was: the losers
make the n-best list.
"""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.backends.warm import jit, jit_cached

RECORD = np.dtype(
    [
        ("score", "f8"),
        ("language", "f8"),  # the part of the score that the language model gave
        ("sequence", "u8"),  # hash of all the words up to here
        ("word", "i4"),
        ("parent", "i4"),
        ("since", "i4"),
        ("until", "i4"),
        ("other", "i4"),
        ("spare", "i4"),
    ]
)
LOSER = np.dtype([("score", "f8"), ("parent", "i4"), ("since", "i4"), ("next", "i4"), ("spare", "i4")])


class Past(NamedTuple):
    """Words found so far, as a growing tree of records, and the losers of every meeting."""

    records: NDArray[Any]  # (room,) RECORD
    others: NDArray[Any]  # (room,) LOSER


def new_past(records: int = 1 << 16, others: int = 1 << 17) -> Past:
    """Room for so many words and losers."""
    return Past(np.zeros(records, RECORD), np.zeros(others, LOSER))


def forked(past: Past, records: int, others: int) -> Past:
    """An independent copy of the first so many records and losers."""
    copies = Past(np.empty_like(past.records), np.empty_like(past.others))
    copies.records[:records] = past.records[:records]
    copies.others[:others] = past.others[:others]
    return copies


@jit
def sequence_of(past, history, word):  # type: ignore[no-untyped-def]
    """The hash of a history's words, and of one word more unless it is −1."""
    mixed = np.uint64(1469598103934665603)
    if history >= 0:
        mixed = past.records[history].sequence
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
        parent = past.records[record].parent
        if parent < 0:
            break
        if marks[parent] == 0:
            marks[parent] = 1
            waiting += 1
    marks[:records] = 0
    return answer


@jit_cached
def descends(past, heads, record):  # type: ignore[no-untyped-def]
    """Which heads have a record in their past, or are it."""
    answer = np.zeros(len(heads), np.bool_)
    for place in range(len(heads)):
        head = heads[place]
        while head > record:
            head = past.records[head].parent
        answer[place] = head == record
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
        it = past.records[record]
        if it.parent >= 0:
            number[it.parent] = 1
        other = it.other if record > settled else np.int32(-1)
        while other >= 0:
            if past.others[other].parent >= 0:
                number[past.others[other].parent] = 1
            other = past.others[other].next
    kept = 0
    for record in range(records):
        if number[record]:
            number[record] = kept
            kept += 1
        else:
            number[record] = -1
    before = past.others.copy()
    losers = 0
    for record in range(records):
        if number[record] < 0:
            continue
        past.records[number[record]] = past.records[record]
        to = past.records[number[record]]
        if to.parent >= 0:
            to.parent = number[to.parent]
        other = to.other if record > settled else np.int32(-1)
        to.other = -1
        while other >= 0:
            past.others[losers] = before[other]
            loser = past.others[losers]
            if loser.parent >= 0:
                loser.parent = number[loser.parent]
            loser.next = to.other
            to.other = losers
            losers += 1
            other = before[other].next
    for place in range(len(heads)):
        if heads[place] >= 0:
            heads[place] = number[heads[place]]
    return kept, losers


def grown(past: Past) -> Past:
    """The same past with twice the room."""
    return Past(*(np.concatenate([array, np.zeros_like(array)]) for array in past))


def chain(past: Past, record: int, stop: int = -1) -> list[int]:
    """The records from after stop up to and with this one, oldest first."""
    found, parents = [], past.records["parent"]
    while record > stop:
        found.append(record)
        record = int(parents[record])
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
    records, others = past.records, past.others
    parents, begun, lost, words_of = records["parent"], records["since"], records["other"], records["word"]
    while queue and len(found) < most and tries:
        tries -= 1
        cost, _, record, after = heapq.heappop(queue)
        while record >= 0:
            other = int(lost[record])
            while other >= 0:
                worse = float(others[other]["score"])
                here = (record, int(others[other]["since"]))
                order += 1
                heapq.heappush(queue, (cost - worse, order, int(others[other]["parent"]), (here, *after)))
                other = int(others[other]["next"])
            after = ((record, int(begun[record])), *after)
            record = int(parents[record])
        words = tuple(int(words_of[r]) for r, _ in after)
        if words not in found:
            found[words] = Path(after, -cost)
    return list(found.values())
