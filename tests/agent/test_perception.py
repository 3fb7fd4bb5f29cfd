"""Onsets and ends in time; a far voice and an echo told apart from the user."""

from __future__ import annotations

import numpy as np

from agent.clock import FRAME, Samples
from agent.perception import Perception
from agent.turn.events import SpeechStarted, SpeechStopped

Event = SpeechStarted | SpeechStopped


def heard(perception: Perception, plan: list[tuple[int, float, bool]], start: int = 0) -> list[Event]:
    """Events of frames: (how many, level, echo); a level of 0 is silence."""
    events, at = [], start
    for count, level, echo in plan:
        for _ in range(count):
            at += 1
            sound = np.full(FRAME, max(level, 1e-4), np.float32)
            event = perception.frame(Samples(at * FRAME), sound, level > 0, echo)
            if event:
                events.append(event)
    return events


def test_an_onset_takes_three_frames_and_an_end_five() -> None:
    started, stopped = heard(Perception(), [(20, 0, False), (30, 0.2, False), (20, 0, False)])
    assert isinstance(started, SpeechStarted)
    assert started.at == 23 * FRAME
    assert started.onset <= 20 * FRAME
    assert stopped == SpeechStopped(Samples(55 * FRAME), Samples(50 * FRAME))


def test_a_click_is_no_onset() -> None:
    assert heard(Perception(), [(20, 0, False), (2, 0.2, False), (20, 0, False)]) == []


def test_the_detectors_overhang_is_cut_off() -> None:
    perception = Perception()
    events = heard(perception, [(20, 0, False), (30, 0.2, False)])
    for number in range(51, 60):
        quiet = np.full(FRAME, 1e-4, np.float32)
        if event := perception.frame(Samples(number * FRAME), quiet, True, False):
            events.append(event)
    assert isinstance(events[-1], SpeechStopped)
    assert events[-1].last == 50 * FRAME


def test_a_voice_far_fainter_than_the_users_is_background() -> None:
    perception = Perception()
    perception.learn(-14.0)
    (started,) = heard(perception, [(20, 0, False), (30, 0.01, False)])
    assert isinstance(started, SpeechStarted)
    assert started.source == "background"


def test_the_user_over_our_echo_is_told_within_three_frames() -> None:
    perception = Perception()
    first, second = heard(perception, [(20, 0, False), (30, 0.05, True), (30, 0.2, False)])
    assert isinstance(first, SpeechStarted)
    assert isinstance(second, SpeechStarted)
    assert (first.source, second.source) == ("echo", "user")
    assert second.at <= 53 * FRAME
