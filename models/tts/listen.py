"""An independent listener: pocketsphinx with its packaged model, and other voices to compare with."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from models.tts.spectrum import RATE, Floats
from models.tts.words import spoken

LISTENER_RATE = 16_000


@cache
def _decoder() -> Any:
    from pocketsphinx import Decoder

    return Decoder(samprate=float(LISTENER_RATE), loglevel="FATAL")


class Listener:
    """`heard` with a memory: a sound listened to before is not listened to again.

    The memory is a file of the sounds' SHA-256 and the words heard in them, or nothing.
    """

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._known: dict[str, list[str]] = {}
        if memory is not None and memory.exists():
            self._known = json.loads(memory.read_text(encoding="utf-8"))

    def heard(self, samples: Floats, rate: int = RATE) -> list[str]:
        """The words that pocketsphinx hears."""
        sound = hashlib.sha256(samples.tobytes() + str(rate).encode()).hexdigest()
        if sound not in self._known:
            self._known[sound] = heard(samples, rate)
            if self._memory is not None:
                partial = self._memory.with_suffix(".partial")
                partial.write_text(json.dumps(self._known), encoding="utf-8")
                partial.replace(self._memory)
        return self._known[sound]


def heard(samples: Floats, rate: int = RATE) -> list[str]:
    """The words that pocketsphinx hears."""
    import soxr

    sound = soxr.resample(samples, rate, LISTENER_RATE)
    sound = np.concatenate(
        [np.zeros(3200), sound * 0.1 / max(1e-6, float(np.sqrt(np.mean(sound**2)))), np.zeros(4800)]
    )
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw((np.clip(sound, -1.0, 1.0) * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return [re.sub(r"\(\d+\)$", "", word) for word in found.hypstr.split()] if found else []


def said(text: str) -> list[str]:
    """The words of a text as a listener would write them."""
    return [s.word.lower() for s in spoken(text)]


def errors(truth: list[str], found: list[str]) -> int:
    """Fewest substitutions, insertions and deletions of words.

    >>> errors(["a", "b", "c"], ["a", "c", "d"])
    2
    """
    row = list(range(len(found) + 1))
    for i, word in enumerate(truth, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (word != other))
    return row[-1]


def shared(truth: list[str], found: list[str]) -> float:
    """Share of the words said that were heard, in any order."""
    left = list(found)
    hits = 0
    for word in truth:
        if word in left:
            left.remove(word)
            hits += 1
    return hits / max(1, len(truth))


def _spoken_by(command: Callable[[str, str], list[str]], text: str) -> tuple[Floats, int]:
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "said.wav")
        subprocess.run(command(text, path), check=True, capture_output=True, timeout=60)
        samples, rate = soundfile.read(path, dtype="float32")
    return samples, int(rate)


def flite_slt(text: str) -> tuple[Floats, int]:
    """flite's slt voice. FileNotFoundError where flite is not installed."""
    return _spoken_by(lambda t, p: ["flite", "-voice", "slt", "-t", t, "-o", p], text)


def espeak(text: str) -> tuple[Floats, int]:
    """espeak-ng's US English voice. FileNotFoundError where it is not installed."""
    return _spoken_by(lambda t, p: ["espeak-ng", "-v", "en-us", "-w", p, "--", t], text)
