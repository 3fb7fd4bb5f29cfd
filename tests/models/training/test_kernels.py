"""The fused kernels give the values and gradients of plain PyTorch loops."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from models.training import autograd_cpu, plain


def _gradients(function, tensors: list[Tensor], *settings) -> list[Tensor]:  # type: ignore[no-untyped-def]
    leaves = [t.clone().requires_grad_() for t in tensors]
    y = function(*leaves, *settings)
    weight = torch.linspace(-1, 2, y.numel()).sin().view_as(y)
    (y * weight).sum().backward()
    return [y.detach()] + [leaf.grad for leaf in leaves if leaf.grad is not None]


def _assert_close(ours: list[Tensor], expected: list[Tensor]) -> None:
    for one, other in zip(ours, expected, strict=True):
        assert torch.isfinite(one).all()
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5 * float(other.abs().max()) + 1e-7)


@pytest.mark.parametrize(
    ("levels", "signed", "soft", "surrogate"),
    list(itertools.product((1, 4), (False, True), (False, True), ("straight", "arctan"))),
)
def test_lif_equals_a_plain_loop(levels: int, signed: bool, soft: bool, surrogate: str) -> None:
    torch.manual_seed(levels)
    x = torch.randn(3, 40, 17) * 1.5
    leak = torch.rand(17) * 0.9
    threshold = 0.5 + torch.rand(17)
    settings = levels, signed, soft, surrogate
    ours = _gradients(autograd_cpu.lif, [x, leak, threshold], *settings)
    assert ours[0].abs().max() == levels
    _assert_close(ours, _gradients(plain.lif, [x, leak, threshold], *settings))


@pytest.mark.parametrize("size", [1.0, 30.0])
def test_wkv_equals_a_plain_loop(size: float) -> None:
    """Keys of ±30 would overflow without the running maximum."""
    torch.manual_seed(1)
    k, v = torch.randn(2, 50, 9) * size, torch.randn(2, 50, 9)
    decay, bonus = -torch.rand(9) * 2, torch.randn(9)
    ours = _gradients(autograd_cpu.wkv, [k, v, decay, bonus])
    _assert_close(ours, _gradients(plain.wkv, [k, v, decay, bonus]))


def test_norm_equals_plain() -> None:
    torch.manual_seed(2)
    x, gain, offset = torch.randn(5, 11, 32), torch.rand(32), torch.randn(32)
    _assert_close(_gradients(autograd_cpu.norm, [x, gain, offset]), _gradients(plain.norm, [x, gain, offset]))


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 0.6])
def test_products_by_what_fired_equal_dense_ones(share: float) -> None:
    """Graded and signed spikes, some of them −0; above SPARSE_BELOW the dense product takes over."""
    torch.manual_seed(3)
    spikes = torch.randint(-3, 4, (2, 45, 96)).float() * (torch.rand(2, 45, 96) < share)
    weight = torch.randn(96, 64)
    ours = _gradients(autograd_cpu.synapses, [spikes, weight])
    _assert_close(ours, _gradients(plain.synapses, [spikes, weight]))


@pytest.mark.parametrize("steps", [1, 3, 30])
def test_conv_equals_plain(steps: int) -> None:
    torch.manual_seed(4)
    tensors = [torch.randn(3, steps, 13), torch.randn(8, 13)]
    _assert_close(_gradients(autograd_cpu.conv, tensors), _gradients(plain.conv, tensors))


def test_dropout_keeps_the_mean_and_drops_its_share() -> None:
    torch.manual_seed(5)
    x = torch.ones(50, 40, 63, requires_grad=True)
    y = autograd_cpu.dropout(x, 0.1)
    y.sum().backward()
    assert abs(float((y == 0).float().mean()) - 26 / 256) < 0.005
    assert abs(float(y.detach().mean()) - 1) < 0.005
    assert x.grad is not None and torch.equal(x.grad, y)  # what was dropped gets no gradient


def test_cross_entropy_equals_plain() -> None:
    torch.manual_seed(6)
    target = torch.randint(0, 50, (30,))
    target[::7] = 3
    for size in (1.0, 60.0):  # logits of ±150 overflow without the maximum
        logits = [torch.randn(30, 50) * size]
        _assert_close(
            _gradients(autograd_cpu.cross_entropy, logits, target, 3),
            _gradients(plain.cross_entropy, logits, target, 3),
        )
