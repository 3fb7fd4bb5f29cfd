"""A small mind trained for a moment: exported, read, scored, and speaking."""

from pathlib import Path

import numpy as np
import pytest

from models.lm.generate import Sampling, generate, nucleus, reply
from models.lm.network import PROGRAM, VOCABULARY, Network
from models.lm.tokens import END, MARKS, PAD, PIP, Tokens, TokensError
from models.program.graph import ProgramError

torch = pytest.importorskip("torch")

WORDS = (*MARKS, "_", *"abcdefghijklmnopqrstuvwxyz'.,?!", "_h", "_he", "_hello")
TOKENS = Tokens(WORDS, {("_", "h"): 0, ("_h", "e"): 1})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from models.lm.net import MindNet
    from models.training.blocks import Shape

    torch.manual_seed(0)
    net = MindNet(len(TOKENS), 2, Shape(32, 64))
    talk = torch.tensor([TOKENS.talk([("user", "hello"), ("pip", "he he!")] * 4)])
    optimiser = torch.optim.Adam(net.parameters(), 0.01)
    losses = []
    for _ in range(30):
        logits = net(talk[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits[0], talk[0, 1:])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]
    home: Path = tmp_path_factory.mktemp("mind")
    net.eval().program().save(home / PROGRAM)
    TOKENS.save(home / VOCABULARY)
    return home


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    return Network.load(folder)


def test_reading_is_the_same_on_both_backends(folder: Path, network: Network) -> None:
    reference, ids = Network.load(folder, "reference"), TOKENS.talk([("user", "hello"), ("pip", "he!")])
    one, two = network.begin(), reference.begin()
    for token in ids:
        network.read(one, [token])
        reference.read(two, [token])
        np.testing.assert_array_equal(one.logits, two.logits)


def test_scores_are_probabilities_and_leave_the_reading_alone(network: Network) -> None:
    reading = network.begin()
    network.read(reading, TOKENS.turn("user", "hello"))
    before, logits = reading.state.snapshot(), reading.logits.copy()
    scores = [network.log_probabilities(reading, [token])[0] for token in range(len(TOKENS))]
    assert np.exp(scores).sum() == pytest.approx(1.0, abs=1e-4)
    assert (reading.state.snapshot() == before).all()
    assert (reading.logits == logits).all()


def test_what_was_learnt_is_likelier(network: Network) -> None:
    reading = network.begin()
    network.read(reading, TOKENS.turn("user", "hello"))
    learnt = network.log_probabilities(reading, TOKENS.turn("pip", "he he!")).mean()
    other = network.log_probabilities(reading, TOKENS.turn("pip", "zq xv?")).mean()
    assert learnt > other + 1


def test_generation_is_seeded_ends_and_says_no_marks(network: Network) -> None:
    reading = network.begin()
    network.read(reading, TOKENS.turn("user", "hello"))
    sampling = Sampling(temperature=1.5, top_p=1.0, longest=20)
    runs = [list(generate(network, reading.fork(), np.random.default_rng(s), sampling)) for s in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    for run in runs:
        assert 1 <= len(run) <= 20
        assert not set(run) & {PAD, PIP, END}
    assert reply(network, reading, np.random.default_rng(0))


def test_the_nucleus_holds_the_likeliest() -> None:
    logits, random = np.log(np.array([0.5, 0.3, 0.15, 0.05])), np.random.default_rng(0)
    sampling = Sampling(temperature=1.0, top_p=0.75, repetition=1.0)
    assert {nucleus(logits, sampling, [], random) for _ in range(200)} == {0, 1}
    shy = Sampling(temperature=1.0, top_p=0.4, repetition=10.0)
    assert {nucleus(logits, shy, [0], random) for _ in range(50)} == {1}


@pytest.mark.parametrize("wrong", [{"temperature": 0.0}, {"top_p": 0.0}, {"repetition": 0.5}, {"longest": 0}])
def test_refuses_impossible_sampling(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="sampling"):
        Sampling(**wrong)  # type: ignore[arg-type]


def test_refuses_a_vocabulary_of_another_size(folder: Path, tmp_path: Path) -> None:
    (tmp_path / PROGRAM).write_bytes((folder / PROGRAM).read_bytes())
    Tokens(WORDS[:-1], {}).save(tmp_path / VOCABULARY)
    with pytest.raises(TokensError, match="outputs"):
        Network.load(tmp_path)


def test_refuses_what_is_no_program(folder: Path, tmp_path: Path) -> None:
    (tmp_path / PROGRAM).write_bytes(b"rubbish")
    TOKENS.save(tmp_path / VOCABULARY)
    with pytest.raises(ProgramError):
        Network.load(tmp_path)


def test_the_state_does_not_grow(network: Network) -> None:
    reading = network.begin()
    size = reading.state.memory.nbytes
    network.read(reading, [7 % len(TOKENS)] * 300)
    assert reading.state.memory.nbytes == size
