"""A bounded queue between two tasks: what gives way when it is full is decided once, and counted."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

WhenFull = Literal["wait", "drop oldest", "refuse"]
"""The sender waits; the oldest droppable item gives way; or the sender is told with ChannelFullError."""


class ChannelFullError(Exception):
    """Nothing may be dropped and nothing more fits."""


class ChannelClosedError(Exception):
    """The channel was closed: nothing can be sent, or nothing is left to receive."""


@dataclass(slots=True)
class Counters:
    """What went through a channel."""

    sent: int = 0
    received: int = 0
    dropped: int = 0
    longest: int = 0


class Channel(Generic[T]):
    """At most `size` items, in order. Items for which `keep` is true (control events) are never dropped.

    >>> channel = Channel(2, when_full="drop oldest")
    >>> for number in range(3):
    ...     channel.put(number)
    >>> channel.take(), channel.counters.dropped
    (1, 1)
    """

    def __init__(
        self, size: int, when_full: WhenFull = "wait", keep: Callable[[T], bool] = lambda item: False
    ) -> None:
        if size < 1:
            raise ValueError(f"a channel holds at least one item, not {size}")
        self.size = size
        self.when_full = when_full
        self.closed = False
        self.counters = Counters()
        self._keep = keep
        self._items: deque[T] = deque()
        self._changed: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Add an item without waiting.

        Raises ChannelFullError where nothing may be dropped for it, ChannelClosedError after close.
        """
        self._refuse_closed()
        if len(self._items) >= self.size and not self._drop_oldest():
            raise ChannelFullError(f"the channel holds {self.size} items already: let its reader catch up")
        self._add(item)

    async def send(self, item: T) -> None:
        """Add an item; when full, wait for room or drop, as the channel was told to."""
        if self.when_full != "wait":
            self.put(item)
            return
        self._refuse_closed()
        while len(self._items) >= self.size:
            await self._change()
            self._refuse_closed()
        self._add(item)

    def take(self) -> T:
        """The oldest item, without waiting. Raises ChannelClosedError, or IndexError where there is none."""
        if not self._items:
            if self.closed:
                raise ChannelClosedError("the channel is closed and empty")
            raise IndexError("the channel is empty")
        item = self._items.popleft()
        self.counters.received += 1
        self._wake()
        return item

    async def receive(self) -> T:
        """The oldest item. Raises ChannelClosedError once the channel is closed and empty."""
        while not self._items and not self.closed:
            await self._change()
        return self.take()

    async def __aiter__(self) -> AsyncIterator[T]:
        while True:
            try:
                item = await self.receive()
            except ChannelClosedError:
                return
            yield item

    def clear(self) -> int:
        """Drop everything that may be dropped; gives how much it was."""
        kept = [item for item in self._items if self._keep(item)]
        dropped = len(self._items) - len(kept)
        self._items = deque(kept)
        self.counters.dropped += dropped
        self._wake()
        return dropped

    def close(self) -> None:
        """No more is sent; what is in it can still be received. Closing again does nothing."""
        self.closed = True
        self._wake()

    def _add(self, item: T) -> None:
        self._items.append(item)
        self.counters.sent += 1
        self.counters.longest = max(self.counters.longest, len(self._items))
        self._wake()

    def _drop_oldest(self) -> bool:
        if self.when_full != "drop oldest":
            return False
        for index, item in enumerate(self._items):
            if not self._keep(item):
                del self._items[index]
                self.counters.dropped += 1
                return True
        return False

    def _refuse_closed(self) -> None:
        if self.closed:
            raise ChannelClosedError("the channel is closed: nothing more can be sent")

    def _wake(self) -> None:
        changed, self._changed = self._changed, []
        for future in changed:
            if not future.done():
                future.set_result(None)

    async def _change(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changed.append(future)
        try:
            await future
        finally:
            if future in self._changed:
                self._changed.remove(future)
