# ruff: noqa: E501
"""Memory of written talks: for a line in a talk, the remembered exchanges whose user line and setting are nearest.

A first pass scores every remembered user line by shared words, each widened to words that sound, are spelt or are
used alike; a second looks closely at the best few hundred: word order, the setting (what Pip had said before),
and whether the remembered reply speaks of things that this user never said.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.lm.likeness import FILE as LIKENESS
from models.lm.likeness import Scale
from models.lm.postings import owners
from models.lm.repair import EDGE, SMALL, UNKNOWN, Repair
from models.lm.spoken import CUT, SILENCE
from models.lm.wordings import Wordings, Words

SHIPPED = Path(__file__).parents[1] / "shipped" / "memory.npz"
CLOSELY = 240  # exchanges that the second pass looks at
COMMON = 3.0  # words less rare than this are not widened
_NO_THINGS = frozenset(
    "old lot bit thing things day days time week weeks month year years way people hobby sister brother mother father wife "
    "husband son daughter friend boyfriend girlfriend boss family man woman moment one ones world mum mom dad end side kind "
    "uncle aunt grandma grandpa grandmother grandfather cousin neighbor neighbour neighbors neighbours kids kid boy girl baby "
    "parents teacher class guy room evening night weekend hour minute".split()
)
_RIGHT = (
    "Yes",
    "Right",
    "Correct",
    "Exactly",
    "That's it",
    "You got it",
    "Spot on",
    "Well done",
    "Quick",
    "Bravo",
    "It is",
    "You've got",
)
_NO_IDEA = re.compile(r"\b(?:don't know|no idea|give up|tell me|not sure|dunno|no clue|what is it)\b|^what$")
_LEADS = "a an the my your his her our their some any no of".split()
SIMILAR_WEIGHT = 0.55  # how much a similar word counts beside the word itself


class MemoryError_(ValueError):
    """A memory file that cannot be read."""


@dataclass(frozen=True)
class Memory:
    """Written talks with their index; see `index.build` for the arrays."""

    talk_starts: np.ndarray
    is_user: np.ndarray
    word_ids: np.ndarray
    line_starts: np.ndarray
    idf: np.ndarray
    said: np.ndarray
    vectors: np.ndarray
    similar: np.ndarray
    likeness: np.ndarray
    sounding: np.ndarray
    names: frozenset[str]
    words: tuple[str, ...]
    texts: bytes
    text_starts: np.ndarray
    wordings: Wordings

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Memory:
        """The memory in a file. Raises `MemoryError_` with one line when it is missing or damaged."""
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            texts, words = arrays["texts"], arrays["words"].tobytes().decode().split("\n")
            ends = np.flatnonzero(np.append(texts, 10) == 10)
            return cls(
                **{n: arrays[n] for n in ("talk_starts", "is_user", "word_ids", "line_starts", "said")},
                idf=arrays["idf"].astype(np.float32),
                vectors=arrays["vectors"],
                similar=arrays["similar"],
                likeness=arrays["likeness"],
                sounding=arrays["sounding"],
                names=frozenset(arrays["names"].tobytes().decode().split("\n")),
                words=tuple(words),
                texts=texts.tobytes(),
                text_starts=np.concatenate([[0], ends + 1]),
                wordings=_wordings(arrays, words),
            )
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise MemoryError_(
                f"{path}: the memory of talks cannot be read ({error}); reinstall it"
            ) from error

    # -- lines ---------------------------------------------------------------------------------------------

    def text(self, line: int) -> str:
        """The text of a line as it was written."""
        return self.texts[self.text_starts[line] : self.text_starts[line + 1] - 1].decode()

    def line(self, line: int) -> np.ndarray:
        """Word numbers of a line."""
        return self.word_ids[self.line_starts[line] : self.line_starts[line + 1]]

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """(codes of two words in a row in users' lines, sorted; how often each comes); 0xFFFF is a line's edge."""
        edge = np.uint32(0xFFFF)
        lines = np.flatnonzero(self.is_user)
        lengths = (self.line_starts[lines + 1] - self.line_starts[lines]).astype(np.int64)
        ends = np.cumsum(lengths + 1)
        flat = np.full(int(ends[-1]) + 1, edge, np.uint32)
        at = (
            np.repeat(ends - lengths, lengths)
            + np.arange(int(lengths.sum()))
            - np.repeat(np.cumsum(lengths) - lengths, lengths)
        )
        source = (
            np.repeat(self.line_starts[lines], lengths)
            + np.arange(int(lengths.sum()))
            - np.repeat(np.cumsum(lengths) - lengths, lengths)
        )
        flat[at] = self.word_ids[source]
        return np.unique(flat[:-1] << np.uint32(16) | flat[1:], return_counts=True)

    def _often(self, first: int, second: int) -> int:
        codes, counts = self._pairs
        code = np.uint32(first << 16 | second)
        at = int(np.searchsorted(codes, code))
        return int(counts[at]) if at < len(codes) and codes[at] == code else 0

    @cached_property
    def repair(self) -> Repair:
        """What users say, and the wordings of intents, two words in a row."""
        wordings = self.wordings
        lengths = np.diff(wordings.starts)
        edged = np.full(len(wordings.ids) + len(lengths) + 1, EDGE, np.uint32)
        edged[np.arange(len(wordings.ids)) + owners(wordings.starts) + 1] = wordings.ids
        more = np.unique(edged[:-1] << np.uint32(16) | edged[1:], return_counts=True)
        codes, place = np.unique(np.concatenate([self._pairs[0], more[0]]), return_inverse=True)
        counts = np.bincount(place, np.concatenate([self._pairs[1], more[1]]))
        small = frozenset(self.number[w] for w in SMALL if w in self.number)
        return Repair.of(codes, counts, len(self.words), self.sounding, small)

    def repaired(self, words: Sequence[str]) -> list[str]:
        """The line that was probably said, where some of its words may be misheard; unknown words stay as they are."""
        heard = [self.number.get(w, UNKNOWN) for w in words]
        strange = iter(w for w in words if w not in self.number)
        return self._joined(
            [next(strange) if i == UNKNOWN else self.words[i] for i in self.repair.line(heard)]
        )

    def _joined(self, words: list[str]) -> list[str]:
        """The line with two words in a row that are one word (home work) put together, where users say that word."""
        found: list[str] = []
        for word in words:
            whole = (found[-1] if found else "") + word
            number = self.number.get(whole) if found and min(len(word), len(found[-1])) > 2 else None
            if number is not None and self.said[number] > 1:
                apart = self._often(self.number.get(found[-1], UNKNOWN), self.number.get(word, UNKNOWN))
                if self.said[number] > 2 * apart:
                    found[-1] = whole
                    continue
            found.append(word)
        return found

    def thing(self, words: Sequence[str]) -> str:
        """The rarest word of a line that mostly follows an article or the like, or "" when there is none."""
        leads = [self.number[w] for w in _LEADS if w in self.number]
        best, rarest = "", 4.5
        for word in words:
            number = self.number.get(word)
            if (
                number is None
                or self.idf[number] <= rarest
                or word in self.names
                or word in _NO_THINGS
                or not self.said[number]
            ):
                continue
            if sum(self._often(lead, number) for lead in leads) >= 0.4 * self.said[number]:
                best, rarest = word, float(self.idf[number])
        return best

    def understood(self, words: Sequence[str]) -> float:
        """Share of the words that users in the memory said."""
        known = sum(1 for w in words if w in self.number and self.said[self.number[w]])
        return known / max(1, len(words))

    def fluent(self, words: Sequence[str]) -> float:
        """Share of neighbouring words, the line's edges counted, that users in the memory said in a row."""
        edge = 0xFFFF
        ids = [edge, *(self.number.get(w, edge - 1) for w in words), edge]
        met = sum(self._often(a, b) > 0 for a, b in pairwise(ids))
        return met / (len(ids) - 1)

    def alike(self, number: int, least: float = 0.5) -> list[str]:
        """Words that sound, are spelt or are used much like a word."""
        near = zip(self.similar[number].tolist(), self.likeness[number].tolist(), strict=True)
        return [self.words[other] for other, like in near if like >= 255 * least]

    def synonyms(self, number: int) -> dict[str, float]:
        """Words that share a written group with a word, and how alike that makes them."""
        known = self.wordings.synonyms
        found: dict[str, float] = {}
        for group in known.groups[number][known.groups[number] > 0].tolist():
            for other in np.flatnonzero((known.groups == group).any(1)).tolist():
                found[self.words[other]] = max(found.get(self.words[other], 0.0), float(known.alike[group]))
        return found

    def numbers(self, words: Iterable[str]) -> list[int]:
        """Numbers of the words that the memory knows."""
        return [self.number[w] for w in words if w in self.number]

    @cached_property
    def number(self) -> dict[str, int]:
        return {w: i for i, w in enumerate(self.words)}

    @cached_property
    def exchanges(self) -> np.ndarray:
        """Lines of users that Pip answered in full; silence is not a line."""
        ends_cut = np.zeros(len(self.is_user), bool)
        mark = CUT.encode()
        for line in np.flatnonzero(~self.is_user):
            end = self.text_starts[line + 1] - 1
            ends_cut[line] = self.texts[end - len(mark) : end] == mark
        answered = np.zeros(len(self.is_user), bool)
        answered[:-1] = self.is_user[:-1] & ~self.is_user[1:] & ~ends_cut[1:]
        answered &= np.diff(self.line_starts) > 0
        answered[self.talk_starts[1:] - 1] = False
        return np.flatnonzero(answered)

    @cached_property
    def silences(self) -> list[int]:
        """Lines where the user said nothing and Pip spoke up."""
        quiet = self.is_user & (np.diff(self.line_starts) == 0)
        quiet[self.talk_starts[1:] - 1] = False
        lines = [int(i) for i in np.flatnonzero(quiet)]
        return [i for i in lines if self.text(i) == SILENCE and not self.text(i + 1).endswith(CUT)]

    @cached_property
    def _postings(self) -> tuple[np.ndarray, np.ndarray]:
        """(exchange numbers in the order of their words, where each word's begin)."""
        lines = self.exchanges
        lengths = (self.line_starts[lines + 1] - self.line_starts[lines]).astype(np.int64)
        owner = np.repeat(np.arange(len(lines), dtype=np.int32), lengths)
        at = np.repeat(self.line_starts[lines] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        flat = self.word_ids[at + np.arange(len(at))]
        order = np.argsort(flat, kind="stable")
        starts = np.searchsorted(flat[order], np.arange(len(self.words) + 1))
        return owner[order], starts

    @cached_property
    def _norms(self) -> np.ndarray:
        lines = self.exchanges
        sums = np.concatenate([[0], np.cumsum(self.idf[self.word_ids].astype(np.float64) ** 2)])
        return np.sqrt(
            np.maximum(sums[self.line_starts[lines + 1]] - sums[self.line_starts[lines]], 1e-3)
        ).astype(np.float32)

    def _means(self, lines: np.ndarray) -> np.ndarray:
        """Unit vectors (n, DIMENSIONS) of lines: the rarity-weighted mean of their words'; zeros for an empty one."""
        starts, lengths = self.line_starts[lines], self.line_starts[lines + 1] - self.line_starts[lines]
        ends = np.cumsum(lengths)
        at = np.repeat(starts - (ends - lengths), lengths) + np.arange(int(ends[-1]))
        ids = self.word_ids[at]
        weighted = self.vectors[ids].astype(np.float32) * (self.idf[ids, None] - 1).clip(0.2)
        sums = np.concatenate([np.zeros((1, weighted.shape[1]), np.float32), np.cumsum(weighted, 0)])
        means = sums[ends] - sums[ends - lengths]
        unit: np.ndarray = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
        return unit

    def meaning(self, numbers: Sequence[int]) -> np.ndarray:
        """Unit vector of a line."""
        if not len(numbers):
            return np.zeros(self.vectors.shape[1], np.float32)
        ids = np.asarray(numbers)
        mean = (self.vectors[ids].astype(np.float32) * (self.idf[ids, None] - 1).clip(0.2)).sum(0)
        return mean / max(float(np.linalg.norm(mean)), 1e-6)

    @cached_property
    def openers(self) -> np.ndarray:
        """Whether each exchange opens its talk."""
        return np.isin(self.exchanges, self.talk_starts)

    # -- nearness ------------------------------------------------------------------------------------------

    def by_words(self, numbers: Sequence[int]) -> np.ndarray:
        """Cosine of every exchange's user line with a line, over words widened to similar ones."""
        owner, starts = self._postings
        total = np.zeros(len(self.exchanges), np.float32)
        one = np.empty_like(total)
        for word in set(numbers):
            one.fill(0)
            near = (self.likeness[word] > 0) & (self.idf[word] > COMMON)
            for other, like in zip(
                self.similar[word][near][::-1], self.likeness[word][near][::-1], strict=True
            ):
                one[owner[starts[other] : starts[other + 1]]] = (
                    SIMILAR_WEIGHT * float(like) / 255 * self.idf[other]
                )
            one[owner[starts[word] : starts[word + 1]]] = self.idf[word]
            total += one * self.idf[word]
        length = float(np.sqrt(np.sum(self.idf[np.asarray(list(set(numbers)), np.int64)] ** 2))) or 1.0
        return total / (self._norms * length)

    def by_meaning(self, chosen: np.ndarray, numbers: Sequence[int]) -> np.ndarray:
        """Cosine of the chosen exchanges' user lines with a line, over word vectors."""
        cosine: np.ndarray = self._means(self.exchanges[chosen]) @ self.meaning(numbers)
        return cosine

    def by_setting(self, chosen: np.ndarray, numbers: Sequence[int]) -> np.ndarray:
        """Cosine of what Pip had said before the chosen exchanges with what Pip said now; 0 for openers."""
        before = np.maximum(self.exchanges[chosen] - 1, 0)
        cosine: np.ndarray = (self._means(before) @ self.meaning(numbers)) * ~self.openers[chosen]
        return cosine

    def solutions(self, numbers: Sequence[int]) -> list[str]:
        """What remembered users answered to this very line of Pip, where Pip then said that it was right."""
        lines = [int(self.exchanges[e]) for e in self.after(numbers)]
        return [self.text(line) for line in lines if self.text(line + 1).startswith(_RIGHT)]

    def given_up(self, numbers: Sequence[int]) -> str | None:
        """What Pip told remembered users who did not guess this very line of Pip, or None."""
        lines = [int(self.exchanges[e]) for e in self.after(numbers)]
        told = [self.text(line + 1) for line in lines if _NO_IDEA.search(self.text(line))]
        told = [text for text in told if not text.endswith(("?", CUT))] or told
        return told[0] if told else None

    def after(self, numbers: Sequence[int]) -> np.ndarray:
        """Exchanges that follow a line of Pip with these very words."""
        return np.array(self._following.get(np.asarray(numbers, np.uint16).tobytes(), ()), np.int64)

    @cached_property
    def _following(self) -> dict[bytes, list[int]]:
        found: dict[bytes, list[int]] = {}
        for number, line in enumerate(self.exchanges.tolist()):
            if line and not self.openers[number]:
                found.setdefault(self.line(line - 1).tobytes(), []).append(number)
        return found

    def talk_of(self, line: int) -> tuple[int, int]:
        """(first line, line after the last) of the talk that a line is in."""
        talk = int(np.searchsorted(self.talk_starts, line, side="right")) - 1
        return int(self.talk_starts[talk]), int(self.talk_starts[talk + 1])


def _wordings(arrays: dict[str, np.ndarray], words: list[str]) -> Wordings:
    """The intents that a memory holds."""
    known = Words(
        words,
        {w: i for i, w in enumerate(words)},
        arrays["idf"].astype(np.float32),
        *(arrays[n] for n in ("vectors", "similar", "likeness", "sounding", "phones", "phone_starts")),
    )
    said = [
        [line.split("\t") for line in arrays[name].tobytes().decode().split("\n")]
        for name in ("intent_replies", "intent_marks")
    ]
    return Wordings(
        known,
        arrays["wording_ids"],
        arrays["wording_starts"],
        arrays["wording_intents"],
        tuple(tuple(replies) for replies in said[0]),
        tuple(frozenset(m for m in marks if m) for marks in said[1]),
        Scale.load() if LIKENESS.exists() else Scale.plain(),
    )
