"""A recorded session comes out the same again: its decisions from its events, its events from its sound."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from agent.pipeline import Conversation
from agent.replay import STEPS, Recorded, ReplayError, SessionLog, about, compare, replay
from agent.stages import Sound
from agent.turn.settings import Settings
from tests.room import Room, ScriptedEars, ScriptedMind, ScriptedMouth
from tests.scene import Scene, read
from tests.virtual_loop import run


def recorded(scene: Scene, path: Path, sound: Sound, settings: Settings) -> Path:
    async def talk() -> None:
        with SessionLog(path, settings, "file", sound) as log:
            mind = ScriptedMind(scene, Counter())
            await Conversation(
                log.sound, ScriptedEars(scene), mind, ScriptedMouth(), settings, pace="file", watch=log.watch
            ).converse()

    run(talk())
    return path


@pytest.fixture
def session(tmp_path: Path) -> Path:
    scene = read("barge_in")
    return recorded(scene, tmp_path / "first.zip", Room(scene), Settings(murmur=False))


def test_the_decisions_come_out_the_same(session: Path) -> None:
    again = replay(session)
    assert again.steps > 300
    assert again.effects > 10
    assert again.seconds == pytest.approx(read("barge_in").until / 16_000, abs=0.1)


def test_the_sound_gives_the_same_session_again(session: Path, tmp_path: Path) -> None:
    settings, pace = about(session)
    assert (settings, pace) == (Settings(murmur=False), "file")
    second = recorded(read("barge_in"), tmp_path / "second.zip", Recorded(session), settings)
    compare(session, second)
    again = replay(second)
    assert again == replay(session)


def changed(session: Path, old: str, new: str) -> Path:
    path = session.with_name("changed.zip")
    with zipfile.ZipFile(session) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == STEPS:
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode())
            target.writestr(name, data)
    return path


def test_another_decision_is_found(session: Path) -> None:
    with pytest.raises(ReplayError, match="decided"):
        replay(changed(session, '"is": "Duck"', '"is": "Resume"'))
    with pytest.raises(ReplayError, match="step"):
        compare(session, changed(session, "hills", "bills"))


@pytest.mark.parametrize(("old", "new"), [('"is": "Tick"', '"is": "Tock"'), ('"last":', '"least":')])
def test_a_strange_event_is_refused(session: Path, old: str, new: str) -> None:
    with pytest.raises(ReplayError, match="no event"):
        replay(changed(session, old, new))


def test_what_is_no_session_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="there is no session"):
        replay(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(ReplayError, match="is no session"):
        replay(tmp_path / "text.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("session.json", json.dumps({"version": 9}))
    with pytest.raises(ReplayError, match="missing"):
        replay(tmp_path / "other.zip")
