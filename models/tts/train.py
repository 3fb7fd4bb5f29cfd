"""`spiketalk train mouth`: recordings → frames → alignment → three spiking networks → programs in
`models/shipped`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.training import crew, kernels
from models.training.loop import CHECKPOINT, Group, Plan, fit, load_average
from models.tts.align import align
from models.tts.context import PHONE_PORTS, STEP_FRAMES, STEP_PORTS, step_tokens
from models.tts.dataset import Scaling, Utterance, load, scaling
from models.tts.net import SAID, Mouth, Size, durations_network, frames_network
from models.tts.prepare import prepare
from models.tts.spectrum import PERIODICITY_BANDS
from models.tts.train_melody import train_melody

SHIPPED = Path(__file__).parents[1] / "shipped"
CEPSTRA_FROM = 1 + PERIODICITY_BANDS  # among the values said: voicing, periodicity, cepstra
Batch = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run depends on."""

    updates: int = 6000
    duration_updates: int = 600
    melody_updates: int = 400
    rate: float = 3e-3
    batch_steps: int = 1200
    width: int = 160
    blocks: str = "ctt"
    levels: int = 8
    dropout: float = 0.05
    token_dropout: float = 0.0
    seed: int = 1


def train(
    settings: Settings,
    folder: Path,
    processes: int = 1,
    device: str | None = None,
    evaluate_every: int = 200,
    export_to: Path | None = None,
) -> None:
    """Trains (or goes on training) the mouth in `folder`, and ships it; every stage resumes.

    Every one of `processes` sees `batch_steps` steps of speech an update; lengths and melody need only one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder)
    align(folder)
    training, held = load(folder)
    statistics = scaling(training)
    np.savez(folder / "scaling.npz", mean=statistics.mean, deviation=statistics.deviation)
    (folder / "settings.json").write_text(json.dumps(asdict(settings), indent=1))
    print(f"{len(training)} recordings to learn from, {len(held)} held out", flush=True)
    kernels.set_threads(1)
    train_durations(settings, folder, training, held, device)
    if not complete(folder / "durations", settings.duration_updates):
        return
    train_melody(settings.melody_updates, settings.seed, folder / "melody", training, held, device)
    if not complete(folder / "melody", settings.melody_updates):
        return
    if processes == 1:
        kernels.set_threads(os.cpu_count() or 1)
        train_frames(settings, folder, training, held, statistics, device, evaluate_every)
    else:
        crew.run(learn_frames, processes, settings, folder, device, evaluate_every)
    if not complete(folder / "network", settings.updates):
        return
    from models.tts.export import export

    export(folder, export_to or SHIPPED)


def learn_frames(settings: Settings, folder: Path, device: str | None, evaluate_every: int) -> None:
    """Trains (or goes on training) the frames network, as one of a crew of several."""
    kernels.set_threads(1)
    training, held = load(folder)
    train_frames(settings, folder, training, held, scaling(training), device, evaluate_every)


def complete(folder: Path, updates: int) -> bool:
    """Whether a run has reached its end rather than been asked to stop."""
    return int(torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)["update"]) >= updates


def size_of(settings: Settings) -> Size:
    """The frames network's size in these settings."""
    return Size(
        settings.width,
        settings.blocks,
        levels=settings.levels,
        dropout=settings.dropout,
        token_dropout=settings.token_dropout,
    )


def train_durations(
    settings: Settings,
    folder: Path,
    training: Sequence[Utterance],
    held: Sequence[Utterance],
    device: str | None,
) -> None:
    """Learns log lengths of phones; edges' pauses do not count."""
    torch.manual_seed(settings.seed)
    model = durations_network()

    def batch(update: int) -> Batch:
        rng = np.random.default_rng((settings.seed, 1, update))
        return duration_batch([training[i] for i in rng.integers(0, len(training), 24)])

    def evaluate(network: nn.Module, update: int) -> dict[str, float]:
        errors = []
        for u in held:
            tokens, target, mask = (x.to(next(network.parameters()).device) for x in duration_batch([u]))
            said = torch.exp(network(tokens)[..., 0])
            errors.append((10.0 * (said - torch.exp(target)))[mask > 0])
        return {"duration_rmse_ms": float(torch.cat(errors).pow(2).mean().sqrt())}

    plan = Plan(settings.duration_updates, 3e-3, evaluate_every=200, weight_decay=0.05, ema=0.99)
    fit(
        model,
        [Group(list(model.parameters()))],
        batch,
        duration_loss,
        plan,
        folder / "durations",
        evaluate,
        device,
    )


def duration_batch(some: Sequence[Utterance]) -> Batch:
    """Tokens, log lengths and mask, padded to the longest."""
    longest = max(len(u.line) for u in some)
    tokens = np.zeros((len(some), longest, len(PHONE_PORTS)), np.int64)
    target = np.zeros((len(some), longest), np.float32)
    mask = np.zeros((len(some), longest), np.float32)
    for i, u in enumerate(some):
        n = len(u.line)
        tokens[i, :n] = u.tokens
        target[i, :n] = np.log(np.maximum(u.lengths, 0.5))
        mask[i, 1 : n - 1] = 1.0
    return torch.from_numpy(tokens), torch.from_numpy(target), torch.from_numpy(mask)


def duration_loss(model: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Smooth L1 of log lengths plus half the same in frames, so that long phones count."""
    tokens, target, mask = (x.to(next(model.parameters()).device) for x in batch)
    said = model(tokens)[..., 0].float()
    logs = F.smooth_l1_loss(said, target, reduction="none", beta=0.3)
    lengths = F.smooth_l1_loss(torch.exp(said.clamp(max=5.0)), torch.exp(target), reduction="none", beta=3.0)
    loss = ((logs + 0.1 * lengths) * mask).sum() / mask.sum()
    return loss, {}


def train_frames(
    settings: Settings, folder: Path, training: Sequence[Utterance], held: Sequence[Utterance], statistics:
    Scaling, device: str | None, evaluate_every: int,
) -> None:  # fmt: skip
    """Learns the frames from natural lengths."""
    torch.manual_seed(settings.seed)
    model = frames_network(size_of(settings))
    if crew.rank() == 0:
        millions = sum(p.numel() for p in model.parameters()) / 1e6
        print(f"frames network: {millions:.2f} M parameters", flush=True)
    weights = torch.from_numpy(value_weights(statistics))

    def batch(update: int) -> Batch:
        return frames_batch(*drawn(training, settings, update), statistics)

    def loss(network: nn.Module, data: Batch) -> tuple[Tensor, dict[str, float]]:
        return frames_loss(network, data, weights)

    def evaluate(network: nn.Module, update: int) -> dict[str, float]:
        totals: dict[str, float] = {}
        for i in range(0, len(held), 8):
            some = held[i : i + 8]
            _, figures = loss(network, frames_batch(some, [0] * len(some), statistics))
            for name, value in figures.items():
                totals[f"held_{name}"] = totals.get(f"held_{name}", 0.0) + value * len(some) / len(held)
        return totals

    plan = Plan(
        settings.updates,
        settings.rate,
        evaluate_every=evaluate_every,
        warmup=min(100, settings.updates // 10),
        weight_decay=0.05,
        ema=0.995,
        save_every_s=120,
    )
    fit(model, [Group(list(model.parameters()))], batch, loss, plan, folder / "network", evaluate, device)


def drawn(
    training: Sequence[Utterance], settings: Settings, update: int
) -> tuple[list[Utterance], list[int]]:
    """Recordings of similar lengths for one update, about `batch_steps` steps, and where each starts (0 or
    1).
    """
    rng = np.random.default_rng((settings.seed, 2, update))
    order = sorted(range(len(training)), key=lambda i: len(training[i].frames))
    at = int(rng.integers(0, len(order)))
    near = [order[min(max(at + int(k), 0), len(order) - 1)] for k in rng.integers(-60, 61, 64)]
    chosen: list[int] = []
    steps = 0
    for i in dict.fromkeys(near):
        steps += len(training[i].frames) // STEP_FRAMES
        if chosen and steps > settings.batch_steps:
            break
        chosen.append(i)
    return [training[i] for i in chosen], [int(k) for k in rng.integers(0, STEP_FRAMES, len(chosen))]


def frames_batch(some: Sequence[Utterance], offsets: Sequence[int], statistics: Scaling) -> Batch:
    """Tokens (batch, steps, 25), scaled frames but for F0 (batch, steps, 2, 54) and mask (batch, steps)."""
    pieces = []
    for u, offset in zip(some, offsets, strict=True):
        tokens = step_tokens(u.tokens, u.lengths, offset)
        values = ((u.frames[offset:] - statistics.mean) / statistics.deviation)[:, 1:]
        steps = min(len(tokens), len(values) // STEP_FRAMES)
        pieces.append(
            (tokens[:steps], values[: steps * STEP_FRAMES].reshape(steps, STEP_FRAMES, SAID))
        )
    longest = max(len(t) for t, _ in pieces)
    tokens_out = np.zeros((len(some), longest, len(STEP_PORTS)), np.int64)
    values_out = np.zeros((len(some), longest, STEP_FRAMES, SAID), np.float32)
    mask = np.zeros((len(some), longest), np.float32)
    for i, (tokens, values) in enumerate(pieces):
        tokens_out[i, : len(tokens)], values_out[i, : len(values)], mask[i, : len(tokens)] = (
            tokens,
            values,
            1.0,
        )
    return torch.from_numpy(tokens_out), torch.from_numpy(np.clip(values_out, -6, 6)), torch.from_numpy(mask)


def value_weights(statistics: Scaling) -> np.ndarray:
    """Weight of each frame value: coefficients by the root of their deviation, which is what an ear hears of
    them.
    """
    weights = np.ones(SAID, np.float32)
    spread = np.sqrt(statistics.deviation[1 + CEPSTRA_FROM :])
    weights[CEPSTRA_FROM:] = spread / spread.mean()
    return weights


def frames_loss(model: nn.Module, batch: Batch, weights: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Huber loss of the scaled values and of their change from frame to frame, cross-entropy of voicing."""
    device = next(model.parameters()).device
    tokens, target, mask = (x.to(device) for x in batch)
    weights = weights.to(device)
    said = model(tokens).float().reshape(target.shape)
    voiced = target[..., 0]
    each = mask[..., None].expand_as(voiced)
    count = each.sum()
    voicing = (
        F.binary_cross_entropy_with_logits(said[..., 0], voiced, reduction="none") * each
    ).sum() / count
    bands = slice(1, CEPSTRA_FROM)
    periodicity = ((said[..., bands] - target[..., bands]).abs().mean(-1) * each).sum() / count
    cepstral = _weighted(said - target, weights, each)
    flat_said, flat_target = said.flatten(1, 2), target.flatten(1, 2)
    change = flat_said.diff(dim=1) - flat_target.diff(dim=1)
    changes = _weighted(change, weights, each.flatten(1, 2)[:, 1:])
    spread = _spread(said, target, mask, weights)
    loss = cepstral + 0.3 * changes + 0.3 * spread + 0.5 * voicing + 0.1 * periodicity
    wrong = ((said[..., 0] > 0) != (voiced > 0.5)).float()
    parts = {"cepstra": cepstral, "change": changes, "spread": spread}
    figures = {name: float(value.detach()) for name, value in parts.items()}
    figures["voicing_error"] = float((wrong * each).sum() / count)
    return loss, figures


def _weighted(error: Tensor, weights: Tensor, each: Tensor) -> Tensor:
    size = F.huber_loss(error, torch.zeros_like(error), reduction="none", delta=1.5)
    value = (size[..., CEPSTRA_FROM:] * weights[CEPSTRA_FROM:]).mean(-1)
    return (value * each).sum() / each.sum()


def _spread(said: Tensor, target: Tensor, mask: Tensor, weights: Tensor) -> Tensor:
    """How far each sentence's deviations are from the natural ones; bare means sound muffled."""
    each = mask[..., None, None]
    count = STEP_FRAMES * mask.sum(1)[:, None]

    def deviation(x: Tensor) -> Tensor:
        centred = (x - ((x * each).sum((1, 2)) / count)[:, None, None]) * each
        return (centred.pow(2).sum((1, 2)) / count + 1e-4).sqrt()

    kept = slice(CEPSTRA_FROM, None)
    difference = (deviation(said[..., kept]) - deviation(target[..., kept])).abs()
    return (difference * weights[kept]).mean()


def trained(folder: Path, build: Callable[[], Mouth], part: str) -> Mouth:
    """A network with the averaged weights of its run."""
    model = build()
    model.load_state_dict(load_average(folder / part))
    model.eval()
    return model
