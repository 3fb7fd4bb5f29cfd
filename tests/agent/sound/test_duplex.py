"""A spoken question played into a virtual microphone, a spoken answer recorded from a virtual loudspeaker."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from agent.sound.duplex import Devices, Duplex, NoDeviceError
from tests.pulse import recorded, recorder, server, sounded_s, speak_into


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[dict[str, str]]:
    with server(tmp_path) as env:
        yield env


TALKER = """
import asyncio, sys
from collections import Counter
from agent.pipeline import Conversation
from agent.sound.duplex import Devices, Duplex
from agent.turn.events import Close
from tests.room import ScriptedMouth

class Hearing:
    def hear(self, frames): return None
    def so_far(self): return "what is a river"

class Ears:
    def listen(self, since): return Hearing()

class Mind:
    def reply(self, talk, words, why): return "a river is water"

async def main():
    async with Duplex(Devices(latency_s=0.2)) as sound:
        talk = Conversation(sound, Ears(), Mind(), ScriptedMouth())
        asyncio.get_running_loop().call_later(float(sys.argv[1]), talk.tell, Close)
        print("ready", flush=True)
        for line in (await talk.converse()).messages():
            print(line.speaker, line.text(), flush=True)

asyncio.run(main())
"""


def test_a_spoken_question_is_answered_aloud(pulse: dict[str, str], tmp_path: Path) -> None:
    from tests.room import vowel

    question = tmp_path / "question.wav"
    soundfile.write(question, 0.3 * vowel(48_000, 48_000, 120), 48_000)
    answer = tmp_path / "answer.raw"
    env = pulse | {"PYTHONPATH": os.getcwd()}
    with recorder(env, answer):
        talker = subprocess.Popen(
            [sys.executable, "-c", TALKER, "12"], env=env, stdout=subprocess.PIPE, text=True
        )
        try:
            assert talker.stdout is not None
            assert talker.stdout.readline() == "ready\n"
            time.sleep(1)
            speak_into(env, question)
            said, _ = talker.communicate(timeout=120)
        finally:
            talker.kill()
            talker.wait(10)
    assert "user what is a river\n" in said
    assert "agent a river is water" in said
    length_s = sounded_s(recorded(answer))
    assert 0.3 < length_s < 2.5, f"the answer takes a second; {length_s:.2f} s were recorded"


def test_no_device_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_one() -> None:
        async with Duplex(Devices(microphone="no such microphone", loudspeaker="none")):
            pass

    with pytest.raises(NoDeviceError) as told:
        asyncio.run(open_one())
    assert "\n" not in str(told.value)
