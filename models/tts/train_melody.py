"""Training of the melody network: F0 of every sixth of a phone, each sentence around its own mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.training.loop import Group, Plan, fit
from models.tts.dataset import Utterance
from models.tts.melody import MELODY_PORTS, PARTS, contour, mixing, samples_of
from models.tts.net import melody_network
from models.tts.spectrum import Floats

SENTENCES = 24
FEWEST_VOICED = 20
RANGE = "range.json"
Batch = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class Range:
    """Mean and deviation of a speaker's log F0 within sentences; the network's output is scaled by them."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Tune:
    """A recording: tokens (phones, 29), scaled log F0 of every sixth (phones, 6), voiced frames in it."""

    tokens: np.ndarray
    value: Floats
    weight: Floats


def voiced_of(u: Utterance) -> np.ndarray:
    """Which of a recording's frames are voiced."""
    return np.asarray(u.frames[:, 1] > 0.5)


def range_of(some: Sequence[Utterance]) -> Range:
    """The speaker's range: mean over all voiced frames, deviation around each sentence's own mean."""
    voiced = [u.frames[voiced_of(u), 0] for u in some if voiced_of(u).sum() >= FEWEST_VOICED]
    apart = np.concatenate([x - x.mean() for x in voiced])
    return Range(float(np.concatenate(voiced).mean()), float(apart.std()))


def tunes(some: Sequence[Utterance], within: Range) -> list[Tune]:
    """What is learnt of each recording. Its own mean is taken off: how high somebody happens to begin a
    sentence cannot be told from its text.
    """
    found = []
    for u in some:
        voiced = voiced_of(u)
        if voiced.sum() < FEWEST_VOICED:
            continue
        scaled = (u.frames[:, 0] - u.frames[voiced, 0].mean()) / within.deviation
        found.append(Tune(u.melody, *samples_of(scaled, voiced, u.lengths)))
    return found


def tunes_batch(some: Sequence[Tune]) -> Batch:
    """Tokens (batch, phones, 29), values and weights (batch, phones, 6), padded to the longest."""
    longest = max(len(t.tokens) for t in some)
    tokens = np.zeros((len(some), longest, len(MELODY_PORTS)), np.int64)
    value = np.zeros((len(some), longest, PARTS), np.float32)
    weight = np.zeros((len(some), longest, PARTS), np.float32)
    for i, t in enumerate(some):
        n = len(t.tokens)
        tokens[i, :n], value[i, :n], weight[i, :n] = t.tokens, t.value, t.weight
    return torch.from_numpy(tokens), torch.from_numpy(value), torch.from_numpy(weight)


def melody_loss(model: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Huber loss of every sixth of a phone, as heavy as it has voiced frames."""
    tokens, value, weight = (x.to(next(model.parameters()).device) for x in batch)
    said = model(tokens).float() @ torch.from_numpy(mixing()).to(tokens.device)
    size = F.huber_loss(said, value, reduction="none", delta=1.5)
    return (size * weight).sum() / weight.sum(), {}


def f0_errors(model: nn.Module, some: Sequence[Utterance], within: Range) -> dict[str, float]:
    """RMSE in Hz and correlation over voiced frames of `some`, under their own lengths."""
    ours, natural = [], []
    for u in some:
        tokens = torch.from_numpy(u.melody.astype(np.int64))[None].to(next(model.parameters()).device)
        points = model(tokens)[0].float().cpu().numpy() * within.deviation + within.mean
        said = contour(points, u.lengths)[: len(u.frames)]
        voiced = voiced_of(u)[: len(said)]
        ours.append(np.exp(said[voiced]))
        natural.append(np.exp(u.frames[: len(said)][voiced, 0]))
    a, b = np.concatenate(ours), np.concatenate(natural)
    rmse = float(np.sqrt(np.mean((a - b) ** 2)))
    return {"held_f0_rmse_hz": rmse, "held_f0_corr": float(np.corrcoef(a, b)[0, 1])}


def train_melody(
    updates: int,
    seed: int,
    folder: Path,
    training: Sequence[Utterance],
    held: Sequence[Utterance],
    device: str | None,
) -> None:
    """Learns (or goes on learning) the melody in `folder`."""
    torch.manual_seed(seed)
    model = melody_network()
    within = range_of(training)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RANGE).write_text(json.dumps(asdict(within)))
    known = tunes(training, within)

    def batch(update: int) -> Batch:
        rng = np.random.default_rng((seed, 3, update))
        return tunes_batch([known[i] for i in rng.integers(0, len(known), SENTENCES)])

    def evaluate(network: nn.Module, update: int) -> dict[str, float]:
        return f0_errors(network, held, within)

    plan = Plan(updates, 3e-3, evaluate_every=100, weight_decay=0.1, ema=0.99)
    fit(model, [Group(list(model.parameters()))], batch, melody_loss, plan, folder, evaluate, device)
