"""Which phone each step of a recording answers with: forced alignments, the targets of the frame criterion.

A network that already hears a little finds the best path through the known phones of each recording; the next
network learns from that path, step by step, what CTC alone would have to find again (docs/log.md has the
gain). Paths are found on p(phone | sound) / p(phone)^β, since a CTC network would otherwise leave
one step to a phone (Zeyer, Schlüter, Ney 2021, "Why does CTC result in peaky behavior?").
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.asr.batches import UNKNOWN, Entry, collate
from models.asr.features import normalise
from models.asr.lexicon import BLANK
from models.backends.warm import jit_cached

PRIOR_WEIGHT = 0.7
_TOGETHER = 16


@dataclass(frozen=True)
class Alignments:
    """Labels of many recordings side by side, in the order of the entries that were aligned."""

    labels: NDArray[np.int8]  # (all steps,) phone or BLANK; −100 where no path was found
    bounds: NDArray[np.int64]  # (entries + 1,)

    def of(self, number: int) -> NDArray[np.int8]:
        """The labels (steps,) of entry `number`."""
        return self.labels[self.bounds[number] : self.bounds[number + 1]]

    def save(self, path: Path) -> None:
        """Writes the arrays; the file appears only when it is whole."""
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, labels=self.labels, bounds=self.bounds)
        os.replace(partial, path)

    @staticmethod
    def load(path: Path) -> Alignments:
        """Reads what `save` wrote."""
        with np.load(path) as arrays:
            return Alignments(arrays["labels"], arrays["bounds"])


def align(
    network: nn.Module,
    entries: list[Entry],
    mean: NDArray[np.float32],
    deviation: NDArray[np.float32],
    late: int = 0,
) -> Alignments:
    """Forced alignments of all entries by a network in evaluation mode that answers `late` steps late."""
    logs: list[NDArray[np.float32]] = [np.zeros((0, 0), np.float32)] * len(entries)
    by_length = sorted(range(len(entries)), key=lambda i: entries[i].frames)
    with torch.no_grad():
        for start in range(0, len(by_length), _TOGETHER):
            numbers = by_length[start : start + _TOGETHER]
            some = [entries[i] for i in numbers]
            batch = collate([normalise(e.log_mels(late), mean, deviation) for e in some], some)
            answers = network(batch.mels)[0].log_softmax(-1).numpy()
            for number, answer, steps in zip(numbers, answers, batch.steps.tolist(), strict=True):
                logs[number] = answer[late:steps]
    prior = np.log(np.mean([np.exp(one).mean(0) for one in logs], axis=0))
    labels = [
        forced(one - np.float32(PRIOR_WEIGHT) * prior, entry.phones())
        for one, entry in zip(logs, entries, strict=True)
    ]
    return Alignments(np.concatenate(labels), np.cumsum([0, *map(len, labels)]))


def forced(logs: NDArray[np.floating], phones: NDArray[np.int64]) -> NDArray[np.int8]:
    """The likeliest CTC path (steps,) that says `phones`, given ln p (steps, outputs).

    All −100 where there are fewer steps than the phones need, all blank where nothing is said.
    """
    if not len(phones):
        return np.full(len(logs), BLANK, np.int8)
    repeated = int((phones[1:] == phones[:-1]).sum())
    if len(logs) < len(phones) + repeated:
        return np.full(len(logs), UNKNOWN, np.int8)
    path: NDArray[np.int8] = _best_path(logs.astype(np.float64), phones)
    return path


@jit_cached
def _best_path(logs, phones):  # type: ignore[no-untyped-def]
    steps, places = len(logs), 2 * len(phones) + 1
    best = np.full(places, -np.inf)
    back = np.zeros((steps, places), np.int8)
    best[0], best[1] = logs[0, BLANK], logs[0, phones[0]]
    for t in range(1, steps):
        before = best.copy()
        for place in range(places):
            phone = phones[place // 2] if place % 2 else BLANK
            for jump in range(1, min(2 + place % 2, place + 1)):
                skips = jump == 2 and phones[place // 2] == phones[place // 2 - 1]
                if not skips and before[place - jump] > best[place]:
                    best[place] = before[place - jump]
                    back[t, place] = jump
            best[place] += logs[t, phone]
    place = places - 1 if best[places - 1] > best[places - 2] else places - 2
    path = np.zeros(steps, np.int8)
    for t in range(steps - 1, -1, -1):
        path[t] = phones[place // 2] if place % 2 else BLANK
        place -= back[t, place]
    return path
