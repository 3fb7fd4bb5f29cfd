"""Has the user finished? The probability that a pause ends the turn, from the words and from the melody.

A logistic regression over words and melody decides (`agent/finished.json`, fitted by `python -m
agent.fit_finished` to whatever ears are shipped); where there is none that fits, a rule about the last word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from agent.prosody import Melody
from agent.sentence_ends import log_odds

DANGLING = frozenset(
    """
    a about all also am an and any are as at be because been but by can could did do does every for from get
    had has have her his how i if in into is it's i'm just like make maybe more my no of on one or our really
    should so some than that that's the their them then there they this to too uh um very was we were what
    when where which who why will with would you're your
    """.split()
)
"""Words that are seldom the last."""

WHOLE = frozenset(
    "bye goodbye hello hey hi hm mm-hm no nope okay right sure thanks yeah yep yes please stop wait".split()
)
"""Words that are often all there is to say."""


def finished(words: Sequence[str]) -> float:
    """How probable it is that somebody who paused after `words` has finished.

    >>> finished("what is a river".split()) > finished("what is a".split())
    True
    >>> finished([])
    0.5
    """
    if not words:
        return 0.5
    last = words[-1].casefold().strip(".,!?")
    if len(words) == 1:
        return 0.85 if last in WHOLE else 0.5
    if last in DANGLING:
        return 0.06
    return 0.75 if len(words) < 3 else 0.9


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known in a pause."""

    words: tuple[str, ...] = ()
    melody: Melody = field(default_factory=Melody)
    end_log_p: float | None = None
    """ln p(a sentence ends after these words), where the ears have a language model"""

    def vector(self) -> NDArray[np.float64]:
        """All of it as numbers, in the order of `NAMES`."""
        count, seconds = len(self.words), float(np.exp(self.melody.turn))
        melody = [getattr(self.melody, name) for name in OF_MELODY]
        words = [
            log_odds(self.words),
            LEAST_LOG_P if self.end_log_p is None else self.end_log_p,
            float(np.log1p(count)),
            float(count < 3),
            float(count == 0),
            count / max(seconds, 0.3),
        ]
        return np.array([*melody, *words])


OF_MELODY = ("stretch", "level_slope", "pitch_end", "pitch_height")
"""what of the melody tells ends from pauses for every speaker; levels tell of rooms"""
LEAST_LOG_P = -5.0
NAMES = (*OF_MELODY, "text_log_odds", "end_log_p", "word_count", "few", "wordless", "words_per_second")

Judge = Callable[[Evidence], float]
"""Evidence → the probability that the user has finished."""


@dataclass(frozen=True, slots=True)
class Head:
    """A logistic regression: p = 1 / (1 + exp(−(bias + weights · (x − mean) / spread)))."""

    weights: NDArray[np.float64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    bias: float

    def log_odds(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """ln(p / (1 − p)) of evidence (n, features)."""
        scores: NDArray[np.float64] = self.bias + ((x - self.mean) / self.spread) @ self.weights
        return scores

    def probability(self, evidence: Evidence) -> float:
        """How probable it is that the user has finished."""
        score = self.log_odds(evidence.vector()[None])[0]
        return float(1 / (1 + np.exp(-np.clip(score, -30, 30))))


@cache
def shipped() -> Head | None:
    """The fitted head of this installation; None where it does not fit this program."""
    place = files("agent") / "finished.json"
    if not place.is_file():
        return None
    made = json.loads(place.read_text(encoding="utf-8"))
    if tuple(made["names"]) != NAMES:
        return None
    weights, mean, spread = (np.array(made[key]) for key in ("weights", "mean", "spread"))
    return Head(weights, mean, spread, made["bias"])


def judged(evidence: Evidence) -> float:
    """The shipped head's probability, or where there is none the rule about words."""
    head = shipped()
    return finished(evidence.words) if head is None else head.probability(evidence)


def by_words(guess: Callable[[Sequence[str]], float]) -> Judge:
    """A judge that looks at the words alone."""
    return lambda evidence: guess(evidence.words)
