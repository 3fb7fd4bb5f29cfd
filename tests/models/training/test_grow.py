"""A network that was made wider answers as before, and its new neurons can learn."""

from __future__ import annotations

import pytest
import torch

from models.asr.net import Ears, Size
from models.training.grow import widen


def _ears(width: int) -> Ears:
    torch.manual_seed(width)
    return Ears(Size(width, blocks=2, dropout=0.0))


def test_a_wider_network_answers_about_as_before() -> None:
    narrow, wide = _ears(64), _ears(96)
    untrained = wide(mels := torch.randn(2, 80, 80))[0]

    widen(narrow, wide, {"second.weight": 2})

    before, after = narrow(mels)[0].flatten(), wide(mels)[0].flatten()
    assert _likeness(before, after) > 0.8 > 0.4 > _likeness(before, untrained.flatten())


def test_new_neurons_get_a_gradient_and_are_heard_by_nobody_yet() -> None:
    narrow, wide = _ears(64), _ears(96)
    widen(narrow, wide, {"second.weight": 2})
    unheard = wide.phones.weight[64:]
    assert (unheard == 0).all()

    wide(torch.randn(2, 80, 80))[0].square().sum().backward()

    assert wide.phones.weight.grad is not None and wide.phones.weight.grad[64:].abs().max() > 0


def test_networks_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot grow"):
        widen(_ears(96), _ears(64))
    with pytest.raises(ValueError, match="alone has"):
        widen(_ears(64), Ears(Size(96, blocks=3)))


def _likeness(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.corrcoef(torch.stack([one.detach(), other.detach()]))[0, 1])
