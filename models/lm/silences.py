# ruff: noqa: E501
"""Lines that fit any talk: what Pip says when nobody speaks."""

from __future__ import annotations

from models.lm.memory import Memory
from models.lm.spoken import pip_form
from models.lm.tokens import Talk

_ANYWHERE = frozenset(
    "still there here quiet quietly silence silent listening hurry rush wait waiting time ready whenever need take".split()
)


def lines(memory: Memory, talk: Talk) -> list[str]:
    """Remembered lines that fit any talk and were not said in this one; never none."""
    said = {pip_form(text) for who, text in talk if who == "pip"}
    found = [memory.text(int(i) + 1) for i in memory.silences]
    return [t for t in found if _fits_anywhere(t) and pip_form(t) not in said] or ["I'm still here."]


def _fits_anywhere(text: str) -> bool:
    words = set(
        pip_form(text).replace(",", " ").replace(".", " ").replace("?", " ").replace("!", " ").split()
    )
    return len(words & _ANYWHERE) >= 2 and len(words) <= 14 and "{" not in text
