"""Frames → onsets and ends of speech, and whose it is held to be."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, Samples
from agent.turn.events import Source, SpeechStarted, SpeechStopped

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How sure is sure, in frames of 20 ms and decibels."""

    onset_frames: int = 3
    onset_window: int = 4
    over_ours: int = 2
    """so many frames make an onset while we speak: to hold still at once costs little, and is taken back"""
    silent_frames: int = 5
    """after so many frames without a voice it has ended"""
    floor_db: float = 6.0
    """a voice is so much louder than the room at its quietest"""
    depth_db: float = 32.0
    """within a turn, what is so much fainter than its loudest is the detector's overhang, not a voice"""
    far_db: float = 14.0
    """a voice so much fainter than the user's is somebody else's"""
    fresh_frames: int = 8
    """so many frames in a row judge a sounding voice anew"""


class Perception:
    """Follows one microphone."""

    def __init__(self, thresholds: Thresholds = Thresholds()) -> None:
        self._rules = thresholds
        self._recent: deque[bool] = deque(maxlen=thresholds.onset_window)
        self._judged: deque[Source] = deque(maxlen=thresholds.fresh_frames)
        self._silent = 0
        self._last = Samples(0)
        self._near_db: float | None = None
        self._floor_db = 0.0
        self._peak_db = -100.0
        self.source: Source | None = None

    def frame(
        self, at: Samples, sound: Floats, voiced: bool, echo: bool, ours: bool = False
    ) -> SpeechStarted | SpeechStopped | None:
        """What the frame that ends at `at` brought: an onset, an end, or another judgement of whose it is.

        `voiced` is the detector's word, `echo` the guard's: what sounds is our own voice. `ours`: we speak.
        """
        loud_db = level_db(sound)
        voiced = self._is_loud(loud_db) and voiced
        self._recent.append(voiced)
        if voiced:
            self._silent, self._last = 0, at
            self._judged.append(self._judge(loud_db, echo))
            return self._sounding(at, ours)
        self._silent += 1
        if self.source is None or self._silent < self._rules.silent_frames:
            return None
        self.source = None
        self._judged.clear()
        return SpeechStopped(at, self._last)

    def _is_loud(self, loud_db: float) -> bool:
        """Whether a frame stands out from the room and from the turn so far; both are followed here."""
        self._floor_db = min(loud_db, self._floor_db + 0.06)
        self._peak_db = max(loud_db, self._peak_db - 0.3)
        rules = self._rules
        return loud_db > max(self._floor_db + rules.floor_db, self._peak_db - rules.depth_db)

    def learn(self, sound_db: float) -> None:
        """The level at which the user speaks; a running mean over about ten turns."""
        known = self._near_db
        self._near_db = sound_db if known is None else known + 0.1 * (sound_db - known)

    def _judge(self, sound_db: float, echo: bool) -> Source:
        if echo:
            return "echo"
        far = self._near_db is not None and sound_db < self._near_db - self._rules.far_db
        return "background" if far else "user"

    def _sounding(self, at: Samples, ours: bool) -> SpeechStarted | None:
        source = most_of(self._judged)
        if self.source is None:
            few = ours and set(self._judged) == {"user"}
            if sum(self._recent) < (self._rules.over_ours if few else self._rules.onset_frames):
                return None
            since = Samples(max(0, at - FRAME * len(self._recent)))
            self.source = source
            return SpeechStarted(at, since, source)
        lately = list(self._judged)[-self._rules.onset_frames :]
        # the user's voice over ours must be told at once; that it has gone can wait
        now: Source = "user" if lately.count("user") == len(lately) else source
        if now == self.source or (now != "user" and len(self._judged) < self._rules.fresh_frames):
            return None
        self.source = now
        return SpeechStarted(at, Samples(max(0, at - FRAME * self._rules.onset_frames)), now)


def most_of(judged: deque[Source]) -> Source:
    """The judgement of most frames; the user's where there is no majority."""
    for source in ("echo", "background"):
        if 2 * sum(one == source for one in judged) > len(judged):
            return source  # type: ignore[return-value]
    return "user"


def level_db(sound: Floats) -> float:
    """The level of a frame, in decibels of full scale.

    >>> round(level_db(np.full(320, 0.1, np.float32)))
    -20
    """
    wide = sound.astype(np.float64)
    return 10 * math.log10(float(np.add.reduce(wide * wide)) / len(wide) + 1e-10)
