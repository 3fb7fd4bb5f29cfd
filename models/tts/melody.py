"""The melody of a sentence: log F0 at three points of every phone, and the tokens that it is told from.

The frame-wise network hears one phone at a time; a tune spans clauses. So F0 has a network of its own that
takes a step per phone and is told where accents and boundaries lie on both sides. Points are at a phone's
beginning, middle and end; frames lie on straight lines between them (a coarse form of the stylised contours
of 't Hart, Collier and Cohen 1990).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.tts.context import PHONE_PORTS, Tokens, syllables_of
from models.tts.phonemes import FUNCTION_WORDS, Phone
from models.tts.spectrum import Floats

POINTS = 3
PARTS = 6
_WORDS = tuple(sorted(FUNCTION_WORDS))
_WORD_ID = {word: i + 1 for i, word in enumerate(_WORDS)}
_NEGATIVE = len(_WORDS) + 1
_LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 20, 25)

MELODY_PORTS: dict[str, int] = {
    **PHONE_PORTS, "length": 16, "length_before": 16, "length_after": 16, "word": _NEGATIVE + 1,
    "accents_before": 8, "accents_after": 8, "since_accent": 7, "until_accent": 7, "nucleus": 8,
    "place_in_clause": 16, "place_in_sentence": 16, "sentence_size": 8, "words_around": 8,
}  # fmt: skip


def melody_tokens(
    line: Sequence[Phone], words: Sequence[str], tokens: Tokens, lengths: Sequence[int] | NDArray[np.int64]
) -> Tokens:
    """(phones, 29) tokens: those of `phone_tokens`, then lengths, the word, and accents and places around.

    An accent is the stressed syllable of a word that carries meaning; the nucleus is a clause's last one.
    """
    n = len(line)
    spoken = np.array([p.word >= 0 for p in line])
    more = np.zeros((n, len(MELODY_PORTS) - len(PHONE_PORTS)), np.int64)
    long = np.searchsorted(_LENGTHS, np.asarray(lengths), side="right")
    more[:, 0] = long
    more[1:, 1], more[:-1, 2] = long[:-1], long[1:]
    syllable, stress, _ = (np.array(column) for column in syllables_of(line))
    total = int(syllable.max()) + 1 if n else 0
    word_of = np.zeros(max(total, 1), np.int64)
    word_of[syllable[spoken]] = [p.word for p in line if p.word >= 0]
    heavy = np.zeros(max(total, 1), np.int64)
    np.maximum.at(heavy, syllable[spoken], stress[spoken] == 1)
    means = np.array([w not in FUNCTION_WORDS for w in words] or [False])
    accent = (heavy == 1) & means[np.minimum(word_of, len(means) - 1)]
    at = np.flatnonzero(accent)
    clause = _clauses(line)
    for i in np.flatnonzero(spoken).tolist():
        s, word = int(syllable[i]), line[i].word
        mine = np.unique(syllable[spoken & (clause == clause[i])])
        here = at[(at >= mine[0]) & (at <= mine[-1])]
        before, after = here[here < s], here[here > s]
        nucleus = int(here[-1]) if len(here) else int(mine[-1])
        more[i, 3] = _word_token(words[word] if word < len(words) else "")
        more[i, 4], more[i, 5] = min(len(before), 7), min(len(after), 7)
        more[i, 6] = 0 if accent[s] else min(s - int(before[-1]), 5) if len(before) else 6
        more[i, 7] = 0 if accent[s] else min(int(after[0]) - s, 5) if len(after) else 6
        more[i, 8] = 1 + int(np.clip(s - nucleus, -3, 3)) + 3
        more[i, 9] = (15 * (s - int(mine[0]))) // max(1, len(mine) - 1)
        more[i, 10] = (15 * s) // max(1, total - 1)
        more[i, 11] = min(total // 4, 7)
        around = [word - 1, word, word + 1]
        more[i, 12] = sum(2**k for k, w in enumerate(around) if 0 <= w < len(means) and means[w])
    return np.concatenate([tokens, more], axis=1).astype(np.int32)


def _word_token(word: str) -> int:
    return _NEGATIVE if word.endswith("n't") or word == "never" else _WORD_ID.get(word, 0)


def _clauses(line: Sequence[Phone]) -> NDArray[np.int64]:
    """Number of the clause of every phone: a rest between words starts the next one."""
    silent = np.array([p.word < 0 for p in line])
    begins = ~silent & np.append(True, silent[:-1])
    return np.cumsum(begins)


def contour(points: Floats, lengths: Sequence[int] | NDArray[np.int64]) -> Floats:
    """(frames,) values on straight lines through each phone's points (phones, 3); where two phones meet, the
    mean of both.
    """
    if not len(points):
        return np.zeros(0, np.float32)
    length = np.asarray(lengths, np.float64)
    first = np.cumsum(length) - length
    bounds = np.concatenate(
        [points[:1, 0], 0.5 * (points[:-1, 2] + points[1:, 0]), points[-1:, 2]], dtype=np.float64
    )
    place = np.empty(2 * len(points) + 1)
    value = np.empty(2 * len(points) + 1)
    place[0::2], value[0::2] = np.append(first, length.sum()), bounds
    place[1::2], value[1::2] = first + length / 2, points[:, 1]
    return np.interp(np.arange(int(length.sum())) + 0.5, place, value).astype(np.float32)


def mixing() -> Floats:
    """(3, 6) share of each point in the value at the middle of each sixth of a phone."""
    at = (np.arange(PARTS) + 0.5) / PARTS * (POINTS - 1)
    return np.clip(1.0 - np.abs(at[None, :] - np.arange(POINTS)[:, None]), 0.0, None).astype(np.float32)


def samples_of(
    log_f0: Floats, voiced: NDArray[np.bool_], lengths: Sequence[int] | NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Natural log F0 of every sixth of every phone, (phones, 6), and how many voiced frames stand behind
    it.
    """
    length = np.asarray(lengths, np.int64)
    first = np.cumsum(length) - length
    value = np.zeros((len(length), PARTS), np.float32)
    weight = np.zeros((len(length), PARTS), np.float32)
    for i, (start, long) in enumerate(zip(first, length, strict=True)):
        at = np.arange(start, min(start + long, len(log_f0)))
        part = ((at - start) * PARTS + PARTS // 2) // max(int(long), 1)
        heard = voiced[at]
        np.add.at(value[i], np.minimum(part[heard], PARTS - 1), log_f0[at[heard]])
        np.add.at(weight[i], np.minimum(part[heard], PARTS - 1), 1.0)
    return np.where(weight > 0, value / np.maximum(weight, 1.0), 0.0).astype(np.float32), weight
