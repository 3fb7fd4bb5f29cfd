import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.asr.decode import Decoder, Settings, Vocabulary, greedy, log_softmax
from models.asr.kneser import estimate, mix
from models.asr.lexicon import build_tree
from models.asr.ngram import SPECIAL, Words, quantise

PRONUNCIATIONS: dict[str, list[tuple[int, ...]]] = {
    "ab": [(1, 2)],
    "a": [(1,)],
    "ba": [(2, 1), (2, 3)],
    "bab": [(2, 1, 2)],
    "cc": [(3, 3)],
}


def tiny(seed: int, sentences: int = 60) -> Words:
    names = (*SPECIAL, *PRONUNCIATIONS)
    random = np.random.default_rng(seed)
    texts = [random.integers(3, len(names), random.integers(1, 5)).tolist() for _ in range(sentences)]
    model = mix([estimate(texts, len(names))], np.ones(1), 10_000, 10_000)
    pairs = [(n, said) for n, name in enumerate(names[3:], 3) for said in PRONUNCIATIONS[name]]
    return Words(names, build_tree(pairs), quantise(model), {})


def ctc(log_p: np.ndarray, phones: list[int]) -> float:
    """ln p of a phone sequence, summed over its alignments, the textbook way."""
    labels = [0, *itertools.chain.from_iterable((phone, 0) for phone in phones)]
    alpha = np.full(len(labels), -np.inf)
    alpha[0] = 0.0
    alpha[0], start = log_p[0, 0], alpha
    if len(labels) > 1:
        alpha[1] = log_p[0, labels[1]]
    for frame in log_p[1:]:
        previous = alpha.copy()
        for place, label in enumerate(labels):
            ways = [previous[place]]
            if place > 0:
                ways.append(previous[place - 1])
            if place > 1 and label != 0 and label != labels[place - 2]:
                ways.append(previous[place - 2])
            alpha[place] = np.logaddexp.reduce(ways) + frame[label]
    assert start is alpha
    return float(np.logaddexp.reduce(alpha[-2:]))


def noisy(seed: int, steps: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    logits = np.full((steps, 40), -30.0)
    logits[:, :4] = random.standard_normal((steps, 4)) * 2
    return log_softmax(logits)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 7))
def test_finds_what_trying_everything_finds(seed: int, steps: int) -> None:
    words = tiny(seed)
    log_p = noisy(seed, steps)
    weight, penalty = 0.8, -0.3
    decoder = Decoder(
        Vocabulary(words), Settings(language_weight=weight, word_penalty=penalty, beam=60, most=4000)
    )
    for frame in log_p:
        decoder.step(frame)
    said = {n: PRONUNCIATIONS[name] for n, name in enumerate(words.names[3:], 3)}
    scores = {}
    for length in range(5):
        for sentence in itertools.product(said, repeat=length):
            ways = [
                ctc(log_p, list(itertools.chain.from_iterable(way)))
                for way in itertools.product(*(said[word] for word in sentence))
            ]
            language = weight * words.ngram.sentence_log_p(sentence) + penalty * length
            scores[" ".join(words.names[word] for word in sentence)] = max(ways) + language
    right, best = max(scores.items(), key=lambda item: item[1])
    found = decoder.best(1)[0]
    # Where two histories meet, the search keeps the better one's alignments only: it may lose a little mass.
    assert scores[found.text] >= best - 0.5
    assert found.score == pytest.approx(scores[found.text], abs=0.7)
    assert found.text == right or best - scores[found.text] < 0.5


def test_reads_clear_phones_with_times() -> None:
    words = tiny(1)
    labels = [0, 0, 1, 1, 0, 2, 0, 0, 3, 0, 3, 3, 0]
    log_p = np.full((len(labels), 40), -12.0)
    log_p[np.arange(len(labels)), labels] = -0.01
    decoder = Decoder(Vocabulary(words), Settings(language_weight=0.3))
    for frame in log_p:
        decoder.step(frame)
    best = decoder.best(3)
    assert best[0].text == "ab cc"
    assert [(word.since, word.until) for word in best[0].words] == [(2, 5), (8, 10)]
    assert best[0].score > best[1].score > best[2].score
    assert len({hypothesis.text for hypothesis in best}) == 3
    assert greedy(log_p) == [1, 2, 3, 3]


def test_settled_words_never_change_and_memory_stays_bounded() -> None:
    words = tiny(2)
    decoder = Decoder(Vocabulary(words), Settings(most=300, commit_steps=30))
    settled: tuple[str, ...] = ()
    for step, frame in enumerate(noisy(3, 3000)):
        decoder.step(frame)
        if step % 7 == 0:
            sure, _ = decoder.partial()
            now = tuple(word.text for word in sure)
            assert now[: len(settled)] == settled
            settled = now
    assert len(settled) > 100
    whole = decoder.best(1)[0].words
    assert tuple(word.text for word in whole)[: len(settled)] == settled
    assert all(word.since <= word.until for word in whole)


def test_expected_words_win_where_it_is_close() -> None:
    words = tiny(4)
    log_p = np.full((4, 40), -15.0)
    log_p[:, 0] = -1.2
    log_p[1, [1, 2]] = [-0.7, -0.8]
    log_p[2, [1, 2]] = [-0.8, -0.7]
    texts = set()
    for bonus in ({"a": 8.0}, {"bab": 8.0, "ba": 8.0}):
        decoder = Decoder(Vocabulary(words, bonus), Settings(beam=30))
        for frame in log_p:
            decoder.step(frame)
        texts.add(decoder.best(1)[0].text)
    assert len(texts) == 2


def test_nothing_heard_is_no_words() -> None:
    decoder = Decoder(Vocabulary(tiny(5)))
    assert decoder.best(1)[0].words == ()
    assert decoder.partial() == ((), ())
    assert greedy(np.zeros((0, 40), np.float32)) == []
