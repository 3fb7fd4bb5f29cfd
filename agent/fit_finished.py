"""Fits the head of `agent.finished` to the pauses of training speakers: `python -m agent.fit_finished`.

Speakers of the development splits are never heard here: `spiketalk bench turns` judges on them. Words are
those of the shipped ears, so the head is fitted anew whenever other ears ship. With `--melody` the ears are
left out, and words weigh nothing. What was heard is kept in `runs/pauses.json` for as long as the ears stay
the same, so that it need not be heard again.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.clock import Samples, milliseconds
from agent.finished import NAMES, Head
from agent.heard_pauses import Heard, heard_pauses
from agent.networks import SpikingEars
from agent.pause_sets import LEARNT_FROM
from agent.pauses import Pause
from agent.progress import Kept
from agent.turn.patience import Patience

KEPT = Path("runs/pauses.json")
CUT_OFFS, DRAFT_MS, LATEST_MS = 0.05, 150.0, 1_130.0
"""the scale of the head is chosen so that no more answers come too early, and one in twenty later"""
FOLDS = 4


class Deaf:
    """Ears that hear no words: the melody alone is left to judge by."""

    def listen(self, since: Samples) -> Deaf:
        """Themselves."""
        return self

    def hear(self, frames: Sequence[NDArray[np.float32]]) -> str | None:
        """Nothing."""
        return None

    def so_far(self) -> str:
        """Nothing."""
        return ""


@dataclass(frozen=True, slots=True)
class Examples:
    """Pauses as numbers: evidence (n, features), whether each is the end, its weight, speaker and length."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weight: NDArray[np.float64]
    speakers: NDArray[np.str_]
    length_ms: NDArray[np.float64]
    noticed_ms: NDArray[np.float64]

    @classmethod
    def of(cls, found: Mapping[str, Sequence[Heard]]) -> Examples:
        """Pauses by set. In each, ends and pauses inside weigh the same: how often a set pauses tells of its
        speakers and how it was cut, and would otherwise be learnt from how loud it is.
        """
        rows = [(shard, one) for shard, heard in found.items() for one in heard]
        cells = [(shard, one.pause.is_end) for shard, one in rows]
        often = Counter(cells)
        return cls(
            np.array([one.pause.evidence.vector() for _, one in rows]),
            np.array([float(one.pause.is_end) for _, one in rows]),
            np.array([len(rows) / len(often) / often[cell] for cell in cells]),
            np.array([one.speaker for _, one in rows]),
            np.array([one.pause.length_ms for _, one in rows]),
            np.array([_noticed_ms(one.pause) for _, one in rows]),
        )


def _noticed_ms(pause: Pause) -> float:
    return milliseconds(pause.noticed) - milliseconds(pause.since)


def fit(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> Head:
    """Logistic regression with a light ridge, by Newton's method; weights count as repetitions."""
    mean, spread = x.mean(0), np.maximum(x.std(0), 0.05)
    design = np.column_stack(((x - mean) / spread, np.ones(len(x))))
    theta = np.zeros(design.shape[1])
    ridge = np.diag([3.0] * x.shape[1] + [0.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ theta))
        gradient = design.T @ (weight * (p - y)) + ridge @ theta
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + ridge + 1e-9 * np.eye(len(theta))
        theta -= np.linalg.solve(curvature, gradient)
    return Head(theta[:-1], mean, spread, float(theta[-1]))


def ranked(score: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The share of pairs of an end and a pause inside in which the end scores higher (area under the ROC).

    >>> ranked(np.array([0.1, 0.4, 0.9]), np.array([0.0, 0.0, 1.0]))
    1.0
    """
    ends, inside = score[y == 1], score[y == 0]
    higher = (ends[:, None] > inside[None]).mean()
    return float(higher + 0.5 * (ends[:, None] == inside[None]).mean())


def unseen_scores(rows: Examples) -> NDArray[np.float64]:
    """The log-odds that a head gives each pause which was fitted without its speaker's fold."""
    score = np.zeros(len(rows.y))
    names = sorted(set(rows.speakers.tolist()))
    fold = np.array([names.index(speaker) % FOLDS for speaker in rows.speakers.tolist()])
    for number in range(FOLDS):
        left, out = fold != number, fold == number
        if 0 < rows.y[left].sum() < left.sum() and out.any():
            head = fit(rows.x[left], rows.y[left], rows.weight[left])
            score[out] = head.log_odds(rows.x[out])
    return score


def scaled(score: NDArray[np.float64], rows: Examples, patience: Patience) -> tuple[float, float]:
    """(slope, offset) for the log-odds: those of all that keep to the limits that answer soonest.

    Where none does, those that answer too early least often.
    """
    ends = rows.y == 1
    best: tuple[tuple[float, ...], float, float] | None = None
    for slope in (0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.85, 1.0):
        for offset in np.arange(-2.0, 3.0, 0.1):
            p = 1 / (1 + np.exp(-np.clip(slope * score + offset, -30, 30)))
            waits = np.array([milliseconds(patience.wait(float(one))) for one in p])
            answered = np.maximum(waits, rows.noticed_ms + DRAFT_MS)
            early = float((answered < rows.length_ms)[~ends].mean()) if (~ends).any() else 0.0
            middle, late = np.percentile(answered[ends], (50, 95))
            broken = max(0.0, early - CUT_OFFS) + max(0.0, late - LATEST_MS) / 10_000
            rank = (broken, float(middle))
            if best is None or rank < best[0]:
                best = rank, slope, float(offset)
    assert best is not None, "there are slopes and offsets to try"
    return best[1], best[2]


def made(found: Mapping[str, Sequence[Heard]]) -> dict[str, object]:
    """The head fitted to these pauses, as it is written down."""
    rows = Examples.of(found)
    head = fit(rows.x, rows.y, rows.weight)
    unseen = unseen_scores(rows)
    slope, offset = scaled(unseen, rows, Patience())
    head = replace(head, weights=slope * head.weights, bias=slope * head.bias + offset)
    return {
        "names": list(NAMES),
        "pauses": len(rows.y),
        "ends": int(rows.y.sum()),
        "area_under_roc_of_unseen_speakers": round(ranked(unseen, rows.y), 3),
        "slope": slope,
        "offset": round(offset, 3),
        "bias": round(head.bias, 4),
        "weights": [round(float(v), 4) for v in head.weights],
        "mean": [round(float(v), 4) for v in head.mean],
        "spread": [round(float(v), 4) for v in head.spread],
    }


def main() -> None:
    """Hear, fit, write agent/finished.json."""
    ears = Deaf() if "--melody" in sys.argv[1:] else SpikingEars.load()
    KEPT.parent.mkdir(exist_ok=True)
    found = {one.shard: heard_pauses(one, ears, None, Kept(KEPT)) for one in LEARNT_FROM}
    text = json.dumps(made(found), indent=1)
    Path(__file__).with_name("finished.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
