"""What the pipeline asks of ears, mind and mouth: anything that keeps these small interfaces can be one.

Calls are made from worker threads, one at a time for each stage, and in talks from files from the event
loop's own. None may have a side effect outside itself: a reply may be a draft that nobody will hear.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from agent.clock import Samples
from agent.history import Line
from agent.spans import Metered
from agent.turn.events import Why

Floats = NDArray[np.float32]


class Hearing(Protocol):
    """A transcript in the making."""

    def hear(self, frames: Sequence[Floats]) -> str | None:
        """The words so far where they changed; frames of 20 ms at 16 kHz."""

    def so_far(self) -> str:
        """The words as if the sound ended here; hearing goes on unharmed."""


@runtime_checkable
class Expecting(Protocol):
    """A transcript that knows how sentences end; transcripts need not."""

    def end_log_p(self) -> float | None:
        """ln p(a sentence ends after the words so far), or None where that is not known."""


@runtime_checkable
class Stepping(Protocol):
    """A transcript that moves in steps; transcripts need not."""

    def due(self) -> int:
        """How many samples must follow before it can say anything new; fewer need not be heard at once."""


@runtime_checkable
class Together(Protocol):
    """A transcript that is heard together with those of other conversations."""

    async def hear_together(self, frames: Sequence[Floats]) -> Metered[str | None]:
        """As `Hearing.hear`, wherever there is room for it."""


class Ears(Protocol):
    """Sound → words."""

    def listen(self, since: Samples) -> Hearing:
        """Begin a transcript at the sample `since`."""


class Mind(Protocol):
    """Words → reply."""

    def reply(self, talk: Sequence[Line], words: str, why: Why) -> str:
        """What to say to `words` (empty when unasked) after `talk`; the same again for the same."""


@runtime_checkable
class Stoppable(Protocol):
    """A mind that can be told, from another thread, that the reply it is making is no longer wanted."""

    def stop(self) -> None:
        """Make no more of it."""


class Piece(Protocol):
    """Speech: `samples` at 24 kHz from sample `at` on, in the `word`th word, which began at `word_at`."""

    @property
    def samples(self) -> Floats: ...
    @property
    def at(self) -> int: ...
    @property
    def word(self) -> int: ...
    @property
    def word_at(self) -> int: ...
    @property
    def said(self) -> str: ...


class Mouth(Protocol):
    """Reply → sound."""

    def speak(self, text: str) -> Iterator[Piece]:
        """The sound of `text`, piece by piece."""


class Sound(Protocol):
    """A microphone and a loudspeaker that run in step: for every frame heard, one is said."""

    async def hear(self) -> Floats | None:
        """The next 20 ms at 16 kHz, or None when there will be no more."""

    def say(self, frame: Floats) -> None:
        """Play 20 ms at 24 kHz."""
