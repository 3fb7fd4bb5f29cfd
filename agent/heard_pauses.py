"""The pauses of a set of recordings, heard once and kept: what was known in each, and what a peer held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from math import inf, isfinite
from typing import Any
from zlib import crc32

import numpy as np

from agent.clock import HEARING_HZ, Samples
from agent.finished import Evidence
from agent.pause_sets import PauseSet
from agent.pauses import Pause, Take, pauses
from agent.peers import SmartTurn
from agent.progress import Kept, each
from agent.prosody import Melody
from agent.stages import Ears

SHORTEST_MS = 200.0
"""a shorter silence is part of a word, and nobody would answer in it"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A pause, whose it is, how long the speech of its recording is, and what Smart Turn held of it."""

    pause: Pause
    speaker: str
    speech_ms: float
    smart: float | None = None

    def as_record(self) -> dict[str, Any]:
        """Plain enough for JSON."""
        pause = self.pause
        return {
            "since": pause.since,
            "noticed": pause.noticed,
            "length_ms": pause.length_ms if isfinite(pause.length_ms) else None,
            "words": list(pause.evidence.words),
            "melody": asdict(pause.evidence.melody),
            "end_log_p": pause.evidence.end_log_p,
            "speaker": self.speaker,
            "speech_ms": self.speech_ms,
            "smart": self.smart,
        }


def of_record(record: dict[str, Any]) -> Heard:
    """What `Heard.as_record` gave."""
    evidence = Evidence(tuple(record["words"]), Melody(**record["melody"]), record["end_log_p"])
    length = inf if record["length_ms"] is None else record["length_ms"]
    pause = Pause(Samples(record["since"]), Samples(record["noticed"]), length, evidence)
    return Heard(pause, record["speaker"], record["speech_ms"], record["smart"])


def listen(taken: Take, speaker: str, ears: Ears, smart: SmartTurn | None) -> Iterator[Heard]:
    """Every pause of at least 200 ms in a recording."""
    sound = taken.from_speech
    for pause in pauses(taken, ears):
        if pause.length_ms < SHORTEST_MS:
            continue
        asked = None
        if smart is not None:
            until = pause.since + round(smart.asked_after_ms * HEARING_HZ / 1000)
            asked = smart.probability(np.pad(sound[:until], (0, max(0, until - len(sound)))))
        yield Heard(pause, speaker, 1000 * len(taken.speech) / HEARING_HZ, asked)


def heard_pauses(of: PauseSet, ears: Ears, smart: SmartTurn | None, kept: Kept) -> list[Heard]:
    """The pauses of a set; from what was kept, where the same ears heard them."""

    def hear() -> list[dict[str, Any]]:
        takes = list(of.recordings())
        return [
            one.as_record()
            for speaker, taken in each(f"pauses of {of.shard}", takes, len(takes))
            for one in listen(taken, speaker, ears, smart)
        ]

    made_with = asdict(of) | {
        "ears": fingerprint(ears),
        "smart": smart is not None,
        "melody": [f.name for f in fields(Melody)],
    }
    return [of_record(record) for record in kept.part(f"pauses of {of.shard}", made_with, hear)]


def fingerprint(ears: Ears) -> int:
    """A number that other weights, or another search, would change; 0 for ears that are no network."""
    recogniser = getattr(ears, "recogniser", None)
    if recogniser is None:
        return 0
    total = crc32(repr(recogniser.tuning).encode())
    for name in sorted(recogniser.program.tensors):
        total = crc32(np.ascontiguousarray(recogniser.program.tensors[name]).tobytes(), total)
    return total
