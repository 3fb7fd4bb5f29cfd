"""The words the search may find, and how likely each follows the last two: one memory-mapped file.

A language-model state is one integer: s < V is "after word s", s ≥ V is "after the pair s − V". Log
probabilities are bytes, −q/16 nats; back-off weights are bytes too, (q − 192)/16 nats.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.asr.kneser import END, START, WORD_BITS, BackOff
from models.asr.lexicon import Pronunciation, Tree, build_tree
from models.backends.warm import jit, jit_cached

STEPS_PER_NAT = 16
BACK_OFF_ZERO = 192
LEAST_LOG_P = -255 / STEPS_PER_NAT
FORMAT = "spiketalk-words"


class WordsError(ValueError):
    """A words file that cannot be used, and why."""


@dataclass(frozen=True)
class Ngram:
    """The trigram model in flat arrays, children of each context side by side and sorted by word."""

    word_p: NDArray[np.float32]  # (words,) ln p(w)
    word_back_off: NDArray[np.float32]  # (words,)
    word_first: NDArray[np.uint32]  # (words + 1,) where the pairs that begin with a word are
    pair_word: NDArray[np.uint16]  # (pairs,)
    pair_p: NDArray[np.uint8]
    pair_back_off: NDArray[np.uint8]
    pair_first: NDArray[np.uint32]  # (pairs + 1,) where the triples that begin with a pair are
    triple_word: NDArray[np.uint16]
    triple_p: NDArray[np.uint8]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def score(self, state: int, word: int) -> tuple[float, int]:
        """(ln p(word | state), the state after it)."""
        log_p, following = follow(
            state, word, self.word_p, self.word_back_off, self.word_first, self.pair_word, self.pair_p,
            self.pair_back_off, self.pair_first, self.triple_word, self.triple_p,
        )  # fmt: skip
        return float(log_p), int(following)

    def sentence_log_p(self, words: Sequence[int]) -> float:
        """ln p of a whole sentence, its end included."""
        state, total = START, 0.0
        for word in (*words, END):
            log_p, state = self.score(state, word)
            total += log_p
        return total


@jit
def place_of(word, table, low, high):  # type: ignore[no-untyped-def]
    """Where word is in the sorted table[low:high], or −1."""
    while low < high:
        middle = (low + high) >> 1
        if table[middle] < word:
            low = middle + 1
        else:
            high = middle
    return low


@jit_cached
def follow(  # type: ignore[no-untyped-def]
    state, word, word_p, word_back_off, word_first, pair_word, pair_p, pair_back_off, pair_first,
    triple_word, triple_p,
):  # fmt: skip
    """(ln p(word | state), the state after it); the pair's if it was ever a context, else the word's."""
    words = len(word_p)
    fall = np.float32(0.0)
    told = np.float32(1.0)
    before = state
    if state >= words:
        pair = state - words
        before = np.int64(pair_word[pair])
        low, high = np.int64(pair_first[pair]), np.int64(pair_first[pair + 1])
        place = place_of(word, triple_word, low, high)
        if place < high and triple_word[place] == word:
            told = np.float32(triple_p[place]) * np.float32(-1 / 16)
        else:
            fall = (np.float32(pair_back_off[pair]) - np.float32(192.0)) * np.float32(1 / 16)
    low, high = np.int64(word_first[before]), np.int64(word_first[before + 1])
    place = place_of(word, pair_word, low, high)
    if place < high and pair_word[place] == word:
        if told > 0:
            told = fall + np.float32(pair_p[place]) * np.float32(-1 / 16)
        if pair_first[place + 1] > pair_first[place]:
            return told, np.int64(words + place)
        return told, np.int64(word)
    if told > 0:
        told = fall + word_back_off[before] + word_p[word]
    return told, np.int64(word)


def _as_byte(log_p: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(-log_p * STEPS_PER_NAT), 0, 255).astype(np.uint8)


def quantise(model: BackOff) -> Ngram:
    """A back-off model as bytes."""
    words = len(model.unigram)
    numbers = np.arange(words + 1, dtype=np.uint64)
    back_off = np.rint(model.pair_back_off * STEPS_PER_NAT) + BACK_OFF_ZERO
    first_pair = np.searchsorted(model.pairs, numbers << np.uint64(WORD_BITS))
    contexts = np.append(model.pairs, np.uint64(words) << np.uint64(WORD_BITS))
    return Ngram(
        word_p=np.maximum(model.unigram, LEAST_LOG_P).astype(np.float32),
        word_back_off=model.word_back_off.astype(np.float32),
        word_first=first_pair.astype(np.uint32),
        pair_word=(model.pairs & np.uint64(0xFFFF)).astype(np.uint16),
        pair_p=_as_byte(model.pair_log_p),
        pair_back_off=np.clip(back_off, 0, 255).astype(np.uint8),
        pair_first=np.searchsorted(model.triples, contexts << np.uint64(WORD_BITS)).astype(np.uint32),
        triple_word=(model.triples & np.uint64(0xFFFF)).astype(np.uint16),
        triple_p=_as_byte(model.triple_log_p),
    )


def uniform(words: int, special: int = 3) -> Ngram:
    """Every word equally likely at every place: a closed list of things to say."""
    log_p = np.full(words, -np.log(words - special), np.float32)
    return Ngram(
        log_p, np.zeros(words, np.float32), np.zeros(words + 1, np.uint32), np.zeros(0, np.uint16),
        np.zeros(0, np.uint8), np.zeros(0, np.uint8), np.zeros(1, np.uint32), np.zeros(0, np.uint16),
        np.zeros(0, np.uint8),
    )  # fmt: skip


SPECIAL = ("<s>", "</s>", "<unk>")


@dataclass(frozen=True)
class Words:
    """A vocabulary with its pronunciations and its language model."""

    names: tuple[str, ...]  # the first three are SPECIAL
    tree: Tree
    ngram: Ngram
    rules: Mapping[str, Pronunciation]  # how other words are said (spelling.py)

    def number(self) -> dict[str, int]:
        """Word → its number."""
        return {name: number for number, name in enumerate(self.names)}

    def save(self, path: Path) -> None:
        """Write one safetensors file."""
        from safetensors.numpy import save_file

        tensors = {f"tree.{name}": array for name, array in self.tree.arrays().items()}
        tensors |= {f"ngram.{name}": array for name, array in self.ngram.arrays().items()}
        tensors["names"] = _text("\n".join(self.names))
        lines = (f"{key} {' '.join(map(str, phones))}" for key, phones in self.rules.items())
        tensors["rules"] = _text("\n".join(lines))
        save_file(tensors, path, {"format": FORMAT, "version": "1"})

    @classmethod
    def load(cls, path: Path) -> Words:
        """The words of a file, its arrays mapped, not read."""
        tensors = _mapped(path)
        try:
            names = bytes(tensors["names"]).decode("utf-8").split("\n")
            rules = {}
            for line in bytes(tensors["rules"]).decode("utf-8").splitlines():
                key, *phones = line.split(" ")
                rules[key] = tuple(int(phone) for phone in phones if phone)
            tree = Tree(**{field.name: tensors[f"tree.{field.name}"] for field in fields(Tree)})
            ngram = Ngram(**{field.name: tensors[f"ngram.{field.name}"] for field in fields(Ngram)})
        except (KeyError, ValueError) as problem:
            raise WordsError(f"{path}: damaged words file ({problem}); install spiketalk again") from None
        return cls(tuple(names), tree, ngram, rules)


def closed(entries: Mapping[str, Sequence[Pronunciation]]) -> Words:
    """A closed list of words, all equally likely."""
    names = (*SPECIAL, *entries)
    pairs = [(number, said) for number, name in enumerate(names[3:], 3) for said in entries[name]]
    return Words(names, build_tree(pairs), uniform(len(names)), {})


def _text(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8"), np.uint8).copy()


_TYPES = {"U8": np.uint8, "U16": np.uint16, "U32": np.uint32, "I32": np.int32, "F32": np.float32}


def _mapped(path: Path) -> dict[str, NDArray[Any]]:
    """A safetensors file's arrays, mapped (the safetensors package itself would copy them)."""
    try:
        whole = np.memmap(path, np.uint8, "r")
        length = int.from_bytes(bytes(whole[:8]), "little")
        header = json.loads(bytes(whole[8 : 8 + length]))
        if header.pop("__metadata__", {}).get("format") != FORMAT:
            raise ValueError("not a words file")
        arrays = {}
        for name, entry in header.items():
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            array = np.asarray(whole[start:end]).view(_TYPES[entry["dtype"]])
            arrays[name] = array.reshape(entry["shape"])
        return arrays
    except FileNotFoundError:
        raise WordsError(f"{path}: no such file; install spiketalk again") from None
    except (ValueError, KeyError) as problem:
        raise WordsError(f"{path}: not a words file ({problem}); install spiketalk again") from None
