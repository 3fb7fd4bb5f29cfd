"""A wider network that begins as good as a narrower one (Chen et al. 2016, Net2Net), for networks of spikes.

New neurons listen at once, through random weights as large as the old ones', and are heard by nobody: the
rows of weights behind them begin at zero and learn. A norm's mean square stays about the same, since new
channels are as large as old ones, so the wider network answers nearly as the narrower one did.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def widen(narrow: nn.Module, wide: nn.Module, stacked: Mapping[str, int] | None = None) -> None:
    """Copies the weights of `narrow` into `wide`, which has the same parameters, none of them smaller.

    `stacked` names matrices whose rows are so many equal parts one behind the other (steps of a window).
    Raises ValueError where the two have different parameters or shapes that cannot grow into each other.
    """
    parts = stacked or {}
    old, new = dict(narrow.named_parameters()), dict(wide.named_parameters())
    if old.keys() != new.keys():
        raise ValueError(f"one network alone has {sorted(old.keys() ^ new.keys())}")
    with torch.no_grad():
        for name, values in new.items():
            small = old[name]
            if small.dim() != values.dim() or any(
                a > b for a, b in zip(small.shape, values.shape, strict=True)
            ):
                raise ValueError(f"{name}: {tuple(small.shape)} cannot grow to {tuple(values.shape)}")
            if small.dim() == 2 and name.endswith("conv.weight"):
                values.copy_(_more_channels(small.t(), values.shape[1]).t())
            elif small.dim() == 2:
                values.copy_(_matrix(small, values.shape, parts.get(name, 1)))
            else:
                values.copy_(_more_channels(small, len(values)))


def _more_channels(values: Tensor, n: int) -> Tensor:
    """Rows of which the new ones are like old ones picked at random."""
    picked = torch.randint(len(values), (n - len(values),))
    return torch.cat([values, values[picked]])


def _matrix(small: Tensor, shape: torch.Size, parts: int) -> Tensor:
    n_in, n_out = small.shape
    columns = torch.randn(n_in, shape[1] - n_out) * small.square().mean().sqrt()
    by_part = torch.cat([small, columns], 1).view(parts, n_in // parts, shape[1])
    rows = torch.zeros(parts, (shape[0] - n_in) // parts, shape[1])
    return torch.cat([by_part, rows], 1).view(shape)
