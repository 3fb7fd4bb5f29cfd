# ruff: noqa: E501
"""Words as ears may mishear them: replaced by words that sound alike, dropped, or a small word put in."""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

import numba
import numpy as np

NEIGHBOURS = 8
SMALL_WORDS = ("the", "a", "and", "of", "in", "uh", "to", "it")
_CLOSE = (  # phonemes that are easily taken for each other
    "P B", "T D", "K G", "F V", "S Z", "SH ZH", "CH JH", "TH DH", "M N", "N NG", "L R", "W R", "TH F", "DH V", "S SH", "S TH",
    "B V", "IH IY", "EH AE", "AH AA", "AA AO", "AH UH", "UH UW", "AY EY", "OW AO", "EH IH", "AH IH", "AH EH", "ER AH", "AW AO",
    "EY EH", "AE AH", "OW UW", "Y IY", "W UW",
)  # fmt: skip
_VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())


def pronunciations(lexicon: Path, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """First pronunciation (ARPAbet without stress) of each of `words` that the CMU dictionary at `lexicon` holds."""
    wanted, found = set(words), {}
    with lzma.open(lexicon, "rt", encoding="utf-8") as lines:
        for line in lines:
            parts = line.split("#")[0].split()
            if parts and parts[0] in wanted and parts[0] not in found:
                found[parts[0]] = tuple(p.rstrip("012") for p in parts[1:])
    return found


@numba.njit(cache=True)
def _distances(
    of: np.ndarray, all_: np.ndarray, lengths: np.ndarray, swap: np.ndarray, out: np.ndarray
) -> None:
    row = np.zeros(of.size + 1, np.float32)
    for j in range(all_.shape[0]):
        if abs(lengths[j] - of.size) > 2:
            out[j] = 1e9
            continue
        for i in range(of.size + 1):
            row[i] = 0.8 * i
        for k in range(lengths[j]):
            corner, row[0] = row[0], 0.8 * (k + 1)
            for i in range(of.size):
                best = min(row[i], row[i + 1]) + np.float32(0.8)
                best = min(best, corner + swap[of[i], all_[j, k]])
                corner, row[i + 1] = row[i + 1], best
        out[j] = row[of.size]


def confusions(
    sounds: Mapping[str, Sequence[str]], neighbours: int = NEIGHBOURS, among: Iterable[str] | None = None
) -> dict[str, list[str]]:
    """For every word the `neighbours` words (of `among`, where it is given) that sound most like it.

    By edit distance over phonemes: close ones (such as T and D) are swapped for 0.3, other vowels or consonants
    for 0.7, a vowel for a consonant for 1.2; a phoneme more or less costs 0.8.
    """
    words = sorted(sounds)
    offered = np.arange(len(words)) if among is None else np.flatnonzero(np.isin(words, list(among)))
    phonemes = sorted({p for w in words for p in sounds[w]})
    number = {p: i for i, p in enumerate(phonemes)}
    vowel = np.array([p in _VOWELS for p in phonemes])
    swap = np.where(vowel[:, None] == vowel[None, :], 0.7, 1.2).astype(np.float32)
    for a, b in (pair.split() for pair in _CLOSE):
        if a in number and b in number:
            swap[number[a], number[b]] = swap[number[b], number[a]] = 0.3
    np.fill_diagonal(swap, 0)
    lengths = np.array([len(sounds[w]) for w in words])
    table = np.zeros((len(words), int(lengths.max())), np.int32)
    for row, word in zip(table, words, strict=True):
        row[: len(sounds[word])] = [number[p] for p in sounds[word]]
    found, out = {}, np.zeros(len(offered), np.float32)
    table_offered, lengths_offered = table[offered], lengths[offered]
    for i, word in enumerate(words):
        _distances(table[i, : lengths[i]], table_offered, lengths_offered, swap, out)
        out[offered == i] = 1e9
        near = np.argpartition(out, neighbours)[:neighbours]
        near = near[np.argsort(out[near], kind="stable")]
        found[word] = [words[offered[j]] for j in near if out[j] <= 0.5 * max(2, lengths[i])]
    return found


def mishear(text: str, rate: float, alike: Mapping[str, Sequence[str]], random: Random) -> str:
    """`text` with about `rate` of its words wrong: 7 in 10 replaced, 2 dropped, 1 with a small word put in."""
    heard = []
    for word in text.split():
        if random.random() >= rate:
            heard.append(word)
            continue
        how = random.random()
        near = alike.get(word)
        if how < 0.7 and near:
            heard.append(near[min(int(random.expovariate(0.6)), len(near) - 1)])
        elif how < 0.9:
            continue
        else:
            heard += [word, random.choice(SMALL_WORDS)]
    return " ".join(heard) or text
