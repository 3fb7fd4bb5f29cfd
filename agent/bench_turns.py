"""The figures of turn-taking, with the real networks: how soon it answers and stops, and knows its own voice.

Four parts. `live`: recordings heard in real time, which shows what computing adds. `pauses`: when to answer,
on many more pauses, in audio time, with the peers beside it. `barge-in`: how soon we hold and fall silent.
`echo`: our own voice coming back. No network was trained on what is heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.bench_pauses import decision, from_folder, held_out
from agent.clock import FRAME, FRAME_MS, HEARING_HZ
from agent.echo import Canceller, EchoCanceller, NoEcho
from agent.history import Line
from agent.listening import Microphone
from agent.networks import SpikingEars, SpikingMind, SpikingMouth
from agent.pace import Pace
from agent.pauses import Take
from agent.pipeline import Conversation
from agent.stages import Ears, Mind, Mouth, Piece
from agent.trace import now
from agent.turn.effects import Cut, Duck, Effect
from agent.turn.events import Close, Event, Played, Say, Why
from agent.turn.settings import Settings
from agent.turn.states import State

Floats = NDArray[np.float32]

LONG = (
    "A river begins at a spring, high in the hills. It runs over stones, and other streams join it. "
    "In the valley it grows wide and slow, and boats go up and down on it. At last it comes to the sea. "
)
NOISE = 3e-4
"""a quiet room, full scale 1"""
BARGE_IN_S = 6.0
DRAFT_MS = 150.0
"""what making an answer ready takes where it is not measured in the same run: the budget"""
PARTS = "live,pauses,barge-in,echo"


class Talker:
    """A mind that talks and talks."""

    def __init__(self, times: int) -> None:
        self._text = LONG * times

    def reply(self, talk: Sequence[Line], words: str, why: Why) -> str:
        """Always the same."""
        return self._text


class Said:
    """A mouth that makes each text once."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth = mouth
        self._made: dict[str, list[Piece]] = {}

    def speak(self, text: str) -> Iterator[Piece]:
        """The sound of `text`, from memory where it was made before."""
        if text not in self._made:
            self._made[text] = list(self._mouth.speak(text))
        return iter(self._made[text])


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


class InTime(Place):
    """The same in real time: each frame when it is due."""

    _due_ms = 0.0

    async def hear(self) -> Floats | None:
        """The next frame, no sooner than 20 ms after the last was due."""
        at = now().wall_ms
        self._due_ms = (self._due_ms or at) + FRAME_MS
        await asyncio.sleep(max(0.0, self._due_ms - at) / 1000)
        return await super().hear()


@dataclass
class Watched:
    """When which effects happened, in frames."""

    effects: list[tuple[int, Effect]] = field(default_factory=list)
    conversation: Conversation | None = None
    """to be closed once it sounds"""

    def watch(self, before: State, event: Event, after: State, effects: tuple[Effect, ...]) -> None:
        """Note one step."""
        self.effects += [(after.book.at // FRAME, effect) for effect in effects]
        if self.conversation is not None and isinstance(event, Played):
            self.conversation.tell(Close)

    def frames(self, kind: type) -> list[int]:
        """When effects of a kind happened."""
        return [at for at, effect in self.effects if isinstance(effect, kind)]


def silence(seconds: float) -> Floats:
    """So much of it."""
    return np.zeros(round(seconds * HEARING_HZ), np.float32)


@dataclass(frozen=True)
class Stages:
    """Ears, mind and mouth of one conversation."""

    ears: Ears
    mind: Mind
    mouth: Mouth


def hold(
    place: Place,
    stages: Stages,
    canceller: EchoCanceller,
    say: bool,
    pace: Pace = "file",
    brief: bool = False,
) -> tuple[Watched, Conversation]:
    """One conversation over what the place hears. `say`: we begin; `brief`: it ends once we sound."""
    watched = Watched()
    rules = Settings(speak_up=False, murmur=False)

    async def run() -> Conversation:
        conversation = Conversation(
            place, stages.ears, stages.mind, stages.mouth, rules,
            pace=pace, microphone=Microphone(canceller), watch=watched.watch,
        )  # fmt: skip
        watched.conversation = conversation if brief else None
        if say:
            conversation.tell(Say)
        await conversation.converse()
        return conversation

    return watched, asyncio.run(run())


def live(recordings: Sequence[Take], stages: Stages) -> dict[str, object]:
    """Each recording heard and answered in real time: what a person waits, and what computing adds to it."""
    gaps: list[float] = []
    waited: list[float] = []
    drafts: list[float] = []
    computed: list[float] = []
    early = 0
    for taken in recordings:
        place = InTime(np.concatenate((silence(0.5), taken.from_speech, silence(4))))
        _, conversation = hold(place, stages, NoEcho(), say=False, pace="live", brief=True)
        waited += conversation.waited_ms
        drafts += [moment.wall_ms for moment in conversation.first]
        computed += [moment.compute_ms for moment in conversation.first]
        end = (len(silence(0.5)) + len(taken.speech)) / FRAME
        begun = np.flatnonzero(place.sounding())
        if len(begun):
            early += bool(begun[0] < end - 1)
            gaps.append(FRAME_MS * (begun[0] - end))
    return {
        "recordings": len(recordings),
        "answered": len(gaps),
        "voice_to_voice_ms": percentiles([gap for gap in gaps if gap >= -FRAME_MS]),
        "cut_offs": round(early / max(1, len(gaps)), 3),
        "compute_ms": percentiles(waited),
        "draft_ms": percentiles(drafts),
        "draft_compute_ms": percentiles(computed),
    }


def barge_ins(recordings: Sequence[Take], stages: Stages, echo_db: float | None) -> dict[str, object]:
    """How soon we are held, and then silent for good, when each recording is spoken over our own voice."""
    ducks, silences, caught = [], [], 0
    for taken in recordings:
        at = round(BARGE_IN_S * HEARING_HZ / FRAME)
        place = Place(
            np.concatenate((silence(BARGE_IN_S), taken.speech[: 3 * HEARING_HZ], silence(1))), echo_db
        )
        watched, _ = hold(place, stages, NoEcho() if echo_db is None else Canceller(), say=True)
        sounding = place.sounding()
        # what happens in the last frame is the end of the talk, which cuts what is still being said
        cut = [frame for frame in watched.frames(Cut) if at <= frame < len(sounding)]
        held = [frame for frame in watched.frames(Duck) if at <= frame < len(sounding)] + cut
        caught += bool(cut)
        if held:
            quiet = np.flatnonzero(~sounding[min(held) :])
            ducks.append(FRAME_MS * float(min(held) + quiet[0] - at))
        if cut:
            quiet = np.flatnonzero(~sounding[min(cut) :])
            silences.append(FRAME_MS * float(quiet[0]))
    return {
        "duck_ms": percentiles(ducks),
        "silent_ms": percentiles(silences),
        "caught": caught,
        "tried": len(recordings),
    }


def own_echo(minutes: float, stages: Stages, echo_db: float) -> int:
    """How often we are held by our own echo in so many minutes of our own speech."""
    place = Place(silence(60 * minutes), echo_db)
    watched, _ = hold(place, stages, Canceller(), say=True)
    # what happens in the last frame is the end of the talk, which cuts what is still being said
    return sum(frame < len(place.said) for frame in watched.frames(Duck) + watched.frames(Cut))


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """The median and the 95th percentile; None of nothing."""
    if not values:
        return {"p50": None, "p95": None}
    return {name: round(float(np.percentile(values, q)), 1) for name, q in (("p50", 50), ("p95", 95))}


def turns(
    folder: Path = Path("tests/fixtures/recordings"),
    models: Path | None = None,
    parts: str = PARTS,
    of_each: int = 40,
    echo_minutes: float = 10.0,
    echo_db: float = -15.0,
    echo_barge_ins: int = 100,
) -> dict[str, object]:
    """The figures of turn-taking.

    `folder` holds recordings; where the training data is too (SPIKETALK_DATA), pauses and barge-ins are of
    `of_each` recordings of each development split instead. `parts`: some of live, pauses, barge-in, echo.
    """
    few, many = from_folder(folder), held_out(of_each)
    chosen = set(parts.split(","))
    ears, mouth = SpikingEars.load(models), SpikingMouth.load(models)
    report: dict[str, object] = {}
    draft_ms = DRAFT_MS
    if "live" in chosen:
        report["live"] = made = live(few, Stages(ears, SpikingMind.load(models), mouth))
        report["compute_ms"] = made["compute_ms"]
        measured = made["draft_ms"]
        draft_ms = float(measured["p95"]) if isinstance(measured, dict) and measured["p95"] else draft_ms
    if "pauses" in chosen:
        report |= decision(many or few, ears, draft_ms) | {"draft_ms": draft_ms}
    talker = Stages(ears, Talker(3), Said(mouth))
    if "barge-in" in chosen:
        plain = barge_ins((many or few)[:: max(1, len(many) // 30)], talker, None)
        report |= {"duck_ms": plain["duck_ms"], "silent_ms": plain["silent_ms"], "barge_ins": plain}
    if "echo" in chosen:
        voices = (many or few) * (1 + echo_barge_ins // len(many or few))
        over = barge_ins(voices[:echo_barge_ins], talker, echo_db)
        long = Stages(ears, Talker(int(6 * echo_minutes) + 1), mouth)
        report["echo"] = {
            "minutes": echo_minutes,
            "echo_db": echo_db,
            "self_interruptions": own_echo(echo_minutes, long, echo_db),
            "barge_ins_caught": over["caught"],
            "barge_ins_tried": over["tried"],
            "duck_ms": over["duck_ms"],
        }
    return report
