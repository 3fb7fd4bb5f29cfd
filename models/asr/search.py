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
from models.asr.past import agreed, compact, descends, new_past, sequence_of
from models.backends.warm import jit, jit_cached, ready

NOTHING = -1.0e30
SURPRISE = 2.0  # nats
AHEAD_BITS = 18
ROOT = 0


NODE = np.dtype(
    [
        ("phone", "i4"),
        ("first_child", "i4"),
        ("first_end", "i4"),
        ("low", "i4"),
        ("high", "i4"),
        ("best", "f4"),
    ]
)
HYPOTHESIS = np.dtype(
    [
        ("blank", "f8"),
        ("phone", "f8"),
        ("ahead", "f8"),  # the look-ahead that its scores hold
        ("language", "f8"),  # what the language model gave to the words before, penalties included
        ("node", "i4"),
        ("state", "i4"),
        ("last", "i4"),
        ("history", "i4"),  # the record of the word before; −1 at the start
        ("since", "i4"),  # the step at which the unfinished word began
        ("word", "i4"),  # the word just left, −1 if none: its record is still to be made
        ("other", "i4"),  # chain of remembered losers
        ("spare", "i4"),
    ]
)


class Graph(NamedTuple):
    """Everything that all searches over one vocabulary share; nothing here is written to."""

    nodes: NDArray[Any]  # (nodes + 1,) NODE; best is the best ln p(w) at or below
    end_word: NDArray[np.int32]  # the words that end at each node, in the order of nodes
    entry_word: NDArray[np.int32]
    after_first: NDArray[np.int64]  # (words + 1,) where the entries that may follow a word are
    after_entry: NDArray[np.int32]  # sorted by entry within a word
    after_p: NDArray[np.uint8]
    bonus: NDArray[np.float32]  # (words,) added to ln p of words to expect
    word_p: NDArray[np.float32]
    word_back_off: NDArray[np.float32]
    word_first: NDArray[np.uint32]
    pair_word: NDArray[np.uint16]
    pair_p: NDArray[np.uint8]
    pair_back_off: NDArray[np.uint8]
    pair_first: NDArray[np.uint32]
    triple_word: NDArray[np.uint16]
    triple_p: NDArray[np.uint8]


class Beam(NamedTuple):
    """One search's hypotheses, in two halves: the living ones and the ones being made."""

    hypotheses: NDArray[Any]  # (2, capacity) HYPOTHESIS
    table: NDArray[np.int32]  # hash table of slots
    stamp: NDArray[np.int64]
    ahead: NDArray[np.uint64]  # known look-aheads, see `new_ahead`
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
    nodes = np.zeros(tree.nodes + 1, NODE)
    nodes["first_child"], nodes["first_end"] = tree.first_child, tree.first_end
    nodes["phone"][:-1], nodes["low"][:-1], nodes["high"][:-1] = tree.phone, tree.low, tree.high
    best = np.full(tree.nodes, -1e9, np.float32)
    ending = np.repeat(np.arange(tree.nodes), tree.first_end[1:] - tree.first_end[:-1])
    end_word = tree.entry_word[tree.ends]
    np.maximum.at(best, ending, (ngram.word_p + extra)[end_word])
    _raise_parents(best, tree.parent)
    nodes["best"][:-1] = best
    first, entry, p = _entries_after(ngram, tree.entry_word)
    arrays = (
        nodes, end_word, tree.entry_word, first, entry, p, extra, ngram.word_p, ngram.word_back_off,
        ngram.word_first, ngram.pair_word, ngram.pair_p, ngram.pair_back_off, ngram.pair_first,
        ngram.triple_word, ngram.triple_p,
    )  # fmt: skip
    return Graph(*map(_read_only, arrays))


def _read_only(array: Any) -> Any:
    """A view that cannot be written to, so that mapped and made arrays are of one type to the compiler."""
    view = array.view()
    view.flags.writeable = False
    return view


def prepare(graph: Graph) -> None:
    """Have the kernels compiled, or loaded from their cache, before the first step."""
    beam, past, counts = new_beam(64), new_past(64, 64), np.zeros(7, np.int64)
    ready(start, tuple(map(typeof, (graph, beam, counts, START, 1.0))))
    weights = Weights(1.0, 0.0, 1.0, 8, 1.0)
    ready(advance, tuple(map(typeof, (graph, beam, past, counts, weights, np.zeros(40)))))
    heads = beam.hypotheses[0, :1]["history"]
    agreed(past, heads, counts[RECORDS], np.zeros(64, np.uint8))
    descends(past, heads, 0)  # an empty past has no end to be walked to
    compact(past, np.append(heads, np.int32(-1)), counts[RECORDS], -1)


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


def new_ahead() -> NDArray[np.uint64]:
    """Room for look-aheads that are known.

    They are the same for all searches over one vocabulary, so these may share them, in any number of threads:
    what belongs to which place and its value are one word of 64 bits, written and read whole.
    """
    return np.zeros(1 << AHEAD_BITS, np.uint64)


def new_beam(capacity: int = 1 << 15, ahead: NDArray[np.uint64] | None = None) -> Beam:
    """An empty beam with room for so many hypotheses in the making, a power of two."""
    return Beam(
        np.zeros((2, capacity), HYPOTHESIS), np.zeros(4 * capacity, np.int32),
        np.zeros(4 * capacity, np.int64), new_ahead() if ahead is None else ahead,
        np.zeros(512, np.int64), np.zeros(1),
    )  # fmt: skip


def forked(beam: Beam, side: int, living: int) -> Beam:
    """An independent copy of a search between two steps: `living` hypotheses on its `side`."""
    hypotheses = np.empty_like(beam.hypotheses)
    hypotheses[side, :living] = beam.hypotheses[side, :living]
    return Beam(
        hypotheses, np.empty_like(beam.table), np.zeros_like(beam.stamp), beam.ahead,
        np.zeros_like(beam.bins), beam.taken_off.copy(),
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
    key = before * np.int64(len(graph.nodes)) + node
    above = np.uint64(key) >> np.uint64(AHEAD_BITS)
    mixed = above * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)
    place = (np.uint64(key) ^ mixed) % np.uint64(1 << AHEAD_BITS)  # with the upper part it is the key
    known = beam.ahead[place]
    if known >> np.uint64(32) == above + np.uint64(1):
        return np.uint32(known & np.uint64(0xFFFFFFFF)).view(np.float32)
    here = graph.nodes[node]
    best = graph.word_back_off[before] + here.best
    high = graph.after_first[before + 1]
    start = place_of(here.low, graph.after_entry, graph.after_first[before], high)
    while start < high and graph.after_entry[start] < here.high:
        p = np.float32(graph.after_p[start]) * np.float32(-1 / 16)
        p += graph.bonus[graph.entry_word[graph.after_entry[start]]]
        if p > best:
            best = p
        start += 1
    beam.ahead[place] = (above + np.uint64(1)) << np.uint64(32) | np.uint64(np.float32(best).view(np.uint32))
    return best


@jit
def _slot(new, beam, counts, node, state, last):  # type: ignore[no-untyped-def]
    """(the slot of a place among the new hypotheses, whether it is new); −1 when there is no room."""
    mask = len(beam.table) - 1
    mixed = np.uint64(node) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= (np.uint64(state) * np.uint64(64) + np.uint64(last)) * np.uint64(0xC2B2AE3D27D4EB4F)
    place = np.int64((mixed >> np.uint64(29)) & np.uint64(mask))
    while beam.stamp[place] == counts[STAMP]:
        slot = np.int64(beam.table[place])
        if new[slot].node == node and new[slot].state == state and new[slot].last == last:
            return slot, False
        place = (place + 1) & mask
    slot = counts[SLOTS]
    if slot == len(new):
        return np.int64(-1), False
    counts[SLOTS] += 1
    beam.stamp[place] = counts[STAMP]
    beam.table[place] = slot
    new[slot].node = node
    new[slot].state = state
    new[slot].last = last
    new[slot].other = -1
    return slot, True


@jit
def _remember(to, past, counts, parent, since, score):  # type: ignore[no-untyped-def]
    other = counts[OTHERS]
    if other == len(past.others):
        return
    counts[OTHERS] += 1
    past.others[other].parent = parent
    past.others[other].since = since
    past.others[other].score = score
    past.others[other].next = to.other
    to.other = other


@jit
def _offer(  # type: ignore[no-untyped-def]
    new, beam, past, counts, node, state, last, blank, phone, ahead, language, history, since, word, remember
):
    """Bring one hypothesis to its place among the new ones."""
    slot, fresh = _slot(new, beam, counts, node, state, last)
    if slot < 0:
        return
    to = new[slot]
    if fresh:
        to.blank = blank
        to.phone = phone
    else:
        old = add_logs(to.blank, to.phone)
        ours = add_logs(blank, phone)
        if sequence_of(past, to.history, to.word) == sequence_of(past, history, word):
            to.blank = add_logs(to.blank, blank)
            to.phone = add_logs(to.phone, phone)
            if ours <= old:
                return
        elif ours <= old:
            if word >= 0 and ours > old - remember:
                _remember(to, past, counts, history, since, ours)
            return
        else:
            if node == ROOT and old > ours - remember:
                if to.word >= 0:
                    _remember(to, past, counts, to.history, to.since, old)
                elif to.history >= 0:
                    lost = past.records[to.history]
                    _remember(to, past, counts, lost.parent, lost.since, old)
            to.blank = blank
            to.phone = phone
    to.ahead = ahead
    to.language = language
    to.history = history
    to.since = since
    to.word = word


@jit_cached
def start(graph, beam, counts, state, language):  # type: ignore[no-untyped-def]
    """One hypothesis: nothing said, in the given language-model state."""
    counts[:] = 0
    counts[STAMP] = 1
    counts[LIVING] = 1
    beam.stamp[:] = 0
    beam.taken_off[0] = 0.0
    first = beam.hypotheses[0, 0]
    first.node = ROOT
    first.state = state
    first.last = 0
    first.history = -1
    first.since = 0
    first.word = -1
    first.other = -1
    first.language = 0.0
    first.ahead = language * look_ahead(graph, beam, state, ROOT)
    first.blank = first.ahead
    first.phone = NOTHING


@jit_cached
def advance(graph, beam, past, counts, weights, frame):  # type: ignore[no-untyped-def]
    """One step: frame is (40,) float64 scaled log probabilities."""
    now = beam.hypotheses[counts[SIDE]]
    new = beam.hypotheses[1 - counts[SIDE]]
    counts[STAMP] += 1
    counts[SLOTS] = 0
    best = NOTHING
    for h in range(counts[LIVING]):
        it = now[h]
        blank = add_logs(it.blank, it.phone) + frame[0]
        phone = it.phone + frame[it.last] if it.last > 0 else NOTHING
        # Places are all different here, so nothing can meet; the next loop is where paths do.
        slot, _ = _slot(new, beam, counts, it.node, it.state, it.last)
        to = new[slot]
        to.blank = blank
        to.phone = phone
        to.ahead = it.ahead
        to.language = it.language
        to.history = it.history
        to.since = it.since
        to.word = -1
        best = max(best, add_logs(blank, phone))
    for h in range(counts[LIVING]):
        best = _enter(graph, new, beam, past, counts, weights, frame, now[h], best)
    _select(new, beam, past, counts, weights, best)
    counts[SIDE] = 1 - counts[SIDE]
    counts[STEP] += 1


@jit
def _enter(graph, new, beam, past, counts, weights, frame, it, best):  # type: ignore[no-untyped-def]
    """Move one hypothesis into its node's children and out of finished words; the best score so far."""
    both = add_logs(it.blank, it.phone)
    state = np.int64(it.state)
    for child in range(graph.nodes[it.node].first_child, graph.nodes[it.node + 1].first_child):
        at = graph.nodes[child]
        score = (it.blank if at.phone == it.last else both) + frame[at.phone]
        if score < best - weights.beam:
            continue
        since = counts[STEP] if it.node == ROOT else np.int64(it.since)
        ahead = weights.language * look_ahead(graph, beam, state, child)
        there = score + ahead - it.ahead
        # A whole triple may be likelier than the pairs that the look-ahead knows, but seldom by more.
        if there + max(0.0, weights.word_penalty) + SURPRISE * weights.language < best - weights.beam:
            continue
        beyond = graph.nodes[child + 1]
        going = 1 if beyond.first_child > at.first_child and there >= best - weights.beam else 0
        # One place to call from: the children's own hypothesis first, then every word that ends here.
        for turn in range(1 - going, 1 + beyond.first_end - at.first_end):
            node, following, word = np.int64(child), state, np.int64(-1)
            given, total, held = 0.0, there, ahead
            if turn > 0:
                word = np.int64(graph.end_word[at.first_end + turn - 1])
                told, following = follow(
                    state, word, graph.word_p, graph.word_back_off, graph.word_first, graph.pair_word,
                    graph.pair_p, graph.pair_back_off, graph.pair_first, graph.triple_word, graph.triple_p,
                )  # fmt: skip
                node = np.int64(ROOT)
                given = weights.language * (told + graph.bonus[word]) + weights.word_penalty
                held = weights.language * look_ahead(graph, beam, following, ROOT)
                total = score - it.ahead + given + held
                if total < best - weights.beam:
                    continue
            best = max(best, total)
            _offer(
                new, beam, past, counts, node, following, at.phone, NOTHING, total, held,
                it.language + given, it.history, since, word, weights.remember,
            )  # fmt: skip
    return best


@jit
def _select(new, beam, past, counts, weights, best):  # type: ignore[no-untyped-def]
    """Keep the best of the new hypotheses, packed to the front, and make the records of new words."""
    bins = beam.bins
    bins[:] = 0
    scale = (len(bins) - 1) / weights.beam
    for slot in range(counts[SLOTS]):
        below = best - add_logs(new[slot].blank, new[slot].phone)
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
    beam.taken_off[0] += best
    for slot in range(counts[SLOTS]):
        score = add_logs(new[slot].blank, new[slot].phone)
        if best - score > limit:
            continue
        if slot != kept:
            new[kept] = new[slot]
        it = new[kept]
        it.blank -= best  # the best is near zero, however long the talk
        it.phone -= best
        if it.word >= 0 or it.other >= 0:
            _record(it, past, counts, score, beam.taken_off[0])
        kept += 1
    counts[LIVING] = kept


@jit
def _record(it, past, counts, score, taken_off):  # type: ignore[no-untyped-def]
    """Write down the word that a new hypothesis just left, and the losers that it met."""
    if it.word >= 0:
        record = counts[RECORDS]
        counts[RECORDS] += 1
        made = past.records[record]
        made.sequence = sequence_of(past, it.history, it.word)
        made.word = it.word
        made.parent = it.history
        made.since = it.since
        made.until = counts[STEP]
        made.score = add_logs(it.blank, it.phone) + taken_off - it.ahead
        made.language = it.language
        made.other = -1
        it.history = record
        it.word = -1
    other = it.other
    while other >= 0:
        loser = past.others[other]
        following = loser.next
        loser.score -= score
        loser.next = past.records[it.history].other
        past.records[it.history].other = other
        other = following
