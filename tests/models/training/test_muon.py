"""Muon moves every direction of a matrix alike."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.training.muon import Muon, orthogonal, suits


@pytest.mark.parametrize("shape", [(128, 128), (128, 512), (512, 128)])
def test_singular_values_end_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape), steps=6))

    assert values.min() > 0.5
    assert values.max() < 1.3


def test_directions_are_kept() -> None:
    torch.manual_seed(1)
    u, _, v = torch.linalg.svd(torch.randn(128, 128))
    stretched = u @ torch.diag(torch.linspace(1, 3, 128)) @ v

    turned = orthogonal(stretched, steps=6)

    assert torch.nn.functional.cosine_similarity(turned.flatten(), (u @ v).flatten(), dim=0) > 0.95


def test_a_badly_scaled_problem_is_learnt() -> None:
    torch.manual_seed(1)
    scales = torch.logspace(0, -2, 128)
    weight, target = nn.Parameter(torch.zeros(128, 128)), torch.randn(128, 128) / 12
    optimiser = Muon([weight], lr=0.02)
    inputs = torch.randn(512, 128) * scales
    losses = []
    for _ in range(60):
        loss = (inputs @ (weight - target)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.1 * losses[0]


def test_vectors_and_thin_matrices_are_not_for_it() -> None:
    assert suits(nn.Parameter(torch.zeros(192, 384)))
    assert not suits(nn.Parameter(torch.zeros(192, 40)))
    assert not suits(nn.Parameter(torch.zeros(192)))
