"""How a word that the dictionary lacks is said: its parts from the dictionary where it has some, else by its
letters.
"""

from __future__ import annotations

from functools import lru_cache

from models.tts.lexicon import LETTERS, Pronunciation, look_up

_VOWEL_LETTERS = set("aeiouy")
MOST_LETTERS = 5
_VOICELESS = {"P", "T", "K", "F", "TH"}
_HISSING = {"S", "Z", "SH", "ZH", "CH", "JH"}
_RULES: tuple[tuple[str, str], ...] = (
    ("tion", "SH AH0 N"), ("sion", "ZH AH0 N"), ("ough", "AO1"), ("eigh", "EY1"), ("tch", "CH"),
    ("dge", "JH"),
    ("igh", "AY1"), ("sch", "S K"), ("ch", "CH"), ("sh", "SH"), ("th", "TH"), ("ph", "F"), ("wh", "W"),
    ("ck", "K"),
    ("ng", "NG"), ("qu", "K W"), ("gh", "G"), ("kn", "N"), ("wr", "R"), ("ee", "IY1"), ("ea", "IY1"),
    ("oo", "UW1"),
    ("ou", "AW1"), ("ow", "OW1"), ("oi", "OY1"), ("oy", "OY1"), ("ai", "EY1"), ("ay", "EY1"), ("au", "AO1"),
    ("aw", "AO1"), ("ie", "IY1"), ("ei", "EY1"), ("ey", "IY0"), ("oa", "OW1"), ("ue", "UW1"), ("ar", "AA1 R"),
    ("er", "ER0"), ("ir", "ER1"), ("or", "AO1 R"), ("ur", "ER1"), ("ss", "S"), ("ll", "L"), ("tt", "T"),
    ("nn", "N"),
    ("mm", "M"), ("pp", "P"), ("bb", "B"), ("dd", "D"), ("ff", "F"), ("gg", "G"), ("rr", "R"), ("zz", "Z"),
    ("cc", "K"), ("a", "AE1"), ("b", "B"), ("c", "K"), ("d", "D"), ("e", "EH1"), ("f", "F"), ("g", "G"),
    ("h", "HH"),
    ("i", "IH1"), ("j", "JH"), ("k", "K"), ("l", "L"), ("m", "M"), ("n", "N"), ("o", "AA1"), ("p", "P"),
    ("q", "K"),
    ("r", "R"), ("s", "S"), ("t", "T"), ("u", "AH1"), ("v", "V"), ("w", "W"), ("x", "K S"), ("y", "IY0"),
    ("z", "Z"),
)  # fmt: skip


@lru_cache(maxsize=5000)
def sounded(word: str) -> Pronunciation:
    """Phones for any word of letters and apostrophes; never empty for a word with a letter. Short words
    without a vowel are spelled.

    >>> sounded("blorps")
    ('B', 'L', 'AO1', 'R', 'P', 'S')
    """
    word = word.strip("'") or word
    if word.isalpha() and not _VOWEL_LETTERS & set(word) and len(word) <= MOST_LETTERS:
        return tuple(phone for letter in word for phone in LETTERS[letter.upper()])
    return _inflected(word) or _compound(word) or _by_letters(word.replace("'", ""))


def plural(stem: Pronunciation) -> Pronunciation:
    """A stem with s or 's behind it."""
    if stem[-1] in _HISSING:
        return (*stem, "IH0", "Z")
    return (*stem, "S" if stem[-1] in _VOICELESS else "Z")


def past(stem: Pronunciation) -> Pronunciation:
    """A stem with ed behind it."""
    if stem[-1] in ("T", "D"):
        return (*stem, "IH0", "D")
    return (*stem, "T" if stem[-1] in _VOICELESS | _HISSING - {"Z", "ZH", "JH"} else "D")


def _stem(word: str, cut: int) -> Pronunciation | None:
    stem = word[:-cut]
    doubled = stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else ""
    return look_up(stem) or look_up(stem + "e") or (look_up(doubled) if doubled else None)


def _inflected(word: str) -> Pronunciation | None:
    known = look_up(word)
    if known:
        return known
    if word.endswith("'s") and len(word) > 2:
        return plural(look_up(word[:-2]) or sounded(word[:-2]))
    for ending, said in (
        ("n't", ("AH0", "N", "T")),
        ("'ll", ("AH0", "L")),
        ("'re", ("ER0",)),
        ("'ve", ("V",)),
        ("'d", ("D",)),
    ):
        if word.endswith(ending) and len(word) > len(ending):
            return (*(look_up(word[: -len(ending)]) or sounded(word[: -len(ending)])), *said)
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        stem = look_up(word[:-1]) or (look_up(word[:-3] + "y") if word.endswith("ies") else None)
        if stem:
            return plural(stem)
    if len(word) > 4:
        for ending, make in (
            ("ing", lambda s: (*s, "IH0", "NG")),
            ("ed", past),
            ("er", lambda s: (*s, "ER0")),
            ("ly", lambda s: (*s, "L", "IY0")),
            ("ness", lambda s: (*s, "N", "AH0", "S")),
            ("less", lambda s: (*s, "L", "AH0", "S")),
            ("ful", lambda s: (*s, "F", "AH0", "L")),
            ("able", lambda s: (*s, "AH0", "B", "AH0", "L")),
            ("y", lambda s: (*s, "IY0")),
        ):
            if word.endswith(ending) and len(word) > len(ending) + 2:
                stem = _stem(word, len(ending))
                if stem:
                    return make(stem)
        for start, said in (
            ("un", ("AH0", "N")),
            ("re", ("R", "IY0")),
            ("non", ("N", "AA0", "N")),
            ("over", ("OW2", "V", "ER0")),
            ("pre", ("P", "R", "IY0")),
        ):
            rest = word[len(start) :]
            if word.startswith(start) and len(rest) > 2 and look_up(rest):
                return (*said, *(look_up(rest) or ()))
    return None


def _compound(word: str) -> Pronunciation | None:
    """Two known words of three letters or more in one, the pair whose shorter part is longest."""
    for short in range(len(word) // 2, 2, -1):
        for cut in (short, len(word) - short):
            left, right = look_up(word[:cut]), look_up(word[cut:])
            if left and right:
                return (*left, *(p.replace("1", "2") for p in right))
    return None


def _by_letters(word: str) -> Pronunciation:
    found: list[str] = []
    at = 0
    while at < len(word):
        if at == len(word) - 1 and word[at] == "e" and at > 1:
            break
        if word[at] in "cg" and word[at + 1 : at + 2] in ("e", "i", "y") and word[at : at + 2]:
            found.append("S" if word[at] == "c" else "JH")
            at += 1
            continue
        for letters, said in _RULES:
            if word.startswith(letters, at):
                found.extend(said.split())
                at += len(letters)
                break
        else:
            at += 1
    stressed = False
    for i, phone in enumerate(found):
        if phone[-1] == "1":
            found[i] = phone if not stressed else phone[:-1] + "0"
            stressed = True
    return tuple(found) or ("AH0",)
