"""Somebody speaks over our voice, or nobody does and only its echo comes back: are we held, and how soon?

In audio time. With echo and without, one recording or one minute is one talk of its own, so that they can be
shared out among processes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from agent.bench_room import Place, Said, Stages, Talker, hold, silence
from agent.clock import FRAME, FRAME_MS, HEARING_HZ
from agent.echo import Canceller, NoEcho
from agent.networks import SpikingEars, SpikingMouth
from agent.pauses import Take
from agent.progress import Kept, each
from agent.turn.effects import Cut, Duck

T = TypeVar("T")

BARGE_IN_S = 6.0
TOGETHER = 5
"""so many recordings are handed to a process at a time"""


@dataclass(frozen=True, slots=True)
class BargeIn:
    """How soon our voice was held, and how soon after the decision it was silent; None where it was not."""

    duck_ms: float | None
    silent_ms: float | None


def barge_in(taken: Take, stages: Stages, echo_db: float | None) -> BargeIn:
    """What happens when a recording is spoken over our own voice, with its echo or without."""
    at = round(BARGE_IN_S * HEARING_HZ / FRAME)
    heard = np.concatenate((silence(BARGE_IN_S), taken.speech[: 3 * HEARING_HZ], silence(1)))
    place = Place(heard, echo_db)
    watched, _ = hold(place, stages, NoEcho() if echo_db is None else Canceller(), say=True)
    sounding = place.sounding()
    # what happens in the last frame is the end of the talk, which cuts what is still being said
    cut = [frame for frame in watched.frames(Cut) if at <= frame < len(sounding)]
    held = [frame for frame in watched.frames(Duck) if at <= frame < len(sounding)] + cut
    duck = silent = None
    if held:
        duck = FRAME_MS * float(min(held) + np.flatnonzero(~sounding[min(held) :])[0] - at)
    if cut:
        silent = FRAME_MS * float(np.flatnonzero(~sounding[min(cut) :])[0])
    return BargeIn(duck, silent)


def barge_ins(recordings: Sequence[Take], stages: Stages, echo_db: float | None) -> dict[str, object]:
    """How soon we are held, and then silent for good, when each recording is spoken over our own voice."""
    return summed([barge_in(taken, stages, echo_db) for taken in recordings])


def summed(made: Sequence[BargeIn]) -> dict[str, object]:
    """The figures of several barge-ins; one is caught that silenced us for good."""
    return {
        "duck_ms": percentiles([one.duck_ms for one in made if one.duck_ms is not None]),
        "silent_ms": percentiles([one.silent_ms for one in made if one.silent_ms is not None]),
        "caught": sum(one.silent_ms is not None for one in made),
        "tried": len(made),
    }


def own_echo(minutes: float, stages: Stages, echo_db: float) -> int:
    """How often we are held by our own echo in so many minutes of our own speech."""
    place = Place(silence(60 * minutes), echo_db)
    watched, _ = hold(place, stages, Canceller(), say=True)
    # what happens in the last frame is the end of the talk, which cuts what is still being said
    return sum(frame < len(place.said) for frame in watched.frames(Duck) + watched.frames(Cut))


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """The median and the 95th percentile; None of nothing."""
    if not values:
        return {"p50": None, "p95": None}
    return {name: round(float(np.percentile(values, q)), 1) for name, q in (("p50", 50), ("p95", 95))}


@dataclass(frozen=True, slots=True)
class Spoken:
    """Recordings to be spoken over our own voice, whose echo is so loud or (None) not there."""

    recordings: tuple[Take, ...]
    echo_db: float | None
    models: Path | None

    def tried(self) -> list[dict[str, Any]]:
        """What came of each."""
        stages = Stages(SpikingEars.load(self.models), Talker(3), Said(SpikingMouth.load(self.models)))
        return [asdict(barge_in(taken, stages, self.echo_db)) for taken in self.recordings]


def tried(spoken: Spoken) -> list[dict[str, Any]]:
    """`Spoken.tried`, for another process."""
    return spoken.tried()


def alone(minutes: float, echo_db: float, models: Path | None) -> int:
    """`own_echo` with the real networks, for another process."""
    talker = Talker(int(6 * minutes) + 1)
    return own_echo(minutes, Stages(SpikingEars.load(models), talker, SpikingMouth.load(models)), echo_db)


def in_parts(
    what: str, spoken: Spoken, processes: int, known: Kept, made_with: dict[str, Any]
) -> list[BargeIn]:
    """The barge-ins of all recordings, a few at a time, in so many processes; each few are kept."""
    starts = range(0, len(spoken.recordings), TOGETHER)
    parts = [replace(spoken, recordings=spoken.recordings[at : at + TOGETHER]) for at in starts]
    rows = shared(what, tried, parts, processes, known, made_with)
    return [BargeIn(**row) for few in rows for row in few]


def own_echoes(
    minutes: Sequence[float], echo_db: float, models: Path | None, processes: int, known: Kept,
    made_with: dict[str, Any],
) -> int:  # fmt: skip
    """How often we are held by our own echo in all these talks of ours together, in so many processes."""
    one = partial(alone, echo_db=echo_db, models=models)
    return sum(shared("minutes with our own echo", one, minutes, processes, known, made_with))


def shared(
    what: str,
    make: Callable[[T], Any],
    items: Sequence[T],
    processes: int,
    known: Kept,
    made_with: dict[str, Any],
) -> list[Any]:
    """What `make` gives for each item, shared out among processes, kept as it comes, and not made again."""
    names = [f"{what}, {number}" for number in range(len(items))]
    missing = [at for at, name in enumerate(names) if known.get(name, made_with) is None]
    if missing:
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            made = pool.map(make, [items[at] for at in missing])
            for at, found in zip(missing, each(what, made, len(missing)), strict=True):
                known.put(names[at], made_with, found)
    return [known.get(name, made_with) for name in names]
