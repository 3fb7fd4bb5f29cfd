"""Written text as the words that are said: lower case, no punctuation but apostrophes, no digits."""

from __future__ import annotations

import re
from functools import lru_cache

from num2words import num2words

_SHORT = {
    "mr.": "mister", "mrs.": "missus", "ms.": "miss", "dr.": "doctor", "st.": "saint", "etc.": "et cetera",
    "vs.": "versus", "no.": "no", "mr": "mister", "mrs": "missus", "etc": "et cetera", "okay": "okay",
    "ok": "okay", "o.k.": "okay", "a.m.": "a m", "p.m.": "p m", "u.s.": "u s", "&": "and", "%": "percent",
    "'kay": "okay", "@": "at", "+": "plus",
}  # fmt: skip
_APOSTROPHE_LOST = {
    whole.replace("'", ""): whole
    for whole in (
        "don't didn't doesn't isn't wasn't aren't weren't haven't hasn't hadn't couldn't wouldn't shouldn't "
        "can't i'm i've you're you've they're they've we've he's she's that's there's what's"
    ).split()
}
_CLIPPED = {"'em", "'til", "'cause", "'bout", "'round", "'tis", "'twas"}
_NUMBER = re.compile(r"(\$|£|€)?(\d+(?:,\d{3})*)(\.\d+)?(st|nd|rd|th|s|%)?")
_MONEY = {"$": "dollars", "£": "pounds", "€": "euros"}
_TIME = re.compile(r"\b(\d{1,2}):(\d\d)\b")


@lru_cache(maxsize=20_000)
def _number(currency: str, whole: str, fraction: str, ending: str) -> str:
    value = int(whole.replace(",", ""))
    if len(whole) > 12:
        said = " ".join(num2words(int(digit)) for digit in whole if digit.isdigit())
    elif ending in ("st", "nd", "rd", "th"):
        said = num2words(value, to="ordinal")
    elif 1100 <= value < 2100 and "," not in whole and not fraction and not currency:
        said = num2words(value, to="year")
    else:
        said = num2words(float(f"{value}{fraction}")) if fraction else num2words(value)
    if ending == "s":
        said = re.sub(r"y$", "ie", said) + "s"
    if ending == "%":
        said += " percent"
    if currency:
        said += " " + _MONEY[currency]
    return f" {said.replace(' and ', ' ').replace('-', ' ')} "


def _said(match: re.Match[str]) -> str:
    return _number(*(group or "" for group in match.groups()))


def _clock(match: re.Match[str]) -> str:
    hour, minute = match.groups()
    if minute == "00":
        return f"{hour} o'clock"
    return f"{hour} {'o ' if minute[0] == '0' else ''}{int(minute)}"


def spoken_words(text: str) -> list[str]:
    """The words of a text as a recogniser writes them.

    >>> spoken_words("Mr. Lee's 2 well-known dogs, at 5:30!")
    ['mister', "lee's", 'two', 'well', 'known', 'dogs', 'at', 'five', 'thirty']
    """
    text = text.lower().replace("’", "'").replace("‘", "'").replace("_", " ")
    if any(character.isdigit() for character in text):
        text = _NUMBER.sub(_said, _TIME.sub(_clock, text))
    text = re.sub(r"\s+('(?:s|m|re|ve|ll|d|t)|n't)\b", r"\1", text)
    words: list[str] = []
    for piece in re.sub(r"[-—–/…\"()\[\]*,;:!?]", " ", text).split():
        if piece in _SHORT:
            words += _SHORT[piece].split()
            continue
        bare = re.sub(r"[^a-z']", "", piece)
        if bare in _CLIPPED:
            words.append(bare)
        elif bare := bare.strip("'"):
            words.append(_APOSTROPHE_LOST.get(bare, bare))
    return words
