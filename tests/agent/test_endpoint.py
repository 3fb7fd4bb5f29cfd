from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import FRAME_MS
from agent.endpoint import Decision, Open, Settings, State, Waiting, decide

RULE = Settings(onset_frames=3, onset_window=5, patience_ms=100, longest_turn_s=2.0)


def decisions(pattern: str, rule: Settings = RULE) -> list[tuple[int, Decision]]:
    """Which frame decided what, for '#' voiced and '.' quiet frames."""
    state: State = Waiting()
    made = []
    for index, sign in enumerate(pattern):
        state, decision = decide(state, sign == "#", rule)
        if decision is not None:
            made.append((index, decision))
    return made


def test_a_turn_opens_at_the_third_voiced_frame_and_closes_after_the_patience() -> None:
    assert decisions("...#####.........") == [(5, Decision.STARTED), (12, Decision.ENDED)]


def test_a_click_opens_nothing() -> None:
    assert decisions("..##......#....##.....") == []


def test_a_pause_shorter_than_the_patience_does_not_close() -> None:
    assert decisions("###....###....###") == [(2, Decision.STARTED)]


def test_a_turn_without_a_pause_closes_when_it_is_too_long() -> None:
    frames = round(2000 / FRAME_MS)
    assert decisions("#" * (3 + frames)) == [(2, Decision.STARTED), (2 + frames, Decision.ENDED)]


@given(st.text("#.", max_size=400))
def test_starts_and_ends_alternate_and_no_turn_is_too_long(pattern: str) -> None:
    made = decisions(pattern)
    assert [d for _, d in made] == ([Decision.STARTED, Decision.ENDED] * len(made))[: len(made)]
    for (start, first), (end, _) in pairwise(made):
        if first is Decision.STARTED:
            assert (end - start) * FRAME_MS <= 2000


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 40))
def test_silence_as_long_as_the_patience_always_closes(voiced: list[bool], patience_frames: int) -> None:
    rule = replace(RULE, patience_ms=patience_frames * FRAME_MS, longest_turn_s=1000)
    state: State = Waiting()
    for frame in [*voiced, *[False] * max(patience_frames, rule.onset_window)]:
        state, _ = decide(state, frame, rule)
    assert not isinstance(state, Open)


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match=r"onset_frames must lie in 1…5"):
        Settings(onset_frames=6)
    with pytest.raises(ValueError, match="must be positive"):
        Settings(patience_ms=0)
