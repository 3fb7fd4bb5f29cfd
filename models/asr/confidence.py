"""How sure a word is: the share of probability that readings with this word, there, have together.

p(reading) ∝ exp(score / temperature),    confidence(word) = Σ p(readings that have it at about that time)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.asr.decode import Hypothesis, Word

_NEAR_STEPS = 6


@dataclass(frozen=True, slots=True)
class Judge:
    """How confidence is taken from the n-best list."""

    n_best: int = 60
    shown: int = 10
    temperature: float = 4.0
    ask_again_below: float = 0.3


def judged(hypotheses: Sequence[Hypothesis], judge: Judge) -> tuple[Word, ...]:
    """The words of the best reading, each with its confidence."""
    if not hypotheses:
        return ()
    scores = np.array([hypothesis.score for hypothesis in hypotheses]) / judge.temperature
    share = np.exp(scores - scores.max())
    share /= share.sum()
    places: dict[str, list[tuple[int, int]]] = {}
    for number, hypothesis in enumerate(hypotheses):
        for word in hypothesis.words:
            places.setdefault(word.text, []).append((number, word.until))
    sure = []
    for word in hypotheses[0].words:
        near = {number for number, until in places[word.text] if abs(until - word.until) <= _NEAR_STEPS}
        sure.append(replace(word, confidence=float(share[list(near)].sum())))
    return tuple(sure)
