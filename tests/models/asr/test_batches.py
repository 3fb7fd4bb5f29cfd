"""Batches: recordings cut at pauses lose no phone, and an update's batch depends on its number alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.asr.augment import Recipe, coloured, in_room
from models.asr.batches import BEFORE_PHONE, PAUSE_STEPS, Entry, Sampler, cuts, pieces, training_batch
from models.asr.features import BANDS
from models.asr.lexicon import BLANK, collapse
from models.asr.packed import Packed

FRAMES = 4


def recording(labels: np.ndarray, copies: int = 1) -> list[Entry]:
    """Entries whose sound is random and whose steps answer as told."""
    random = np.random.default_rng(0)
    phones = np.array(collapse(labels.tolist()), np.uint8)
    packed = Packed(
        random.integers(0, 255, (copies * len(labels) * FRAMES, BANDS)).astype(np.uint8),
        np.arange(copies + 1) * len(labels) * FRAMES,
        np.tile(phones, copies),
        np.arange(copies + 1) * len(phones),
        *(np.array(["x"] * copies) for _ in range(4)),
    )
    return [Entry(packed, i, labels.astype(np.int8)) for i in range(copies)]


def spoken(random: np.random.Generator, words: int) -> np.ndarray:
    """Steps of `words` words of three phones, with a pause of 0 to 12 steps behind each."""
    steps: list[int] = [BLANK, BLANK]
    for _ in range(words):
        for phone in random.integers(1, 40, 3).tolist():
            steps += [phone, phone, BLANK]
        steps += [BLANK] * int(random.integers(0, 13))
    return np.array(steps)


@given(st.integers(0, 1000), st.integers(2, 60))
def test_pieces_hold_every_step_and_every_phone_once(seed: int, words: int) -> None:
    random = np.random.default_rng(seed)
    (entry,) = recording(spoken(random, words))
    found = pieces(entry, random)
    spans = [piece.span for piece in found if piece.span]
    assert spans[0][0] == 0 and spans[-1][1] == entry.frames // FRAMES
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert np.concatenate([piece.phones() for piece in found]).tolist() == entry.phones().tolist()
    assert np.array_equal(np.concatenate([piece.log_mels() for piece in found]), entry.log_mels())


@given(st.integers(0, 1000))
def test_cuts_lie_in_pauses(seed: int) -> None:
    labels = spoken(np.random.default_rng(seed), 20)
    for cut in cuts(labels).tolist():
        assert (labels[cut - (PAUSE_STEPS - BEFORE_PHONE) : cut + BEFORE_PHONE] == BLANK).all()
        assert labels[cut + BEFORE_PHONE] != BLANK


def test_a_recording_that_was_not_aligned_stays_whole() -> None:
    (entry,) = recording(spoken(np.random.default_rng(1), 40))
    whole = Entry(entry.shard, 0)
    assert pieces(whole, np.random.default_rng(0)) == [whole]


def test_a_batch_is_the_same_whenever_it_is_asked_for() -> None:
    entries = recording(spoken(np.random.default_rng(2), 30), copies=6)
    first, second = Sampler(entries, 1500, seed=3), Sampler(entries, 1500, seed=3)
    late, _ = first.batch(9)
    for number in range(10):
        found, _ = second.batch(number)
    assert [e.span for e in found] == [e.span for e in late]
    assert sum(e.frames for e in found) <= 1500 or len(found) == 1


def test_labels_are_as_long_as_the_changed_sound() -> None:
    entries = recording(spoken(np.random.default_rng(4), 8), copies=2)
    zero, one = np.zeros(BANDS, np.float32), np.ones(BANDS, np.float32)
    batch = training_batch(entries, np.random.default_rng(5), zero, one, [], Recipe.harder(1.0))
    assert batch.labels is not None
    assert batch.labels.shape == (2, batch.mels.shape[1] // FRAMES)
    for row, steps in zip(batch.labels, batch.steps.tolist(), strict=True):
        assert (row[:steps] >= 0).all()


def test_a_room_adds_a_tail_behind_a_clap_and_nothing_before_it() -> None:
    mels = np.full((60, BANDS), -10.0, np.float32)
    mels[20] = 5.0
    heard = in_room(mels, decay_s=0.4, below=6.0)
    assert np.allclose(heard[:20], mels[:20], atol=0.3)
    assert (np.diff(heard[21:40, 0]) < 0).all() and heard[21, 0] > -5


def test_a_microphone_colours_smoothly() -> None:
    colour = coloured(BANDS, 0.4, np.random.default_rng(6))
    assert np.abs(np.diff(colour)).max() < 0.25 * np.ptp(colour)


@given(st.integers(0, 1000), st.integers(1, 4))
def test_a_late_answer_hears_more_and_says_the_same(seed: int, late: int) -> None:
    random = np.random.default_rng(seed)
    (entry,) = recording(spoken(random, 20))
    for piece in pieces(entry, random):
        sound = piece.log_mels(late)
        assert len(sound) == piece.frames + FRAMES * late
        assert np.array_equal(sound[: piece.frames], piece.log_mels())
    rest = sound[piece.frames :]  # behind the last piece there is nothing more to hear
    assert (rest == rest[0]).all()


def test_labels_come_late_with_the_answers() -> None:
    entries = recording(spoken(np.random.default_rng(6), 8))
    zero, one = np.zeros(BANDS, np.float32), np.ones(BANDS, np.float32)
    still = Recipe(speed=0, warp=0)
    batch = training_batch(entries, np.random.default_rng(5), zero, one, [], still, late=2)
    labels = entries[0].labels
    assert batch.labels is not None and labels is not None
    assert batch.labels[0].tolist() == [BLANK, BLANK, *labels.tolist()]


def test_a_sound_without_words_stays_in_the_passes() -> None:
    (entry,) = recording(np.zeros(40, np.int64))
    assert pieces(entry, np.random.default_rng(0)) == [entry]
