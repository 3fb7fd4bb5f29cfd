"""Word trigrams with modified Kneser–Ney smoothing, mixed over kinds of text, and pruned.

An n-gram is one integer: 16 bits a word, the last word lowest. All tables are sorted arrays of such keys.

    p(w | u v) = max(c(uvw) − D(c), 0) / c(uv·) + γ(uv) p(w | v)          (and so on downwards)

with D for counts 1, 2, 3+ from counts of counts, and continuation counts below the highest order
(Chen & Goodman, "An empirical study of smoothing techniques for language modeling", 1999, section 3).
Models of several kinds of text are mixed linearly, by how well each knows the context, and written in
back-off form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

START, END, UNKNOWN = 0, 1, 2
WORD_BITS = 16
NO_WORD = 0xFFFF
TRUST = 0.6
_RAREST = 1e-12

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ids = NDArray[np.uint64]

_LAST = np.uint64(0xFFFF)
_PAIR = np.uint64(0xFFFFFFFF)
_BITS = np.uint64(WORD_BITS)


@dataclass(frozen=True)
class Model:
    """One interpolated trigram model: probabilities of seen n-grams, back-off mass γ of seen contexts."""

    unigram: Floats  # (vocabulary,)
    pairs: Keys
    pair_p: Floats
    pair_gamma: Floats  # (vocabulary,) γ(v); 1 where v was never a context
    triples: Keys
    triple_p: Floats
    contexts: Keys
    context_gamma: Floats


def _streams(sentences: Sequence[Sequence[int]]) -> tuple[Keys, Keys]:
    """All (pairs, triples) of sentences, each wrapped in its start and end."""
    flat = np.array([word for words in sentences for word in (START, *words, END)], np.uint64)
    pair = (flat[:-1] << _BITS) | flat[1:]
    pair = pair[flat[1:] != START]
    inside = (flat[1:-1] != START) & (flat[2:] != START)
    triple = ((flat[:-2] << _BITS | flat[1:-1]) << _BITS) | flat[2:]
    return pair, triple[inside]


def _discounts(counts: NDArray[np.int64]) -> Floats:
    """How much to take from a count of 1, 2, and 3 or more."""
    one, two, three, four = (max(1, int((counts == n).sum())) for n in (1, 2, 3, 4))
    share = one / (one + 2 * two)
    taken = [1 - 2 * share * two / one, 2 - 3 * share * three / two, 3 - 4 * share * four / three]
    return np.array([np.clip(d, 0.05, n - 0.05) for n, d in zip((1, 2, 3), taken)])


def _discounted(counts: NDArray[np.int64], group: NDArray[np.intp], groups: int) -> tuple[Floats, Floats]:
    """(discounted probability of each n-gram in its context's group, γ of each group)."""
    taken = _discounts(counts)[np.minimum(counts, 3) - 1]
    total = np.bincount(group, counts, groups)
    gamma = np.bincount(group, taken, groups) / np.maximum(total, 1)
    return (counts - taken) / total[group], gamma


def estimate(sentences: Sequence[Sequence[int]], vocabulary: int) -> Model:
    """The Kneser–Ney model of sentences of word numbers; 0, 1 and 2 are start, end and unknown."""
    all_pairs, all_triples = _streams(sentences)
    triples, triple_counts = np.unique(all_triples, return_counts=True)
    opening, opening_counts = np.unique(all_pairs[all_pairs >> _BITS == START], return_counts=True)
    following, following_counts = np.unique(triples & _PAIR, return_counts=True)
    pairs = np.concatenate([opening, following])
    order = np.argsort(pairs)
    pairs = pairs[order]
    pair_counts = np.concatenate([opening_counts, following_counts])[order]

    word_counts = np.bincount((pairs & _LAST).astype(np.intp), minlength=vocabulary)
    seen = np.flatnonzero(word_counts)
    kept, spare = _discounted(word_counts[seen], np.zeros(len(seen), np.intp), 1)
    unigram = np.full(vocabulary, spare[0] / (vocabulary - 1))
    unigram[seen] += kept
    unigram[START] = 0.0

    before = (pairs >> _BITS).astype(np.intp)
    pair_p, pair_gamma = _discounted(pair_counts, before, vocabulary)
    pair_p += pair_gamma[before] * unigram[(pairs & _LAST).astype(np.intp)]
    pair_gamma[np.bincount(before, minlength=vocabulary) == 0] = 1.0

    contexts, group = np.unique(triples >> _BITS, return_inverse=True)
    triple_p, context_gamma = _discounted(triple_counts, group, len(contexts))
    lower = _pair_probability(unigram, pairs, pair_p, pair_gamma, triples & _PAIR)
    triple_p += context_gamma[group] * lower
    return Model(unigram, pairs, pair_p, pair_gamma, triples, triple_p, contexts, context_gamma)


def find(table: Keys, keys: Keys) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """(where each key is in the sorted table, whether it is there)."""
    if not len(table):
        return np.zeros(len(keys), np.intp), np.zeros(len(keys), np.bool_)
    place = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return place, table[place] == keys


def _pair_probability(unigram: Floats, pairs: Keys, p: Floats, gamma: Floats, keys: Keys) -> Floats:
    place, there = find(pairs, keys)
    backed = gamma[(keys >> _BITS).astype(np.intp)] * unigram[(keys & _LAST).astype(np.intp)]
    return np.where(there, p[place], backed)


def pair_probability(model: Model, keys: Keys) -> Floats:
    """p(w | v) of each key."""
    return _pair_probability(model.unigram, model.pairs, model.pair_p, model.pair_gamma, keys)


def triple_probability(model: Model, keys: Keys) -> Floats:
    """p(w | u v) of each key."""
    place, there = find(model.triples, keys)
    context, known = find(model.contexts, keys >> _BITS)
    gamma = np.where(known, model.context_gamma[context], 1.0)
    return np.where(there, model.triple_p[place], gamma * pair_probability(model, keys & _PAIR))


def familiarity(models: Sequence[Model], contexts: Keys) -> Floats:
    """How well each model knows each context (models, contexts): p(u v)^0.6, or p(v)^0.6 of one word.

    After words that one kind of text is full of, that kind should say what follows (as in SRILM's Bayesian
    mixing; the power keeps one rare word from silencing all other kinds).
    """
    second = (contexts & _LAST).astype(np.intp)
    single = contexts >> _BITS == NO_WORD
    pairs = np.where(single, second.astype(np.uint64), contexts)  # looked up as if after the start, not used
    first = (pairs >> _BITS).astype(np.intp)
    known = []
    for model in models:
        alone = np.where(second == START, 1.0, np.maximum(model.unigram[second], _RAREST))
        begun = np.where(first == START, 1.0, np.maximum(model.unigram[first], _RAREST))
        known.append(np.where(single, alone, begun * pair_probability(model, pairs)))
    return np.stack(known) ** TRUST


def _mixed(weights: Floats, known: Floats, told: Floats) -> Floats:
    """Σ λᵢ rᵢ pᵢ / Σ λᵢ rᵢ over the models."""
    share = weights[:, None] * known
    return np.asarray((share * told).sum(0) / share.sum(0))


def _alone(words: Keys) -> Keys:
    """The contexts that are one word."""
    return np.uint64(NO_WORD << WORD_BITS) | words


def mixture_weights(models: Sequence[Model], sentences: Sequence[Sequence[int]], rounds: int = 40) -> Floats:
    """How to weigh the models, by scaling each to its share of what held-out sentences say."""
    pairs, triples = _streams(sentences)
    opening = pairs[pairs >> _BITS == START]
    told = np.stack(
        [np.concatenate([triple_probability(m, triples), pair_probability(m, opening)]) for m in models]
    )
    known = familiarity(models, np.concatenate([triples >> _BITS, _alone(opening >> _BITS)]))
    weights = np.full(len(models), 1 / len(models))
    for _ in range(rounds):
        share = weights[:, None] * known
        share /= share.sum(0)
        owed = share * told
        owed /= owed.sum(0)
        weights *= owed.sum(1) / share.sum(1)
        weights /= weights.sum()
    return weights


@dataclass(frozen=True)
class BackOff:
    """A trigram model in back-off form: log probabilities, and log back-off weights of contexts."""

    unigram: Floats
    pairs: Keys
    pair_log_p: Floats
    word_back_off: Floats  # (vocabulary,)
    triples: Keys
    triple_log_p: Floats
    pair_back_off: Floats  # (pairs,)

    def log_p(self, history: tuple[int, ...], word: int) -> float:
        """ln p(word | the last one or two words)."""
        if len(history) == 2:
            context = history[0] << WORD_BITS | history[1]
            place, there = find(self.triples, np.array([context << WORD_BITS | word], np.uint64))
            if there[0]:
                return float(self.triple_log_p[place[0]])
            place, there = find(self.pairs, np.array([context], np.uint64))
            fall = float(self.pair_back_off[place[0]]) if there[0] else 0.0
            return fall + self.log_p(history[1:], word)
        place, there = find(self.pairs, np.array([history[0] << WORD_BITS | word], np.uint64))
        if there[0]:
            return float(self.pair_log_p[place[0]])
        return float(self.word_back_off[history[0]] + self.unigram[word])


def _left_over(p: Floats, lower: Floats, group: NDArray[np.intp], groups: int) -> Floats:
    """ln of (1 − Σ p) / (1 − Σ lower) over each context's seen words."""
    mass = 1 - np.bincount(group, p, groups)
    below = 1 - np.bincount(group, lower, groups)
    return np.log(np.maximum(mass, 1e-6) / np.maximum(below, 1e-6))


def mix(models: Sequence[Model], weights: Floats, most_triples: int, most_pairs: int) -> BackOff:
    """The linear mixture in back-off form, with only the n-grams that change it most."""
    unigram = sum((w * m.unigram for w, m in zip(weights, models)), np.zeros(len(models[0].unigram)))
    pairs = np.unique(np.concatenate([m.pairs for m in models]))
    pair_p = _mixed(
        weights,
        familiarity(models, _alone(pairs >> _BITS)),
        np.stack([pair_probability(m, pairs) for m in models]),
    )
    triples = np.unique(np.concatenate([m.triples for m in models]))
    triple_p = _mixed(
        weights,
        familiarity(models, triples >> _BITS),
        np.stack([triple_probability(m, triples) for m in models]),
    )
    for _ in range(2):  # the second time with the weights of what the first one left
        full = _back_off(unigram, pairs, pair_p, triples, triple_p)
        context = triples >> _BITS
        place, _there = find(pairs, context)
        reach = unigram[(context >> _BITS).astype(np.intp)] * pair_p[place]
        reach = np.where(context >> _BITS == START, pair_p[place] * unigram[END], reach)
        lower, _there = find(pairs, triples & _PAIR)
        change = np.abs(np.log(triple_p) - full.pair_back_off[place] - np.log(pair_p[lower]))
        keep = _largest(reach * triple_p * change, most_triples)
        triples, triple_p = triples[keep], triple_p[keep]

        first = (pairs >> _BITS).astype(np.intp)
        reach = np.where(first == START, unigram[END], unigram[first])
        told = np.log(unigram[(pairs & _LAST).astype(np.intp)]) + full.word_back_off[first]
        worth = reach * pair_p * np.abs(np.log(pair_p) - told)
        for needed in (triples >> _BITS, triples & _PAIR):
            worth[find(pairs, np.unique(needed))[0]] += 1.0
        keep = _largest(worth, most_pairs)
        pairs, pair_p = pairs[keep], pair_p[keep]
        there = find(pairs, triples >> _BITS)[1] & find(pairs, triples & _PAIR)[1]
        triples, triple_p = triples[there], triple_p[there]
    return _back_off(unigram, pairs, pair_p, triples, triple_p)


def _largest(worth: Floats, most: int) -> NDArray[np.intp]:
    if len(worth) <= most:
        return np.arange(len(worth))
    return np.sort(np.argpartition(worth, len(worth) - most)[-most:])


def _back_off(unigram: Floats, pairs: Keys, pair_p: Floats, triples: Keys, triple_p: Floats) -> BackOff:
    first = (pairs >> _BITS).astype(np.intp)
    word_back_off = _left_over(pair_p, unigram[(pairs & _LAST).astype(np.intp)], first, len(unigram))
    context = find(pairs, triples >> _BITS)[0]
    lower = pair_p[find(pairs, triples & _PAIR)[0]]
    pair_back_off = _left_over(triple_p, lower, context, len(pairs))
    with np.errstate(divide="ignore"):
        log_unigram = np.log(unigram)
    return BackOff(
        log_unigram, pairs, np.log(pair_p), word_back_off, triples, np.log(triple_p), pair_back_off
    )
