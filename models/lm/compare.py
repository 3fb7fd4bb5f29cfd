# ruff: noqa: E501
"""What finds the remembered line that is answered alike: words, meaning by company kept, or the spiking encoder.

Two remembered lines of users to which Pip gave the very same answer are taken to mean the same. Of each pair the
second is hidden among lines drawn at random, and whoever puts it first is right.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np

from models.lm.encoder import Encoder
from models.lm.memory import Memory
from models.lm.mind import Mind


def pairs(memory: Memory, count: int, random: Random) -> list[tuple[str, str]]:
    """Two different openers with the very same answer, at most one pair for each answer."""
    by_answer: dict[str, list[str]] = {}
    for number, line in enumerate(memory.exchanges.tolist()):
        if memory.openers[number]:
            by_answer.setdefault(memory.text(line + 1), []).append(memory.text(line))
    found = [
        (a[0], a[1]) for a in by_answer.values() if len(a) > 1 and set(a[0].split()) != set(a[1].split())
    ]
    return random.sample(found, min(count, len(found)))


def compare(folder: Path | None = None, count: int = 60, among: int = 20, seed: int = 0) -> dict[str, float]:
    """Share of pairs that each finds among `among` other lines, and of words and encoder together."""
    random, mind = Random(seed), Mind.load(folder)
    memory, network = mind.memory, mind.network
    if network is None:
        return {}
    openers = memory.exchanges[memory.openers].tolist()
    ordinary = [memory.text(line) for line in random.sample(openers, 60)]
    encoder = Encoder.of(network, ordinary)
    right = dict.fromkeys(("words", "meaning", "encoder", "words_and_encoder"), 0)
    chosen = pairs(memory, count, random)
    for one, other in chosen:
        lines = [other, *(memory.text(line) for line in random.sample(openers, among))]
        words = np.array([_shared(memory, one, line) for line in lines])
        meaning = np.array([float(_mean(memory, one) @ _mean(memory, line)) for line in lines])
        mine = encoder.vector(one)
        coded = np.array([float(mine @ encoder.vector(line)) for line in lines])
        for name, values in (
            ("words", words), ("meaning", meaning), ("encoder", coded), ("words_and_encoder", words + 0.5 * coded),
        ):  # fmt: skip
            right[name] += bool(values.argmax() == 0 and (values == values.max()).sum() == 1)
    return {"pairs": len(chosen)} | {name: n / max(1, len(chosen)) for name, n in right.items()}


def _mean(memory: Memory, line: str) -> np.ndarray:
    return memory.meaning(memory.numbers(line.split()))


def _shared(memory: Memory, one: str, other: str) -> float:
    """Cosine of two lines over their words, each as much as it is rare."""
    a, b = set(memory.numbers(one.split())), set(memory.numbers(other.split()))
    weigh = lambda some: sum(float(memory.idf[i]) ** 2 for i in some)  # noqa: E731
    return weigh(a & b) / max((weigh(a) * weigh(b)) ** 0.5, 1e-6)
