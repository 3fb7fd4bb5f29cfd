"""Has the user finished, to judge by the words? The probability that a pause after them ends the turn."""

from __future__ import annotations

from collections.abc import Sequence

DANGLING = frozenset(
    """
    a about all also am an and any are as at be because been but by can could did do does every for from get
    had has have her his how i if in into is it's i'm just like make maybe more my no of on one or our really
    should so some than that that's the their them then there they this to too uh um very was we were what
    when where which who why will with would you're your
    """.split()
)
"""Words that are seldom the last."""

WHOLE = frozenset(
    "bye goodbye hello hey hi hm mm-hm no nope okay right sure thanks yeah yep yes please stop wait".split()
)
"""Words that are often all there is to say."""


def finished(words: Sequence[str]) -> float:
    """How probable it is that somebody who paused after `words` has finished.

    >>> finished("what is a river".split()) > finished("what is a".split())
    True
    >>> finished([])
    0.5
    """
    if not words:
        return 0.5
    last = words[-1].casefold().strip(".,!?")
    if len(words) == 1:
        return 0.85 if last in WHOLE else 0.5
    if last in DANGLING:
        return 0.06
    return 0.75 if len(words) < 3 else 0.9
