"""The figures of turn-taking, with the real networks: how soon it answers and stops, and knows its own voice.

Everything runs in audio time over recordings that no network was trained on; `voice_to_voice_ms` is
therefore what the decision takes. What computing adds is measured beside it: `compute_ms` in processor time,
`waited_ms` in wall time, from the words to the first piece of sound; a draft in time hides it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ
from agent.echo import Canceller, EchoCanceller, NoEcho
from agent.history import Line
from agent.listening import Microphone
from agent.networks import Networks
from agent.perception import level_db
from agent.pipeline import Conversation
from agent.sound.wav import Recording, SoundError
from agent.stages import Mind
from agent.trace import Moment
from agent.turn.effects import Cut, Duck, Effect
from agent.turn.events import Event, Say, Why
from agent.turn.settings import Settings
from agent.turn.states import State

Floats = NDArray[np.float32]

LONG = (
    "A river begins at a spring, high in the hills. It runs over stones, and other streams join it. "
    "In the valley it grows wide and slow, and boats go up and down on it. At last it comes to the sea. "
)
NOISE = 3e-4
"""a quiet room, full scale 1"""
SPOKEN_DB = 35.0
"""within a recording, what is so much fainter than its loudest frame is not speech"""


class Talker:
    """A mind that talks and talks."""

    def __init__(self, times: int) -> None:
        self._text = LONG * times

    def reply(self, talk: Sequence[Line], words: str, why: Why) -> str:
        """Always the same."""
        return self._text


@dataclass
class Place:
    """A microphone that hears recordings, noise and, `echo_db` fainter, the loudspeaker."""

    heard: Floats
    echo_db: float | None = None
    at: int = 0
    said: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(1)
        self.heard = self.heard + NOISE * rng.standard_normal(len(self.heard)).astype(np.float32)
        tail = rng.standard_normal(HEARING_HZ // 5) * np.exp(-np.arange(HEARING_HZ // 5) / 700)
        way = np.concatenate((np.zeros(HEARING_HZ * 40 // 1000), [3.0], tail))
        self._way = way / np.sqrt(np.sum(way**2))
        self._echo = np.zeros(len(self._way) + FRAME)

    async def hear(self) -> Floats | None:
        """The next frame."""
        frame = self.heard[self.at : self.at + FRAME]
        self.at += FRAME
        if len(frame) < FRAME:
            return None
        out = frame + self._echo[:FRAME].astype(np.float32)
        self._echo = np.concatenate((self._echo[FRAME:], np.zeros(FRAME)))
        return out

    def say(self, frame: Floats) -> None:
        """What is played; it comes back."""
        self.said.append(frame)
        if self.echo_db is not None and np.any(frame):
            at_16k = np.interp(np.arange(FRAME) * 1.5, np.arange(len(frame)), frame)
            back = np.convolve(at_16k, self._way) * 10 ** (self.echo_db / 20)
            self._echo[: len(back)] += back[: len(self._echo)]

    def sounding(self) -> NDArray[np.bool_]:
        """For every frame, whether the loudspeaker sounded."""
        return np.array([bool(np.abs(frame).max() > 1e-3) for frame in self.said])


@dataclass
class Watched:
    """When which effects happened, in frames."""

    effects: list[tuple[int, Effect]] = field(default_factory=list)

    def watch(self, before: State, event: Event, after: State, effects: tuple[Effect, ...]) -> None:
        """Note one step."""
        self.effects += [(after.book.at // FRAME, effect) for effect in effects]

    def frames(self, kind: type) -> list[int]:
        """When effects of a kind happened."""
        return [at for at, effect in self.effects if isinstance(effect, kind)]


def speech(folder: Path) -> list[Floats]:
    """The recordings of a folder at 16 kHz, equally loud, from their first to their last speech."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".opus", ".flac", ".wav", ".ogg"):
            continue
        with Recording(path) as recording:
            sound = np.concatenate(list(recording.blocks(HEARING_HZ)))
        frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
        levels = np.array([level_db(frame) for frame in frames])
        spoken = np.flatnonzero(levels > levels.max() - SPOKEN_DB)
        sound = frames[spoken[0] : spoken[-1] + 1].ravel()
        found.append((0.4 * sound / np.abs(sound).max()).astype(np.float32))
    if not found:
        raise SoundError(f"there are no recordings in {folder}: name a folder that has some")
    return found


def silence(seconds: float) -> Floats:
    """So much of it."""
    return np.zeros(round(seconds * HEARING_HZ), np.float32)


def hold(
    place: Place, stages: Networks, mind: Mind, canceller: EchoCanceller, say: bool
) -> tuple[Watched, Conversation]:
    """One conversation over what the place hears; `say`: we begin."""
    watched = Watched()
    rules = Settings(speak_up=False, murmur=False)

    async def run() -> Conversation:
        conversation = Conversation(
            place, stages.ears, mind, stages.mouth, rules,
            pace="file", microphone=Microphone(canceller), watch=watched.watch,
        )  # fmt: skip
        if say:
            conversation.tell(Say)
        await conversation.converse()
        return conversation

    return watched, asyncio.run(run())


def answers(recordings: Sequence[Floats], stages: Networks) -> dict[str, object]:
    """How soon each recording is answered, and how often before it was over."""
    gaps: list[float] = []
    computing: list[Moment] = []
    early = 0
    for sound in recordings:
        place = Place(np.concatenate((silence(0.5), sound, silence(4))))
        _, conversation = hold(place, stages, stages.mind, NoEcho(), say=False)
        computing += conversation.first
        end = (len(silence(0.5)) + len(sound)) // FRAME
        begun = np.flatnonzero(place.sounding())
        if len(begun):
            early += bool(begun[0] < end)
            gaps.append(20.0 * (begun[0] - end))
    waited = [gap for gap in gaps if gap >= 0]
    return {
        "recordings": len(recordings),
        "answered": len(gaps),
        "voice_to_voice_ms": percentiles(waited),
        "cut_offs": round(early / max(1, len(gaps)), 3),
        "compute_ms": percentiles([moment.compute_ms for moment in computing]),
        "waited_ms": percentiles([moment.wall_ms for moment in computing]),
    }


def barge_ins(recordings: Sequence[Floats], stages: Networks, echo_db: float | None) -> dict[str, object]:
    """How soon we are held, and then silent for good, when each recording is spoken over our own voice."""
    ducks, silences, caught = [], [], 0
    for sound in recordings:
        at = round(6.0 * HEARING_HZ / FRAME)
        place = Place(np.concatenate((silence(6.0), sound[: 3 * HEARING_HZ], silence(1))), echo_db)
        canceller = NoEcho() if echo_db is None else Canceller()
        watched, _ = hold(place, stages, Talker(3), canceller, say=True)
        sounding = place.sounding()
        held = [frame for frame in watched.frames(Duck) + watched.frames(Cut) if frame >= at]
        cut = [frame for frame in watched.frames(Cut) if frame >= at]
        caught += bool(cut)
        if held:
            quiet = np.flatnonzero(~sounding[min(held) :])
            ducks.append(20.0 * (min(held) + quiet[0] - at))
        if cut:
            quiet = np.flatnonzero(~sounding[min(cut) :])
            silences.append(20.0 * quiet[0])
    return {
        "duck_ms": percentiles(ducks),
        "silent_ms": percentiles(silences),
        "caught": caught,
        "tried": len(recordings),
    }


def own_echo(minutes: float, stages: Networks, echo_db: float) -> int:
    """How often we are held by our own echo in so many minutes of our own speech."""
    place = Place(silence(60 * minutes), echo_db)
    watched, _ = hold(place, stages, Talker(int(6 * minutes) + 1), Canceller(), say=True)
    return len(watched.frames(Duck)) + len(watched.frames(Cut)) - 1  # closing cuts what is being said


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """The median and the 95th percentile; None of nothing."""
    if not values:
        return {"p50": None, "p95": None}
    return {name: round(float(np.percentile(values, q)), 1) for name, q in (("p50", 50), ("p95", 95))}


def turns(
    folder: Path = Path("tests/fixtures/recordings"),
    models: Path | None = None,
    echo_minutes: float = 10.0,
    echo_db: float = -15.0,
) -> dict[str, object]:
    """All figures of turn-taking, over the recordings in `folder`."""
    recordings = speech(folder)
    stages = Networks.load(models)
    plain = barge_ins(recordings, stages, None)
    over = barge_ins(recordings, stages, echo_db)
    return answers(recordings, stages) | {
        "duck_ms": plain["duck_ms"],
        "silent_ms": plain["silent_ms"],
        "echo": {
            "minutes": echo_minutes,
            "echo_db": echo_db,
            "self_interruptions": own_echo(echo_minutes, stages, echo_db),
            "barge_ins_caught": over["caught"],
            "barge_ins_tried": over["tried"],
        },
    }
