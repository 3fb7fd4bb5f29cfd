# ruff: noqa: E501
"""How alike a line and a wording are: features of the pair, and the small fitted network that weighs them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np

from models.lm.acts import act, core, negated, whose
from models.lm.synonyms import Synonyms

FILE = Path(__file__).parents[1] / "shipped" / "likeness.npz"
NAMES = (
    "words", "pairs", "sound_runs", "meaning", "senses",
    "covered", "covering", "covered_alike", "covering_alike", "covered_sound", "covering_sound",
    "rare_covered", "rare_covering", "rare_alike", "rare_alike_back", "rare_sound", "rare_sound_back",
    "in_step", "same", "same_core", "same_act", "other_act", "same_persons", "other_persons", "other_negation",
    "length", "longer", "short_line", "same_start", "same_end",
)  # fmt: skip
GAP = 0.7  # of a phone more or less, where another phone costs 1 and a vowel for a vowel half
_VOWEL = np.zeros(40, bool)
_VOWEL[[1, 2, 3, 4, 5, 6, 11, 12, 13, 17, 18, 25, 26, 33, 34]] = (
    True  # places in the list of 39 ARPAbet phones
)
CLOSE = 0.35  # of phones that are easily taken for each other
_CLOSE_PAIRS = "P B|T D|K G|F V|S Z|SH ZH|CH JH|TH DH|M N|N NG|L R|W R|TH F|DH V|S SH|DH D|T TH"


@cache
def swap_costs() -> np.ndarray:
    """(40, 40) cost of one phone for another; 0 is a line's edge."""
    from models.asr.lexicon import PHONE_ID

    costs = np.where(_VOWEL[:, None] & _VOWEL[None, :], 0.5, 1.0).astype(np.float32)
    for pair in _CLOSE_PAIRS.split("|"):
        a, b = (PHONE_ID[p] for p in pair.split())
        costs[a, b] = costs[b, a] = CLOSE
    np.fill_diagonal(costs, 0)
    return costs


def alignment(phones: np.ndarray, others: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """1 − edit distance / the longer length, of one line's phones with others' (n, longest), padded; all at once.

    The distance to the left within a row is a running minimum, so that a row is a few array operations.
    """
    costs = swap_costs()
    steps = GAP * np.arange(others.shape[1] + 1, dtype=np.float32)
    row = np.tile(steps, (len(others), 1))
    for i, phone in enumerate(phones.tolist(), 1):
        best = np.empty_like(row)
        best[:, 0] = GAP * i
        np.minimum(row[:, 1:] + GAP, row[:, :-1] + costs[phone][others], out=best[:, 1:])
        row = np.minimum.accumulate(best - steps, axis=1) + steps
    distance = row[np.arange(len(others)), lengths]
    nearness: np.ndarray = 1 - distance / np.maximum(np.maximum(lengths, len(phones)), 1)
    return nearness


@dataclass(frozen=True)
class Look:
    """What is known of words, for a close look: see `wordings.Words`."""

    idf: np.ndarray
    vectors: np.ndarray
    similar: np.ndarray
    likeness: np.ndarray
    sounding: np.ndarray
    synonyms: Synonyms

    def features(
        self, said: Sequence[str], ids: np.ndarray, phones: np.ndarray, lines: list[np.ndarray], heard: list[np.ndarray],
        texts: Sequence[str],
    ) -> np.ndarray:  # fmt: skip
        """(lines, features after the first five of `NAMES`) of a line with others.

        `said` and `ids` are the line's words and their numbers, `phones` its phones; `lines` and `heard` the others'
        words and phones, `texts` the others' words on end.
        """
        lengths = np.array([len(line) for line in lines])
        grid = np.full((len(lines), int(lengths.max())), -1, np.int64)
        inside = np.arange(grid.shape[1])[None] < lengths[:, None]
        grid[inside] = np.concatenate(lines)
        exact, alike, sound = self._tables(ids, grid, inside)
        ours, theirs = self.idf[ids].clip(0.3), np.where(inside, self.idf[grid], 0).clip(0)
        columns = []
        for lift in (0.0, 2.5):
            mine, other = (ours - lift).clip(0.02), (theirs - lift).clip(0.02) * inside
            for table in (exact, alike, sound):
                columns.append((table.max(2) * mine[:, None]).sum(0) / mine.sum())
                columns.append((table.max(0) * other).sum(1) / other.sum(1))
        ends = np.cumsum(lengths)
        split = [list(texts[e - n : e]) for e, n in zip(ends, lengths)]
        sounds = np.zeros((len(heard), max(1, max(len(h) for h in heard))), np.int64)
        for row, phones_ in zip(sounds, heard):
            row[: len(phones_)] = phones_
        columns.append(alignment(phones, sounds, np.array([len(h) for h in heard])))
        rest = np.concatenate([np.stack(columns, 1), self._forms(list(said), split)], 1)
        return rest.astype(np.float32)

    def _tables(self, ids: np.ndarray, grid: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, ...]:
        """(ours, lines, theirs): whether words are the same, how alike in use and spelling, how alike in sound."""
        flat = grid[inside]
        shape = (len(ids), *grid.shape)
        exact, alike, sound = (np.zeros(shape, np.float32) for _ in range(3))
        exact[:, inside] = ids[:, None] == flat[None]
        near = np.zeros((len(ids), len(self.idf)), np.float32)
        rows = np.arange(len(ids))[:, None]
        near[rows, self.similar[ids]] = self.likeness[ids] / 255
        company = self.vectors[ids].astype(np.float32) @ self.vectors[flat].astype(np.float32).T / 127**2
        alike[:, inside] = np.maximum(
            np.maximum(near[:, flat], 0.8 * (company - 0.2).clip(0)), exact[:, inside]
        )
        alike[:, inside] = np.maximum(alike[:, inside], self.synonyms.likeness(ids, flat))
        near[:] = 0
        ranks = 0.9 * 0.94 ** np.arange(self.sounding.shape[1], dtype=np.float32)
        for row, word in enumerate(ids):
            others = self.sounding[word]
            near[row, others[others != 0xFFFF]] = ranks[: int((others != 0xFFFF).sum())]
        sound[:, inside] = np.maximum(near[:, flat], exact[:, inside])
        return exact, alike, sound

    def _forms(self, said: list[str], others: list[list[str]]) -> np.ndarray:
        """What the grammar of two lines says: same kind of sentence, same persons, negation, length, ends."""
        ours, bare, no = whose(said), core(said), negated(said)
        kind = act(bare)
        found = np.zeros((len(others), 12), np.float32)
        for row, other in zip(found, others):
            theirs, plain = act(core(other)), whose(other)
            row[:] = (
                said == other, bare == core(other), kind == theirs, bool(kind) and bool(theirs) and kind != theirs,
                ours == plain, bool(ours) and bool(plain) and ours != plain, no != negated(other),
                min(len(said), len(other)) / max(len(said), len(other)), len(said) > len(other), 1 / len(said),
                said[0] == other[0], said[-1] == other[-1],
            )  # fmt: skip
        return found


@dataclass(frozen=True)
class Scale:
    """Weighs features: score = (tanh((x − mean) · scale @ first + first_bias)) @ second + x @ straight + bias."""

    first: np.ndarray
    first_bias: np.ndarray
    second: np.ndarray
    straight: np.ndarray
    bias: np.ndarray

    def score(self, features: np.ndarray) -> np.ndarray:
        """(pairs,) from (pairs, features): how much a wording speaks for its intent, against 0 for none."""
        inner = np.tanh(features @ self.first + self.first_bias)
        value: np.ndarray = inner @ self.second + features @ self.straight + self.bias
        return value

    @classmethod
    def load(cls, path: Path = FILE) -> Scale:
        """The fitted weights. Raises ValueError with one line when the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(**{f.name: stored[f.name] for f in fields(cls)})
        except (OSError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path}: the weights of likeness cannot be read ({error}); reinstall it"
            ) from error

    def save(self, path: Path = FILE) -> None:
        """Write the weights."""
        np.savez_compressed(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def plain(cls) -> Scale:
        """A start before any fit: the mean of all nearness."""
        many = len(NAMES)
        straight = np.zeros(many, np.float32)
        straight[:18] = 1.0
        return cls(np.zeros((many, 1), np.float32), np.zeros(1, np.float32), np.zeros(1, np.float32), straight,
                   np.array(-9.0, np.float32))  # fmt: skip
