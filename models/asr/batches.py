"""Batches of utterances of like length, a function of the update's number."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.asr.augment import Recipe, copy, mask
from models.asr.features import BANDS, normalise
from models.asr.net import FRAMES_PER_STEP
from models.asr.packed import Packed

UNKNOWN = -100  # the label of a step without a known phone


@dataclass(frozen=True, slots=True)
class Batch:
    """Normalised mels (batch, frames, 80), steps (batch,), all phones in a row, phones per utterance.

    `labels` (batch, steps) is each step's phone for the frame criterion, −100 where none is known.
    """

    mels: Tensor
    steps: Tensor
    phones: Tensor
    phone_counts: Tensor
    labels: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Utterance `index` of one packed shard, and each step's phone where it was aligned."""

    shard: Packed
    index: int
    labels: NDArray[np.int8] | None = field(default=None, compare=False)

    @property
    def frames(self) -> int:
        return int(self.shard.frames[self.index + 1] - self.shard.frames[self.index])


class Sampler:
    """Shuffles entries into batches of about `frames` frames, anew in each pass."""

    def __init__(self, entries: list[Entry], frames: int, seed: int) -> None:
        self._entries, self._frames, self._seed = entries, frames, seed
        self._lengths = np.array([entry.frames for entry in entries])
        self._starts = [0]
        self._pass = lru_cache(maxsize=2)(self._shuffled)

    def batch(self, update: int) -> tuple[list[Entry], np.random.Generator]:
        """The entries of an update, and random numbers that belong to it."""
        number = next((p for p in range(len(self._starts) - 1) if update < self._starts[p + 1]), None)
        while number is None:
            number = len(self._starts) - 1
            self._starts.append(self._starts[-1] + len(self._pass(number)))
            number = number if update < self._starts[-1] else None
        chosen = self._pass(number)[update - self._starts[number]]
        return [self._entries[i] for i in chosen], np.random.default_rng((self._seed, 1, update))

    def _shuffled(self, number: int) -> list[NDArray[np.int64]]:
        random = np.random.default_rng((self._seed, 0, number))
        order = np.argsort(self._lengths * random.uniform(0.9, 1.1, len(self._lengths)))
        batches: list[NDArray[np.int64]] = []
        start = 0
        while start < len(order):
            stop = start + 1
            longest = self._lengths[order[start]]
            while stop < len(order):
                longest = max(longest, self._lengths[order[stop]])
                if longest * (stop + 1 - start) > self._frames:
                    break
                stop += 1
            batches.append(order[start:stop])
            start = stop
        if number == 0:  # short utterances first: CTC finds its first alignments there
            return batches
        return [batches[i] for i in random.permutation(len(batches))]


def training_batch(
    entries: list[Entry],
    random: np.random.Generator,
    mean: NDArray[np.float32],
    deviation: NDArray[np.float32],
    noises: list[NDArray[np.float32]],
    recipe: Recipe,
) -> Batch:
    """Random copies of the entries, masked; labels are stretched with the sound."""
    mels = []
    for entry in entries:
        changed = copy(entry.shard.log_mels(entry.index), noises, recipe, random)
        mels.append(mask(normalise(changed, mean, deviation), recipe, random))
    batch = collate(mels, entries)
    labels = torch.full((len(entries), batch.mels.shape[1] // FRAMES_PER_STEP), UNKNOWN)
    for row, entry, sound in zip(labels, entries, mels, strict=True):
        if entry.labels is not None:
            changed_labels = stretched(entry.labels, entry.frames, len(sound))
            row[: len(changed_labels)] = torch.from_numpy(changed_labels)
    return replace(batch, labels=labels)


def stretched(labels: NDArray[np.int8], frames: int, changed: int) -> NDArray[np.int8]:
    """Labels of a recording of `frames` frames for a copy that has `changed` of them."""
    at = (np.arange(changed // FRAMES_PER_STEP) * (frames / changed)).astype(np.int64)
    return labels[np.minimum(at, len(labels) - 1)]


def collate(mels: list[NDArray[np.float32]], entries: list[Entry]) -> Batch:
    """Utterances side by side, padded with zeros at their ends."""
    longest = max(len(one) for one in mels)
    together = torch.zeros(len(mels), -(-longest // FRAMES_PER_STEP) * FRAMES_PER_STEP, BANDS)
    for row, one in zip(together, mels, strict=True):
        row[: len(one)] = torch.from_numpy(one)
    phones = [torch.from_numpy(entry.shard.phones_of(entry.index).astype(np.int64)) for entry in entries]
    return Batch(
        together,
        torch.tensor([len(one) // FRAMES_PER_STEP for one in mels]),
        torch.cat(phones),
        torch.tensor([len(one) for one in phones]),
    )
