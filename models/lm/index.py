# ruff: noqa: E501
"""Builds the memory of written talks: word ids of every line, similar words, and word vectors, in one file.

Run by `spiketalk train memory`; needs SciPy, the CMU dictionary and the text sets. Reading needs NumPy only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.asr.lexicon import read_cmudict
from models.asr.spelling import Spelling
from models.lm.data import Turn, data_folder, pip_talks, read_lines, written_talks
from models.lm.intents import Intent, alarms, with_chitchat, written
from models.lm.lines import line_words
from models.lm.misheard import confusions, pronunciations
from models.lm.recall import names_in

DIMENSIONS = 64
OFTEN = 8  # uses that make a word's vector worth trusting
SOUNDING = 20  # words kept that sound like each
SIMILAR = 12  # similar words kept for every word
CONTEXTS = 3000  # commonest words that word vectors are counted against
WINDOW = 4
LINES_FOR_VECTORS = ("self_dialogue", "ms_chitchat", "clinc150", "nlu_evaluation", "tatoeba", "common_voice")


def word_vectors(lines: Sequence[list[int]], size: int, dimensions: int = DIMENSIONS) -> np.ndarray:
    """Unit vectors (size, dimensions) from what stands within `WINDOW` words: SVD of positive mutual information."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import svds

    flat = np.concatenate([np.array([*line, -1], np.int32) for line in lines])
    counts = coo_matrix((size, CONTEXTS), dtype=np.float32).tocsr()
    for offset in range(1, WINDOW + 1):
        a, b = flat[:-offset], flat[offset:]
        gap = np.zeros(len(a), bool)
        for k in range(offset + 1):
            gap |= flat[k : len(flat) - offset + k] < 0
        for one, other in ((a, b), (b, a)):
            keep = ~gap & (other < CONTEXTS)
            weight = np.full(int(keep.sum()), 1 / offset, np.float32)
            counts = counts + coo_matrix((weight, (one[keep], other[keep])), (size, CONTEXTS)).tocsr()
    total = counts.sum()
    rows = np.maximum(np.asarray(counts.sum(1)).ravel(), 1e-9)
    columns = np.asarray(counts.sum(0)).ravel() ** 0.75
    columns = np.maximum(columns / columns.sum() * total, 1e-9)
    pairs = counts.tocoo()
    pairs.data = np.maximum(np.log(pairs.data * total / (rows[pairs.row] * columns[pairs.col])), 0)
    left, strength, _ = svds(pairs.tocsr(), k=dimensions, random_state=0)
    vectors = left * np.sqrt(strength)
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def _spelling(words: Sequence[str]) -> Callable[[int], dict[int, float]]:
    """For word number i the words that share its letter triples: number → Dice similarity ≥ 0.45."""
    grams = [Counter((" " + w + " ")[k : k + 3] for k in range(len(w))) for w in words]
    holders: dict[str, list[int]] = {}
    for i, gram in enumerate(grams):
        for g in gram:
            holders.setdefault(g, []).append(i)

    def near(i: int) -> dict[int, float]:
        shared: Counter[int] = Counter()
        for g, n in grams[i].items():
            for j in holders[g]:
                shared[j] += min(n, grams[j][g])
        size = len(words[i])
        return {
            j: 2 * s / (size + len(words[j]))
            for j, s in shared.items()
            if j != i and s * 4.4 >= size + len(words[j])
        }

    return near


def sounding_alike(words: Sequence[str], said: Counter[str]) -> dict[str, list[str]]:
    """For each word the words that users say which sound most like it, nearest first."""
    known = pronunciations(data_folder() / "lexicon" / "cmudict.dict.xz", words)
    return confusions(known, SOUNDING, [w for w in words if said[w] > 1])


def similar_words(
    words: Sequence[str], vectors: np.ndarray, trusted: np.ndarray, sounds: dict[str, list[str]]
) -> tuple[np.ndarray, np.ndarray]:
    """(numbers, likeness ×255) of the `SIMILAR` words most like each: by sound, by spelling, by company kept."""
    number = {w: i for i, w in enumerate(words)}
    spelling = _spelling(words)
    found, likeness = np.zeros((len(words), SIMILAR), np.uint16), np.zeros((len(words), SIMILAR), np.uint8)
    for i, word in enumerate(words):
        near: dict[int, float] = {}
        for rank, other in enumerate(sounds.get(word, ())[:6]):
            near[number[other]] = 0.5 - 0.04 * rank
        for j, dice in spelling(i).items():
            near[j] = max(near.get(j, 0.0), 0.75 * dice)
        if trusted[i]:
            cosine = vectors @ vectors[i]
            close = np.flatnonzero((cosine > 0.55) & trusted)
            for j in close[np.argsort(-cosine[close])][1:9]:
                near[int(j)] = min(0.8, near.get(int(j), 0.0) * 0.5 + 0.6 * float(cosine[j]))
        best = sorted(near.items(), key=lambda item: -item[1])[:SIMILAR]
        for k, (j, value) in enumerate(best):
            found[i, k], likeness[i, k] = j, round(255 * min(1.0, value))
    return found, likeness


def build(path: Path, afresh: bool = True, say: Callable[[str], None] = print) -> None:
    """Write the memory of all written talks to `path` (a compressed .npz).

    Not `afresh`: what the memory at `path` knows of words (vectors, likenesses) is kept, which takes seconds
    instead of minutes; words that are new since then have no likes.
    """
    talks: list[list[Turn]] = [*written_talks(), *pip_talks()]
    turns = [turn for talk in talks for turn in talk]
    lines = [line_words(who, text) for who, text in turns]
    said = Counter(w for (who, _), line in zip(turns, lines, strict=True) if who == "user" for w in line)
    counts = Counter(w for line in lines for w in line)
    intents = [*with_chitchat(written()), *alarms()]
    counts.update(w for intent in intents for wording in intent.wordings for w in wording.split())
    known = _learnt(lines, counts, said) if afresh else _kept(path, counts)
    words = known.words
    number = {w: i for i, w in enumerate(words)}
    say(f"memory: {len(talks)} talks, {len(turns)} lines, {len(words)} words")
    numbered = [[number[w] for w in line] for line in lines]
    held_by = Counter(
        w for (who, _), line in zip(turns, lines, strict=True) if who == "user" for w in set(line)
    )
    users = sum(1 for who, _ in turns if who == "user")
    idf = np.array([math.log((users + 1) / (held_by[w] + 0.5)) for w in words], np.float32)
    capital = Counter(n for who, text in turns if who == "pip" for n in names_in(text))
    spoken = Counter(w for (who, _), line in zip(turns, lines, strict=True) if who == "pip" for w in line)
    names = sorted(w for w, n in capital.items() if 2 * n >= spoken[w])
    texts = "\n".join(text.replace("\n", " ") for _, text in turns)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        talk_starts=np.cumsum([0, *(len(t) for t in talks)]).astype(np.int32),
        is_user=np.array([who == "user" for who, _ in turns]),
        texts=np.frombuffer(texts.encode(), np.uint8),
        words=np.frombuffer("\n".join(words).encode(), np.uint8),
        word_ids=np.concatenate([np.array(n, np.uint16) for n in numbered]),
        line_starts=np.cumsum([0, *(len(n) for n in numbered)]).astype(np.int32),
        idf=idf.astype(np.float16),
        said=np.array([min(said[w], 65535) for w in words], np.uint16),
        names=np.frombuffer("\n".join(names).encode(), np.uint8),
        vectors=known.vectors,
        similar=known.similar,
        likeness=known.likeness,
        sounding=known.sounding,
        **_wordings(intents, number),
        **_phones(words, None if afresh else path),
    )
    say(f"memory: {path} {path.stat().st_size / 1e6:.1f} MB")


def renew(path: Path, say: Callable[[str], None] = print) -> None:
    """Put the intents as they are written now into the memory at `path`, and leave the rest as it is.

    Wordings with words that the memory does not know are left out until it is built again.
    """
    with np.load(path, allow_pickle=False) as old:
        arrays: dict[str, Any] = {name: old[name] for name in old.files}
    number = {w: i for i, w in enumerate(arrays["words"].tobytes().decode().split("\n"))}
    intents = [*with_chitchat(written()), *alarms()]
    known = [
        replace(i, wordings=tuple(w for w in i.wordings if number.keys() >= set(w.split()))) for i in intents
    ]
    lost = sum(len(i.wordings) for i in intents) - sum(len(i.wordings) for i in known)
    np.savez_compressed(path, **arrays | _wordings([i for i in known if i.wordings], number))
    say(f"memory: {len(known)} intents, {lost} wordings left out; {path} {path.stat().st_size / 1e6:.1f} MB")


def _wordings(intents: Sequence[Intent], number: dict[str, int]) -> dict[str, Any]:
    """The arrays of `wordings.Wordings`; replies and marks as text, an intent a line, apart by tabs."""
    lines = [[number[w] for w in wording.split()] for intent in intents for wording in intent.wordings]
    replies = "\n".join("\t".join(intent.replies) for intent in intents)
    marks = "\n".join("\t".join(intent.marks) for intent in intents)
    return {
        "wording_ids": np.concatenate([np.array(line, np.uint16) for line in lines]),
        "wording_starts": np.cumsum([0, *(len(line) for line in lines)]).astype(np.int32),
        "wording_intents": np.repeat(np.arange(len(intents)), [len(i.wordings) for i in intents]).astype(
            np.uint16
        ),
        "intent_replies": np.frombuffer(replies.encode(), np.uint8),
        "intent_marks": np.frombuffer(marks.encode(), np.uint8),
    }


def _phones(words: Sequence[str], before: Path | None) -> dict[str, Any]:
    """The phones (1…39, see `models.asr.lexicon`) of every word on end, and where each word's begin.

    Those of the first words are taken from the memory at `before`, where it has them.
    """
    said: list[np.ndarray] = []
    if before is not None:
        with np.load(before, allow_pickle=False) as old:
            if "phones" in old.files:
                said = np.split(old["phones"], old["phone_starts"][1:-1])
    if len(said) < len(words):
        spelling = Spelling.learn(read_cmudict())
        said += [np.array(spelling.pronounce(word), np.uint8) for word in words[len(said) :]]
    return {
        "phones": np.concatenate(said),
        "phone_starts": np.cumsum([0, *(len(p) for p in said)]).astype(np.int32),
    }


@dataclass(frozen=True)
class _Words:
    """What is known of words: vectors ×127, similar words with their likeness ×255, words that sound alike."""

    words: list[str]
    vectors: np.ndarray
    similar: np.ndarray
    likeness: np.ndarray
    sounding: np.ndarray


def _learnt(lines: list[list[str]], counts: Counter[str], said: Counter[str]) -> _Words:
    elsewhere = [
        line_words("user", text)
        for name in LINES_FOR_VECTORS
        for talk in read_lines(data_folder() / "text" / f"{name}.jsonl.xz")
        for _, text in talk
    ]
    often = Counter(w for line in elsewhere for w in line)
    words = [w for w, _ in counts.most_common()]
    words += [w for w, n in often.most_common() if n >= OFTEN and w not in counts]
    number = {w: i for i, w in enumerate(words)}
    every = [[number[w] for w in line if w in number] for line in [*lines, *elsewhere]]
    vectors = word_vectors(every, len(words))
    sounds = sounding_alike(words, said)
    trusted = np.array([counts[w] + often[w] >= OFTEN for w in words])
    similar, likeness = similar_words(words, vectors, trusted, sounds)
    sounding = np.full((len(words), SOUNDING), 0xFFFF, np.uint16)
    for row, word in zip(sounding, words):
        near = [number[w] for w in sounds.get(word, ())]
        row[: len(near)] = near
    return _Words(words, np.round(vectors * 127).astype(np.int8), similar, likeness, sounding)


def _kept(path: Path, counts: Counter[str]) -> _Words:
    with np.load(path, allow_pickle=False) as old:
        words = old["words"].tobytes().decode().split("\n")
        parts = {name: old[name] for name in ("vectors", "similar", "likeness", "sounding")}
    seen = set(words)
    new = [w for w in counts if w not in seen]
    for name, part in parts.items():
        blank = np.full((len(new), part.shape[1]), 0xFFFF if name == "sounding" else 0, part.dtype)
        parts[name] = np.concatenate([part, blank])
    return _Words([*words, *new], **parts)
