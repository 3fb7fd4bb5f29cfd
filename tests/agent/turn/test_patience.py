"""Patience learns: a slow speaker is waited for, a quick one answered sooner, and no one pause decides."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.clock import Samples, samples
from agent.turn.patience import Patience


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 200_000), max_size=30), st.floats(0, 1), st.floats(0, 1))
def test_the_surer_the_end_the_shorter_the_wait_within_the_limits(
    pauses: list[int], p: float, q: float
) -> None:
    patience = Patience()
    for pause in pauses:
        patience = patience.after(Samples(pause))
    low, high = sorted((p, q))
    assert patience.wait(high) <= patience.wait(low)
    assert samples(patience.shortest_ms) <= patience.wait(p) <= samples(patience.longest_ms)


def test_a_slow_speaker_is_waited_for_and_a_quick_one_is_not() -> None:
    slow = quick = Patience()
    for _ in range(15):
        slow, quick = slow.after(samples(1100)), quick.after(samples(200))
    assert quick.wait(0.5) < Patience().wait(0.5) < slow.wait(0.5)


def test_one_odd_pause_moves_little() -> None:
    assert Patience().after(samples(4000)).wait(0.5) < 1.5 * Patience().wait(0.5)


def test_the_risk_is_the_share_of_early_answers_of_a_speaker_whose_pauses_are_log_normal() -> None:
    """The promise of the module, simulated: pauses of one speaker, half of them at the end of a turn."""
    rng = random.Random(3)
    patience = Patience(risk=0.05, longest_ms=10_000)
    for _ in range(200):
        patience = patience.after(samples(rng.lognormvariate(6.4, 0.5)))
    wait = patience.wait(0.5)
    inside = [samples(rng.lognormvariate(6.4, 0.5)) for _ in range(4_000)]
    early = sum(pause > wait for pause in inside)
    # of the answers given after `wait`, one for each true end and one for each longer pause, `risk` are early
    assert 0.02 < early / (early + len(inside)) < 0.10
