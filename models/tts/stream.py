"""Text that is still being written, cut into clauses that can be spoken at once.

A clause is given as soon as its end is seen: after a full stop, question or exclamation mark, or line; after
a comma, colon or dash once it has a few words, so that its melody has a shape. A mark counts only when
something follows it, for "3." may become "3.5", and what stands behind an abbreviation is no end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from models.tts.signs import BEFORE_NUMBERS, LATIN, SHORT

FEWEST_WORDS = 3
MOST_WORDS = 24
_END = re.compile(r"[.!?]+[\"')\]]*\s+|\n+")
_REST = re.compile(r"[,;:][\"')\]]*\s+|\s+[-–—]+\s+|[–—]+(?=\w)")
_ABBREVIATION = re.compile(r"(?:\b(?P<word>\w+)|(?P<letters>\b(?:\w\.)+\w))\.$")


def clauses(pieces: Iterable[str]) -> Iterator[str]:
    """The clauses of a text that comes in pieces of any size; joined they are the text."""
    text = ""
    for piece in pieces:
        text += piece
        while cut := _cut(text):
            yield text[:cut]
            text = text[cut:]
    if text:
        yield text


def _cut(text: str) -> int:
    """Where the first clause of `text` ends, 0 where it has not ended yet."""
    ends = [m.end() for m in _END.finditer(text) if not _abbreviated(text[: m.end()].rstrip())]
    rests = [m.end() for m in _REST.finditer(text) if len(text[: m.start()].split()) >= FEWEST_WORDS]
    found = min([end for end in ends + rests if end < len(text) or text[end - 1] == "\n"], default=0)
    if found:
        return found
    words = list(re.finditer(r"\S+\s+", text))
    return words[MOST_WORDS - 1].end() if len(words) > MOST_WORDS else 0


def _abbreviated(text: str) -> bool:
    """Whether a text ends with the full stop of an abbreviation or of letters."""
    match = _ABBREVIATION.search(text)
    if not match:
        return False
    word = (match["word"] or "").lower()
    known = word in SHORT or word in BEFORE_NUMBERS or text.lower().endswith(tuple(LATIN))
    return known or bool(match["letters"]) or (len(word) == 1 and word not in "ia")
