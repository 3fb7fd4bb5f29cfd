"""The inner loop of the search: CTC prefix-tree beam search with language-model look-ahead, compiled.

A hypothesis is (tree node, language-model state, last phone) with two scores, in blank or in the phone:

    stay:   blank' = (blank ⊕ phone) + ℓ[0],   phone' = phone + ℓ[last]
    enter:  a child's phone p takes (blank ⊕ phone if p ≠ last else blank) + ℓ[p]
    leave:  where a word ends, back to the root with + λ ln p(word | state) + word penalty

with ⊕ adding probabilities of alignments of the same words; different words that meet in one place keep the
better score, and at the root the other is remembered for the n-best list. Every score also holds
λ max ln p(w | last word) over the words w still possible below its node (look-ahead), taken off on leaving.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import typeof
from numpy.typing import NDArray

from models.asr.kneser import START
from models.asr.ngram import Ngram, Words, follow, place_of
from models.asr.past import new_past, sequence_of
from models.backends.warm import jit, jit_cached, ready

NOTHING = -1.0e30
SURPRISE = 2.0  # nats
ROOT = 0


class Graph(NamedTuple):
    """Everything that all searches over one vocabulary share; nothing here is written to."""

    node_phone: NDArray[np.uint8]
    first_child: NDArray[np.int32]
    first_end: NDArray[np.int32]
    ends: NDArray[np.int32]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    entry_word: NDArray[np.int32]
    word_p: NDArray[np.float32]
    word_back_off: NDArray[np.float32]
    word_first: NDArray[np.uint32]
    pair_word: NDArray[np.uint16]
    pair_p: NDArray[np.uint8]
    pair_back_off: NDArray[np.uint8]
    pair_first: NDArray[np.uint32]
    triple_word: NDArray[np.uint16]
    triple_p: NDArray[np.uint8]
    node_best: NDArray[np.float32]  # (nodes,) the best ln p(w) at or below
    after_first: NDArray[np.int64]  # (words + 1,) where the entries that may follow a word are
    after_entry: NDArray[np.int32]  # sorted by entry within a word
    after_p: NDArray[np.uint8]
    bonus: NDArray[np.float32]  # (words,) added to ln p of words to expect


class Beam(NamedTuple):
    """One search's hypotheses, in two halves: the living ones and the ones being made."""

    node: NDArray[np.int32]  # (2, capacity)
    state: NDArray[np.int32]
    last: NDArray[np.uint8]
    history: NDArray[np.int32]  # which record; −1 at the start
    since: NDArray[np.int32]  # the step at which the unfinished word began
    blank: NDArray[np.float64]
    phone: NDArray[np.float64]
    ahead: NDArray[np.float64]
    language: NDArray[np.float64]  # what the language model gave to the words before, penalties included
    word: NDArray[np.int32]  # the word just left, −1 if none: its record is still to be made
    other: NDArray[np.int32]  # chain of remembered losers
    table: NDArray[np.int32]  # hash table of slots
    stamp: NDArray[np.int64]
    ahead_key: NDArray[np.int64]  # cache of look-aheads
    ahead_value: NDArray[np.float32]
    bins: NDArray[np.int64]
    taken_off: NDArray[np.float64]  # (1,) what all scores have been lowered by, to stay near zero


class Weights(NamedTuple):
    """The search's settings as numbers."""

    language: float
    word_penalty: float
    beam: float
    most: int
    remember: float


LIVING, SLOTS, STAMP, STEP, SIDE, RECORDS, OTHERS = range(7)


def graph_of(words: Words, bonus: NDArray[np.float32] | None = None) -> Graph:
    """The search graph of a vocabulary."""
    tree, ngram = words.tree, words.ngram
    extra = np.zeros(len(words.names), np.float32) if bonus is None else bonus
    best = np.full(tree.nodes, -1e9, np.float32)
    ending = np.repeat(np.arange(tree.nodes), np.diff(tree.first_end))
    np.maximum.at(best, ending, (ngram.word_p + extra)[tree.entry_word[tree.ends]])
    _raise_parents(best, tree.parent)
    first, entry, p = _entries_after(ngram, tree.entry_word)
    arrays = (
        tree.phone, tree.first_child, tree.first_end, tree.ends, tree.low, tree.high, tree.entry_word,
        ngram.word_p, ngram.word_back_off, ngram.word_first, ngram.pair_word, ngram.pair_p,
        ngram.pair_back_off, ngram.pair_first, ngram.triple_word, ngram.triple_p,
        best, first, entry, p, extra,
    )  # fmt: skip
    return Graph(*map(_read_only, arrays))


def _read_only(array: Any) -> Any:
    """A view that cannot be written to, so that mapped and made arrays are of one type to the compiler."""
    view = array.view()
    view.flags.writeable = False
    return view


def prepare(graph: Graph) -> None:
    """Have the kernels compiled, or loaded from their cache, before the first step."""
    beam, past, counts = new_beam(64, 64), new_past(64, 64), np.zeros(7, np.int64)
    ready(start, tuple(map(typeof, (graph, beam, counts, START, 1.0))))
    weights = Weights(1.0, 0.0, 1.0, 8, 1.0)
    ready(advance, tuple(map(typeof, (graph, beam, past, counts, weights, np.zeros(40)))))


def _entries_after(
    ngram: Ngram, entry_word: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]:
    """The pairs of the model, with words replaced by their entries and sorted by these."""
    words = len(ngram.word_p)
    by_word = np.argsort(entry_word, kind="stable")
    entries_of = np.bincount(entry_word, minlength=words)
    starts = np.concatenate([[0], np.cumsum(entries_of)])
    second = ngram.pair_word.astype(np.int64)
    first = np.repeat(np.arange(words), ngram.word_first[1:] - ngram.word_first[:-1])
    times = entries_of[second]
    offset = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    entry = by_word[np.repeat(starts[second], times) + offset]
    first = np.repeat(first, times)
    order = np.argsort(first * len(entry_word) + entry)
    after_first = np.concatenate([[0], np.cumsum(np.bincount(first, minlength=words))])
    return (
        after_first.astype(np.int64),
        entry[order].astype(np.int32),
        np.repeat(ngram.pair_p, times)[order],
    )


@jit_cached
def _raise_parents(best, parent):  # type: ignore[no-untyped-def]
    for node in range(len(parent) - 1, 0, -1):
        if best[node] > best[parent[node]]:
            best[parent[node]] = best[node]


def new_beam(capacity: int = 1 << 15, cache: int = 1 << 17) -> Beam:
    """An empty beam with room for so many hypotheses in the making; both sizes are powers of two."""

    def room(kind: type, fill: float = 0) -> NDArray[Any]:
        return np.full((2, capacity), fill, kind)

    return Beam(
        room(np.int32), room(np.int32), room(np.uint8), room(np.int32), room(np.int32), room(np.float64),
        room(np.float64), room(np.float64), room(np.float64), room(np.int32, -1), room(np.int32, -1),
        np.zeros(4 * capacity, np.int32), np.zeros(4 * capacity, np.int64), np.full(cache, -1, np.int64),
        np.zeros(cache, np.float32), np.zeros(512, np.int64), np.zeros(1),
    )  # fmt: skip


@jit
def add_logs(a, b):  # type: ignore[no-untyped-def]
    """ln(eᵃ + eᵇ)."""
    if a < b:
        a, b = b, a
    if b < a - 30.0:
        return a
    return a + np.log1p(np.exp(b - a))


@jit
def look_ahead(graph, beam, state, node):  # type: ignore[no-untyped-def]
    """The best ln p(w | the state's last word) over words at or below a node."""
    words = len(graph.word_p)
    before = np.int64(state)
    if before >= words:
        before = np.int64(graph.pair_word[before - words])
    key = before * np.int64(len(graph.node_phone)) + node
    place = ((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & np.uint64(
        len(beam.ahead_key) - 1
    )
    if beam.ahead_key[place] == key:
        return beam.ahead_value[place]
    best = graph.word_back_off[before] + graph.node_best[node]
    low, high = graph.after_first[before], graph.after_first[before + 1]
    start = place_of(graph.low[node], graph.after_entry, low, high)
    while start < high and graph.after_entry[start] < graph.high[node]:
        p = np.float32(graph.after_p[start]) * np.float32(-1 / 16)
        p += graph.bonus[graph.entry_word[graph.after_entry[start]]]
        if p > best:
            best = p
        start += 1
    beam.ahead_key[place] = key
    beam.ahead_value[place] = best
    return best


@jit
def _slot(beam, counts, node, state, last):  # type: ignore[no-untyped-def]
    """(the slot of a place in the new half, whether it is new); −1 when there is no room."""
    new = 1 - counts[SIDE]
    mask = len(beam.table) - 1
    mixed = np.uint64(node) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= (np.uint64(state) * np.uint64(64) + np.uint64(last)) * np.uint64(0xC2B2AE3D27D4EB4F)
    place = np.int64((mixed >> np.uint64(29)) & np.uint64(mask))
    while beam.stamp[place] == counts[STAMP]:
        slot = beam.table[place]
        if beam.node[new, slot] == node and beam.state[new, slot] == state and beam.last[new, slot] == last:
            return slot, False
        place = (place + 1) & mask
    slot = counts[SLOTS]
    if slot == beam.node.shape[1]:
        return np.int64(-1), False
    counts[SLOTS] += 1
    beam.stamp[place] = counts[STAMP]
    beam.table[place] = slot
    beam.node[new, slot] = node
    beam.state[new, slot] = state
    beam.last[new, slot] = last
    beam.other[new, slot] = -1
    return slot, True


@jit
def _remember(beam, past, counts, slot, parent, since, score):  # type: ignore[no-untyped-def]
    new = 1 - counts[SIDE]
    other = counts[OTHERS]
    if other == len(past.other_parent):
        return
    counts[OTHERS] += 1
    past.other_parent[other] = parent
    past.other_since[other] = since
    past.other_score[other] = score
    past.other_next[other] = beam.other[new, slot]
    beam.other[new, slot] = other


@jit
def _offer(  # type: ignore[no-untyped-def]
    beam,
    past,
    counts,
    node,
    state,
    last,
    blank,
    phone,
    ahead,
    language,
    history,
    since,
    word,
    remember,
):
    """Bring one hypothesis to its place in the new half."""
    new = 1 - counts[SIDE]
    slot, fresh = _slot(beam, counts, node, state, last)
    if slot < 0:
        return
    if not fresh:
        old_blank, old_phone = beam.blank[new, slot], beam.phone[new, slot]
        old = add_logs(old_blank, old_phone)
        ours = add_logs(blank, phone)
        old_history, old_word = beam.history[new, slot], beam.word[new, slot]
        same = sequence_of(past, old_history, old_word) == sequence_of(past, history, word)
        if same:
            beam.blank[new, slot] = add_logs(old_blank, blank)
            beam.phone[new, slot] = add_logs(old_phone, phone)
            if ours <= old:
                return
        elif ours <= old:
            if word >= 0 and ours > old - remember:
                _remember(beam, past, counts, slot, history, since, ours)
            return
        else:
            if node == ROOT and old > ours - remember:
                if old_word >= 0:
                    _remember(beam, past, counts, slot, old_history, beam.since[new, slot], old)
                elif old_history >= 0:
                    parent, began = past.parent[old_history], past.since[old_history]
                    _remember(beam, past, counts, slot, parent, began, old)
            beam.blank[new, slot] = blank
            beam.phone[new, slot] = phone
    else:
        beam.blank[new, slot] = blank
        beam.phone[new, slot] = phone
    beam.ahead[new, slot] = ahead
    beam.language[new, slot] = language
    beam.history[new, slot] = history
    beam.since[new, slot] = since
    beam.word[new, slot] = word


@jit_cached
def start(graph, beam, counts, state, language):  # type: ignore[no-untyped-def]
    """One hypothesis: nothing said, in the given language-model state."""
    counts[:] = 0
    counts[STAMP] = 1
    counts[LIVING] = 1
    beam.stamp[:] = 0
    beam.node[0, 0] = ROOT
    beam.state[0, 0] = state
    beam.last[0, 0] = 0
    beam.history[0, 0] = -1
    beam.since[0, 0] = 0
    beam.blank[0, 0] = 0.0
    beam.phone[0, 0] = NOTHING
    beam.language[0, 0] = 0.0
    beam.taken_off[0] = 0.0
    beam.ahead[0, 0] = language * look_ahead(graph, beam, state, ROOT)
    beam.blank[0, 0] += beam.ahead[0, 0]


@jit_cached
def advance(graph, beam, past, counts, weights, frame):  # type: ignore[no-untyped-def]
    """One step: frame is (40,) float64 scaled log probabilities."""
    now = counts[SIDE]
    new = 1 - now
    counts[STAMP] += 1
    counts[SLOTS] = 0
    best = NOTHING
    for h in range(counts[LIVING]):
        last = beam.last[now, h]
        blank = add_logs(beam.blank[now, h], beam.phone[now, h]) + frame[0]
        phone = beam.phone[now, h] + frame[last] if last > 0 else NOTHING
        _offer(
            beam, past, counts, beam.node[now, h], beam.state[now, h], last, blank, phone,
            beam.ahead[now, h], beam.language[now, h], beam.history[now, h], beam.since[now, h], np.int32(-1),
            weights.remember,
        )  # fmt: skip
        best = max(best, add_logs(blank, phone))
    for h in range(counts[LIVING]):
        best = _enter(graph, beam, past, counts, weights, frame, h, best)
    _select(beam, past, counts, weights, best)
    counts[SIDE] = new
    counts[STEP] += 1


@jit
def _enter(graph, beam, past, counts, weights, frame, h, best):  # type: ignore[no-untyped-def]
    """Move one hypothesis into its node's children and out of finished words; the best score so far."""
    now = counts[SIDE]
    node, state, last = beam.node[now, h], beam.state[now, h], beam.last[now, h]
    blank, ahead, history = beam.blank[now, h], beam.ahead[now, h], beam.history[now, h]
    language = beam.language[now, h]
    both = add_logs(blank, beam.phone[now, h])
    for child in range(graph.first_child[node], graph.first_child[node + 1]):
        phone = graph.node_phone[child]
        score = (blank if phone == last else both) + frame[phone]
        if score < best - weights.beam:
            continue
        since = counts[STEP] if node == ROOT else beam.since[now, h]
        ahead_there = weights.language * look_ahead(graph, beam, state, child)
        there = score + ahead_there - ahead
        # A whole triple may be likelier than the pairs that the look-ahead knows, but seldom by more.
        if there + max(0.0, weights.word_penalty) + SURPRISE * weights.language < best - weights.beam:
            continue
        if graph.first_child[child + 1] > graph.first_child[child] and there >= best - weights.beam:
            best = max(best, there)
            _offer(
                beam, past, counts, child, state, phone, NOTHING, there, ahead_there, language,
                history, since, np.int32(-1), weights.remember,
            )  # fmt: skip
        for end in range(graph.first_end[child], graph.first_end[child + 1]):
            word = graph.entry_word[graph.ends[end]]
            told, following = follow(
                np.int64(state), np.int64(word), graph.word_p, graph.word_back_off, graph.word_first,
                graph.pair_word, graph.pair_p, graph.pair_back_off, graph.pair_first, graph.triple_word,
                graph.triple_p,
            )  # fmt: skip
            given = weights.language * (told + graph.bonus[word]) + weights.word_penalty
            out = score - ahead + given
            ahead_there = weights.language * look_ahead(graph, beam, following, ROOT)
            out += ahead_there
            if out >= best - weights.beam:
                best = max(best, out)
                _offer(
                    beam, past, counts, ROOT, following, phone, NOTHING, out, ahead_there, language + given,
                    history, since, np.int32(word), weights.remember,
                )  # fmt: skip
    return best


@jit
def _select(beam, past, counts, weights, best):  # type: ignore[no-untyped-def]
    """Keep the best hypotheses of the new half, packed to its front, and make the records of new words."""
    new = 1 - counts[SIDE]
    bins = beam.bins
    bins[:] = 0
    scale = (len(bins) - 1) / weights.beam
    for slot in range(counts[SLOTS]):
        below = best - add_logs(beam.blank[new, slot], beam.phone[new, slot])
        if below <= weights.beam:
            bins[int(max(below, 0.0) * scale)] += 1
    total = 0
    limit = weights.beam
    for place in range(len(bins)):
        total += bins[place]
        if total > weights.most:
            limit = place / scale
            break
    kept = 0
    for slot in range(counts[SLOTS]):
        if best - add_logs(beam.blank[new, slot], beam.phone[new, slot]) > limit:
            continue
        _move(beam, new, slot, kept)
        if beam.word[new, kept] >= 0 or beam.other[new, kept] >= 0:
            _record(beam, past, counts, kept)
        kept += 1
    counts[LIVING] = kept
    beam.taken_off[0] += best
    for h in range(kept):  # the best is near zero, however long the talk
        beam.blank[new, h] -= best
        beam.phone[new, h] -= best


@jit
def _move(beam, side, slot, to):  # type: ignore[no-untyped-def]
    if slot == to:
        return
    beam.node[side, to] = beam.node[side, slot]
    beam.state[side, to] = beam.state[side, slot]
    beam.last[side, to] = beam.last[side, slot]
    beam.history[side, to] = beam.history[side, slot]
    beam.since[side, to] = beam.since[side, slot]
    beam.blank[side, to] = beam.blank[side, slot]
    beam.phone[side, to] = beam.phone[side, slot]
    beam.ahead[side, to] = beam.ahead[side, slot]
    beam.language[side, to] = beam.language[side, slot]
    beam.word[side, to] = beam.word[side, slot]
    beam.other[side, to] = beam.other[side, slot]


@jit
def _record(beam, past, counts, h):  # type: ignore[no-untyped-def]
    """Write down the word that a new hypothesis just left, and the losers that it met."""
    new = 1 - counts[SIDE]
    total = add_logs(beam.blank[new, h], beam.phone[new, h])
    history = beam.history[new, h]
    if beam.word[new, h] >= 0:
        record = counts[RECORDS]
        counts[RECORDS] += 1
        past.sequence[record] = sequence_of(past, history, beam.word[new, h])
        past.word[record] = beam.word[new, h]
        past.parent[record] = history
        past.since[record] = beam.since[new, h]
        past.until[record] = counts[STEP]
        past.score[record] = total + beam.taken_off[0] - beam.ahead[new, h]
        past.language[record] = beam.language[new, h]
        past.other[record] = -1
        beam.history[new, h] = history = record
        beam.word[new, h] = -1
    other = beam.other[new, h]
    while other >= 0:
        following = past.other_next[other]
        past.other_score[other] -= total
        past.other_next[other] = past.other[history]
        past.other[history] = other
        other = following
