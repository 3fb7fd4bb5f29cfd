"""How a stretch of speech ended, by its melody and its loudness, which fall at the end of a turn.

Final lowering and lengthening: Gravano and Hirschberg, "Turn-taking cues in task-oriented dialogue", Computer
Speech and Language 25 (2011). Pitch is the peak of the autocorrelation (Rabiner, IEEE ASSP 25, 1977).
"""

from __future__ import annotations

from collections import deque
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, FRAME_MS, HEARING_HZ
from agent.perception import level_db

Floats = NDArray[np.float32]

LOWEST_HZ, HIGHEST_HZ = 70, 400
PITCHED = 0.45
"""a frame has a pitch where its autocorrelation peaks at this share of its energy"""
NEARLY = 0.85
REMEMBERED = 250
"""frames: what a speaker's level and pitch are compared with, 5 s"""
END = 8
"""frames that are the end, 160 ms"""
_SIZE = 1_024


@dataclass(frozen=True, slots=True)
class Melody:
    """The end of a stretch of speech against the speech before it. Levels in 10 dB, pitch in octaves."""

    level_end: float = 0.0
    level_slope: float = 0.0
    pitch_end: float = 0.0
    pitch_slope: float = 0.0
    pitch_height: float = 0.0
    """where the last pitch lies in the speaker's range: 0 at its foot, 1 at its top"""
    pitched_share: float = 0.0
    last_vowel: float = 0.0
    """ln seconds of the last stretch with a pitch: the last syllable of a turn is drawn out"""
    since_pitch: float = 0.0
    """tenths of a second of speech after it"""
    level_range: float = 0.0
    """how much louder and fainter the speech was"""
    stretch: float = 0.0
    """ln seconds of speech since the last pause"""
    turn: float = 0.0
    """ln seconds since the turn began"""

    def vector(self) -> NDArray[np.float64]:
        """All of it as numbers."""
        return np.array(astuple(self))


MELODY = tuple(f.name for f in fields(Melody))


class Prosody:
    """Follows the voiced frames of a turn."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=REMEMBERED)
        self._pitches: deque[float] = deque(maxlen=REMEMBERED)
        self._before = np.zeros(FRAME, np.float32)
        self._length = self._stretch = self._quiet = 0

    def begin(self) -> None:
        """A turn begins; level and pitch of the speaker are remembered."""
        self._length = self._stretch = self._quiet = 0

    def frame(self, sound: Floats, voiced: bool) -> None:
        """One more frame of 20 ms."""
        self._length += 1
        if voiced:
            if self._quiet >= 10:
                self._stretch = 0
            self._stretch, self._quiet = self._stretch + 1, 0
            self._levels.append(level_db(sound) / 10)
            self._pitches.append(pitch(np.concatenate((self._before, sound))))
        else:
            self._quiet += 1
        self._before = sound

    def melody(self) -> Melody:
        """How the speech so far ended."""
        levels, pitches = np.array(self._levels), np.array(self._pitches)
        if len(levels) < 2:
            return Melody()
        pitched = pitches[np.isfinite(pitches)]
        end = pitches[-2 * END :]
        end = end[np.isfinite(end)]
        vowel, after = _last_run(np.isfinite(pitches))
        foot, top = np.percentile(pitched, (10, 90)) if len(pitched) >= 10 else (0.0, 0.0)
        height = float((end[-3:].mean() - foot) / (top - foot + 0.1)) if top and len(end) else 0.5
        return Melody(
            float(levels[-END:].mean() - levels.mean()),
            _slope(levels[-2 * END :]),
            float(end[-END:].mean() - np.median(pitched)) if len(end) >= 3 else 0.0,
            _slope(end) if len(end) >= 3 else 0.0,
            float(np.clip(height, -1, 2)),
            float(np.isfinite(pitches[-END:]).mean()),
            float(np.log(max(vowel, 1) * FRAME_MS / 1000)),
            min(after, 25) * FRAME_MS / 100,
            float(levels.std()),
            float(np.log(max(self._stretch, 5) * FRAME_MS / 1000)),
            float(np.log(max(self._length - self._quiet, 5) * FRAME_MS / 1000)),
        )


def pitch(sound: Floats) -> float:
    """The pitch of 40 ms at 16 kHz in octaves above 1 Hz, not a number where there is none.

    >>> t = np.arange(640) / 16_000
    >>> round(2 ** pitch(np.sign(np.sin(2 * np.pi * 125 * t)).astype(np.float32)))
    125
    """
    windowed = (sound - sound.mean()) * (_WINDOW if len(sound) == 2 * FRAME else np.hanning(len(sound)))
    spectrum = np.abs(np.fft.rfft(windowed, 2 * _SIZE)) ** 2
    same = np.fft.irfft(spectrum)[: HEARING_HZ // LOWEST_HZ + 1] / _TAPER
    first = HEARING_HZ // HIGHEST_HZ
    highest = float(same[first:].max())
    if same[0] <= 1e-6 or highest < PITCHED * same[0]:
        return float("nan")
    # two periods look as much alike as one: the first peak that is nearly the highest is the period
    inner = same[first:-1]
    peaks = (inner >= same[first - 1 : -2]) & (inner >= same[first + 1 :]) & (inner > NEARLY * highest)
    lag = first + (int(np.argmax(peaks)) if peaks.any() else int(np.argmax(same[first:])))
    return float(np.log2(HEARING_HZ / lag))


def _taper() -> NDArray[np.float64]:
    """What the window alone does to the autocorrelation."""
    same = np.fft.irfft(np.abs(np.fft.rfft(_WINDOW, 2 * _SIZE)) ** 2)[: HEARING_HZ // LOWEST_HZ + 1]
    return same / same[0]


_WINDOW = np.hanning(2 * FRAME)
_TAPER = _taper()


def _last_run(true: NDArray[np.bool_]) -> tuple[int, int]:
    """The length of the last run of True, and how much follows it.

    >>> _last_run(np.array([True, False, True, True, False]))
    (2, 1)
    """
    where = np.flatnonzero(true)
    if not len(where):
        return 0, len(true)
    last = int(where[-1])
    before = np.flatnonzero(~true[:last])
    return last - (int(before[-1]) if len(before) else -1), len(true) - 1 - last


def _slope(values: NDArray[np.float64]) -> float:
    """The rise from the first to the last of a straight line through the values."""
    if len(values) < 2:
        return 0.0
    x = np.linspace(-0.5, 0.5, len(values))
    return float((x * values).sum() / (x * x).sum())
