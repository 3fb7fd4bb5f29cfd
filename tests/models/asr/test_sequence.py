"""The sequence criterion's ln Z against all paths written out, and its gradient against differences."""

from __future__ import annotations

import itertools

import numpy as np
import torch

from models.asr.lexicon import collapse
from models.asr.sequence import EDGE, OUTPUTS, partition, trigram


def some_model() -> np.ndarray:
    random = np.random.default_rng(0)
    return trigram(random.integers(1, OUTPUTS, (50, 6)), strength=2.0)


def probability(phones: list[int], model: np.ndarray) -> float:
    """p(phones) under the trigram."""
    whole = [EDGE, EDGE, *phones, EDGE]
    return float(np.prod([model[b, a, c] for a, b, c in zip(whole, whole[1:], whole[2:], strict=False)]))


def test_every_history_is_a_distribution() -> None:
    model = some_model()
    assert np.allclose(model.sum(-1), 1, atol=1e-5)
    assert (model > 0).all()


def test_a_seen_continuation_is_likelier_than_an_unseen_one() -> None:
    model = trigram([np.array([5, 6, 7])] * 20)
    assert model[6, 5, 7] > 10 * model[6, 5, 8]


def test_the_partition_is_the_sum_over_all_paths() -> None:
    """Three outputs are possible, so that all 3⁴ paths of four steps can be written out."""
    model, random = some_model(), np.random.default_rng(1)
    logits = np.full((1, 4, OUTPUTS), -60.0)
    logits[..., [0, 3, 9]] = random.normal(size=(1, 4, 3))
    log_p = torch.from_numpy(logits).log_softmax(-1)
    p = log_p.exp().numpy()[0]
    every = sum(
        np.prod([p[t, one] for t, one in enumerate(path)]) * probability(collapse(list(path)), model)
        for path in itertools.product([0, 3, 9], repeat=4)
    )
    found = partition(log_p, torch.tensor([4]), model)
    assert abs(float(found) - np.log(every)) < 1e-4


def test_its_gradient_is_that_of_differences() -> None:
    model, random = some_model(), np.random.default_rng(2)
    log_p = torch.from_numpy(random.normal(size=(2, 5, OUTPUTS))).log_softmax(-1).requires_grad_()
    steps = torch.tensor([5, 3])
    partition(log_p, steps, model).sum().backward()
    gradient = log_p.grad
    assert gradient is not None
    assert float(gradient[1, 3:].abs().max()) == 0  # behind the end nothing counts
    for place in ((0, 0, 0), (0, 2, 7), (0, 4, 11), (1, 2, 0), (1, 0, 30)):
        moved = []
        for by in (-0.01, 0.01):
            changed = log_p.detach().clone()
            changed[place] += by
            moved.append(float(partition(changed, steps, model).sum()))
        assert abs((moved[1] - moved[0]) / 0.02 - float(gradient[place])) < 2e-3
