"""Subword tokens of spoken text: a byte-pair vocabulary of 4,096 with marks for who speaks.

A talk reads ``<pad> <user> words <end> <pip> words <end> …``: `<pad>` opens it, `<end>` closes every turn,
`<silence>` stands for a user who says nothing, and `<cut>` before `<end>` for a turn that was interrupted.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.lm.spoken import CUT, PLACEHOLDERS, SILENCE, pip_form, user_form

VOCABULARY = 4096
PAD, USER, PIP, END, SILENT, BROKEN = range(6)
MARKS = ("<pad>", "<user>", "<pip>", "<end>", "<silence>", "<cut>", *PLACEHOLDERS)
_PIECE = re.compile(r"\{(?:time|day|date)\}|[a-z']+|[.,?!]")
Talk = Sequence[tuple[str, str]]  # ("user" | "pip", text)


class TokensError(ValueError):
    """A vocabulary file that cannot be used."""


def pieces(text: str) -> Iterator[str]:
    """The words and marks that byte pairs are made within; ``_`` opens every word and placeholder.

    >>> list(pieces("hi, i'm pip. it's {time}"))
    ['_hi', ',', "_i'm", '_pip', '.', "_it's", '{time}']
    """
    for match in _PIECE.finditer(text):
        piece = match.group(0)
        yield piece if piece in ".,?!" or piece[0] == "{" else "_" + piece


@dataclass(frozen=True)
class Tokens:
    """A vocabulary: `words[i]` is the text of token i, `ranks` the byte pairs in the order they merge."""

    words: tuple[str, ...]
    ranks: dict[tuple[str, str], int]
    _ids: dict[str, int] = field(init=False, repr=False)
    _cache: dict[str, tuple[int, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", {word: i for i, word in enumerate(self.words)})

    def __len__(self) -> int:
        return len(self.words)

    @classmethod
    def load(cls, path: Path) -> Tokens:
        """The vocabulary in a JSON file of `save`. Raises `TokensError` when the file is no vocabulary."""
        try:
            stored = json.loads(path.read_text())
            words, merges = tuple(stored["words"]), [tuple(m.split(" ")) for m in stored["merges"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TokensError(f"{path}: no vocabulary can be read here ({error})") from error
        if words[: len(MARKS)] != MARKS or any(len(m) != 2 for m in merges):
            raise TokensError(f"{path}: expected a vocabulary that begins with {' '.join(MARKS)}")
        return cls(words, {(a, b): rank for rank, (a, b) in enumerate(merges)})

    def save(self, path: Path) -> None:
        """Write the vocabulary as JSON."""
        merges = [f"{a} {b}" for a, b in self.ranks]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"words": self.words, "merges": merges}, separators=(",", ":")))

    def _piece(self, piece: str) -> tuple[int, ...]:
        known = self._cache.get(piece)
        if known is not None:
            return known
        if piece in PLACEHOLDERS:
            return (self._ids[piece],)
        parts = list(piece)
        while len(parts) > 1:
            ranked = [
                (self.ranks.get((a, b), 1 << 30), i) for i, (a, b) in enumerate(itertools.pairwise(parts))
            ]
            rank, at = min(ranked)
            if rank == 1 << 30:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        ids = tuple(self._ids[part] for part in parts if part in self._ids)
        if len(self._cache) < 50_000:
            self._cache[piece] = ids
        return ids

    def encode(self, text: str) -> list[int]:
        """Token ids of text in spoken form; what the vocabulary cannot spell is left out."""
        return [token for piece in pieces(text) for token in self._piece(piece)]

    def decode(self, ids: Iterable[int]) -> str:
        """Text of token ids; marks are left out, placeholders kept."""
        kept = (self.words[i] for i in ids if i >= len(MARKS) or self.words[i] in PLACEHOLDERS)
        return "".join(" " + w if w[0] == "{" else w.replace("_", " ") for w in kept).strip()

    def characters(self, ids: Iterable[int]) -> int:
        """Characters that token ids stand for, one more for the end of every turn.

        A word's space counts where it follows another word, not at the beginning of a turn.
        """
        total, begun = 0, True
        for token in ids:
            if token in (USER, PIP, PAD):
                begun = True
            elif token == END:
                total += 1
            elif token >= len(MARKS) or self.words[token] in PLACEHOLDERS:
                word = self.words[token]
                total += len(word) + (word[0] == "{") - (begun and word[0] in "_{")
                begun = False
        return total

    def turn(self, who: str, text: str, closed: bool = True) -> list[int]:
        """Token ids of one turn, its speaker mark first, `<end>` last unless it is still going on."""
        if who == "user":
            quiet = text.strip() in ("", SILENCE)
            ids = [USER, SILENT] if quiet else [USER, *self.encode(user_form(text))]
        else:
            ids = [PIP, *self.encode(pip_form(text))]
            if text.rstrip().endswith(CUT):
                ids.append(BROKEN)
        return [*ids, END] if closed else ids

    def talk(self, talk: Talk) -> list[int]:
        """Token ids of a whole talk, `<pad>` first."""
        return [PAD, *(token for who, text in talk for token in self.turn(who, text))]


def learn(texts: Iterable[str], size: int = VOCABULARY) -> Tokens:
    """A byte-pair vocabulary of `size` tokens from texts in spoken form (needs the `train` extra)."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    model = Tokenizer(models.BPE())
    model.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=list(MARKS), show_progress=False)
    model.train_from_iterator((" ".join(p for p in pieces(t) if p[0] != "{") for t in texts), trainer)
    stored = json.loads(model.to_str())["model"]
    words = sorted(stored["vocab"], key=stored["vocab"].__getitem__)
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in stored["merges"]]
    return Tokens(tuple(words), {(a, b): rank for rank, (a, b) in enumerate(merges)})
