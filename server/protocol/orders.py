"""What a client's event asks of the conversation, as data; whoever owns the conversation carries it out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.history import Line, Speaker

Floats = NDArray[np.float32]
Key = tuple[Speaker, int]
"""which line of the history"""


@dataclass(frozen=True, slots=True)
class Hear:
    """More sound of the microphone, at 16 kHz."""

    sound: Floats


@dataclass(frozen=True, slots=True)
class HearTurn:
    """A whole turn of the user's at once: push to talk from its first sample to its last."""

    sound: Floats


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop the sound that has not been heard yet."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Answer now."""

    text_only: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop answering."""


@dataclass(frozen=True, slots=True)
class Configure:
    """The settings of the session have changed."""


@dataclass(frozen=True, slots=True)
class Insert:
    """Put a line into the history, behind another; behind none at its head."""

    line: Line
    behind: Key | None


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a line out of the history."""

    key: Key


@dataclass(frozen=True, slots=True)
class Heard:
    """Of a line of ours, only these words were heard."""

    key: Key
    words: tuple[str, ...]


Order = Hear | HearTurn | Forget | Ask | Stop | Configure | Insert | Remove | Heard
