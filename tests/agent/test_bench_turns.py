"""Holding still, falling silent, knowing its own voice: real recordings in place of the networks' speech."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import numpy as np
import soxr

from agent.bench_barge_in import barge_ins, own_echo, percentiles
from agent.bench_pauses import Judged, curves, from_folder, point
from agent.bench_room import Stages, Talker
from agent.clock import HEARING_HZ, SPEAKING_HZ, samples
from agent.finished import Evidence
from agent.fit_finished import Deaf
from agent.pauses import Pause, Take
from tests.recordings import RECORDINGS
from tests.room import PIECE, Said


class Voices:
    """A mouth that plays recordings, one after the other, whatever it is to say; a "word" each second."""

    def __init__(self, takes: list[Take]) -> None:
        sound = np.concatenate([taken.speech for taken in takes])
        self._sound = 0.7 * soxr.resample(sound, HEARING_HZ, SPEAKING_HZ).astype(np.float32)

    def speak(self, text: str) -> Iterator[Said]:
        at = 0
        for _ in range(text.count(".")):
            for start in range(0, len(self._sound) - PIECE, PIECE):
                word = at // SPEAKING_HZ
                yield Said(self._sound[start : start + PIECE], at, word, word * SPEAKING_HZ, f"word{word}")
                at += PIECE


@cache
def takes() -> list[Take]:
    return from_folder(RECORDINGS)


def stages() -> Stages:
    return Stages(Deaf(), Talker(1), Voices(takes()[5:]))


def test_an_interruption_is_ducked_within_100_ms_and_silenced_within_60() -> None:
    found = barge_ins(takes(), stages(), None)
    assert found["caught"] == found["tried"] == 10
    duck, silent = found["duck_ms"], found["silent_ms"]
    assert isinstance(duck, dict) and isinstance(silent, dict)
    assert duck["p95"] <= 100, duck
    assert silent["p95"] <= 60, silent


def test_its_own_voice_does_not_interrupt_it_for_a_minute() -> None:
    assert own_echo(1.0, stages(), -15.0) == 0


def test_most_interruptions_over_its_own_echo_are_caught() -> None:
    found = barge_ins(takes(), stages(), -15.0)
    caught = found["caught"]
    assert isinstance(caught, int) and caught >= 8, found


def judged_pause(length_ms: float, p: float) -> Judged:
    pause = Pause(samples(1_000), samples(1_100), length_ms, Evidence())
    return Judged(pause, 1_000.0, p, p)


def test_a_rule_is_early_where_the_speaker_goes_on_later_and_late_by_its_wait() -> None:
    found = [judged_pause(300.0, 0.1), judged_pause(900.0, 0.1), judged_pause(math.inf, 0.9)]
    made = point(found, lambda one: 500.0, draft_ms=100.0)
    assert made == {"cut_offs": 0.5, "p50": 520.0, "p95": 520.0}
    quick = point(found, lambda one: 0.0, draft_ms=100.0)
    assert quick == {"cut_offs": 1.0, "p50": 220.0, "p95": 220.0}, "no answer before it was computed"


def test_along_each_curve_sooner_is_earlier() -> None:
    rng = np.random.default_rng(2)
    found = [judged_pause(float(rng.lognormal(6.1, 0.6)), float(rng.uniform(0, 0.6))) for _ in range(60)]
    found += [judged_pause(math.inf, float(rng.uniform(0.4, 1))) for _ in range(60)]
    for name, points in curves(found, 100.0).items():
        ordered = sorted(points, key=lambda one: float(str(one["p50"])))
        cut = [float(str(one["cut_offs"])) for one in ordered]
        assert cut[0] >= cut[-1], name


def test_percentiles_of_nothing_are_nothing() -> None:
    assert percentiles([]) == {"p50": None, "p95": None}
