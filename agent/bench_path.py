"""What a spoken turn passes outside the networks: features, and giving way when somebody speaks over us.

The same whatever the networks run on, so `spiketalk bench` measures it once. Giving way is counted in the
time of the sound, at the sample that leaves us; sound devices are not opened, their share is in the budgets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.bench_barge_in import barge_ins
from agent.bench_room import Said, Stages, Talker
from agent.budgets import BUDGETS
from agent.networks import SpikingEars, SpikingMouth
from agent.pauses import Take
from agent.trace import wall_ms
from models.asr.features import SAMPLE_RATE, MelStream

Floats = NDArray[np.float32]
STEP_S = 0.04
"""Sound that the ears take at a time."""


def path(recordings: Sequence[Take], models: Path | None = None) -> dict[str, dict[str, float]]:
    """Work → p50, p95, budget and how often it was measured; each recording is spoken over our own voice."""
    found = {"front end": front_end(np.concatenate([taken.sound for taken in recordings]))}
    stages = Stages(SpikingEars.load(models), Talker(1), Said(SpikingMouth.load(models)))
    gave_way = barge_ins(recordings, stages, None)
    for work, key in (("barge-in, duck", "duck_ms"), ("barge-in, silent", "silent_ms")):
        times = gave_way[key]
        if isinstance(times, Mapping) and times["p95"] is not None:
            found[work] = {**times, "budget": BUDGETS[work].limit_ms, "times": len(recordings)}
    return found


def front_end(sound: Floats) -> dict[str, float]:
    """Milliseconds for the features of each 40 ms of sound, at 16 kHz."""
    stream, size, took = MelStream(), round(STEP_S * SAMPLE_RATE), []
    stream.feed(sound[:size])
    for start in range(size, len(sound) - size, size):
        begun = wall_ms()
        stream.feed(sound[start : start + size])
        took.append(wall_ms() - begun)
    p50, p95 = (float(value) for value in np.percentile(took, (50, 95)))
    return {"p50": p50, "p95": p95, "budget": BUDGETS["front end"].limit_ms, "times": len(took)}
