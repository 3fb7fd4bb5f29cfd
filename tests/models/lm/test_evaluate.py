"""What the figures are made of: characters of tokens, talks held out, lists of openers, misheard words."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.lm import evaluate
from models.lm.data import HELD_TALKS, held_mix, read_written, written_talks
from models.lm.memory import Memory
from models.lm.mind import SHIPPED, Choice, Mind
from models.lm.spoken import pip_form, user_form
from models.lm.tokens import Tokens


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens.load(SHIPPED / "mind_tokens.json")


def test_characters_are_those_of_the_text_and_one_for_each_turn(tokens: Tokens) -> None:
    talk = [
        ("user", "What's the time?"),
        ("pip", "It's {time}, I think."),
        ("user", "..."),
        ("pip", "Well —"),
    ]
    text = [user_form(talk[0][1]), pip_form(talk[1][1]), "", "well"]
    assert tokens.characters(tokens.talk(talk)) == sum(map(len, text)) + 4


def test_the_last_talks_of_the_mix_are_held_out(tokens: Tokens, tmp_path: Path) -> None:
    talks = [tokens.talk([("user", f"hello {'again ' * (i % 5)}")]) for i in range(HELD_TALKS + 9)]
    np.save(tmp_path / "mix.npy", np.concatenate([np.array(t, np.uint16) for t in talks]))
    np.save(tmp_path / "mix.starts.npy", np.cumsum([0, *map(len, talks)]))
    assert held_mix(tmp_path, tokens, 7) == []
    tokens.save(tmp_path / "tokens.json")
    assert held_mix(tmp_path, tokens, 7) == talks[-7:]
    assert held_mix(tmp_path, tokens, 10**6) == talks[-HELD_TALKS:]
    other = Tokens((*tokens.words[:-1], "zzz"), tokens.ranks)
    assert held_mix(tmp_path, other, 7) == []
    torch = pytest.importorskip("torch")
    from models.lm.train import Streams

    for name in ("pip", "held"):
        np.save(tmp_path / f"{name}.npy", np.load(tmp_path / "mix.npy"))
        np.save(tmp_path / f"{name}.starts.npy", np.load(tmp_path / "mix.starts.npy"))
    streams = Streams.load(tmp_path)
    assert len(streams.mix) == sum(map(len, talks[:9])) == streams.mix_starts[-1]
    assert torch is not None


def test_the_gap_to_the_dense_twin_is_in_per_cent(tmp_path: Path) -> None:
    (tmp_path / evaluate.DENSE).write_text(json.dumps({"bits_per_character": 1.6}))
    assert evaluate.dense_gap(1.68, tmp_path) == {"dense_gap": pytest.approx(5.0)}


def test_every_list_has_verdicts_of_its_own_openers_and_no_opener_twice() -> None:
    seen: set[str] = set()
    for path in sorted(evaluate.OPENERS.glob("*.verdicts.tsv")):
        name = path.name.removesuffix(".verdicts.tsv")
        lines = evaluate.openers(name)
        assert len(lines) == len(set(lines)) == 100
        assert {opener for opener, _ in evaluate.verdicts(name)} <= set(lines)
        if "_" not in name:
            seen |= set(lines)
    assert len(seen) >= 297


def test_the_list_that_is_reported_is_in_no_written_talk() -> None:
    said = {user_form(text) for talk in written_talks() for who, text in talk if who == "user"}
    assert not [line for line in evaluate.openers(evaluate.JUDGED) if line in said]


def test_about_the_share_asked_for_is_misheard() -> None:
    mind = Mind(Memory.load(SHIPPED / "memory.npz"), None, Choice())
    lines = evaluate.openers(evaluate.JUDGED)
    assert evaluate.misheard(mind, lines, 0.0) == lines
    some = evaluate.misheard(mind, lines, 0.25)
    assert some == evaluate.misheard(mind, lines, 0.25)
    words = sum(len(line.split()) for line in lines)
    kept = sum(len(set(a.split()) & set(b.split())) for a, b in zip(lines, some, strict=True))
    assert 0.65 < kept / words < 0.85


def test_written_talks_are_in_the_form() -> None:
    folder = Path(evaluate.__file__).parent / "talks"
    talks = [talk for path in folder.glob("*.txt") for talk in read_written(path)]
    assert len(talks) > 2000
    for talk in talks:
        for who, text in talk:
            if who == "pip":
                assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz '.,?!{}—-"), (
                    text
                )
                assert 1 <= len(text.split()) <= 45, text
            else:
                assert text == "..." or text == user_form(text) or "—" in text, text
