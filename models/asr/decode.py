"""From the ears' phone probabilities to words, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.asr import past as pasts
from models.asr import search
from models.asr.kneser import END, START
from models.asr.lexicon import BLANK, collapse
from models.asr.ngram import Words
from models.asr.past import agreed, best_paths, chain, compact, descends, grown, new_past
from models.asr.search import (
    LIVING,
    OTHERS,
    RECORDS,
    ROOT,
    SIDE,
    STEP,
    Graph,
    Weights,
    advance,
    graph_of,
    new_ahead,
    new_beam,
    prepare,
    start,
)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the search weighs what it hears against what is usually said."""

    acoustic_scale: float = 1.0
    language_weight: float = 1.0
    word_penalty: float = 0.0  # nats given to every word; negative makes words fewer
    blank_penalty: float = 0.0  # nats taken from every blank
    prior_weight: float = 0.0  # how much of ln p(phone) is taken off
    beam: float = 14.0  # nats below the best
    most: int = 800  # hypotheses kept a step
    remember: float = 8.0  # losers this close are kept for the n-best list
    commit_steps: int = 50  # words this old become final even where hypotheses still differ


@dataclass(frozen=True, slots=True)
class Word:
    """One word found: when it was said, in steps, and how sure that is."""

    text: str
    since: int  # step at which its first phone sounded
    until: int  # step at which its last phone began
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of everything heard so far; score in nats."""

    words: tuple[Word, ...]
    score: float

    @property
    def text(self) -> str:
        """The words with spaces between."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True)
class Vocabulary:
    """Words and the search graph made of them; shared by all decoders."""

    words: Words
    bonus: Mapping[str, float] | None = None  # nats for words to expect

    @cached_property
    def graph(self) -> Graph:
        """The search graph."""
        extra = np.zeros(len(self.words.names), np.float32)
        number = self.words.number()
        for word, nats in (self.bonus or {}).items():
            if word in number:
                extra[number[word]] = nats
        graph = graph_of(self.words, extra)
        prepare(graph)
        return graph

    @cached_property
    def ahead(self) -> NDArray[np.uint64]:
        """Look-aheads that are known; all searches share them."""
        return new_ahead()


def log_softmax(logits: Floats) -> NDArray[np.float64]:
    """ln of the probabilities, over the last axis."""
    wide = np.asarray(logits, np.float64)
    top = wide.max(-1, keepdims=True)
    return wide - top - np.log(np.exp(wide - top).sum(-1, keepdims=True))


def greedy(logits: Floats) -> list[int]:
    """The phones of the best label at each step; logits (steps, 40)."""
    return collapse(np.asarray(logits).argmax(-1).tolist()) if len(logits) else []


class Decoder:
    """One search over one stream of phone probabilities."""

    def __init__(
        self, vocabulary: Vocabulary, settings: Settings | None = None, priors: Floats | None = None
    ) -> None:
        self.settings = settings or Settings()
        self.vocabulary = vocabulary
        self._graph = vocabulary.graph
        s = self.settings
        self._weights = Weights(s.language_weight, s.word_penalty, s.beam, s.most, s.remember)
        self._offset = np.zeros(40)
        if priors is not None:
            self._offset = -s.prior_weight * np.asarray(priors, np.float64)
        self._offset[BLANK] -= s.blank_penalty
        self._beam = new_beam(1 << max(11, (16 * s.most - 1).bit_length()), vocabulary.ahead)
        self.restart()

    def restart(self) -> None:
        """Forget everything heard; what comes next is the start of a sentence."""
        self._past = new_past(records=max(1 << 14, 8 * self.settings.most))
        self._counts = np.zeros(7, np.int64)
        self._marks = np.zeros(len(self._past.records), np.uint8)
        self._settled = -1
        self._sure: list[Word] = []
        self._sure_to = -1
        start(self._graph, self._beam, self._counts, START, self.settings.language_weight)

    def fork(self) -> Decoder:
        """An independent search that has heard the same."""
        other = copy(self)
        counts = other._counts = self._counts.copy()
        other._beam = search.forked(self._beam, counts[SIDE], counts[LIVING])
        other._past = pasts.forked(self._past, counts[RECORDS], counts[OTHERS])
        other._marks = np.zeros_like(self._marks)
        other._sure = self._sure.copy()
        return other

    @property
    def steps(self) -> int:
        """How many steps were heard."""
        return int(self._counts[STEP])

    @property
    def living(self) -> int:
        """How many hypotheses live."""
        return int(self._counts[LIVING])

    def step(self, log_p: NDArray[np.floating]) -> None:
        """Hear one step: ln p of blank and the 39 phones, (40,)."""
        frame = (np.asarray(log_p, np.float64) + self._offset) * self.settings.acoustic_scale
        self._make_room()
        advance(self._graph, self._beam, self._past, self._counts, self._weights, frame)
        heads = self._living()["history"]
        self._settled = max(self._settled, agreed(self._past, heads, self._counts[RECORDS], self._marks))
        if self.steps % 5 == 0:
            self._commit()

    def _make_room(self) -> None:
        most = self.settings.most
        tight = self._counts[RECORDS] + 2 * most > len(self._past.records)
        if tight or self._counts[OTHERS] + 8 * most > len(self._past.others):
            heads = self._living()["history"]
            watched = np.append(heads, np.array([self._settled, self._sure_to], np.int32))
            left = compact(self._past, watched, self._counts[RECORDS], self._settled)
            heads[:] = watched[:-2]
            self._settled, self._sure_to = int(watched[-2]), int(watched[-1])
            self._counts[RECORDS], self._counts[OTHERS] = left
            if left[0] * 2 > len(self._past.records):
                self._past = grown(self._past)
                self._marks = np.zeros(len(self._past.records), np.uint8)

    def _totals(self) -> NDArray[np.float64]:
        living = self._living()
        return np.logaddexp(living["blank"], living["phone"])

    def _living(self) -> NDArray[Any]:
        """The hypotheses, a view."""
        return self._beam.hypotheses[self._counts[SIDE], : self._counts[LIVING]]

    def _commit(self) -> None:
        """Let those hypotheses go that differ from the best in words that are too old to change."""
        living = self._living()
        until, parents = self._past.records["until"], self._past.records["parent"]
        deadline = self.steps - self.settings.commit_steps
        record = self._best_head()
        while record > self._settled and until[record] > deadline:
            record = int(parents[record])
        if record <= self._settled:
            return
        kept = living[descends(self._past, living["history"], record)]
        living[: len(kept)] = kept
        self._counts[LIVING] = len(kept)
        self._settled = record

    def _word(self, record: int, since: int | None = None) -> Word:
        it = self._past.records[record]
        began = int(it["since"]) if since is None else since
        return Word(self.vocabulary.words.names[it["word"]], began, int(it["until"]))

    def _best_head(self) -> int:
        return int(self._living()["history"][self._totals().argmax()])

    def shape(self) -> tuple[int, int]:
        """Changes when the partial words may have; cheap to ask."""
        head = self._best_head()
        return (hash(int(self._past.records["sequence"][head])) if head >= 0 else -1), self._settled

    def partial(self) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
        """(words that will not change any more, the best guess at those after them)."""
        self._sure += map(self._word, chain(self._past, self._settled, self._sure_to))
        self._sure_to = self._settled
        open_records = chain(self._past, self._best_head(), self._settled)
        return tuple(self._sure), tuple(map(self._word, open_records))

    def end_log_p(self) -> float:
        """ln p(the sentence ends here | the best words so far)."""
        state = self._living()["state"][self._totals().argmax()]
        return self.vocabulary.words.ngram.score(int(state), END)[0]

    def best(self, most: int = 1) -> list[Hypothesis]:
        """The best readings if the talk ended now, best first; the search goes on undisturbed."""
        living, totals = self._living(), self._totals()
        ngram, weight = self.vocabulary.words.ngram, self.settings.language_weight
        whole = living["node"] == ROOT
        heads: dict[int, float] = {}
        for it, total in zip(living[whole], totals[whole]):
            score = float(total - it["ahead"]) + weight * ngram.score(int(it["state"]), END)[0]
            record = int(it["history"])
            heads[record] = max(score, heads.get(record, -1e30))
        if not heads:  # every hypothesis is inside a word: leave the unfinished words away
            for it, total in zip(living, totals):
                record = int(it["history"])
                heads[record] = max(float(total), heads.get(record, -1e30))
        paths = best_paths(self._past, sorted(heads.items(), key=lambda head: -head[1])[:50], most)
        taken_off = float(self._beam.taken_off[0])
        return [
            Hypothesis(tuple(self._word(r, since) for r, since in path.records), path.score + taken_off)
            for path in paths
        ]
