"""Fits the head of `agent.finished` to the pauses of training speakers: `python -m agent.fit_finished`.

With `--melody` the ears are left out, and words weigh nothing: ten times as fast. Speakers of the development
splits are never looked at here: `spiketalk bench turns` judges on them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.clock import Samples
from agent.finished import NAMES, Head
from agent.networks import SpikingEars
from agent.pauses import Pause, Take, pauses, take
from agent.stages import Ears
from models.asr.corpus import held_out, read_shard

SHARDS = {"speechocean762-train": 8, "librispeech-train-clean-5": 5}
"""shard → one recording in so many is taken"""
SHORTEST_MS = 200.0
"""a shorter silence is part of a word, and nobody would answer in it"""


def recordings(shard: str, every: int, held: bool = False) -> Iterator[tuple[str, Take]]:
    """One recording in `every`, with its speaker; of the development splits if `held`, else of the others."""
    for number, one in enumerate(read_shard(shard)):
        if number % every == 0 and held_out(shard, one.speaker) is held:
            taken = take(one.samples)
            if len(taken.speech) > 8_000:
                yield one.speaker, taken


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


def collect(ears: Ears) -> dict[str, list[Pause]]:
    """The training speakers' pauses by shard."""
    found: dict[str, list[Pause]] = {}
    for shard, every in SHARDS.items():
        rows = found.setdefault(shard, [])
        for number, (_, taken) in enumerate(recordings(shard, every)):
            rows += [p for p in pauses(taken, ears) if p.length_ms >= SHORTEST_MS]
            if number % 50 == 0:
                print(f"{shard}: {number} recordings, {len(rows)} pauses", file=sys.stderr, flush=True)
    return found


def ranked(score: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The share of pairs of an end and a pause inside in which the end scores higher (area under the ROC).

    >>> ranked(np.array([0.1, 0.4, 0.9]), np.array([0.0, 0.0, 1.0]))
    1.0
    """
    ends, inside = score[y == 1], score[y == 0]
    higher = (ends[:, None] > inside[None]).mean()
    return float(higher + 0.5 * (ends[:, None] == inside[None]).mean())


def made(found: Mapping[str, Sequence[Pause]]) -> dict[str, object]:
    """The head fitted to these pauses, as it is written down.

    In each shard, ends and pauses inside weigh the same: how often a set pauses tells of its speakers and how
    it was cut, and would otherwise be learnt from how loud it is.
    """
    rows = [pause for pauses in found.values() for pause in pauses]
    x = np.array([p.evidence.vector() for p in rows])
    y = np.array([float(p.is_end) for p in rows])
    cells = [(shard, p.is_end) for shard, pauses in found.items() for p in pauses]
    often = Counter(cells)
    weight = np.array([len(rows) / len(often) / often[cell] for cell in cells])
    head = fit(x, y, weight)
    score = (x - head.mean) / head.spread @ head.weights
    return {
        "names": list(NAMES),
        "pauses": len(y),
        "ends": int(y.sum()),
        "area_under_roc_in_training": round(ranked(score, y), 3),
        "bias": round(head.bias, 4),
        "weights": [round(float(v), 4) for v in head.weights],
        "mean": [round(float(v), 4) for v in head.mean],
        "spread": [round(float(v), 4) for v in head.spread],
    }


def main() -> None:
    """Collect, fit, write agent/finished.json."""
    ears = Deaf() if "--melody" in sys.argv[1:] else SpikingEars.load()
    text = json.dumps(made(collect(ears)), indent=1)
    Path(__file__).with_name("finished.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
