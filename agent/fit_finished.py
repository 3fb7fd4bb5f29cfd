"""Fits the head of `agent.finished` to the pauses of training speakers: `python -m agent.fit_finished`.

Speakers of the recogniser's development splits are never looked at here: `spiketalk bench turns` judges on
them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.finished import NAMES, Head
from agent.networks import SpikingEars
from agent.pauses import Pause, pauses, spoken
from models.asr.corpus import held_out, read_shard

SHARDS = {"speechocean762-train": 24, "librispeech-train-clean-5": 32}
"""shard → one recording in so many is taken"""
SHORTEST_MS = 200.0
"""a shorter silence is part of a word, and nobody would answer in it"""


def recordings(shard: str, every: int, held: bool = False) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """One recording in `every`, with its speaker; of the development splits if `held`, else of the others."""
    for number, one in enumerate(read_shard(shard)):
        if number % every == 0 and held_out(shard, one.speaker) is held:
            sound = spoken(one.samples)
            if len(sound) > 8_000:
                yield one.speaker, sound


def fit(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> Head:
    """Logistic regression with a light ridge, by Newton's method; weights count as repetitions."""
    mean, spread = x.mean(0), x.std(0) + 1e-6
    design = np.column_stack(((x - mean) / spread, np.ones(len(x))))
    theta = np.zeros(design.shape[1])
    ridge = np.diag([1.0] * x.shape[1] + [0.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ theta))
        gradient = design.T @ (weight * (p - y)) + ridge @ theta
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + ridge + 1e-9 * np.eye(len(theta))
        theta -= np.linalg.solve(curvature, gradient)
    return Head(theta[:-1], mean, spread, float(theta[-1]))


def collect(models: Path | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Evidence and outcome (1: the end) of the training speakers' pauses."""
    ears = SpikingEars.load(models)
    rows: list[Pause] = []
    for shard, every in SHARDS.items():
        for number, (_, sound) in enumerate(recordings(shard, every)):
            rows += [p for p in pauses(sound, ears) if p.length_ms >= SHORTEST_MS]
            if number % 50 == 0:
                print(f"{shard}: {number} recordings, {len(rows)} pauses", file=sys.stderr, flush=True)
    return np.array([p.evidence.vector() for p in rows]), np.array([float(p.is_end) for p in rows])


def ranked(score: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The share of pairs of an end and a pause inside in which the end scores higher (area under the ROC).

    >>> ranked(np.array([0.1, 0.4, 0.9]), np.array([0.0, 0.0, 1.0]))
    1.0
    """
    ends, inside = score[y == 1], score[y == 0]
    higher = (ends[:, None] > inside[None]).mean()
    return float(higher + 0.5 * (ends[:, None] == inside[None]).mean())


def made(x: NDArray[np.float64], y: NDArray[np.float64]) -> dict[str, object]:
    """The head fitted to these pauses, ends and others weighing the same, as it is written down."""
    head = fit(x, y, np.where(y == 1, 1.0, y.sum() / max(1.0, (1 - y).sum())))
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
    text = json.dumps(made(*collect()), indent=1)
    Path(__file__).with_name("finished.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
