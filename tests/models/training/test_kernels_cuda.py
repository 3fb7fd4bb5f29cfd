"""The Triton kernels, run by Triton's interpreter where there is no CUDA device, equal the plain loops."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CHECK = """
import itertools, torch
from models.training import autograd_cuda, plain
from tests.models.training.test_kernels import _assert_close, _gradients
torch.manual_seed(5)
device = "cuda" if torch.cuda.is_available() else "cpu"
x, leak, threshold = torch.randn(2, 9, 70) * 1.5, torch.rand(70) * 0.9, 0.5 + torch.rand(70)
both = (False, True)
for levels, signed, soft, surrogate in itertools.product((1, 4), both, both, ("straight", "arctan")):
    given = [t.to(device) for t in (x, leak, threshold)]
    settings = levels, signed, soft, surrogate
    _assert_close(_gradients(autograd_cuda.lif, given, *settings), _gradients(plain.lif, given, *settings))
k, v, decay, bonus = torch.randn(2, 9, 70) * 4, torch.randn(2, 9, 70), -torch.rand(70) * 2, torch.randn(70)
given = [t.to(device) for t in (k, v, decay, bonus)]
_assert_close(_gradients(autograd_cuda.wkv, given), _gradients(plain.wkv, given))
"""


def test_triton_equals_plain_loops() -> None:
    """In a process of its own: the interpreter has to be chosen before Triton is imported."""
    pytest.importorskip("triton", reason="Triton has no build for this platform")
    run = subprocess.run(
        [sys.executable, "-c", CHECK],
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-2000:]
