"""How a word that no dictionary has is said, learnt from a dictionary.

Every letter says zero, one or two phones ("letters and what they say" aligned by Viterbi re-estimation). What
a letter says is then looked up by its surroundings, the widest context seen often enough first:
    (3 left, letter, 3 right) → (2, 2) → (2, 1)… → (0, 0).
Endings of inflection are taken off first and said by rule, since they keep the stem's pronunciation.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.asr.lexicon import PHONE_ID, PHONES, Pronunciation

CONTEXTS = ((3, 4), (3, 3), (2, 3), (2, 2), (1, 2), (1, 1), (0, 1), (0, 0))
LEAST_SEEN = 2
_VOICELESS = {PHONE_ID[phone] for phone in ("P", "T", "K", "F", "TH")}
_HISSING = {PHONE_ID[phone] for phone in ("S", "Z", "SH", "ZH", "CH", "JH")}
_STOPS_T_D = {PHONE_ID["T"], PHONE_ID["D"]}
_S, _Z, _T, _D, _IH, _NG, _L, _IY = (PHONE_ID[p] for p in ("S", "Z", "T", "D", "IH", "NG", "L", "IY"))

Pieces = tuple[Pronunciation, ...]
Costs = Mapping[tuple[str, Pronunciation], float]


def plural(stem: Pronunciation) -> Pronunciation:
    """A stem with s or 's: cats, dogs, horses."""
    if stem[-1] in _HISSING:
        return (*stem, _IH, _Z)
    return (*stem, _S if stem[-1] in _VOICELESS else _Z)


def past(stem: Pronunciation) -> Pronunciation:
    """A stem with ed: walked, played, wanted."""
    if stem[-1] in _STOPS_T_D:
        return (*stem, _IH, _D)
    return (*stem, _T if stem[-1] in _VOICELESS | _HISSING - {_Z} else _D)


def _align(word: str, phones: Pronunciation, cost: Costs) -> Pieces | None:
    """The cheapest way to share the phones out among the letters, 0 to 2 each."""
    best: list[dict[int, tuple[float, Pieces]]] = [{0: (0.0, ())}]
    for index, letter in enumerate(word):
        here: dict[int, tuple[float, Pieces]] = {}
        left = len(word) - index - 1
        for used, (paid, pieces) in best[-1].items():
            for taken in range(min(3, len(phones) - used + 1)):
                if not len(phones) - 2 * left <= used + taken <= index + 4:
                    continue
                piece = phones[used : used + taken]
                total = paid + cost.get((letter, piece), 12.0)
                if used + taken not in here or total < here[used + taken][0]:
                    here[used + taken] = (total, (*pieces, piece))
        best.append(here)
    done = best[-1].get(len(phones))
    return done[1] if done else None


def _first_costs() -> dict[tuple[str, Pronunciation], float]:
    letters = {letter: (PHONE_ID[letter.upper()],) for letter in "bdfgklmnprstvwyz"}
    cost: dict[tuple[str, Pronunciation], float] = {(*pair,): 0.5 for pair in letters.items()}
    for letter, phones in (("h", "HH"), ("j", "JH"), ("c", "K"), ("x", "K S"), ("q", "K")):
        cost[letter, tuple(PHONE_ID[phone] for phone in phones.split())] = 0.5
    vowels = [phone for phone in PHONES if phone[0] in "AEIOU"]
    cost |= {(letter, (PHONE_ID[phone],)): 2.0 for letter in "aeiouy" for phone in vowels}
    return cost | {(letter, ()): 3.0 for letter in "abcdefghijklmnopqrstuvwxyz'"}


def learn_rules(words: Iterable[tuple[str, Pronunciation]], rounds: int = 3) -> dict[str, Pronunciation]:
    """What letters say in their surroundings, as rules "left|letter|right" → phones.

    A rule is kept only where it says something else than the next narrower context would.
    """
    examples = list(words)
    cost: Costs = _first_costs()
    aligned: list[tuple[str, Pieces]] = []
    for left in reversed(range(rounds)):
        some = examples[:: max(1, len(examples) // 8_000)] if left else examples
        aligned = [(word, pieces) for word, said in some if (pieces := _align(word, said, cost))]
        pairs = Counter(pair for word, pieces in aligned for pair in zip(word, pieces))
        letters = Counter(letter for word, _ in aligned for letter in word)
        cost = {pair: -math.log(count / letters[pair[0]]) for pair, count in pairs.items()}
    rules: dict[str, Pronunciation] = {}
    seen: dict[str, Counter[Pronunciation]] = defaultdict(Counter)
    for word, pieces in aligned:
        padded = f"####{word}####"
        for place, piece in enumerate(pieces, 4):
            for left, right in CONTEXTS:
                seen[_key(padded, place, left, right)][piece] += 1
    for key in sorted(seen, key=lambda key: (len(key), key)):
        (piece, count), *_ = seen[key].most_common(1)
        if len(key) == 3 or (count >= LEAST_SEEN and _lookup_narrower(rules, key) != piece):
            rules[key] = piece
    return rules


def _key(padded: str, place: int, left: int, right: int) -> str:
    return f"{padded[place - left : place]}|{padded[place]}|{padded[place + 1 : place + 1 + right]}"


def _lookup_narrower(rules: Mapping[str, Pronunciation], key: str) -> Pronunciation | None:
    left, letter, right = key.split("|")
    padded, place = f"{left}{letter}{right}", len(left)
    for wide in CONTEXTS[CONTEXTS.index((len(left), len(right))) + 1 :]:
        found = rules.get(_key(padded, place, *wide))
        if found is not None:
            return found
    return None


def _letters(rules: Mapping[str, Pronunciation], word: str) -> Pronunciation:
    padded = f"####{word}####"
    said: list[int] = []
    for place in range(4, 4 + len(word)):
        for left, right in CONTEXTS:
            piece = rules.get(_key(padded, place, left, right))
            if piece is not None:
                said += piece
                break
    return tuple(said)


@dataclass(frozen=True)
class Spelling:
    """A dictionary, and rules for the words that it lacks.

    >>> from models.asr.lexicon import phone_names
    >>> known = {"cat": [(20, 2, 31)], "walk": [(36, 4, 20)]}
    >>> phone_names(Spelling(known, {}).pronounce("walked"))
    ['W', 'AO', 'K', 'T']
    """

    known: Mapping[str, list[Pronunciation]]
    rules: Mapping[str, Pronunciation]

    @classmethod
    def learn(cls, known: Mapping[str, list[Pronunciation]], most: int = 40_000) -> Spelling:
        """Rules learnt from the first pronunciations of at most so many words, taken evenly."""
        words = sorted(known)
        some = words[:: max(1, len(words) // most)]
        return cls(known, learn_rules((word, known[word][0]) for word in some))

    def pronounce(self, word: str) -> Pronunciation:
        """One likely pronunciation of any word of [a-z'] letters; empty only where nothing is said."""
        known = self.known
        if word in known:
            return known[word][0]
        for ending, say in (("'s", plural), ("s'", plural), ("s", plural), ("ed", past)):
            for stem in (word[: -len(ending)], word[: -len(ending)] + "e"):
                if word.endswith(ending) and stem in known and not stem.endswith("s"):
                    return say(known[stem][0])
        if word.endswith("ing"):
            for stem in (word[:-3], word[:-3] + "e", word[:-4]):
                if len(stem) > 2 and stem in known:
                    return (*known[stem][0], _IH, _NG)
        if word.endswith("ly") and word[:-2] in known:
            return (*known[word[:-2]][0], _L, _IY)
        for cut in range(len(word) - 3, 2, -1):
            if word[:cut] in known and word[cut:] in known and len(word) >= 7:
                return known[word[:cut]][0] + known[word[cut:]][0]
        return _letters(self.rules, word.replace("'", ""))
