"""Written text as spoken words with the marks that shape a voice.

`spoken(text)` gives words in lower case (letters and apostrophes only) and after each the mark behind it:
"" nothing, "," a short rest, "." "!" "?" the end of a sentence. Never raises; what cannot be said is left
out. The rules are one ordered table of patterns; each turns a piece of text into plain words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from models.tts.pieces import LETTER_A
from models.tts.rules import RULES
from models.tts.signs import SYMBOLS

LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word as it is said (lower case; capitals are letters to be named) and the mark behind it."""

    word: str
    mark: str = ""


_FOLDED = str.maketrans({
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "…": "...",
    "\u00a0": " ", "\u200b": "", "\u200d": "", "\ufeff": "", "‑": "-", "ß": "ss", "æ": "ae", "ø": "o",
    "œ": "oe",
    "ł": "l", "đ": "d", "−": "-", "Æ": "ae", "Ø": "o", "Ł": "l",
})  # fmt: skip
_KEPT = set("¢½¼¾²³™®©°×÷±≈≤≥→§µ√π£€¥₹")
_BREAKS = {
    "-": "",
    "–": ",",
    "—": ",",
    ";": ",",
    ":": ",",
    "(": ",",
    ")": ",",
    "[": ",",
    "]": ",",
    '"': "",
    "{": ",",
    "}": ",",
}
_TOKEN = re.compile(r"\ue000|[A-Za-z']+|[.,!?;:–—()\[\]{}\"-]|\n+|[^\sA-Za-z'.,!?;:–—()\[\]{}\"-]")
_CAPITAL = re.compile(r"[B-HJ-Z]")
_RANK = {"": 0, ",": 1, ".": 2, "!": 3, "?": 4}


def folded(text: str) -> str:
    """Text in the letters that the rules know: accents and curly signs folded, other scripts and controls
    dropped.
    """
    text = "".join(c if c >= " " or c == "\n" else " " for c in text.translate(_FOLDED))
    if text.isascii():
        return text
    kept = []
    for c in text:
        if c in _KEPT or c in "–—":
            kept.append(c)
            continue
        plain = [p for p in unicodedata.normalize("NFKD", c) if " " <= p < "\x7f" or c == p == "\n"]
        kept.append("".join(plain) if plain else " ")
    return "".join(kept)


def spoken(text: str) -> list[Spoken]:
    """The words of `text` as they are said.

    >>> [(s.word, s.mark) for s in spoken("Dr. Lee paid $3.50, at 5:30 p.m.!")]
    [('doctor', ''), ('lee', ''), ('paid', ''), ('three', ''), ('dollars', ''), ('and', ''), ('fifty', ''), \
('cents', ','), ('at', ''), ('five', ''), ('thirty', ''), ('P', ''), ('M', '!')]
    """
    text = folded(text)
    for pattern, said in RULES:
        text = pattern.sub(said, text)
    text = text.replace("µ", " micro ")  # what no unit has taken up
    found: list[Spoken] = []
    tokens = _TOKEN.findall(text)
    for i, token in enumerate(tokens):
        if token == LETTER_A or (
            token in ("A", "I") and any(map(_CAPITAL.fullmatch, (*tokens[i - 1 : i], *tokens[i + 1 : i + 2])))
        ):
            found.append(Spoken("A" if token == LETTER_A else token))
        elif token[0].isalpha() or (token[0] == "'" and len(token) > 1):
            found.extend(Spoken(word) for word in _word(token))
        elif token in SYMBOLS:
            found.extend(Spoken(word) for word in SYMBOLS[token].split())
        elif found:
            mark = "." if token[0] == "\n" and len(token) > 1 else _BREAKS.get(token, token)
            if mark in _RANK and _RANK[mark] > _RANK[found[-1].mark]:
                found[-1] = Spoken(found[-1].word, mark)
    return found


def _word(token: str) -> list[str]:
    if len(token) == 1 and token.isupper() and token not in "AI":
        return [token]
    if 2 <= len(token) <= 5 and token.isupper() and "'" not in token and not _sayable(token):
        return list(token)
    plural = re.fullmatch(r"([A-Z]{2,5})('?s)", token)
    if plural and not _sayable(plural[1]):
        return [*plural[1][:-1], plural[1][-1] + "'s"]
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", token) if not token.isupper() else token
    words = [w if w in _CLIPPED else w.strip("'") for w in split.lower().split()]
    return [w[i : i + LONGEST_WORD] for w in words if w.strip("'") for i in range(0, len(w), LONGEST_WORD)]


_CLIPPED = {"'em", "'til", "'cause", "'bout", "'round", "'n'", "'tis", "'twas", "'kay"}
_SAID = {
    "nasa", "nato", "aids", "ok", "laser", "radar", "scuba", "fifa", "unesco", "unicef", "opec", "asap",
    "pin", "sim",
    "ram", "lol", "gif", "jpeg", "zip", "the", "and", "a", "i", "no", "yes", "oh", "hi", "so", "we", "you",
    "he",
    "she", "it", "is", "in", "on", "to", "of", "at", "be", "do", "go", "my", "me", "us", "up", "if", "or",
    "as", "by",
    "an", "am", "are", "was", "for", "not", "but", "all", "can", "out", "now", "stop", "wait", "help",
    "very", "this",
    "that", "what", "who", "why", "how", "new", "old", "big", "one", "two", "ten", "day", "way", "pip",
    "covid", "cat",
    "dog", "wow", "hey", "bye", "yay", "ouch", "well", "love", "good", "great", "never", "always", "must",
    "will",
    "only", "more", "your", "have", "has", "had", "did", "does", "just", "like", "know", "here", "there",
    "when",
    "with", "from", "they", "them", "then", "than", "him", "her", "his", "our", "any", "some", "hello",
    "please",
}  # fmt: skip


def _sayable(token: str) -> bool:
    return token.lower() in _SAID
