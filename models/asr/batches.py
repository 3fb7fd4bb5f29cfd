"""Batches of utterances of like length, a function of the update's number.

Recordings of read books are far longer than what people say at once, and than the accented sentences beside
them; sorted by length, every batch would hold one source alone. Where a recording was aligned, each pass
cuts it anew at pauses into pieces of a few seconds, so that a batch mixes speakers and sources.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.asr.augment import Recipe, copy, mask
from models.asr.features import BANDS, normalise
from models.asr.lexicon import BLANK, collapse
from models.asr.net import FRAMES_PER_STEP
from models.asr.packed import Packed

UNKNOWN = -100  # the label of a step without a known phone
PAUSE_STEPS = 5
"""Blank steps in a row that are taken for a pause: 200 ms."""
BEFORE_PHONE = 4
"""Steps kept before the first phone of a piece, since a phone is answered late."""
_QUIET_FRAMES = 20
PIECE_S = (2.5, 9.0)


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
    """Utterance `index` of one packed shard, and each step's phone where it was aligned.

    A piece of it has a `span`, the first step and the one after the last; its labels are the piece's.
    """

    shard: Packed
    index: int
    labels: NDArray[np.int8] | None = field(default=None, compare=False)
    span: tuple[int, int] | None = None

    @property
    def frames(self) -> int:
        if self.span is not None:
            return (self.span[1] - self.span[0]) * FRAMES_PER_STEP
        return int(self.shard.frames[self.index + 1] - self.shard.frames[self.index])

    def log_mels(self, late: int = 0) -> NDArray[np.float32]:
        """The log-mel frames (frames + 4 late, 80), in nats: `late` steps more for a late answer.

        Where the recording ends before that, a quiet frame of its own is repeated.
        """
        start, stop = (0, None) if self.span is None else (FRAMES_PER_STEP * at for at in self.span)
        more = FRAMES_PER_STEP * late
        found = self.shard.log_mels(self.index, slice(start, None if stop is None else stop + more))
        missing = self.frames + more - len(found)
        if missing <= 0:
            return found
        quiet = found[np.argsort(found.mean(1))[min(_QUIET_FRAMES, len(found)) // 2]]
        return np.concatenate([found, np.repeat(quiet[None], missing, axis=0)])

    def phones(self) -> NDArray[np.int64]:
        """What is said, as phone numbers 1…39."""
        if self.span is None or self.labels is None:
            return self.shard.phones_of(self.index).astype(np.int64)
        return np.array(collapse(self.labels.tolist()), np.int64)


def cuts(labels: NDArray[np.int8]) -> NDArray[np.int64]:
    """The steps at which a recording may be cut: in its pauses, a little before the next phone."""
    spoken = np.flatnonzero(labels != BLANK)
    pauses = np.diff(spoken) > PAUSE_STEPS
    found: NDArray[np.int64] = spoken[1:][pauses] - BEFORE_PHONE
    return found


def pieces(entry: Entry, random: np.random.Generator) -> list[Entry]:
    """A recording cut at pauses into pieces of random length; whole where it is short or was not aligned."""
    labels = entry.labels
    if labels is None or (labels == UNKNOWN).any():
        return [entry]
    bounds, steps_per_s = [0], 100 / FRAMES_PER_STEP
    wanted = random.uniform(*PIECE_S) * steps_per_s
    for cut in cuts(labels).tolist():
        if cut - bounds[-1] >= wanted and len(labels) - cut > PIECE_S[0] * steps_per_s:
            bounds.append(cut)
            wanted = random.uniform(*PIECE_S) * steps_per_s
    spans = zip(bounds, [*bounds[1:], len(labels)], strict=True)
    found = [replace(entry, labels=labels[a:b], span=(a, b)) for a, b in spans]
    return [piece for piece in found if len(piece.phones())] or [entry]


class Sampler:
    """Shuffles entries, cut to pieces, into batches of about `frames` frames, anew in each pass."""

    def __init__(self, entries: list[Entry], frames: int, seed: int) -> None:
        self._entries, self._frames, self._seed = entries, frames, seed
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
        return chosen, np.random.default_rng((self._seed, 1, update))

    def _shuffled(self, number: int) -> list[list[Entry]]:
        random = np.random.default_rng((self._seed, 0, number))
        entries = [piece for entry in self._entries for piece in pieces(entry, random)]
        lengths = np.array([entry.frames for entry in entries])
        order = np.argsort(lengths * random.uniform(0.9, 1.1, len(lengths)))
        batches: list[list[Entry]] = []
        start = 0
        while start < len(order):
            stop = start + 1
            longest = lengths[order[start]]
            while stop < len(order):
                longest = max(longest, lengths[order[stop]])
                if longest * (stop + 1 - start) > self._frames:
                    break
                stop += 1
            batches.append([entries[i] for i in order[start:stop]])
            start = stop
        if number == 0 and entries[0].labels is None:  # CTC finds its first alignments in short utterances
            return batches
        return [batches[i] for i in random.permutation(len(batches))]


def training_batch(
    entries: list[Entry],
    random: np.random.Generator,
    mean: NDArray[np.float32],
    deviation: NDArray[np.float32],
    noises: list[NDArray[np.float32]],
    recipe: Recipe,
    late: int = 0,
) -> Batch:
    """Random copies of the entries, masked; labels are stretched with the sound, and `late` steps late."""
    mels = []
    for entry in entries:
        changed = copy(entry.log_mels(late), noises, recipe, random)
        mels.append(mask(normalise(changed, mean, deviation), recipe, random))
    batch = collate(mels, entries)
    labels = torch.full((len(entries), batch.mels.shape[1] // FRAMES_PER_STEP), UNKNOWN)
    for row, entry, sound in zip(labels, entries, mels, strict=True):
        if entry.labels is not None:
            behind = np.concatenate([np.full(late, BLANK, np.int8), entry.labels])
            changed_labels = stretched(behind, entry.frames + FRAMES_PER_STEP * late, len(sound))
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
    phones = [torch.from_numpy(entry.phones()) for entry in entries]
    return Batch(
        together,
        torch.tensor([len(one) // FRAMES_PER_STEP for one in mels]),
        torch.cat(phones),
        torch.tensor([len(one) for one in phones]),
    )
