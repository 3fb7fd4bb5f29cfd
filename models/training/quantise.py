"""Weights to int8 with one scale per output channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def to_int8(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """`weight` (n_in, n_out) as int8 rows and `scale` (n_out,), so that weight ≈ int8 · scale.

    Symmetric, the largest absolute weight of each output maps to 127; an all-zero column gets scale 1.
    """
    largest = np.abs(weight).max(0)
    scale = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
    return np.rint(weight / scale).astype(np.int8), scale
