"""Scenes through the whole pipeline: real sound, real voice detection, real tasks and threads; audio time."""

from __future__ import annotations

import pytest

from tests.room import play
from tests.scene import differences, read
from tests.virtual_loop import run

SCENES = [
    "clean_turn", "hesitation", "barge_in", "cough", "cough_alone", "uh_huh", "stop", "uninterruptible",
    "silence", "long_turn", "push_to_talk", "typed", "background_later", "both_at_once",
]  # fmt: skip


@pytest.mark.parametrize("name", SCENES)
def test_the_scene_comes_out_as_it_says(name: str) -> None:
    scene = read(name)
    outcome, _, _ = run(play(scene))
    assert not (wrong := differences(scene, outcome)), "\n".join(wrong)
