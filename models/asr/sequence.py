"""The sequence criterion: what CTC gives the right phones, against what a phone language model allows at all.

CTC-CRF (Xiang & Ou 2019, "CRF-based Single-stage Acoustic Modeling with CTC Topology"), over paths π:

    loss = −ln Σ_{π of the truth} p(π | sound) p(truth) + ln Σ_{every π} p(π | sound) p(phones of π)

The first part is CTC's loss but for a constant. The second, ln Z here, runs over the CTC topology joined with
a trigram of phones; it takes out of the network what the language model knows, which CTC alone must learn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.asr.lexicon import PHONES
from models.backends.warm import jit_cached

OUTPUTS = len(PHONES) + 1
EDGE = 0  # in histories: nothing was said yet; as what follows: the end

Floats = NDArray[np.float32]


def trigram(sentences: Iterable[NDArray[np.integer]], strength: float = 5.0) -> Floats:
    """p(next | before, last) as [last, before, next], smoothed by the bigram, and that by the unigram.

    p₃(q | r, p) = (count(r, p, q) + s·p₂(q | p)) / (count(r, p) + s); index 0 is the edge of a sentence.
    """
    counts = np.zeros((OUTPUTS, OUTPUTS, OUTPUTS))
    for phones in sentences:
        whole = np.concatenate([[EDGE, EDGE], phones, [EDGE]])
        np.add.at(counts, (whole[1:-1], whole[:-2], whole[2:]), 1)
    pairs = counts.sum(1)
    one = (pairs.sum(0) + 1) / (pairs.sum() + OUTPUTS)
    two = (pairs + strength * one) / (pairs.sum(-1, keepdims=True) + strength)
    three = (counts + strength * two[:, None]) / (counts.sum(-1, keepdims=True) + strength)
    return np.ascontiguousarray(three, np.float32)


class Partition(torch.autograd.Function):
    """ln Z (batch,) from ln p (batch, steps, 40), the steps of each utterance, and a trigram."""

    @staticmethod
    def forward(ctx: Any, log_p: Tensor, steps: Tensor, model: Floats) -> Tensor:  # type: ignore[override]
        frames = log_p.detach().float().cpu().numpy()
        occupied = np.zeros_like(frames)
        found = np.zeros(len(frames), np.float32)
        for i, length in enumerate(steps.tolist()):
            found[i] = _partition(np.exp(frames[i, :length]), model, occupied[i])
        ctx.save_for_backward(torch.from_numpy(occupied).to(log_p))
        return torch.from_numpy(found).to(log_p)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        (occupied,) = ctx.saved_tensors
        return gradient[:, None, None] * occupied, None, None


def partition(log_p: Tensor, steps: Tensor, model: Floats) -> Tensor:
    """ln Σ_π p(π | sound) p(phones of π), (batch,), over every path π; ln p is (batch, steps, 40)."""
    return Partition.apply(log_p, steps, model)  # type: ignore[no-any-return, no-untyped-call]


@jit_cached
def _partition(y, model, occupied):  # type: ignore[no-untyped-def]
    """ln Z of one utterance from p (steps, 40); fills `occupied` with the share of paths in each output.

    A path's state is (last phone p, the one before r), in the phone or in a blank behind it. Both are kept
    as [p, r], scaled to sum 1 at each step.
    """
    steps, n = y.shape
    said = np.zeros((steps + 1, n, n), np.float32)
    blank = np.zeros((steps + 1, n, n), np.float32)
    blank[0, 0, 0] = 1.0
    total = 0.0
    into = np.zeros(n, np.float32)
    for t in range(steps):
        for p in range(n):
            into[:] = 0
            for r in range(n):
                both = said[t, p, r] + blank[t, p, r]
                if both > 1e-9:
                    for q in range(n):
                        into[q] += both * model[p, r, q]
                    if p > 0:  # the same phone once more needs a blank between
                        into[p] -= said[t, p, r] * model[p, r, p]
            for q in range(1, n):
                said[t + 1, q, p] = y[t, q] * max(into[q], np.float32(0))
        scale = np.float32(0)
        for p in range(n):
            for r in range(n):
                said[t + 1, p, r] += y[t, p] * said[t, p, r] if p > 0 else np.float32(0)
                blank[t + 1, p, r] = y[t, 0] * (said[t, p, r] + blank[t, p, r])
                scale += said[t + 1, p, r] + blank[t + 1, p, r]
        total += np.log(scale)
        said[t + 1] /= scale
        blank[t + 1] /= scale
    after_said, after_blank = np.empty((n, n), np.float32), np.empty((n, n), np.float32)
    ended = np.float32(0)
    for p in range(n):
        for r in range(n):
            after_said[p, r] = after_blank[p, r] = model[p, r, 0]
            ended += (said[steps, p, r] + blank[steps, p, r]) * model[p, r, 0]
    total += np.log(max(ended, np.float32(1e-30)))
    ahead = np.zeros((n, n), np.float32)
    reached = np.empty(n, np.float32)
    backwards = np.ascontiguousarray(model.transpose((0, 2, 1)))
    for t in range(steps - 1, -1, -1):
        share = np.zeros(n, np.float32)
        for p in range(n):
            for r in range(n):
                share[p] += said[t + 1, p, r] * after_said[p, r]
                share[0] += blank[t + 1, p, r] * after_blank[p, r]
        occupied[t] = share / max(share.sum(), np.float32(1e-30))
        for p in range(n):
            for q in range(n):
                ahead[p, q] = y[t, q] * after_said[q, p] if q > 0 else np.float32(0)
        largest = np.float32(0)
        for p in range(n):
            reached[:] = 0
            for q in range(1, n):
                weight = ahead[p, q]
                if weight > 1e-9:
                    for r in range(n):
                        reached[r] += backwards[p, q, r] * weight
            for r in range(n):
                stay = y[t, 0] * after_blank[p, r]
                same = y[t, p] * after_said[p, r] - model[p, r, p] * ahead[p, p] if p > 0 else np.float32(0)
                after_blank[p, r] = stay + reached[r]
                after_said[p, r] = max(stay + reached[r] + same, np.float32(0))
                largest = max(largest, after_said[p, r], after_blank[p, r])
        after_said /= largest
        after_blank /= largest
    return total
