"""Names for sessions, items, responses and events: unguessable, so that a session's name is its key."""

from __future__ import annotations

import secrets
from collections.abc import Callable

Ids = Callable[[str], str]
"""prefix → a new name"""


def random_id(prefix: str) -> str:
    """A new name with 120 random bits."""
    return f"{prefix}_{secrets.token_hex(15)}"


def counted() -> Ids:
    """Names that count, for sessions that must come out the same twice.

    >>> ids = counted()
    >>> ids("item"), ids("item"), ids("resp")
    ('item_1', 'item_2', 'resp_3')
    """
    given = iter(range(1, 1 << 62))
    return lambda prefix: f"{prefix}_{next(given)}"
