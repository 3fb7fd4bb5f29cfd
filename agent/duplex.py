"""`spiketalk bench duplex`: recordings in Full-Duplex-Bench's layout, answered where they lie.

That benchmark keeps each recording in a folder of its own as `input.wav` and wants an `output.wav` beside it,
aligned in time: what the agent said while it heard the input, at the moments when it said it. Its own scripts
(github.com/DanielLin94144/Full-Duplex-Bench, `evaluation/`) then find when the agent took the turn, how soon,
and whether it went on when interrupted.

A conversation is held in audio time: the computing of ears, mind and mouth takes none of it, so that the
files are the same on every computer. `spiketalk bench turns --parts live` measures what computing adds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from agent.clock import FRAME_MS, SPEAKING_HZ
from agent.networks import Networks
from agent.sound.wav import Recording, SoundError
from agent.talk import talk

INPUT, OUTPUT = "input.wav", "output.wav"
SOUNDS = 1e-3
"""Full scale 1; what is louder than this is counted as speaking"""


def duplex(folder: Path, models: Path | None = None) -> dict[str, Any]:
    """Write an output.wav beside every input.wav below `folder`, as long as it; when each spoke, and shares.

    A folder's name above the recordings (`candor_pause_handling/12/input.wav`) is its task.
    Raises SoundError where there is none, or one that cannot be read.
    """
    found = sorted(folder.rglob(INPUT))
    if not found:
        raise SoundError(f"{folder}: expected folders with an {INPUT} each, found none")
    for path in found:
        Recording(path).close()
    spoken: dict[str, list[float | None]] = {}
    for path in found:
        first = answer(path, path.with_name(OUTPUT), models)
        spoken.setdefault(_task(folder, path), []).append(first)
    return {
        "recordings": len(found),
        "tasks": {task: _shares(firsts) for task, firsts in spoken.items()},
    }


def answer(heard: Path, said: Path, models: Path | None = None) -> float | None:
    """Put one recording to a new conversation; seconds until its first sound, None where it says nothing."""
    with Recording(heard) as recording:
        length = round(recording.seconds * SPEAKING_HZ)
    sound = np.zeros(length, np.float32)
    with TemporaryDirectory() as folder:
        both = Path(folder) / "both.wav"
        talk(heard, both, partial(Networks.load, models), stereo=True)
        if both.exists():
            ours = soundfile.read(both, dtype="float32")[0][:, 1]
            sound[: len(ours)] = ours[:length]
    soundfile.write(said, sound, SPEAKING_HZ, subtype="PCM_16")
    return next(_loud(sound), None)


def _loud(sound: NDArray[np.float32]) -> Iterator[float]:
    """When each frame begins that sounds, in seconds."""
    size = SPEAKING_HZ * FRAME_MS // 1000
    for start in range(0, len(sound), size):
        if np.abs(sound[start : start + size]).max() > SOUNDS:
            yield start / SPEAKING_HZ


def _task(folder: Path, path: Path) -> str:
    above = path.parent.parent
    return above.relative_to(folder).as_posix() if above.is_relative_to(folder) and above != folder else "all"


def _shares(firsts: list[float | None]) -> dict[str, float | None]:
    """How many of the recordings were spoken to at all, and when first, in the middle."""
    times = [first for first in firsts if first is not None]
    return {
        "spoke": len(times) / len(firsts),
        "first_sound_s": float(np.median(times)) if times else None,
    }
