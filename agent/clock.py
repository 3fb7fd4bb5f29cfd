"""The only time there is inside a conversation: how many samples were heard.

A turn is decided by audio time, so that a recording gives the same decisions however fast it is fed.
"""

from __future__ import annotations

from typing import NewType

import numpy as np
from numpy.typing import NDArray

Samples = NewType("Samples", int)

HEARING_HZ = 16_000  # what voice activity and the ears take
SPEAKING_HZ = 24_000  # what the mouth gives
FRAME_MS = 20
FRAME = Samples(HEARING_HZ * FRAME_MS // 1000)


def silence(count: int) -> NDArray[np.float32]:
    """So many samples of silence.

    `np.zeros` gives way to other threads on every call, and may wait long until it goes on; this does not.
    """
    quiet = np.empty(count, np.float32)
    quiet.fill(0.0)
    return quiet


class Clock:
    """Counts the samples heard, at 16 kHz.

    >>> clock = Clock()
    >>> clock.advance(320)
    >>> clock.now(), seconds(clock.now())
    (320, 0.02)
    """

    def __init__(self, at: Samples = Samples(0)) -> None:
        self._now = at

    def now(self) -> Samples:
        """The audio time, in samples since the conversation began."""
        return self._now

    def advance(self, samples: int) -> None:
        """Let `samples` more samples have been heard; the clock never goes back."""
        if samples < 0:
            raise ValueError(f"audio time cannot go back by {-samples} samples")
        self._now = Samples(self._now + samples)


def seconds(at: Samples) -> float:
    """Audio time in seconds."""
    return at / HEARING_HZ


def milliseconds(duration: Samples) -> float:
    """A duration in milliseconds.

    >>> milliseconds(FRAME)
    20.0
    """
    return 1000 * duration / HEARING_HZ


def samples(duration_ms: float) -> Samples:
    """A duration in samples at 16 kHz.

    >>> samples(20)
    320
    """
    return Samples(round(duration_ms * HEARING_HZ / 1000))
