"""Our own voice is taken out, does not interrupt us, and hides no one who speaks over it. Real recordings."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ, SPEAKING_HZ, Samples
from agent.echo import Canceller, WebRtc
from agent.listening import Microphone
from agent.turn.events import SpeechStarted
from tests.recordings import RECORDINGS

Floats = NDArray[np.float32]

SECONDS = 12
BARGE_IN_S = 8


MAKERS: dict[str, Callable[[], Canceller | WebRtc]] = {"numpy": Canceller, "webrtc": WebRtc}


def available() -> list[str]:
    try:
        WebRtc()
    except RuntimeError:
        return ["numpy"]
    return list(MAKERS)


def recordings(rate: int, skip: int = 0) -> Floats:
    """The held-out recordings, one after the other."""
    paths = sorted(RECORDINGS.glob("*.opus"))
    assert paths, "the held-out recordings are missing"
    parts = []
    for path in paths[skip:] + paths[:skip]:
        sound, own = soundfile.read(path, dtype="float32", always_2d=True)
        mono = soxr.resample(sound.mean(1), own, rate)
        parts.append(0.4 * mono / np.abs(mono).max())
    return np.concatenate(parts * 3)[: SECONDS * rate].astype(np.float32)


def room(delay_ms: int) -> NDArray[np.float64]:
    """An impulse response: the straight way, then 0.2 s of reverberation; of unit energy."""
    rng = np.random.default_rng(delay_ms)
    tail = rng.standard_normal(HEARING_HZ // 5) * np.exp(-np.arange(HEARING_HZ // 5) / 700)
    way = np.concatenate((np.zeros(HEARING_HZ * delay_ms // 1000), [3.0], tail))
    return way / np.sqrt(np.sum(way**2))


@dataclass
class Take:
    """What came of a stretch of our speech in a room."""

    recorded: Floats
    cleaned: Floats
    onsets_s: list[float]

    def taken_db(self, start_s: float, end_s: float) -> float:
        part = slice(int(start_s * HEARING_HZ), int(end_s * HEARING_HZ))
        before, after = (np.mean(x[part].astype(float) ** 2) for x in (self.recorded, self.cleaned))
        return float(10 * np.log10(before / after))


@functools.cache
def take(make: str, echo_db: float, delay_ms: int = 60, barge_in: bool = False) -> Take:
    far = recordings(SPEAKING_HZ)
    echo = np.convolve(recordings(HEARING_HZ), room(delay_ms))[: SECONDS * HEARING_HZ] * 10 ** (echo_db / 20)
    recorded = echo + 3e-4 * np.random.default_rng(2).standard_normal(len(echo))
    if barge_in:
        voice = recordings(HEARING_HZ, skip=5)[: 3 * HEARING_HZ]
        at = BARGE_IN_S * HEARING_HZ
        recorded[at : at + len(voice)] += 0.6 * voice
    heard: Floats = recorded.astype(np.float32)
    microphone = Microphone(MAKERS[make]())
    cleaned, onsets = [], []
    said = SPEAKING_HZ * FRAME // HEARING_HZ
    for number in range(len(heard) // FRAME):
        microphone.played(far[number * said : (number + 1) * said])
        now = Samples((number + 1) * FRAME)
        clean, event = microphone.frame(now, heard[number * FRAME : (number + 1) * FRAME])
        cleaned.append(clean)
        if isinstance(event, SpeechStarted) and event.source == "user":
            onsets.append(now / HEARING_HZ)
    return Take(heard, np.concatenate(cleaned), onsets)


@pytest.mark.parametrize("make", available())
@pytest.mark.parametrize("echo_db", [-10, -15, -30])
def test_nobody_talking_is_never_taken_for_somebody(make: str, echo_db: float) -> None:
    heard = take(make, echo_db)
    assert heard.onsets_s == []


@pytest.mark.parametrize("make", available())
def test_the_echo_is_taken_out(make: str) -> None:
    assert take(make, -15).taken_db(6, 12) > 15


@pytest.mark.parametrize("make", available())
def test_somebody_who_speaks_over_us_is_heard_at_once(make: str) -> None:
    heard = take(make, -15, delay_ms=20, barge_in=True)
    assert heard.onsets_s, "nobody was heard"
    # a recording does not begin to sound in its first sample
    assert BARGE_IN_S <= heard.onsets_s[0] < BARGE_IN_S + 0.8


@pytest.mark.parametrize("make", available())
def test_silence_on_our_side_leaves_the_microphone_alone(make: str) -> None:
    canceller = MAKERS[make]()
    voice = recordings(HEARING_HZ)
    for number in range(200):
        canceller.played(np.zeros(480, np.float32))
        frame = voice[number * FRAME : (number + 1) * FRAME]
        clean, is_echo = canceller.clean(frame)
        assert not is_echo
        if isinstance(canceller, Canceller):
            assert np.allclose(clean, frame, atol=1e-6)
