"""The words of a line, as the memory numbers them."""

from __future__ import annotations

from models.lm.spoken import pip_form, user_form


def line_words(who: str, text: str) -> list[str]:
    """The words of a line, marks left out.

    >>> line_words("pip", "It's {time}. Hello!")
    ["it's", 'hello']
    """
    if who == "user":
        return user_form(text).split()
    return [
        w
        for w in "".join(c if c.isalpha() or c in "' {}" else " " for c in pip_form(text)).split()
        if w[0] != "{"
    ]
