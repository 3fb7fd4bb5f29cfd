"""A sound server of our own, with a microphone and a loudspeaker that are not there: null sinks."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

NEEDED = ("pulseaudio", "pactl", "paplay", "parec")
INSTALLABLE = Path("/etc/debian_version").exists() and os.geteuid() == 0
"""where scripts/system-packages.sh installs what is missing, it may not be missing"""


@contextmanager
def server(place: Path) -> Iterator[dict[str, str]]:
    """The environment in which programs see it. What is played into the sink "room" the microphone hears."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing and not INSTALLABLE:
        pytest.skip(f"{', '.join(missing)} missing: install pulseaudio, pulseaudio-utils, libasound2-plugins")
    assert not missing, f"{', '.join(missing)} missing: run scripts/system-packages.sh"
    (place / "asound.conf").write_text(
        "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"
    )
    env = os.environ | {
        "HOME": str(place),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        "XDG_RUNTIME_DIR": str(place),
        "PULSE_RUNTIME_PATH": str(place),
        "PULSE_SERVER": f"unix:{place}/native",
        "ALSA_CONFIG_PATH": str(place / "asound.conf"),
    }
    loads = [
        f"module-native-protocol-unix socket={place / 'native'}",
        "module-null-sink sink_name=room rate=48000",
        "module-null-sink sink_name=speaker rate=48000",
        "module-remap-source master=room.monitor source_name=microphone",
    ]
    arguments = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disallow-exit=no"]
    process = subprocess.Popen(
        ["pulseaudio", *arguments, *(f"--load={load}" for load in loads)], env=env, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            if subprocess.run(["pactl", "info"], env=env, capture_output=True, check=False).returncode == 0:
                break
            assert process.poll() is None, "the sound server ended as soon as it was started"
            time.sleep(0.1)
        else:
            pytest.fail("the sound server did not start within a minute")
        for command in (["set-default-sink", "speaker"], ["set-default-source", "microphone"]):
            subprocess.run(["pactl", *command], env=env, check=True)
        yield env
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def recorder(env: dict[str, str], path: Path) -> Iterator[None]:
    """Writes down what the loudspeaker plays: 16 kHz, 16 bit, raw."""
    with open(path, "wb") as out:
        process = subprocess.Popen(
            ["parec", "-d", "speaker.monitor", "--rate=16000", "--channels=1", "--format=s16le"],
            env=env,
            stdout=out,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def recorded(path: Path) -> NDArray[np.float64]:
    """What a `recorder` wrote, full scale ±1."""
    return np.frombuffer(path.read_bytes()[: path.stat().st_size // 2 * 2], np.int16) / 32_768


def sounded_s(sound: NDArray[np.float64]) -> float:
    """For how many seconds something was to be heard."""
    frames = np.abs(sound[: len(sound) // 320 * 320].reshape(-1, 320)).max(1)
    return float(0.02 * np.sum(frames > 0.02))


def speak_into(env: dict[str, str], path: Path) -> None:
    """Play a sound file to the microphone, to its end."""
    subprocess.run(["paplay", "-d", "room", str(path)], env=env, check=True)
