"""Muon: momentum made orthogonal, for the weight matrices between layers.

Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks": the momentum G = U·S·Vᵀ of a
matrix is replaced by about U·Vᵀ, so that every direction of a layer learns at the same speed. The singular
values are brought near 1 by the quintic iteration X ← a·X + (b·A + c·A²)·X with A = X·Xᵀ.

In a crew each process orthogonalises its share of the matrices, and the updates are exchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from models.training import crew

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 4
SMALLEST = 128  # below it a matrix has too few directions to be worth the iteration


def suits(parameter: nn.Parameter) -> bool:
    """Whether a parameter is a matrix large enough."""
    return parameter.dim() == 2 and min(parameter.shape) >= SMALLEST


def orthogonal(matrix: Tensor, steps: int = STEPS) -> Tensor:
    """About the nearest matrix with orthonormal rows or columns; singular values end in 0.7…1.2."""
    a, b, c = COEFFICIENTS
    x = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """W ← (1 − lr·decay)·W − lr·√max(1, n_out/n_in)·orthogonal(Nesterov momentum), W (n_in, n_out)."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            directions = [self._direction(p, group["momentum"]) for p in moved]
            mine = [
                orthogonal(one) if number % crew.count() == crew.rank() else torch.zeros_like(one)
                for number, one in enumerate(directions)
            ]
            for p, update in zip(moved, crew.total(mine), strict=True):
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update, alpha=-group["lr"] * max(1.0, p.shape[1] / p.shape[0]) ** 0.5)

    def _direction(self, p: Tensor, momentum: float) -> Tensor:
        assert p.grad is not None
        state = self.state[p]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(p)
        state["momentum"].lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(state["momentum"], momentum)
