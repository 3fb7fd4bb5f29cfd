"""The pauses in recordings: how long each is, whether it is the end, and what was known in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ, Samples, milliseconds
from agent.finished import Evidence
from agent.listening import Microphone
from agent.perception import level_db
from agent.prosody import Prosody
from agent.stages import Ears, Expecting
from agent.turn.events import SpeechStarted, SpeechStopped

Floats = NDArray[np.float32]

AFTERWARDS_S = 1.5
SPOKEN_DB = 30.0
"""within a recording, what is so much fainter than its loudest frame is not speech"""
NOISE_DB = 8.0
"""nor what is no louder than this above its quietest frames"""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause in somebody's speech. Times count from where the speech begins."""

    since: Samples
    """the detector's last voiced sample"""
    noticed: Samples
    """when it was sure: evidence is of this moment"""
    length_ms: float
    """infinite for the end of the turn"""
    evidence: Evidence

    @property
    def is_end(self) -> bool:
        """Whether nothing followed."""
        return not np.isfinite(self.length_ms)


@dataclass(frozen=True, slots=True)
class Take:
    """A recording, and from where to where somebody speaks in it.

    What lies around the speech is kept: a voice dies away in its room, and that the last sound of a recording
    was cut short would give its end away.
    """

    sound: Floats
    begins: int
    ends: int

    @property
    def speech(self) -> Floats:
        """The speech alone."""
        return self.sound[self.begins : self.ends]

    @property
    def from_speech(self) -> Floats:
        """The recording from where somebody speaks to its end."""
        return self.sound[self.begins :]


def take(sound: Floats) -> Take:
    """A recording at full voice; speech is 60 ms in a row that stand out from the recording's own noise."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    levels = np.array([level_db(frame) for frame in frames])
    least = max(levels.max() - SPOKEN_DB, float(np.percentile(levels, 5)) + NOISE_DB)
    loud = np.convolve(levels > least, np.ones(3), "same") >= 3
    where = np.flatnonzero(loud)
    if not len(where):
        return Take(sound, 0, 0)
    begins, ends = max(0, where[0] - 1) * FRAME, min(len(frames), where[-1] + 2) * FRAME
    return Take((0.4 * sound / np.abs(sound).max()).astype(np.float32), int(begins), int(ends))


def room(sound: Floats, before_s: float, after_s: float, seed: int = 1) -> Floats:
    """The speech in the quiet of the room it was recorded in: noise as loud as its quietest frames."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    quiet = float(np.percentile(np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1)), 3))
    level = float(np.clip(quiet, 1e-4, 1e-3))
    whole = np.pad(sound, (round(before_s * HEARING_HZ), round(after_s * HEARING_HZ)))
    noise = level * np.random.default_rng(seed).standard_normal(len(whole))
    return (whole + noise).astype(np.float32)


def pauses(taken: Take, ears: Ears) -> Iterator[Pause]:
    """The pauses of one recording, whose speech is taken as one turn."""
    lead = round(0.3 * HEARING_HZ)
    heard = room(taken.from_speech, 0.3, AFTERWARDS_S)
    microphone, prosody, hearing = Microphone(), Prosody(), ears.listen(Samples(0))
    open_pause: tuple[SpeechStopped, Evidence] | None = None
    words: tuple[str, ...] = ()
    for number in range(len(heard) // FRAME):
        at = Samples((number + 1) * FRAME)
        clean, event = microphone.frame(at, heard[number * FRAME : (number + 1) * FRAME])
        prosody.frame(clean, microphone.voiced)
        hearing.hear([clean])
        if isinstance(event, SpeechStopped):
            words = tuple(hearing.so_far().split())
            end_log_p = hearing.end_log_p() if isinstance(hearing, Expecting) else None
            open_pause = (event, Evidence(words, prosody.melody(), end_log_p))
        elif isinstance(event, SpeechStarted) and open_pause is not None:
            stopped, evidence = open_pause
            length = milliseconds(Samples(max(0, event.onset - stopped.last)))
            yield Pause(Samples(stopped.last - lead), Samples(stopped.at - lead), length, evidence)
            open_pause = None
    if open_pause is not None:
        stopped, evidence = open_pause
        yield Pause(Samples(stopped.last - lead), Samples(stopped.at - lead), float("inf"), evidence)
