"""Training data packed small: 8-bit log-mels, phones and texts of a shard in one .npz.

A log-mel between −14 and 11.5 nats is kept in steps of 0.1: 8 kB a second, so that nine hours fit in 260 MB.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.asr import spelling
from models.asr.corpus import Utterance
from models.asr.features import BANDS, log_mels
from models.asr.lexicon import Pronunciation, read_cmudict
from models.asr.spoken import spoken_words

_LOWEST, _STEP = -14.0, 0.1


@dataclass(frozen=True)
class Packed:
    """Utterances side by side; those of number i are `mels[frames[i]:frames[i+1]]`, and so on."""

    mels: NDArray[np.uint8]  # (all frames, 80)
    frames: NDArray[np.int64]  # (n + 1,)
    phones: NDArray[np.uint8]
    phone_bounds: NDArray[np.int64]  # (n + 1,)
    names: NDArray[np.str_]
    sources: NDArray[np.str_]
    speakers: NDArray[np.str_]
    texts: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.names)

    def log_mels(self, i: int, part: slice = slice(None)) -> NDArray[np.float32]:
        """The log-mel frames (frames, 80) of utterance i or of a part of it, in nats."""
        return unpack(self.mels[self.frames[i] : self.frames[i + 1]][part])

    def phones_of(self, i: int) -> NDArray[np.uint8]:
        """What is said in utterance i, as phone numbers 1…39."""
        return self.phones[self.phone_bounds[i] : self.phone_bounds[i + 1]]

    def save(self, path: Path) -> None:
        """Writes the arrays; the file appears only when it is whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **{name: getattr(self, name) for name in self.__dataclass_fields__})
        os.replace(partial, path)

    @staticmethod
    def load(path: Path) -> Packed:
        """Reads what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return Packed(**{name: arrays[name] for name in Packed.__dataclass_fields__})


def pack_mels(mels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Log-mels in nats as bytes."""
    return np.clip(np.rint((mels - _LOWEST) / _STEP), 0, 255).astype(np.uint8)


def unpack(mels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bytes as log-mels in nats."""
    return mels.astype(np.float32) * np.float32(_STEP) + np.float32(_LOWEST)


class Pronouncer:
    """Words to phones: the dictionary's first pronunciation, else a guess from the spelling."""

    def __init__(self) -> None:
        self._words = read_cmudict()
        rules = spelling.learn_rules((word, said[0]) for word, said in list(self._words.items())[::6])
        self._spelling = spelling.Spelling(self._words, rules)

    def phones(self, text: str) -> list[int]:
        """The phone numbers of a text, in its spoken form."""
        said: list[int] = []
        for word in spoken_words(text):
            said += self._word(word)
        return said

    def _word(self, word: str) -> Pronunciation:
        return self._spelling.pronounce(word)


def pack(utterances: Iterable[Utterance], pronouncer: Pronouncer | None) -> Packed:
    """Features and phones of utterances; those without words or sound are left out.

    Without a pronouncer they are sounds in which nothing is said.
    """
    mels, phones, names, sources, speakers, texts = [], [], [], [], [], []
    for utterance in utterances:
        frames = log_mels(utterance.samples)
        said = pronouncer.phones(utterance.text) if pronouncer else []
        if len(frames) < 10 or (pronouncer and not said):
            continue
        mels.append(pack_mels(frames))
        phones.append(np.array(said, np.uint8))
        names.append(utterance.name)
        sources.append(utterance.source)
        speakers.append(utterance.speaker)
        texts.append(" ".join(spoken_words(utterance.text)) if pronouncer else "")
    if not names:
        raise ValueError("no utterance with both sound and words")
    return Packed(
        np.concatenate(mels).reshape(-1, BANDS),
        np.cumsum([0, *map(len, mels)]),
        np.concatenate(phones),
        np.cumsum([0, *map(len, phones)]),
        np.array(names),
        np.array(sources),
        np.array(speakers),
        np.array(texts),
    )
