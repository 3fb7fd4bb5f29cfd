"""A spoken question played into a virtual microphone, a spoken answer recorded from a virtual loudspeaker."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from agent.sound.duplex import Devices, Duplex, NoDeviceError

NEEDED = ("pulseaudio", "pactl", "paplay", "parec")


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A sound server of our own, with a microphone and a loudspeaker that are not there."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} missing: install pulseaudio, pulseaudio-utils, libasound2-plugins")
    (tmp_path / "asound.conf").write_text(
        "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"
    )
    env = os.environ | {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PULSE_RUNTIME_PATH": str(tmp_path),
        "PULSE_SERVER": f"unix:{tmp_path}/native",
        "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf"),
    }
    loads = [
        "module-native-protocol-unix socket=" + str(tmp_path / "native"),
        "module-null-sink sink_name=room rate=48000",
        "module-null-sink sink_name=speaker rate=48000",
        "module-remap-source master=room.monitor source_name=microphone",
    ]
    arguments = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disallow-exit=no"]
    server = subprocess.Popen(
        ["pulseaudio", *arguments, *(f"--load={load}" for load in loads)],
        env=env,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            if subprocess.run(["pactl", "info"], env=env, capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            pytest.fail("the sound server did not start")
        for command in (["set-default-sink", "speaker"], ["set-default-source", "microphone"]):
            subprocess.run(["pactl", *command], env=env, check=True)
        yield env
    finally:
        server.terminate()
        server.wait(10)


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
    with open(answer, "wb") as out:
        recorder = subprocess.Popen(
            ["parec", "-d", "speaker.monitor", "--rate=16000", "--channels=1", "--format=s16le"],
            env=env,
            stdout=out,
        )
        talker = subprocess.Popen(
            [sys.executable, "-c", TALKER, "12"], env=env, stdout=subprocess.PIPE, text=True
        )
        try:
            assert talker.stdout is not None
            assert talker.stdout.readline() == "ready\n"
            time.sleep(1)
            subprocess.run(["paplay", "-d", "room", str(question)], env=env, check=True)
            said, _ = talker.communicate(timeout=60)
        finally:
            talker.kill()
            talker.wait(10)
            recorder.terminate()
            recorder.wait(10)
    assert "user what is a river\n" in said
    assert "agent a river is water" in said
    recorded = np.frombuffer(answer.read_bytes(), np.int16) / 32_768
    sounding = np.abs(recorded[: len(recorded) // 320 * 320].reshape(-1, 320)).max(1) > 0.02
    sounded_s = 0.02 * sounding.sum()
    assert 0.3 < sounded_s < 2.5, f"the answer takes a second; {sounded_s:.2f} s were recorded"


def test_no_device_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_one() -> None:
        async with Duplex(Devices(microphone="no such microphone", loudspeaker="none")):
            pass

    with pytest.raises(NoDeviceError) as told:
        asyncio.run(open_one())
    assert "\n" not in str(told.value)
