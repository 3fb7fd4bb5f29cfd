"""How many talks this machine bears, as measured while it talks: one more only where nobody will notice.

Once a second two things are looked at: the share of the machine that the process uses, and how late the event
loop comes to what is due, which also tells when others use the machine. Both are smoothed over some seconds.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.trace import process_s

LOOK_S = 1.0
REMEMBERED = 10
"""looks: what is decided rests on the last ten seconds"""
MOST_USED = 0.8
"""of the cores: above, what waits grows faster than it is worked off"""
MOST_LATE_MS = 40.0
"""two frames: a player's cushion hides it"""
GUESSED = 0.04
"""cores that a talk takes, until it was measured"""


@dataclass
class Capacity:
    """What was measured. `sessions` tells how many talk now, `cores` how many processors there are."""

    sessions: Callable[[], int]
    cores: float = field(default_factory=lambda: float(os.cpu_count() or 1))
    used: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    late_ms: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    talked: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def cores_used(self) -> float:
        """Lately, by the whole process."""
        return sum(self.used) / len(self.used) if self.used else 0.0

    def usually_late_ms(self) -> float:
        """How late the event loop is, half of the time."""
        return sorted(self.late_ms)[len(self.late_ms) // 2] if self.late_ms else 0.0

    def look(self, used: float, late_ms: float) -> None:
        """Note a second: cores used, and how late the loop was."""
        self.used.append(used)
        self.late_ms.append(late_ms)
        self.talked.append(self.sessions())

    def a_talk_takes(self) -> float:
        """Cores for one talk, as far as was measured."""
        talks = sum(self.talked)
        return sum(self.used) / talks if talks >= REMEMBERED else GUESSED

    def reason_to_refuse(self) -> str | None:
        """Why one more would be one too many, if so. Nobody else talks: never.

        >>> capacity = Capacity(lambda: 10, cores=2.0)
        >>> for _ in range(10):
        ...     capacity.look(used=1.0, late_ms=2.0)
        >>> capacity.reason_to_refuse() is None
        True
        >>> for _ in range(10):
        ...     capacity.look(used=1.55, late_ms=2.0)
        >>> capacity.reason_to_refuse()
        'the machine has no room for another talk: try again later'
        """
        now = self.sessions()
        if now == 0 or not self.used:
            return None
        new = max(0, now + 1 - min(self.talked))
        if self.cores_used() + new * self.a_talk_takes() > MOST_USED * self.cores:
            return "the machine has no room for another talk: try again later"
        if self.usually_late_ms() > MOST_LATE_MS:
            return "the machine is busy with other work: try again later"
        return None

    async def watch(self) -> None:
        """Look once a second, until cancelled."""
        loop = asyncio.get_running_loop()
        began, spent = loop.time(), process_s()
        while True:
            await asyncio.sleep(LOOK_S)
            now, used = loop.time(), process_s()
            passed = now - began
            self.look((used - spent) / passed, 1000 * (passed - LOOK_S))
            began, spent = now, used
