"""Names in a remembered reply, and putting a word of this talk in the place of one that was said there."""

from __future__ import annotations

import re
from collections.abc import Sequence


def names_in(reply: str) -> set[str]:
    """Words with a capital where a sentence does not ask for one, in lower case.

    >>> sorted(names_in("Nice to meet you, Anna. I'm Pip. How's Ben?"))
    ['anna', 'ben', 'pip']
    """
    found = set()
    for match in re.finditer(r"(^|[.?!]\s+|\s|')([A-Z][a-z']+)", reply):
        if match.group(1) and match.group(1)[0] not in ".?!" and not match.group(2).startswith(("I'",)):
            found.add(match.group(2).lower().removesuffix("'s"))
    return found


def swapped(heard: Sequence[str], said: Sequence[str]) -> tuple[str, str] | None:
    """(old, new) when two lines differ in one word at the same place, else None.

    >>> swapped("my name is anna".split(), "my name is joe".split())
    ('anna', 'joe')
    """
    if len(heard) != len(said):
        return None
    differ = [(a, b) for a, b in zip(heard, said, strict=True) if a != b]
    return differ[0] if len(differ) == 1 else None


def swap_word(reply: str, old: str, new: str) -> str:
    """The reply with one word put for another, capitals kept."""

    def put(match: re.Match[str]) -> str:
        return new.capitalize() if match.group(0)[0].isupper() else new

    return re.sub(rf"\b{re.escape(old)}\b", put, reply, flags=re.IGNORECASE)
