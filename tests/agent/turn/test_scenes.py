"""Every scene comes out as its file says, with the turn controller alone."""

from __future__ import annotations

import gc
import time

import psutil  # type: ignore[import-untyped]
import pytest

from agent.clock import Samples, samples
from tests.scene import SCENES, differences, read
from tests.stage import Stage

LONGEST = "thirty_minutes"
NAMES = sorted(path.stem for path in SCENES.glob("*.txt") if path.stem != LONGEST)


@pytest.mark.parametrize("name", NAMES)
def test_the_scene_comes_out_as_it_says(name: str) -> None:
    scene = read(name)
    assert scene.heard or scene.answers or scene.quiets or scene.counts, "a scene must expect something"
    assert not (wrong := differences(scene, Stage(scene).play())), "\n".join(wrong)


def resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def test_half_an_hour_comes_out_as_it_says_and_memory_stays_flat() -> None:
    scene = read(LONGEST)
    stage = Stage(scene)
    stage.play_until(Samples(scene.until // 6))
    warm = resident()
    outcome = stage.play()
    assert resident() - warm < 5_000_000
    assert not (wrong := differences(scene, outcome)), "\n".join(wrong)


def test_thirty_seconds_of_dialogue_take_less_than_two() -> None:
    """In processor time, which a busy machine does not stretch much."""
    scene = read("long_turn")
    begun = time.process_time()
    Stage(scene).play()
    assert scene.until >= samples(27_000)
    assert time.process_time() - begun < 2


def test_a_scene_played_twice_is_the_same() -> None:
    first, second = (Stage(read("barge_in")) for _ in range(2))
    assert first.play() == second.play()
