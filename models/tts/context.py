"""What the networks are told: every phone and every step as a handful of tokens, one per port.

A token is one spike on one of a port's lines; the network's first synapses are the ports' embeddings. Phones
described by their neighbours and their place in word and clause; steps add their place within the phone, and
for both of their frames two tokens of pairs: phone and part of it, and the two phones whose join is near.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.tts.phonemes import FUNCTION_WORDS, PAUSE, REST, SYMBOL_ID, SYMBOLS, Phone, is_vowel

Tokens = NDArray[np.int32]

STEP_FRAMES = 2
PARTS = 8
BASES = tuple(dict.fromkeys(s.rstrip("012") for s in SYMBOLS))
_BASE_OF = np.array([BASES.index(s.rstrip("012")) for s in SYMBOLS])
MARKS = (",", ".", "!", "?")
_QUESTIONS = frozenset({"what", "who", "where", "when", "why", "how", "which", "whose", "whom"})

PHONE_PORTS: dict[str, int] = {
    "before2": len(SYMBOLS), "before": len(SYMBOLS), "phone": len(SYMBOLS), "after": len(SYMBOLS),
    "after2": len(SYMBOLS), "in_word": 5, "syllable_in_word": 16, "stress": 13, "stress_after": 13,
    "words_before": 8, "words_after": 8, "syllables_before": 10, "syllables_after": 10, "clause_mark": 6,
    "clauses_after": 4, "clause_before": 2,
}  # fmt: skip
STEP_PORTS: dict[str, int] = {
    **PHONE_PORTS, "from_start": 20, "to_end": 20, "part": 8, "next_length": 20, "last_length": 20,
    "phone_part": PARTS * len(SYMBOLS), "phone_part2": PARTS * len(SYMBOLS),
    "join": 2 * len(BASES) ** 2, "join2": 2 * len(BASES) ** 2,
}  # fmt: skip


def phone_tokens(line: Sequence[Phone], words: Sequence[str], mark: str) -> Tokens:
    """(phones, 16) tokens of a sentence's phones; `words` by number, `mark` ends the sentence."""
    n = len(line)
    ids = [SYMBOL_ID[p.symbol] for p in line]
    silent = [p.symbol in (PAUSE, REST) for p in line]
    out = np.zeros((n, len(PHONE_PORTS)), np.int32)
    padded = [0, 0, *ids, 0, 0]
    for k in range(5):
        out[:, k] = padded[k : k + n]
    clause = np.zeros(n, np.int64)
    for i in range(1, n):
        clause[i] = clause[i - 1] + (
            1 if silent[i - 1] and not silent[i] and clause_started(silent, i) else 0
        )
    syllable, stress, in_word = syllables_of(line)
    for c in range(int(clause[-1]) + 1):
        at = [i for i in range(n) if clause[i] == c and not silent[i]]
        if not at:
            continue
        order = {w: k for k, w in enumerate(dict.fromkeys(line[i].word for i in at))}
        nuclei = sorted({syllable[i] for i in at})
        place = {s: k for k, s in enumerate(nuclei)}
        last_clause = c == int(clause[-1])
        first_word = words[line[at[0]].word] if line[at[0]].word < len(words) else ""
        end = (1 + MARKS.index(mark) if mark in MARKS else 2) if last_clause else 1
        if end == 4 and first_word in _QUESTIONS:
            end = 5
        for i in at:
            k = order[line[i].word]
            out[i, 9] = min(k, 7)
            out[i, 10] = min(len(order) - 1 - k, 7)
            out[i, 11] = min(place[syllable[i]], 9)
            out[i, 12] = min(len(nuclei) - 1 - place[syllable[i]], 9)
            out[i, 13] = end
            out[i, 14] = min(int(clause[-1]) - c, 3)
            out[i, 15] = min(c, 1)
    vowels = sorted({s for s in syllable if s >= 0})
    heavy = {s: stress[i] for i, s in enumerate(syllable) if s >= 0}
    for i, phone in enumerate(line):
        if silent[i]:
            out[i, 5] = 4
            out[i, 13] = out[i - 1, 13] if i else 0
            continue
        out[i, 5] = 3 if phone.first and phone.last else 0 if phone.first else 2 if phone.last else 1
        out[i, 6] = in_word[i]
        word = words[phone.word] if phone.word < len(words) else ""
        function = word in FUNCTION_WORDS
        out[i, 7] = 1 + stress[i] + 3 * function
        k = vowels.index(syllable[i])
        out[i, 8] = 1 + heavy[vowels[k + 1]] if k + 1 < len(vowels) else 0
    return out


def clause_started(silent: Sequence[bool], i: int) -> bool:
    """Whether anything was said before phone i: the pause at a sentence's start opens no clause."""
    return not all(silent[:i])


def syllables_of(line: Sequence[Phone]) -> tuple[list[int], list[int], list[int]]:
    """Per phone its syllable's number, that syllable's stress 0…2, and 4·(from the word's start) + from its
    end.

    A consonant goes with the next vowel of its word where it stands right before it, else with the last one.
    """
    n = len(line)
    syllable, stress, place = [-1] * n, [0] * n, [0] * n
    count = 0
    start = 0
    while start < n:
        if line[start].word < 0:
            start += 1
            continue
        end = start
        while end < n and line[end].word == line[start].word:
            end += 1
        nuclei = [i for i in range(start, end) if is_vowel(line[i].symbol)]
        anchors = nuclei or [start]
        for i in range(start, end):
            later = [k for k, v in enumerate(anchors) if v >= i]
            near = (
                later[0]
                if later and (anchors[later[0]] - i <= 1 or later[0] == 0)
                else max(0, (later[0] if later else len(anchors)) - 1)
            )
            syllable[i] = count + near
            symbol = line[anchors[near]].symbol
            stress[i] = int(symbol[-1]) if is_vowel(symbol) else 0
            place[i] = 4 * min(near, 3) + min(len(anchors) - 1 - near, 3)
        count += len(anchors)
        start = end
    return syllable, stress, place


def step_tokens(phones: Tokens, lengths: Sequence[int] | NDArray[np.int64], offset: int = 0) -> Tokens:
    """(steps, 25) tokens of every 20 ms, for phones that last `lengths` frames of 10 ms; starts at frame
    `offset`.
    """
    length = np.asarray(lengths, np.int64)
    phone = np.repeat(np.arange(len(length)), length)
    first = np.repeat(np.cumsum(length) - length, length)
    frame = np.arange(len(phone))
    since = frame - first
    long = length[phone]
    after = np.append(length[1:], 0)[phone]
    before = np.append(0, length[:-1])[phone]
    part = (PARTS * since + PARTS // 2) // np.maximum(long, 1)
    own = np.stack(
        [
            np.minimum(since, 19), np.minimum(long - 1 - since, 19), np.minimum(part, PARTS - 1),
            np.minimum(after, 19), np.minimum(before, 19),
        ],
        axis=1,
    )  # fmt: skip
    around = _BASE_OF[phones[phone, 1:4]]
    n = len(BASES)
    early = since < (long + 1) // 2
    phone_part = phones[phone, 2] * PARTS + own[:, 2]
    join = np.where(early, around[:, 0] * n + around[:, 1], n * n + around[:, 1] * n + around[:, 2])
    pairs = np.stack([phone_part, np.append(phone_part[1:], 0), join, np.append(join[1:], 0)], axis=1)
    every = np.concatenate([phones[phone], own, pairs], axis=1)
    return every[offset::STEP_FRAMES].astype(np.int32)
