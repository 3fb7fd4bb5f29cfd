"""The figures of turn-taking, with the real networks: how soon it answers and stops, and knows its own voice.

Four parts. `live`: recordings heard in real time, which shows what computing adds. `pauses`: when to answer,
on many more pauses, in audio time, with the peers beside it. `barge-in`: how soon we hold and fall silent.
`echo`: our own voice coming back. No network was trained on what is heard. All but `live` runs as fast as it
is computed, and in as many processes as are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np

from agent.bench_barge_in import Spoken, in_parts, own_echoes, percentiles, summed
from agent.bench_pauses import decision, from_folder, smart_turn
from agent.bench_room import InTime, Stages, hold, silence
from agent.clock import FRAME, FRAME_MS
from agent.echo import NoEcho
from agent.heard_pauses import Heard, fingerprint, heard_pauses, listen
from agent.networks import SpikingEars, SpikingMind, SpikingMouth
from agent.pause_sets import JUDGED_ON
from agent.pauses import Take
from agent.progress import Kept, each
from agent.stages import Ears

DRAFT_MS = 150.0
"""what making an answer ready takes where it is not measured in the same run: the budget"""
ECHO_PIECE_S = 60.0
"""our own echo is heard in talks of a minute, each of which has to find the way through the room anew"""
PARTS = "live,pauses,barge-in,echo"
Sets = Mapping[str, Sequence[Heard]]
"""Name of a set of recordings → its pauses."""


def live(recordings: Sequence[Take], stages: Stages) -> dict[str, object]:
    """Each recording heard and answered in real time: what a person waits, and what computing adds to it."""
    gaps: list[float] = []
    waited: list[float] = []
    drafts: list[float] = []
    computed: list[float] = []
    early = 0
    for taken in each("talks in real time", recordings, len(recordings)):
        place = InTime(np.concatenate((silence(0.5), taken.from_speech, silence(4))))
        _, conversation = hold(place, stages, NoEcho(), say=False, pace="live", brief=True)
        waited += conversation.waited_ms
        drafts += [moment.wall_ms for moment in conversation.first]
        computed += [moment.compute_ms for moment in conversation.first]
        end = (len(silence(0.5)) + len(taken.speech)) / FRAME
        begun = np.flatnonzero(place.sounding())
        if len(begun):
            early += bool(begun[0] < end - 1)
            gaps.append(FRAME_MS * (begun[0] - end))
    return {
        "recordings": len(recordings),
        "answered": len(gaps),
        "voice_to_voice_ms": percentiles([gap for gap in gaps if gap >= -FRAME_MS]),
        "cut_offs": round(early / max(1, len(gaps)), 3),
        "compute_ms": percentiles(waited),
        "draft_ms": percentiles(drafts),
        "draft_compute_ms": percentiles(computed),
    }


def held_out(of_each: int) -> list[Take]:
    """At most so many recordings of each development split; none where the data is not there."""
    found: list[Take] = []
    for one in JUDGED_ON:
        with suppress(OSError):
            found += [taken for _, taken in islice(one.recordings(), of_each)]
    return found


def heard_sets(few: Sequence[Take], ears: Ears, known: Kept) -> tuple[Sets, Sets]:
    """The pauses of whole sentences, and of recordings that were cut anywhere: the development splits, or
    where the data is not there `few` recordings.
    """
    smart = smart_turn()
    whole: dict[str, list[Heard]] = {}
    cut: dict[str, list[Heard]] = {}
    for one in JUDGED_ON:
        with suppress(OSError):
            (whole if one.whole else cut)[one.shard] = heard_pauses(one, ears, smart, known)
    if not whole:
        heard = [pause for taken in each("pauses", few, len(few)) for pause in listen(taken, "", ears, smart)]
        whole["recordings"] = heard
    return whole, cut


def turns(
    folder: Path = Path("tests/fixtures/recordings"),
    models: Path | None = None,
    parts: str = PARTS,
    of_each: int = 40,
    echo_minutes: float = 10.0,
    echo_db: float = -15.0,
    echo_barge_ins: int = 100,
    processes: int = 2,
    kept: Path | None = None,
) -> dict[str, object]:
    """The figures of turn-taking.

    `folder` holds recordings; where the training data is too (SPIKETALK_DATA), pauses and barge-ins are of
    the development splits instead (`of_each`: at most so many recordings of each for barge-ins). `parts`:
    some of live, pauses, barge-in, echo. `kept`: a file for what is done, which is not done again.
    """
    few = from_folder(folder)
    known, chosen = Kept(kept), set(parts.split(","))
    ears = SpikingEars.load(models)
    same = {"ears": fingerprint(ears), "folder": str(folder)}
    report: dict[str, object] = {}
    draft_ms = DRAFT_MS
    if "live" in chosen:
        stages = Stages(ears, SpikingMind.load(models), SpikingMouth.load(models))
        report["live"] = made = known.part("live", same, lambda: live(few, stages))
        report["compute_ms"] = made["compute_ms"]
        draft_ms = float(made["draft_ms"]["p95"] or DRAFT_MS)
    if "pauses" in chosen:
        whole, cut = heard_sets(few, ears, known)
        report |= decision(whole, cut, draft_ms) | {"draft_ms": draft_ms}
    voices = held_out(of_each) or few if chosen & {"barge-in", "echo"} else few
    same |= {"of_each": of_each, "voices": len(voices)}
    if "barge-in" in chosen:
        spoken = Spoken(tuple(voices[:: max(1, len(voices) // 30)]), None, models)
        plain = summed(in_parts("barge-ins", spoken, processes, known, same))
        report |= {"duck_ms": plain["duck_ms"], "silent_ms": plain["silent_ms"], "barge_ins": plain}
    if "echo" in chosen:
        same |= {"echo_db": echo_db}
        often = (voices * (1 + echo_barge_ins // len(voices)))[:echo_barge_ins]
        over = Spoken(tuple(often), echo_db, models)
        caught = summed(in_parts("barge-ins over our own echo", over, processes, known, same))
        minutes = [ECHO_PIECE_S / 60] * round(60 * echo_minutes / ECHO_PIECE_S)
        report["echo"] = {
            "minutes": echo_minutes,
            "echo_db": echo_db,
            "self_interruptions": own_echoes(minutes, echo_db, models, processes, known, same),
            "barge_ins_caught": caught["caught"],
            "barge_ins_tried": caught["tried"],
            "duck_ms": caught["duck_ms"],
        }
    return report
