"""The aligner's path through a chain of states, and segments without accidental silences."""

import numpy as np

from models.tts.align import STATES, UNIT_ID, UNITS, Mixtures, Segment, chain, estimate, path_of, segments
from models.tts.dataset import line_of, whole
from models.tts.phonemes import REST, phones
from models.tts.words import spoken


def drawn(units: list[tuple[str, int]], rng: np.random.Generator) -> np.ndarray:
    """Observations of units that last so many frames each, every state with a mean of its own."""
    rows = []
    for unit, frames in units:
        for k in range(frames):
            state = STATES * UNIT_ID[unit] + min(STATES * k // frames, STATES - 1)
            rows.append(np.sin(np.arange(39) * (state + 1)) * 3.0 + rng.normal(0, 0.3, 39))
    return np.array(rows, np.float32)


def truth() -> Mixtures:
    states = STATES * len(UNITS)
    mean = np.array([np.sin(np.arange(39) * (s + 1)) * 3.0 for s in range(states)])[:, None]
    return Mixtures(np.ones((states, 1)), mean, np.full((states, 1, 39), 0.09))


def test_the_path_finds_bounds_and_the_silence_between_words() -> None:
    line = phones(spoken("No way."))
    units = [("sil", 20), ("N", 12), ("OW", 30), ("sil", 25), ("W", 10), ("EY", 40), ("sil", 15)]
    x = drawn(units, np.random.default_rng(1))
    path, score = path_of(truth(), chain(line), x)
    found = segments(chain(line), path)
    assert [(p.symbol, p.end - p.start) for p in found] == [
        ("_", 20), ("N", 12), ("OW1", 30), ("_", 25), ("W", 10), ("EY1", 40), ("_", 15)
    ]  # fmt: skip
    assert [p.word for p in found] == [-1, 0, 0, -1, 1, 1, -1]
    assert np.isfinite(score)


def test_no_silence_where_there_is_none() -> None:
    line = phones(spoken("No way."))
    units = [("sil", 9), ("N", 12), ("OW", 30), ("W", 10), ("EY", 40), ("sil", 9)]
    x = drawn(units, np.random.default_rng(2))
    path, _ = path_of(truth(), chain(line), x)
    assert [p.symbol for p in segments(chain(line), path)] == ["_", "N", "OW1", "W", "EY1", "_"]


def test_mixtures_are_estimated_from_labels() -> None:
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(-2, 1, (300, 39)), rng.normal(3, 1, (300, 39))]).astype(np.float32)
    found = estimate(x, np.repeat([0, 1], 300), 1, np.full(39, 0.01))
    assert np.allclose(found.mean[0], -2, atol=0.3)
    assert np.allclose(found.mean[1], 3, atol=0.3)
    assert (found.scores(x)[:, :2].argmax(1) == np.repeat([0, 1], 300)).mean() > 0.99


def test_short_gaps_are_no_rests() -> None:
    parts = [
        Segment("_", -1, 0, 20), Segment("AE1", 0, 20, 40), Segment("_", -1, 40, 46), Segment("T", 1, 46, 60),
        Segment("_", -1, 60, 90), Segment("S", 2, 90, 99), Segment("_", -1, 99, 120),
    ]  # fmt: skip
    kept = whole(parts)
    assert [(p.symbol, p.start, p.end) for p in kept][1:3] == [("AE1", 20, 40), ("T", 40, 60)]
    assert [p.symbol for p in line_of(kept)].count(REST) == 1
