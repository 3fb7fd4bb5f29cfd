"""All sessions of the process: how many may be, whose client is away, and how they come to an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from agent.spans import Span
from agent.trace import wall_ms
from agent.turn.states import Idle
from server.capacity import Capacity
from server.outbox import Outbox
from server.protocol.configuration import Configuration
from server.protocol.ids import random_id
from server.stages import Networks
from server.talk import Talk
from server.together import EarsTogether

AWAY_S = 30.0
"""a session whose client vanished waits so long for it to come back"""
DRAIN_S = 10.0
HANG_UP_S = 2.0


@dataclass(eq=False)
class Guest:
    """A session: its talk, the messages to its client, and whether that is here."""

    talk: Talk
    outbox: Outbox
    run: asyncio.Task[None]
    here: bool = True
    leaving: asyncio.TimerHandle | None = field(default=None, repr=False)
    hang_up: Callable[[], None] = field(default=lambda: None, repr=False)
    """breaks the connection to the client"""
    left: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


class House:
    """Makes sessions, up to `most`, or, `measured`, as long as the machine bears more; all share networks."""

    def __init__(
        self,
        networks: Networks,
        most: int,
        away_s: float = AWAY_S,
        measure: Callable[[Span], None] = lambda span: None,
        clock: Callable[[], float] = wall_ms,
        measured: bool = False,
        together: Callable[[int], None] = lambda streams: None,
    ) -> None:
        self.most, self.guests = most, dict[str, Guest]()
        self.capacity = Capacity(lambda: len(self.guests))
        self._measured = measured
        self._together = EarsTogether(networks.ears.recogniser, together)
        self.draining = False
        self._networks, self._away_s = networks, away_s
        self._measure, self._clock = measure, clock

    def reason_to_refuse(self) -> str | None:
        """Why no session can begin now, if so."""
        if self.draining:
            return "the server is stopping: try another"
        if len(self.guests) >= self.most:
            return f"all {self.most} places are taken: try again later"
        return self.capacity.reason_to_refuse() if self._measured else None

    def admit(self, model: str | None, beta: bool) -> Guest:
        """A new session, greeted."""
        outbox = Outbox(beta)
        configuration = Configuration(model=model) if model else Configuration()
        seed = int(random_id("seed")[5:13], 16)
        talk = Talk(
            self._networks.stages(self._together, seed), outbox.put, configuration, self._measure, self._clock
        )
        run = asyncio.create_task(talk.run(), name=f"talk {talk.session.id}")
        guest = Guest(talk, outbox, run)
        self.guests[talk.session.id] = guest
        run.add_done_callback(lambda _: self.guests.pop(talk.session.id, None))
        talk.open()
        return guest

    async def returning(self, session_id: str) -> Guest | None:
        """The session of a client that was away; None where there is none any more.

        A client may notice that its connection is dead long before we do: then the old one is hung up.
        """
        guest = self.guests.get(session_id)
        if guest is not None and guest.here:
            guest.hang_up()
            with suppress(TimeoutError):
                await asyncio.wait_for(guest.left.wait(), HANG_UP_S)
            guest = self.guests.get(session_id)
        if guest is None or guest.here:
            return None
        guest.left.clear()
        if guest.leaving is not None:
            guest.leaving.cancel()
        guest.here, guest.leaving = True, None
        guest.talk.wire.hold(still=False)
        guest.talk.open()
        return guest

    def away(self, guest: Guest) -> None:
        """The client vanished: time stands still in its session until it returns, or for good."""
        guest.here = False
        guest.left.set()
        guest.talk.wire.hold(still=True)
        loop = asyncio.get_running_loop()
        guest.leaving = loop.call_later(self._away_s, guest.talk.close)

    async def leave(self, guest: Guest) -> None:
        """The session is over. A talk that does not end when told is ended."""
        guest.talk.close()
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(asyncio.shield(guest.run), 1.0)
        guest.run.cancel()
        await asyncio.gather(guest.run, return_exceptions=True)

    async def drain(self, within_s: float = DRAIN_S) -> None:
        """Let nobody in, and let everybody finish the sentence; then end what is left."""
        self.draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while any(
                    guest.here and not isinstance(guest.talk.conversation.state, Idle)
                    for guest in self.guests.values()
                ):
                    await asyncio.sleep(0.05)
