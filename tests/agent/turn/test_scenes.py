"""Every scene comes out as its file says, with the turn controller alone."""

from __future__ import annotations

import tracemalloc

import pytest

from agent.clock import Samples
from tests.scene import SCENES, differences, read
from tests.stage import Stage

NAMES = sorted(path.stem for path in SCENES.glob("*.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_the_scene_comes_out_as_it_says(name: str) -> None:
    scene = read(name)
    assert scene.heard or scene.answers or scene.quiets or scene.counts, "a scene must expect something"
    assert not (wrong := differences(scene, Stage(scene).play())), "\n".join(wrong)


def test_memory_stays_flat_over_half_an_hour() -> None:
    """In bytes that Python holds, from after a warm-up of five minutes to the end."""
    scene = read("thirty_minutes")
    stage = Stage(scene)
    tracemalloc.start(1)
    try:
        stage.play_until(Samples(scene.until // 6))
        warm, _ = tracemalloc.get_traced_memory()
        stage.play_until(scene.until)
        end, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert end - warm < 1_000_000


def test_a_scene_played_twice_is_the_same() -> None:
    first, second = (Stage(read("barge_in")) for _ in range(2))
    assert first.play() == second.play()
