"""A talk from a file is a function of its sound: how long stages compute changes nothing, to the sample."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.clock import Samples
from agent.history import Line
from agent.networks import Networks
from agent.pipeline import Conversation
from agent.replay import SessionLog, compare
from agent.stages import Ears, Hearing, Mind, Mouth, Piece
from agent.talk import FOR_FILES, talk
from agent.turn.events import Why
from tests.recordings import RECORDINGS
from tests.room import Room, ScriptedEars, ScriptedMind, ScriptedMouth
from tests.scene import read

Floats = NDArray[np.float32]


class Slowed:
    """Ears, mind and mouth of others, each of whose calls takes at random up to `most_ms` longer."""

    def __init__(self, ears: Ears, mind: Mind, mouth: Mouth, most_ms: float, seed: int) -> None:
        self._ears, self._mind, self._mouth = ears, mind, mouth
        self._random, self._most_s = Random(seed), most_ms / 1000
        self.threads: Counter[str] = Counter()

    def dawdle(self) -> None:
        self.threads[threading.current_thread().name] += 1
        time.sleep(self._most_s * self._random.random())

    def listen(self, since: Samples) -> Dawdling:
        self.dawdle()
        return Dawdling(self._ears.listen(since), self.dawdle)

    def reply(self, talk: Sequence[Line], words: str, why: Why) -> str:
        self.dawdle()
        return self._mind.reply(talk, words, why)

    def speak(self, text: str) -> Iterator[Piece]:
        for piece in self._mouth.speak(text):
            self.dawdle()
            yield piece


class Dawdling:
    def __init__(self, hearing: Hearing, dawdle: Callable[[], None]) -> None:
        self._hearing, self._dawdle = hearing, dawdle

    def hear(self, frames: Sequence[Floats]) -> str | None:
        self._dawdle()
        return self._hearing.hear(frames)

    def so_far(self) -> str:
        self._dawdle()
        return self._hearing.so_far()


@pytest.mark.parametrize("name", ["barge_in", "both_at_once", "hesitation"])
def test_slow_stages_change_no_step_of_a_scene(name: str, tmp_path: Path) -> None:
    heard = []
    for seed, most_ms in enumerate((0.0, 2.0, 2.0)):
        scene, path = read(name), tmp_path / f"{seed}.zip"
        mind = ScriptedMind(scene, Counter())
        slow = Slowed(ScriptedEars(scene), mind, ScriptedMouth(), most_ms, seed)
        room = Room(scene)
        with SessionLog(path, FOR_FILES, "file", room) as log:
            conversation = Conversation(log.sound, slow, slow, slow, FOR_FILES, pace="file", watch=log.watch)
            asyncio.run(conversation.converse())
        assert list(slow.threads) == [threading.current_thread().name], "nothing runs beside anything else"
        heard.append(np.concatenate(room.said))
        compare(tmp_path / "0.zip", path)
        assert np.array_equal(heard[0], heard[-1])


def test_slow_stages_change_no_step_of_a_recorded_talk(tmp_path: Path) -> None:
    question, networks = RECORDINGS / "118-47824-0021.opus", Networks.load()
    for seed, most_ms in enumerate((0.0, 3.0)):

        def begin(seed: int = seed, most_ms: float = most_ms) -> Networks:
            slow = Slowed(networks.ears, networks.mind, networks.mouth, most_ms, seed)
            return Networks(slow, slow, slow)  # type: ignore[arg-type]

        (turn,) = talk(question, tmp_path / f"{seed}.wav", begin, record=tmp_path / f"{seed}.zip")
        assert turn.text
    compare(tmp_path / "0.zip", tmp_path / "1.zip")
    assert (tmp_path / "0.wav").read_bytes() == (tmp_path / "1.wav").read_bytes()
