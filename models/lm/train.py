# ruff: noqa: E501
"""Training of the mind: first on the mix, then mostly on the talks written for Pip.

`spiketalk train mind` prepares the streams once, trains, and exports `models/shipped/mind.safetensors`.
A run that was stopped goes on where it was; `dense=True` trains the rectified twin for comparison.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.lm.data import HELD_TALKS, prepare
from models.lm.net import MindNet
from models.lm.tokens import PAD, Tokens
from models.training import crew, kernels
from models.training.blocks import Lif, Shape
from models.training.log import last_figure
from models.training.loop import Group, Plan, fit, load_average

SHIPPED = Path(__file__).parents[1] / "shipped"
DENSE = "mind_dense.json"
SIZES = {"s": (4, 192), "m": (6, 256), "l": (8, 384)}  # layers, width
BATCH, LENGTH = 12, 128
PRETRAIN = 0.5  # share of the updates that is mostly mix
PIP_SHARE = (0.4, 0.85)  # share of Pip's talks before and after
RATE, NEAR_HEAD, MUON = 5e-4, 4.0, 20.0


@dataclass(frozen=True)
class Streams:
    """Token streams of `data.prepare` and where their talks begin."""

    mix: np.ndarray
    mix_starts: np.ndarray
    pip: np.ndarray
    pip_starts: np.ndarray
    held: np.ndarray
    held_starts: np.ndarray

    @classmethod
    def load(cls, folder: Path) -> Streams:
        arrays = {}
        for name in ("mix", "pip", "held"):
            arrays[name] = np.load(folder / f"{name}.npy", mmap_mode="r")
            arrays[f"{name}_starts"] = np.load(folder / f"{name}.starts.npy")
        starts = arrays["mix_starts"] = arrays["mix_starts"][:-HELD_TALKS]  # the last are held out
        arrays["mix"] = arrays["mix"][: starts[-1]]
        return cls(**arrays)

    def batch(self, update: int, updates: int) -> Tensor:
        """Windows (BATCH, LENGTH + 1) for one share of an update; four in five begin where a talk begins.

        `update` and `updates` count shares: a crew of two takes two of them at every update.
        """
        random = np.random.default_rng((7, update))
        share = PIP_SHARE[0] if update < PRETRAIN * updates else PIP_SHARE[1]
        rows = []
        for _ in range(BATCH):
            stream, starts = (
                (self.pip, self.pip_starts) if random.random() < share else (self.mix, self.mix_starts)
            )
            last = len(stream) - LENGTH - 1
            at = int(random.integers(last))
            if random.random() < 0.8:
                at = int(starts[np.searchsorted(starts, at, side="right") - 1])
            rows.append(stream[at : at + LENGTH + 1].astype(np.int64))
        return torch.from_numpy(np.stack(rows))


def loss(model: nn.Module, windows: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Mean nats per token; the `<pad>` that opens a talk is not predicted."""
    windows = windows.to(next(model.parameters()).device)
    logits = model(windows[:, :-1])
    target = windows[:, 1:].reshape(-1)
    return kernels.cross_entropy(logits.reshape(-1, logits.shape[-1]), target, PAD), {}


def held_nats(model: nn.Module, streams: Streams, longest: int = 256) -> tuple[float, int]:
    """(nats, tokens) over the talks held out, each from an empty state; talks beyond `longest` tokens end there."""
    starts = streams.held_starts
    talks = [streams.held[a:b][:longest].astype(np.int64) for a, b in itertools.pairwise(starts)]
    talks.sort(key=len)
    where = next(model.parameters()).device
    nats, count = 0.0, 0
    for i in range(0, len(talks), 25):
        group = talks[i : i + 25]
        rows = torch.full((len(group), max(map(len, group))), PAD)
        for row, talk in zip(rows, group, strict=True):
            row[: len(talk)] = torch.from_numpy(talk)
        rows = rows.to(where)
        logits = model(rows[:, :-1]).float()
        target = rows[:, 1:].reshape(-1)
        nats += float(
            nn.functional.cross_entropy(
                logits.reshape(-1, logits.shape[-1]), target, ignore_index=PAD, reduction="sum"
            )
        )
        count += int((target != PAD).sum())
    return nats, count


def evaluation(tokens: Tokens, streams: Streams) -> Callable[[nn.Module, int], dict[str, float]]:
    """A function that measures bits per character, loss and firing rate on the talks held out."""
    size = tokens.characters(streams.held.tolist())

    def evaluate(model: nn.Module, update: int) -> dict[str, float]:
        nats, count = held_nats(model, streams)
        rates = [m.rate for m in model.modules() if isinstance(m, Lif)]
        return {
            "held_loss": nats / count,
            "bits_per_character": nats / math.log(2) / size,
            "rate": sum(rates) / max(1, len(rates)),
        }

    return evaluate


@dataclass(frozen=True, slots=True)
class Settings:
    """What `learn` trains: one line of `SIZES`, spiking or with rectified neurons, for how long and how fast."""

    size: str
    updates: int
    dense: bool
    rate: float
    activity_weight: float
    evaluate_every: int
    muon: float = 0.0


def learn(settings: Settings, folder: Path, run: Path, device: str | None) -> None:
    """Trains (or goes on training) in `run` on the streams in `folder`, as one of a crew."""
    kernels.set_threads(1 if crew.count() > 1 else os.cpu_count() or 1)
    tokens, streams = Tokens.load(folder / "tokens.json"), Streams.load(folder)
    layers, width = SIZES[settings.size]
    torch.manual_seed(0)
    shape = Shape(width, 4 * width, dropout=0.05, spiking=not settings.dense)
    model = MindNet(len(tokens), layers, shape)
    if crew.rank() == 0:
        count = sum(p.numel() for p in model.parameters())
        share = f"{crew.count()} × " if crew.count() > 1 else ""
        print(
            f"mind: {count / 1e6:.1f} M parameters, {settings.updates} updates of {share}{BATCH * LENGTH} tokens"
        )
    plan = Plan(
        settings.updates,
        settings.rate,
        weight_decay=0.05,
        evaluate_every=settings.evaluate_every,
        activity_weight=settings.activity_weight,
        muon=settings.muon,
    )
    groups = [Group(model.near_head(), NEAR_HEAD, hidden=False), Group(model.inside())]
    shares = settings.updates * crew.count()
    fit(
        model, groups, lambda share: streams.batch(share, shares), loss, plan, run,
        evaluate=evaluation(tokens, streams), device=device,
    )  # fmt: skip


def train(
    folder: Path = Path("runs/mind"),
    size: str = "m",
    updates: int = 6000,
    dense: bool = False,
    processes: int = 1,
    device: str | None = None,
    name: str | None = None,
    activity_weight: float = 0.0,
    rate: float = RATE,
    evaluate_every: int = 500,
    muon: float = MUON,
    export_to: Path | None = None,
    say: Callable[[str], None] = print,
) -> Path | None:
    """Train and export; gives the program's path (None for the dense twin, which is no program).

    An update sees 1,536 tokens, in a crew of `processes` as many each. The run is kept in `folder`/`name`; a run
    that was stopped goes on. The dense twin leaves what it reached in `export_to`, for `spiketalk eval mind`.
    Raises `ValueError` for an unknown size.
    """
    if size not in SIZES:
        raise ValueError(f"size is {size!r}; use one of {', '.join(SIZES)}")
    prepare(folder, say)
    run = folder / (name or f"{'dense' if dense else 'spiking'}-{size}")
    settings = Settings(size, updates, dense, rate, activity_weight, evaluate_every, muon)
    crew.run(learn, processes, settings, folder, run, device)
    home = export_to or SHIPPED
    if dense:
        bits = last_figure(run / "log.csv", "bits_per_character")
        kept = {"bits_per_character": bits, "size": size, "updates": updates, "processes": processes}
        home.mkdir(parents=True, exist_ok=True)
        (home / DENSE).write_text(json.dumps(kept) + "\n")
        return None
    return export(run, folder / "tokens.json", *SIZES[size], home)


def export(run: Path, vocabulary: Path, layers: int, width: int, to: Path = SHIPPED) -> Path:
    """Write the averaged weights of a run as a program, its vocabulary beside it."""
    tokens = Tokens.load(vocabulary)
    model = MindNet(len(tokens), layers, Shape(width, 4 * width))
    model.load_state_dict(load_average(run))
    to.mkdir(parents=True, exist_ok=True)
    path = to / "mind.safetensors"
    model.program({"vocabulary": "mind_tokens.json"}).save(path)
    shutil.copyfile(vocabulary, to / "mind_tokens.json")
    return path
