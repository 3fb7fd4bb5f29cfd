"""Forced alignments say exactly the phones they are given, along the likeliest path."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from models.asr.alignment import forced
from models.asr.batches import UNKNOWN, stretched
from models.asr.lexicon import BLANK, collapse


@settings(deadline=None)  # the first example compiles
@given(some.lists(some.integers(1, 3), min_size=1, max_size=6), some.integers(0, 8), some.integers(0, 999))
def test_a_path_says_the_phones(phones: list[int], spare: int, seed: int) -> None:
    steps = 2 * len(phones) + spare
    logs = np.log(np.random.default_rng(seed).dirichlet(np.ones(4), steps))

    path = forced(logs, np.array(phones))

    assert collapse(path.tolist()) == phones


@settings(deadline=None)  # the first example compiles
@given(some.lists(some.integers(1, 2), min_size=1, max_size=3), some.integers(0, 999))
def test_no_other_path_is_likelier(phones: list[int], seed: int) -> None:
    steps = 6
    logs = np.log(np.random.default_rng(seed).dirichlet(np.ones(3), steps))
    saying = [one for one in itertools.product(range(3), repeat=steps) if collapse(list(one)) == phones]

    path = forced(logs, np.array(phones))

    likeliest = max(sum(logs[t, label] for t, label in enumerate(one)) for one in saying)
    assert np.isclose(logs[np.arange(steps), path].sum(), likeliest)


def test_too_few_steps_have_no_path() -> None:
    repeated = np.array([1, 1])  # needs a blank in between

    assert forced(np.zeros((2, 3)), repeated).tolist() == [UNKNOWN, UNKNOWN]


def test_where_nothing_is_said_all_is_blank() -> None:
    assert forced(np.zeros((5, 3)), np.array([], np.int64)).tolist() == [BLANK] * 5


def test_labels_are_stretched_with_the_sound() -> None:
    labels = np.array([BLANK, 5, 5, 7], np.int8)

    assert stretched(labels, 16, 32).tolist() == [0, 0, 5, 5, 5, 5, 7, 7]
    assert stretched(labels, 16, 8).tolist() == [0, 5]
