# ruff: noqa: E501
"""The intents at hand: which of them a line means, by its words, its sound and its form.

A first pass scores every wording by shared words, neighbouring words, runs of phones and meaning; the nearest get a
close look (`likeness`). Wordings of one intent speak for it together, and "none of them" has a voice too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.lm.likeness import NAMES, Look, Scale
from models.lm.postings import Postings, owners, spread
from models.lm.synonyms import Synonyms

CLOSELY = 80  # wordings that get the close look
PAIRS = 1 << 16  # buckets of neighbouring words
PHONES = 40  # 39 and a line's edge
FIRST = (0.25, 0.2, 0.35, 0.15, 0.25)  # weights of the first pass: words, neighbours, sound, meaning, sense
SAME = NAMES.index("same")
CERTAIN = 20.0  # what a wording that is the very line is given beside its score
SPEAKERS = 3  # wordings of an intent that speak for it
ARRAYS = ("wording_ids", "wording_starts", "wording_intents", "phones", "phone_starts")


@dataclass(frozen=True, slots=True)
class Meant:
    """An intent that a line may mean: its number, how likely, and its nearest wording."""

    intent: int
    chance: float
    wording: str


@dataclass(frozen=True)
class Words:
    """What is known of words: texts, rarity, vectors ×127, similar ones with likeness ×255, ones that sound alike,
    and the phones of each on end."""

    texts: Sequence[str]
    number: Mapping[str, int]
    idf: np.ndarray
    vectors: np.ndarray
    similar: np.ndarray
    likeness: np.ndarray
    sounding: np.ndarray
    phones: np.ndarray
    phone_starts: np.ndarray


@dataclass(frozen=True)
class Wordings:
    """All wordings: words on end, where each begins, and whose intent's it is; per intent its replies and marks."""

    words: Words
    ids: np.ndarray
    starts: np.ndarray
    intents: np.ndarray
    replies: tuple[tuple[str, ...], ...]
    marks: tuple[frozenset[str], ...]
    scale: Scale

    def text(self, wording: int) -> str:
        """A wording as the ears deliver it."""
        return " ".join(self.words.texts[i] for i in self.line(wording).tolist())

    def line(self, wording: int) -> np.ndarray:
        """Word numbers of a wording."""
        return self.ids[self.starts[wording] : self.starts[wording + 1]]

    @cached_property
    def _by_word(self) -> Postings:
        return Postings.of(owners(self.starts), self.ids, len(self.intents), len(self.words.texts))

    @cached_property
    def synonyms(self) -> Synonyms:
        return Synonyms.of(self.words.number)

    @cached_property
    def _by_sense(self) -> Postings:
        senses = self.synonyms.sense[self.ids]
        return Postings.of(owners(self.starts), senses, len(self.intents), len(self.words.texts))

    @cached_property
    def _by_pair(self) -> Postings:
        lines = np.diff(self.starts)
        edged = np.zeros(len(self.ids) + len(lines) + 1, np.int64)
        edged[np.arange(len(self.ids)) + owners(self.starts) + 1] = self.ids.astype(np.int64) + 1
        owner = np.repeat(np.arange(len(lines), dtype=np.int32), lines + 1)
        return Postings.of(owner, _pairs(edged), len(lines), PAIRS)

    @cached_property
    def _phones(self) -> tuple[np.ndarray, np.ndarray]:
        return spread(self.ids, self.starts, self.words.phones, self.words.phone_starts)

    @cached_property
    def _by_sound(self) -> Postings:
        phones, starts = self._phones
        lengths = np.diff(starts)
        edged = np.zeros(len(phones) + len(lengths) + 1, np.int64)
        edged[np.arange(len(phones)) + owners(starts) + 1] = phones
        owner = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths + 1)
        # a run of three may end beyond its line's edge: the next line's first phone is as good as any other there
        codes = (edged[:-2] * PHONES + edged[1:-1]) * PHONES + edged[2:]
        return Postings.of(owner[:-1], codes, len(lengths), PHONES**3)

    @cached_property
    def _means(self) -> np.ndarray:
        weighted = self.words.vectors[self.ids].astype(np.float32) * (
            self.words.idf[self.ids, None] - 1
        ).clip(0.2)
        sums = np.concatenate([np.zeros((1, weighted.shape[1]), np.float32), np.cumsum(weighted, 0)])
        means = sums[self.starts[1:]] - sums[self.starts[:-1]]
        unit: np.ndarray = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
        return unit

    def first_look(self, ids: np.ndarray, phones: np.ndarray) -> tuple[np.ndarray, ...]:
        """Nearness (wordings,) of every wording to a line: by words, neighbours, sound, meaning and sense."""
        edged = np.concatenate([[0], ids.astype(np.int64) + 1, [0]])
        ring = np.concatenate([[0], phones, [0]]).astype(np.int64)
        runs = (ring[:-2] * PHONES + ring[1:-1]) * PHONES + ring[2:]
        mean = (self.words.vectors[ids].astype(np.float32) * (self.words.idf[ids, None] - 1).clip(0.2)).sum(0)
        mean /= max(float(np.linalg.norm(mean)), 1e-6)
        return (
            self._by_word.cosine(ids),
            self._by_pair.cosine(_pairs(edged)),
            self._by_sound.cosine(runs),
            self._means @ mean,
            self._by_sense.cosine(self.synonyms.sense[ids]),
        )

    def look(self, said: Sequence[str], leave_out: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(the nearest wordings, their features (wordings, FEATURES)) for a line; `leave_out` are not looked at."""
        words = self.words
        ids = np.array([words.number[w] for w in said if w in words.number], np.int64)
        if not len(ids):
            return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        phones = np.concatenate(
            [words.phones[words.phone_starts[i] : words.phone_starts[i + 1]] for i in ids]
        )
        nears = self.first_look(ids, phones)
        total = np.sum([weight * near for weight, near in zip(FIRST, nears)], axis=0)
        if leave_out is not None:
            total[leave_out] = -1
        chosen = np.argpartition(-total, CLOSELY)[:CLOSELY] if len(total) > CLOSELY else np.arange(len(total))
        lines = [self.line(int(c)) for c in chosen]
        sounds, starts = self._phones
        heard = [sounds[starts[c] : starts[c + 1]] for c in chosen]
        look = Look(words.idf, words.vectors, words.similar, words.likeness, words.sounding, self.synonyms)
        features = look.features(
            said, ids, phones, lines, heard, [words.texts[i] for i in np.concatenate(lines)]
        )
        return chosen, np.concatenate([np.stack([n[chosen] for n in nears], 1), features], 1)

    def meant(self, said: Sequence[str]) -> list[Meant]:
        """The intents that a line may mean, most likely first; what is missing to 1 is the chance of none."""
        chosen, features = self.look(said)
        if not len(chosen):
            return []
        same = features[:, SAME] > 0
        features[:, SAME] = 0  # no wording was ever asked with itself known, so its weight means nothing
        scores = self.scale.score(features)
        scores[same] += CERTAIN
        return self.weigh(chosen, scores)

    def weigh(self, chosen: np.ndarray, scores: np.ndarray) -> list[Meant]:
        """Intents by the scores of some of their wordings: softmax over intents and none, whose score is 0."""
        order = np.argsort(-scores)
        voices: dict[int, list[float]] = {}
        nearest: dict[int, int] = {}
        for i in order.tolist():
            intent = int(self.intents[chosen[i]])
            nearest.setdefault(intent, int(chosen[i]))
            heard = voices.setdefault(intent, [])
            if len(heard) < SPEAKERS:
                heard.append(float(scores[i]))
        names = list(voices)
        totals = np.array([np.logaddexp.reduce(voices[n]) for n in names])
        chances = np.exp(totals - np.logaddexp.reduce([0.0, *totals]))
        ranked = np.argsort(-chances)
        return [Meant(names[i], float(chances[i]), self.text(nearest[names[i]])) for i in ranked.tolist()]


def _pairs(edged: np.ndarray) -> np.ndarray:
    """Buckets of neighbours in lines on end, with 0 at their edges and word numbers + 1 between."""
    return ((edged[:-1] * 7919 + edged[1:] * 104729 + 13) % PAIRS).astype(np.int64)
