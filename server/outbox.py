"""Messages on their way to one client: bounded, so that one who does not read costs no more than that."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Any

from server.protocol.beta import to_beta
from server.protocol.ids import Ids, random_id

MOST_BYTES = 4 << 20
"""about a minute of speech"""


class Outbox:
    """Keeps its messages until they were sent, even when the connection is another one by then."""

    def __init__(self, beta: bool = False, most: int = MOST_BYTES, ids: Ids = random_id) -> None:
        self._beta, self._most, self._ids = beta, most, ids
        self._messages: deque[str] = deque()
        self._size = 0
        self._there = asyncio.Event()
        self.full = asyncio.Event()
        """set once the client has left too much unread"""

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, event: dict[str, Any]) -> None:
        """Give an event its id and queue it; after `full`, nothing is queued any more."""
        shown = to_beta(event) if self._beta else event
        if shown is None or self.full.is_set():
            return
        message = json.dumps({"event_id": self._ids("event"), **shown}, separators=(",", ":"))
        if self._size + len(message) > self._most:
            self.full.set()
            return
        self._messages.append(message)
        self._size += len(message)
        self._there.set()

    async def first(self) -> str:
        """The oldest message; it stays until `sent`."""
        while not self._messages:
            self._there.clear()
            await self._there.wait()
        return self._messages[0]

    def sent(self) -> None:
        """The oldest message has gone."""
        self._size -= len(self._messages.popleft())
