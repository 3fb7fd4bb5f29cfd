"""How soon an answer comes against how often it comes too early, on pauses of speakers never trained on.

The whole curve, for our decision, for Smart Turn v3.2 and for a fixed timeout, over the same pauses and with
the same time for computing the answer. An answer is too early where the speaker went on after it had begun.
The pauses are heard once; every rule is then tried on what was known in them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME_MS, HEARING_HZ, milliseconds
from agent.finished import judged
from agent.heard_pauses import Heard
from agent.pauses import Pause, Take, take
from agent.peers import SmartTurn
from agent.sound.wav import Recording, SoundError
from agent.turn.patience import Patience

Floats = NDArray[np.float32]

RISKS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.45)
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97)
TIMEOUTS_MS = (200.0, 300.0, 400.0, 500.0, 600.0, 800.0, 1000.0, 1300.0, 1600.0, 2000.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """A pause, how long the speech before its end is where it is the end, and what each judge held of it."""

    pause: Pause
    speech_ms: float
    ours: float
    smart: float | None

    def answered_ms(self, wait_ms: float, draft_ms: float) -> float:
        """When an answer sounds, from the pause's start: after the wait, and not before it was computed."""
        noticed = milliseconds(self.pause.noticed) - milliseconds(self.pause.since)
        return max(wait_ms, noticed + draft_ms) + FRAME_MS


def from_folder(folder: Path) -> list[Take]:
    """The recordings of a folder, equally loud."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix in (".opus", ".flac", ".wav", ".ogg"):
            found.append(heard(path))
    if not found:
        raise SoundError(f"there are no recordings in {folder}: name a folder that has some")
    return found


def heard(path: Path) -> Take:
    """One recording."""
    with Recording(path) as recording:
        return take(np.concatenate(list(recording.blocks(HEARING_HZ))))


def judge(heard: Sequence[Heard]) -> list[Judged]:
    """What our head holds of each pause."""
    return [Judged(one.pause, one.speech_ms, judged(one.pause.evidence), one.smart) for one in heard]


def point(found: Sequence[Judged], wait_ms: Callable[[Judged], float], draft_ms: float) -> dict[str, object]:
    """What a rule brings: cut-offs per pause that went on, and the silence before answers at true ends."""
    inside = [one for one in found if not one.pause.is_end]
    ends = [one for one in found if one.pause.is_end]
    early = sum(one.answered_ms(wait_ms(one), draft_ms) < one.pause.length_ms for one in inside)
    gaps = [
        milliseconds(one.pause.since) + one.answered_ms(wait_ms(one), draft_ms) - one.speech_ms
        for one in ends
    ]
    p50, p95 = np.percentile(gaps, (50, 95)) if gaps else (np.nan, np.nan)
    return {
        "cut_offs": round(early / max(1, len(inside)), 4),
        "p50": round(float(p50), 1),
        "p95": round(float(p95), 1),
    }


def patient(patience: Patience) -> Callable[[Judged], float]:
    """Our rule."""
    return lambda one: milliseconds(patience.wait(one.ours))


def curves(found: Sequence[Judged], draft_ms: float) -> dict[str, list[dict[str, object]]]:
    """Every rule at every setting."""
    ours = [{"risk": r} | point(found, patient(replace(Patience(), risk=r)), draft_ms) for r in RISKS]
    made = {"ours": ours}
    if all(one.smart is not None for one in found):
        made["smart_turn_v3.2"] = [{"threshold": t} | point(found, _smart(t), draft_ms) for t in THRESHOLDS]
    made["fixed_timeout"] = [{"timeout_ms": t} | point(found, _fixed(t), draft_ms) for t in TIMEOUTS_MS]
    return made


def _smart(threshold: float) -> Callable[[Judged], float]:
    def wait_ms(one: Judged) -> float:
        sure = one.smart is not None and one.smart > threshold
        return SmartTurn.asked_after_ms if sure else SmartTurn.gives_up_after_ms

    return wait_ms


def _fixed(timeout_ms: float) -> Callable[[Judged], float]:
    return lambda one: timeout_ms


def smart_turn() -> SmartTurn | None:
    """The peer, where it is installed."""
    try:
        return SmartTurn()
    except ModuleNotFoundError:
        return None


def decision(
    whole: Mapping[str, Sequence[Heard]], cut: Mapping[str, Sequence[Heard]], draft_ms: float
) -> dict[str, object]:
    """The figures of the decision alone, at the settings in force, and the curves around it.

    Those of `whole` sets, whose recordings are said to their end, count; `cut` ones are shown beside them.
    """
    together = judge([one for heard in whole.values() for one in heard])
    now = at_present(together, draft_ms)
    return {
        **now,
        "curve": curves(together, draft_ms),
        "sets": {
            name: at_present(judge(heard), draft_ms)
            for name, heard in (*whole.items(), *cut.items())
            if heard
        },
    }


def at_present(found: Sequence[Judged], draft_ms: float) -> dict[str, object]:
    """How many pauses there are, and what our rule brings on them at the settings in force."""
    now = point(found, patient(Patience()), draft_ms)
    return {
        "pauses_inside": sum(not one.pause.is_end for one in found),
        "ends": sum(one.pause.is_end for one in found),
        "voice_to_voice_ms": {"p50": now["p50"], "p95": now["p95"]},
        "cut_offs": now["cut_offs"],
    }
