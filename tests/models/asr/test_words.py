"""The lexicon, the spelling rules, the spoken form, and the trigram model."""

import math
from pathlib import Path

import numpy as np
import pytest

from models.asr.errors import ErrorRate, edits
from models.asr.kneser import END, START, UNKNOWN, estimate, mix, mixture_weights, pair_probability
from models.asr.lexicon import PHONE_ID, PHONES, build_tree, collapse, phone_names
from models.asr.ngram import SPECIAL, Words, WordsError, closed, quantise
from models.asr.recogniser import SHIPPED
from models.asr.spelling import Spelling
from models.asr.spoken import spoken_words


def said(text: str) -> tuple[int, ...]:
    return tuple(PHONE_ID[phone] for phone in text.split())


def test_phones_are_numbered_alphabetically_from_one() -> None:
    assert len(PHONES) == 39
    assert list(PHONES) == sorted(PHONES)
    assert PHONE_ID["AA"] == 1
    assert PHONE_ID["ZH"] == 39
    assert collapse([0, 3, 3, 0, 3, 5, 5]) == [3, 3, 5]
    assert phone_names([1, 0, 39]) == ["AA", "ZH"]


def test_tree_holds_every_pronunciation_once() -> None:
    pairs = [(3, (1, 2)), (3, (1, 5)), (4, (1,)), (5, (7, 1, 2)), (6, (7, 1, 2)), (7, (1, 2, 9))]
    tree = build_tree(pairs)
    found = []
    for node in range(tree.nodes):
        phones, up = [], node
        while up:
            phones.append(int(tree.phone[up]))
            up = int(tree.parent[up])
        children = range(tree.first_child[node], tree.first_child[node + 1])
        assert all(tree.parent[child] == node for child in children)
        assert all(tree.low[node] <= tree.low[c] < tree.high[c] <= tree.high[node] for c in children)
        for end in tree.ends[tree.first_end[node] : tree.first_end[node + 1]]:
            assert tree.low[node] <= end < tree.high[node]
            found.append((int(tree.entry_word[end]), tuple(reversed(phones))))
    assert sorted(found) == sorted(pairs)


def test_a_word_without_phones_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one phone"):
        build_tree([(3, ())])


@pytest.mark.parametrize(
    ("word", "phones"),
    [("cats", "K AE T S"), ("cat's", "K AE T S"), ("dogs", "D AO G Z"), ("horses", "HH AO R S IH Z"),
     ("walked", "W AO K T"), ("walking", "W AO K IH NG"), ("catdog", ""), ("bat", "B AE T")],
)  # fmt: skip
def test_unknown_words_are_said_by_rule(word: str, phones: str) -> None:
    known = {
        "cat": [said("K AE T")], "dog": [said("D AO G")], "horse": [said("HH AO R S")],
        "walk": [said("W AO K")], "bad": [said("B AE D")], "tab": [said("T AE B")], "kit": [said("K IH T")],
    }  # fmt: skip
    spelling = Spelling.learn({**known, **{f"{w}{w}": [2 * known[w][0]] for w in known}})
    if phones:
        assert spelling.pronounce(word) == said(phones)
    else:
        assert spelling.pronounce(word)


def test_spoken_form() -> None:
    assert spoken_words("It's 5:30 -- Mr. O'Neil paid $20!") == [
        "it's", "five", "thirty", "mister", "o'neil", "paid", "twenty", "dollars",
    ]  # fmt: skip
    assert spoken_words("in 1984, the 21st of May") == [
        "in", "nineteen", "eighty", "four", "the", "twenty", "first", "of", "may",
    ]  # fmt: skip
    assert spoken_words("dont 'quote' do n't") == ["don't", "quote", "don't"]
    assert spoken_words(" … ") == []


def sentences(seed: int, words: int, count: int = 300) -> list[list[int]]:
    random = np.random.default_rng(seed)
    chance = random.dirichlet(np.full(words - 3, 0.3), words)
    texts = []
    for _ in range(count):
        word, text = int(random.integers(3, words)), []
        for _ in range(random.integers(1, 9)):
            text.append(word)
            word = 3 + int(random.choice(words - 3, p=chance[word]))
        texts.append(text)
    return texts


def test_probabilities_sum_to_one_after_every_history() -> None:
    words = 12
    model = mix([estimate(sentences(0, words), words)], np.ones(1), 10_000, 10_000)
    for history in [(START,), (5,), (START, 5), (5, 6), (11, 11), (3, 4)]:
        total = sum(math.exp(model.log_p(history, word)) for word in range(1, words))
        assert total == pytest.approx(1.0, abs=1e-6)
    pruned = mix([estimate(sentences(0, words), words)], np.ones(1), 60, 40)
    assert len(pruned.triples) <= 60
    for history in [(START,), (5,), (START, 5), (5, 6)]:
        assert sum(math.exp(pruned.log_p(history, word)) for word in range(1, words)) == pytest.approx(1)


def test_mixture_prefers_the_kind_that_was_held_out() -> None:
    models = [estimate(sentences(seed, 12), 12) for seed in (1, 2)]
    weights = mixture_weights(models, sentences(2, 12, 500)[300:])
    assert weights.sum() == pytest.approx(1)
    assert weights[1] > 0.8
    assert pair_probability(models[0], np.array([5 << 16 | 6], np.uint64))[0] > 0


def test_bytes_say_nearly_what_the_model_says(tmp_path: Path) -> None:
    words = 12
    model = mix([estimate(sentences(3, words), words)], np.ones(1), 10_000, 10_000)
    ngram = quantise(model)
    names = (*SPECIAL, *"abcdefghi")
    tree = build_tree([(n, (n,)) for n in range(3, words)])
    Words(names, tree, ngram, {"|a|": (1, 2)}).save(tmp_path / "words.safetensors")
    kept = Words.load(tmp_path / "words.safetensors")
    assert kept.names == names
    assert kept.rules == {"|a|": (1, 2)}
    for text in sentences(4, words, 50):
        state = START
        history: tuple[int, ...] = (START,)
        for word in (*text, END):
            log_p, state = kept.ngram.score(state, word)
            assert log_p == pytest.approx(model.log_p(history, word), abs=0.11)
            history = (*history, word)[-2:]
    assert kept.ngram.score(START, UNKNOWN)[0] < -1


def test_a_closed_list_is_fair() -> None:
    words = closed({"yes": [said("Y EH S")], "no": [said("N OW")]})
    assert words.ngram.score(START, 3)[0] == pytest.approx(math.log(0.5))
    assert words.ngram.score(3, 4)[0] == pytest.approx(math.log(0.5))


def test_damaged_words_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"RIFF" * 30)
    for name in ("a", "missing"):
        with pytest.raises(WordsError, match="install spiketalk again"):
            Words.load(tmp_path / name)


def test_shipped_words_are_small_and_know_everyday_talk() -> None:
    path = SHIPPED / "words.safetensors"
    assert path.stat().st_size <= 15e6
    words = Words.load(path)
    number = words.number()
    likely = [number[word] for word in "how are you today".split()]
    odd = [number[word] for word in "today are how you".split()]
    assert words.ngram.sentence_log_p(likely) > words.ngram.sentence_log_p(odd) + 5


def test_edits() -> None:
    assert edits("", "abc") == 3
    assert edits("abc", "") == 3
    assert edits("flaw", "lawn") == 2
    rate = ErrorRate()
    rate.add(["a", "b"], ["a", "c"])
    rate.add([], ["d", "e"])
    assert rate.rate == 0.75
