# ruff: noqa: E501
"""A small trained sense for danger: how likely a line speaks of despair, violence, fire or illness.

Softmax over hashed features of the line: its words, neighbours, what its words are about (`concepts`), and which two
things it is about at once, so that "the baby swallowed a marble" and "my nephew ate a battery" look alike. Trained
by `models.lm.train_alarm`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from zlib import crc32

import numpy as np

from models.lm.concepts import concepts

KINDS = ("ordinary", "despair", "violence", "fire", "body")
BUCKETS = 1 << 14
FILE = Path(__file__).parents[1] / "shipped" / "alarm.npz"


class AlarmError(ValueError):
    """A file of weights that cannot be used; one line."""


def features(words: Sequence[str]) -> np.ndarray:
    """Buckets of a line's features, each once.

    >>> bool(set(features("my nephew ate a battery".split())) & set(features("the baby swallowed a marble".split())))
    True
    """
    line = ["^", *words, "$"]
    about = [concepts(word) for word in words]
    found = {*words, *(f"{a} {b}" for a, b in pairwise(line))}
    every = sorted({c for some in about for c in some})
    found |= {f"#{c}" for c in every}
    found |= {f"#{c} #{d}" for c, d in combinations(every, 2)}
    for i, some in enumerate(about):
        found |= {f"{line[i]} #{c}" for c in some} | {f"#{c} {line[i + 2]}" for c in some}
    for some, more in pairwise(about):
        found |= {f"#{c}>#{d}" for c in some for d in more}
    return np.array(sorted({crc32(f.encode()) % BUCKETS for f in found}), np.int64)


@dataclass(frozen=True)
class Alarm:
    """weights: int8 (BUCKETS, kinds), scale and bias: (kinds,), limit: how likely danger must be to count."""

    weights: np.ndarray
    scale: np.ndarray
    bias: np.ndarray
    limit: float

    @classmethod
    def load(cls, path: Path = FILE) -> Alarm:
        """The trained weights. Raises `AlarmError` when the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                alarm = cls(stored["weights"], stored["scale"], stored["bias"], float(stored["limit"]))
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise AlarmError(
                f"{path}: the sense for danger cannot be read ({error}); reinstall it"
            ) from error
        if alarm.weights.shape != (BUCKETS, len(KINDS)):
            raise AlarmError(f"{path}: expected weights {(BUCKETS, len(KINDS))}, found {alarm.weights.shape}")
        return alarm

    def save(self, path: Path) -> None:
        """Write the weights."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            path, weights=self.weights, scale=self.scale, bias=self.bias, limit=np.float32(self.limit)
        )

    def chances(self, words: Sequence[str]) -> np.ndarray:
        """Probability (kinds,) of each of `KINDS`."""
        total = self.weights[features(words)].sum(0, dtype=np.int64) * self.scale + self.bias
        powers = np.exp(total - total.max())
        chances: np.ndarray = powers / powers.sum()
        return chances

    def kind(self, words: Sequence[str]) -> str:
        """The danger in a line, or "" where it is most likely an ordinary one."""
        if not words:
            return ""
        chances = self.chances(words)
        return KINDS[1 + int(chances[1:].argmax())] if 1 - chances[0] > self.limit else ""


@cache
def shipped() -> Alarm:
    """The alarm that comes with the package, read once."""
    return Alarm.load()
