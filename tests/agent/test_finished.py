"""Ends told from pauses inside: by words, by melody, and by a head that was fitted to real pauses."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest

from agent.clock import FRAME, HEARING_HZ, Samples, milliseconds
from agent.finished import NAMES, Evidence, finished, judged, shipped
from agent.fit_finished import Deaf, fit, made, ranked
from agent.heard_pauses import Heard, of_record
from agent.pauses import Pause, pauses, take
from agent.prosody import Melody, Prosody
from tests.room import vowel


def spoken_melody(pitches_hz: list[float], levels: list[float]) -> Melody:
    """The melody of a buzz, 100 ms for each pitch and level."""
    prosody = Prosody()
    for pitch_hz, level in zip(pitches_hz, levels, strict=True):
        t = np.arange(5 * FRAME) / HEARING_HZ
        sound = (level * np.sign(np.sin(2 * np.pi * pitch_hz * t))).astype(np.float32)
        for frame in sound.reshape(5, FRAME):
            prosody.frame(frame, voiced=True)
    return prosody.melody()


def test_a_voice_that_falls_is_told_from_one_that_rises() -> None:
    steady = [140.0] * 10
    falls = spoken_melody([*steady, 120.0, 105.0, 95.0], [0.3] * 10 + [0.2, 0.1, 0.05])
    rises = spoken_melody([*steady, 150.0, 165.0, 180.0], [0.3] * 13)
    assert falls.pitch_end < 0 < rises.pitch_end
    assert falls.pitch_slope < 0 < rises.pitch_slope
    assert falls.level_end < rises.level_end
    assert falls.pitch_height < rises.pitch_height


def test_silence_has_no_melody() -> None:
    assert Prosody().melody() == Melody()


def test_a_gap_and_an_end_are_found_where_they_are() -> None:
    rate = HEARING_HZ
    gap = np.zeros(rate * 6 // 10, np.float32)
    sound = np.concatenate((0.3 * vowel(rate, rate, 120), gap, 0.3 * vowel(rate, rate, 120, 1)))
    inside, end = pauses(take(sound), Deaf())
    assert not inside.is_end and end.is_end
    assert inside.length_ms == pytest.approx(600, abs=60)
    assert milliseconds(inside.since) == pytest.approx(1000, abs=60)
    assert milliseconds(end.since) == pytest.approx(2600, abs=60)


def test_the_fit_finds_what_tells_ends() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal((400, 3))
    y = (x[:, 1] + 0.3 * rng.standard_normal(400) > 0).astype(np.float64)
    head = fit(x, y, np.ones(400))
    assert head.weights[1] > 5 * np.abs(head.weights[[0, 2]]).max()
    assert ranked(x @ head.weights, y) > 0.95


def test_shards_weigh_the_same_however_often_they_pause() -> None:
    """A set in which every pause is an end teaches nothing about how its voices fade."""
    rng = np.random.default_rng(5)

    def one(end: bool, slope: float) -> Heard:
        melody = Melody(level_slope=slope + 0.1 * rng.standard_normal(), pitch_end=-1.0 if end else 0.0)
        pause = Pause(FRAME, Samples(6 * FRAME), np.inf if end else 500.0, Evidence((), melody))
        return Heard(pause, f"speaker {rng.integers(8)}", 1_000.0)

    loud = [one(True, 1.0) for _ in range(90)] + [one(False, 1.0) for _ in range(10)]
    quiet = [one(True, -1.0) for _ in range(10)] + [one(False, -1.0) for _ in range(90)]
    weights = dict(zip(NAMES, np.array(made({"loud": loud, "quiet": quiet})["weights"]), strict=True))
    assert abs(weights["level_slope"]) < 0.2 * abs(weights["pitch_end"])


def test_a_head_on_disk_fits_this_program_and_without_one_words_decide() -> None:
    head, evidence = shipped(), Evidence(("what", "is", "a"))
    if (files("agent") / "finished.json").is_file():
        assert head is not None and head.weights.shape == (len(NAMES),), "fit it again: agent.fit_finished"
        assert judged(evidence) == head.probability(evidence)
    else:
        assert judged(evidence) == finished(evidence.words)


def test_words_alone_decide_where_nothing_else_is_known() -> None:
    assert finished("what is a river".split()) > 0.5 > finished("what is a".split())


def test_the_shipped_head_holds_whole_sentences_for_more_finished() -> None:
    slow = Melody(stretch=0.5, turn=0.7, level_slope=-2.4)
    whole = judged(Evidence(tuple("can you tell me the time".split()), slow, -1.0))
    broken = judged(Evidence(tuple("can you tell me the".split()), slow, -5.0))
    assert whole > broken + 0.05


def test_what_was_heard_of_a_pause_is_kept_whole() -> None:
    evidence = Evidence(("so", "far"), Melody(stretch=0.5, pitch_end=-0.2), -1.5)
    for length in (431.0, np.inf):
        heard = Heard(Pause(Samples(1_600), Samples(3_200), length, evidence), "somebody", 2_000.0, 0.25)
        assert of_record(json.loads(json.dumps(heard.as_record()))) == heard
