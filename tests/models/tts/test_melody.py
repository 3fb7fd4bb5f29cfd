"""Melody: points and contours, what a phone is told, and what is learnt of a recording."""

import numpy as np

from models.tts.context import PHONE_PORTS, phone_tokens
from models.tts.melody import MELODY_PORTS, contour, melody_tokens, mixing, samples_of
from models.tts.phonemes import phones
from models.tts.words import spoken

PORT = {name: k for k, name in enumerate(MELODY_PORTS)}


def told(text: str) -> tuple[list[str], np.ndarray]:
    """Symbols and melody tokens of a sentence, every phone 8 frames long."""
    sentence = spoken(text)
    line, words = phones(sentence), [s.word for s in sentence]
    tokens = phone_tokens(line, words, sentence[-1].mark or ".")
    return [p.symbol for p in line], melody_tokens(line, words, tokens, [8] * len(line))


def test_tokens_fit_their_ports() -> None:
    for text in ("Why?", "I never said that, and you know it.", "Supercalifragilistic words " * 12):
        _, tokens = told(text)
        assert tokens.shape[1] == len(MELODY_PORTS)
        assert (tokens >= 0).all() and (tokens < np.array(list(MELODY_PORTS.values()))).all()
        assert tokens.shape[1] > len(PHONE_PORTS)


def test_accents_are_counted_on_both_sides() -> None:
    symbols, tokens = told("The dog saw a cat.")
    vowel = symbols.index("AO1", symbols.index("S"))  # of "saw"
    assert tokens[vowel, PORT["accents_before"]] == 1
    assert tokens[vowel, PORT["accents_after"]] == 1
    assert tokens[vowel, PORT["since_accent"]] == 0
    last = symbols.index("AE1")
    assert tokens[last, PORT["nucleus"]] == 4  # the nucleus itself
    assert tokens[last, PORT["accents_after"]] == 0


def test_a_comma_begins_a_new_clause() -> None:
    symbols, tokens = told("Cats sleep, dogs bark.")
    first, last = symbols.index("K"), len(symbols) - 2
    assert tokens[first, PORT["place_in_clause"]] == tokens[symbols.index("D"), PORT["place_in_clause"]] == 0
    assert tokens[last, PORT["place_in_clause"]] == tokens[last, PORT["place_in_sentence"]] == 15


def test_contour_goes_through_its_points() -> None:
    points = np.array([[0.0, 1.0, 2.0], [4.0, 3.0, 3.0]], np.float32)
    found = contour(points, [10, 20])
    assert len(found) == 30
    middle_of_first = 0.5 * (found[4] + found[5])
    assert np.isclose(middle_of_first, 1.0, atol=0.11)
    assert np.isclose(0.5 * (found[9] + found[10]), 3.0, atol=0.2)  # the mean of 2 and 4
    assert np.abs(np.diff(found)).max() < 0.5
    assert len(contour(np.zeros((0, 3), np.float32), [])) == 0


def test_sixths_of_a_straight_line_are_its_mixing() -> None:
    points = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]], np.float32)
    lengths = np.array([12, 6])
    value, weight = samples_of(contour(points, lengths), np.ones(18, bool), lengths)
    assert weight.sum() == 18
    assert np.allclose(value, points @ mixing(), atol=0.17)


def test_unvoiced_frames_count_for_nothing() -> None:
    voiced = np.zeros(10, bool)
    voiced[:5] = True
    value, weight = samples_of(np.full(10, 5.0, np.float32), voiced, np.array([10, 0]))
    assert weight.sum() == 5
    assert np.all(value[weight > 0] == 5.0) and np.all(value[weight == 0] == 0.0)
