"""A session on record, and the same session again: what was heard, every event, every decision.

A session is a zip file: `microphone.wav` (what was heard, 16 kHz, 16 bit), `steps.jsonl` (every event of the
turn controller with its effects, and every change of the settings, in order) and `session.json` (version,
settings, pace). The decisions are a function of the events; in the pace of files the events are a function of
the sound. Both can be played again and compared.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ
from agent.pace import Pace
from agent.stages import Sound
from agent.turn.controller import decide
from agent.turn.effects import Effect, Learn
from agent.turn.events import EVENTS, Event
from agent.turn.invariants import Ledger, watch
from agent.turn.patience import Patience
from agent.turn.settings import Settings
from agent.turn.states import Idle, State

Floats = NDArray[np.float32]

VERSION = 1
MICROPHONE, STEPS, SESSION = "microphone.wav", "steps.jsonl", "session.json"
_EVENTS = {event.__name__: event for event in EVENTS}


class ReplayError(Exception):
    """A session that cannot be read, or did not come out the same; the message is one line."""


class DifferentError(ReplayError):
    """A session that did not come out the same."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A session that came out the same."""

    steps: int
    effects: int
    seconds: float


def as_record(thing: Event | Effect) -> dict[str, Any]:
    """An event or effect as plain data.

    >>> from agent.turn.events import Cancel
    >>> as_record(Cancel(320))
    {'is': 'Cancel', 'at': 320}
    """
    return {"is": type(thing).__name__} | {f.name: getattr(thing, f.name) for f in fields(thing)}


def as_event(record: dict[str, Any]) -> Event:
    """The event of a record; ReplayError where it is none."""
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in record.items() if key != "is"
    }
    try:
        return _EVENTS[record["is"]](**values)
    except (KeyError, TypeError) as error:
        raise ReplayError(f"{record} is no event of version {VERSION}: record the session again") from error


def plain(settings: Settings) -> dict[str, Any]:
    """Settings as plain data."""
    return {k: sorted(v) if isinstance(v, frozenset) else v for k, v in asdict(settings).items()}


def settings_of(record: dict[str, Any]) -> Settings:
    """The settings of a record."""
    values: dict[str, Any] = {key: frozenset(v) if isinstance(v, list) else v for key, v in record.items()}
    try:
        return Settings(**values | {"patience": Patience(**record["patience"])})
    except (KeyError, TypeError) as error:
        raise ReplayError(f"the settings are not those of version {VERSION}: record it again") from error


class SessionLog:
    """Records one session: hand its `sound` and `watch` to the conversation; the file appears at the end.

    with SessionLog(path, settings, "file", sound) as log:
        await Conversation(log.sound, …, settings, pace="file", watch=log.watch).converse()
    """

    def __init__(self, path: Path, settings: Settings, pace: Pace, sound: Sound) -> None:
        self._path = path
        self._about = {"version": VERSION, "pace": pace, "settings": plain(settings)}
        self._folder = tempfile.TemporaryDirectory(prefix="spiketalk-session-")
        place = Path(self._folder.name)
        self._audio = soundfile.SoundFile(place / MICROPHONE, "w", HEARING_HZ, 1, "PCM_16")
        self._steps = open(place / STEPS, "w")  # noqa: SIM115 (open for as long as the session)
        self.sound: Sound = _Recorded(sound, self._audio)

    def watch(self, before: State, event: Event, after: State, effects: tuple[Effect, ...]) -> None:
        """Note one step."""
        step = {"event": as_record(event), "effects": [as_record(effect) for effect in effects]}
        self._steps.write(json.dumps(step) + "\n")

    def configured(self, settings: Settings) -> None:
        """Note that the settings changed."""
        self._steps.write(json.dumps({"settings": plain(settings)}) + "\n")

    def __enter__(self) -> SessionLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._audio.close()
        self._steps.close()
        place = Path(self._folder.name)
        (place / SESSION).write_text(json.dumps(self._about))
        draft = self._path.with_name(f".{self._path.name}.part")
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name in (SESSION, STEPS, MICROPHONE):
                bundle.write(place / name, name)
        os.replace(draft, self._path)
        self._folder.cleanup()


class _Recorded:
    """A sound that is written down as it is heard, and heard as it is written: in 16 bits."""

    def __init__(self, sound: Sound, audio: soundfile.SoundFile) -> None:
        self._sound, self._audio = sound, audio

    async def hear(self) -> Floats | None:
        frame = await self._sound.hear()
        if frame is None:
            return None
        finite = np.nan_to_num(frame, nan=0.0, posinf=0.0, neginf=0.0)
        pcm = np.clip(np.rint(finite * 32_768), -32_768, 32_767).astype(np.int16)
        self._audio.write(pcm)
        return (pcm / np.float32(32_768)).astype(np.float32)

    def say(self, frame: Floats) -> None:
        self._sound.say(frame)


class Recorded:
    """The microphone of a recorded session; what is said to it is kept in `said`."""

    def __init__(self, path: Path) -> None:
        with _opened(path) as bundle, bundle.open(MICROPHONE) as file:
            pcm, _ = soundfile.read(file, dtype="int16")
        self._sound = (pcm / np.float32(32_768)).astype(np.float32)
        self._at = 0
        self.said: list[Floats] = []

    async def hear(self) -> Floats | None:
        """The next frame."""
        frame = self._sound[self._at : self._at + FRAME]
        self._at += FRAME
        return frame if len(frame) == FRAME else None

    def say(self, frame: Floats) -> None:
        """Kept."""
        self.said.append(frame)


def steps(path: Path) -> Iterator[tuple[Event | Settings, list[dict[str, Any]]]]:
    """The events of a session, each with the effects it had; between them, settings where they changed."""
    with _opened(path) as bundle, bundle.open(STEPS) as file:
        for line in file:
            record = json.loads(line)
            if "settings" in record:
                yield settings_of(record["settings"]), []
            else:
                yield as_event(record["event"]), record["effects"]


def about(path: Path) -> tuple[Settings, Pace]:
    """The settings and the pace of a session."""
    with _opened(path) as bundle:
        record = json.loads(bundle.read(SESSION))
    if record.get("version") != VERSION:
        raise ReplayError(f"{path} is of version {record.get('version')}; this program reads {VERSION}")
    return settings_of(record["settings"]), record["pace"]


def replay(path: Path) -> Replayed:
    """Decide everything again, with the invariants watched; ReplayError at the first difference."""
    settings, _ = about(path)
    state: State = Idle()
    ledger, count, total = Ledger(), 0, 0
    for number, (event, recorded) in enumerate(steps(path), 1):
        if isinstance(event, Settings):
            settings = event
            continue
        before = state
        state, effects = decide(before, event, settings)
        ledger = watch(ledger, before, event, state, effects)
        decided = json.loads(json.dumps([as_record(effect) for effect in effects]))
        if decided != recorded:
            raise DifferentError(f"step {number} ({event}): decided {decided}, recorded {recorded}")
        for effect in effects:
            if isinstance(effect, Learn):
                settings = replace(settings, patience=settings.patience.after(effect.pause))
        count, total = number, total + len(effects)
    return Replayed(count, total, state.book.at / HEARING_HZ)


def compare(first: Path, second: Path) -> None:
    """Raise ReplayError at the first step in which two sessions differ, sound included."""
    for number, (one, other) in enumerate(zip(steps(first), steps(second), strict=False), 1):
        if one != other:
            raise DifferentError(f"step {number}: {one} in {first.name}, {other} in {second.name}")
    lengths = [sum(1 for _ in steps(path)) for path in (first, second)]
    if lengths[0] != lengths[1]:
        raise DifferentError(f"{first.name} has {lengths[0]} steps, {second.name} has {lengths[1]}")


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        bundle = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise ReplayError(f"there is no session {path}: check the name") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise ReplayError(f"{path} is no session: record one with --record") from error
    missing = {MICROPHONE, STEPS, SESSION} - set(bundle.namelist())
    if missing:
        bundle.close()
        raise ReplayError(f"{path} is no session: {', '.join(sorted(missing))} is missing from it")
    return bundle
