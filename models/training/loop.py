"""One training loop for all three networks: resumable at any moment, visible, the same on CPU and CUDA.

Batches are a function of the update's number, so a run that was killed goes on exactly where its last
checkpoint stood. Checkpoints replace the old file in one step. A first SIGINT or SIGTERM saves and stops.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.training import crew, muon
from models.training.blocks import Lif
from models.training.log import TrainingLog

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn. `rate` is the peak learning rate of the blocks' parameters.

    With `muon` above 0, large matrices of groups that allow it learn by Muon, at `muon` times the rate.
    """

    updates: int
    rate: float
    warmup: int = 100
    weight_decay: float = 0.02
    clip: float = 1.0
    betas: tuple[float, float] = (0.9, 0.98)
    ema: float = 0.998
    activity_weight: float = 0.0
    save_every_s: float = 180.0
    evaluate_every: int = 1000
    final_rate: float = 0.02
    muon: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that share a learning rate (`times` the plan's) and a gradient-norm clip of their own.

    Embeddings and read-outs are no `hidden` layers: their rows are rarely used words, not directions.
    """

    parameters: list[nn.Parameter]
    times: float = 1.0
    hidden: bool = True


def learning_rate(plan: Plan, update: int) -> float:
    """Linear warm-up, then a half cosine down to `final_rate` of the peak."""
    if update < plan.warmup:
        return plan.rate * (update + 1) / plan.warmup
    done = (update - plan.warmup) / max(1, plan.updates - plan.warmup)
    low = plan.final_rate
    return plan.rate * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def device_and_precision(device: str | None = None) -> tuple[torch.device, torch.dtype]:
    """CUDA where there is one, else the CPU; bfloat16 products only where the processor has them."""
    chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if chosen.type == "cuda":
        return chosen, torch.bfloat16
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return chosen, torch.bfloat16 if "amx_bf16" in flags or "avx512_bf16" in flags else torch.float32


def fit(
    model: nn.Module,
    groups: list[Group],
    batch: Callable[[int], Any],
    loss: Callable[[nn.Module, Any], tuple[Tensor, dict[str, float]]],
    plan: Plan,
    folder: Path,
    evaluate: Callable[[nn.Module, int], dict[str, float]] | None = None,
    device: str | None = None,
) -> dict[str, Tensor]:
    """Trains `model` and returns its averaged weights (also in `folder`/checkpoint.pt under "average").

    `batch(number)` gives the data of an update (of its share, in a crew), prepared one ahead on a thread;
    `loss(model, data)` the loss and figures to log. `evaluate(model, update)` sees the averaged weights every
    `plan.evaluate_every` updates.
    """
    _keep_freed_memory()
    where, precision = device_and_precision(device)
    model.to(where)
    optimisers = _optimisers(groups, plan)
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    update = _resume(folder, model, optimisers, average, where)
    lifs = [module for module in model.modules() if isinstance(module, Lif)]
    parameters = [p for group in groups for p in group.parameters]
    stop = _StopSignal()
    stopped = False
    saved = time.monotonic()
    with ThreadPoolExecutor(1) as ahead, _log(folder) as log:
        pending = ahead.submit(batch, update * crew.count() + crew.rank())
        while update < plan.updates and not stopped:
            data = pending.result()
            pending = ahead.submit(batch, (update + 1) * crew.count() + crew.rank())
            rate = learning_rate(plan, update)
            for group in (group for optimiser in optimisers for group in optimiser.param_groups):
                group["lr"] = rate * group["times"]
            with torch.autocast(where.type, precision, enabled=precision is not torch.float32):
                value, figures = loss(model, data)
            total = value
            if plan.activity_weight:
                activity = [lif.activity for lif in lifs if lif.activity is not None]
                total = value + plan.activity_weight * torch.stack(activity).sum()
            total.backward()  # type: ignore[no-untyped-call]
            stopped = crew.average(parameters, stop.asked)
            norms = [torch.nn.utils.clip_grad_norm_(group.parameters, plan.clip) for group in groups]
            skipped = not all(bool(torch.isfinite(norm)) for norm in norms)
            for optimiser in optimisers:
                if not skipped:
                    optimiser.step()
                optimiser.zero_grad(set_to_none=True)
            update += 1
            _average(average, model, min(plan.ema, update / (update + 10)))
            if crew.rank() > 0:
                continue
            figures |= {"loss": float(value.detach()), "learning_rate": rate, "skipped": float(skipped)}
            figures |= {f"gradient_norm_{i}": float(norm) for i, norm in enumerate(norms)}
            log.add(update, plan.updates, figures)
            if evaluate and (update % plan.evaluate_every == 0 or update == plan.updates):
                log.note(update, _evaluate(model, average, evaluate, update))
            if time.monotonic() - saved > plan.save_every_s or update == plan.updates or stopped:
                _save(folder, model, optimisers, average, update)
                saved = time.monotonic()
        pending.cancel()
    return average


def begin(model: nn.Module, folder: Path) -> None:
    """Makes `folder` a run that stands at update 0 with the weights of `model`."""
    weights = model.state_dict()
    _save(folder, model, [], weights, 0)


def load_average(folder: Path) -> dict[str, Tensor]:
    """The averaged weights of the checkpoint in `folder`."""
    path = folder / CHECKPOINT
    if not path.exists():
        raise FileNotFoundError(f"no checkpoint at {path}; train first")
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)["average"]
    return state


def _optimisers(groups: list[Group], plan: Plan) -> list[torch.optim.Optimizer]:
    """AdamW for everything, or Muon for the large matrices between layers.

    Weight decay on matrices only: leaks, thresholds, gains and decays mean something at their size.
    """
    adam, by_muon = [], []
    for group in groups:
        large = [p for p in group.parameters if plan.muon and group.hidden and muon.suits(p)]
        others = [p for p in group.parameters if not any(p is one for one in large)]
        for parameters, decay in (
            ([p for p in others if p.dim() >= 2], plan.weight_decay),
            ([p for p in others if p.dim() < 2], 0.0),
        ):
            if parameters:
                adam.append({"params": parameters, "times": group.times, "weight_decay": decay})
        if large:
            times = group.times * plan.muon
            by_muon.append({"params": large, "times": times, "weight_decay": 0.2 * plan.weight_decay})
    optimisers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(adam, lr=plan.rate, betas=plan.betas, fused=True)
    ]
    if by_muon:
        optimisers.append(muon.Muon(by_muon, lr=plan.rate))  # type: ignore[arg-type]
    return optimisers


def _average(average: dict[str, Tensor], model: nn.Module, keep: float) -> None:
    values = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
    torch._foreach_lerp_([average[name] for name in values], list(values.values()), 1 - keep)


def _evaluate(
    model: nn.Module,
    average: dict[str, Tensor],
    evaluate: Callable[[nn.Module, int], dict[str, float]],
    update: int,
) -> dict[str, float]:
    current = {name: value.detach().clone() for name, value in model.state_dict().items()}
    model.load_state_dict(average)
    model.eval()
    try:
        with torch.no_grad():
            return evaluate(model, update)
    finally:
        model.train()
        model.load_state_dict(current)


def _save(
    folder: Path,
    model: nn.Module,
    optimisers: list[torch.optim.Optimizer],
    average: dict[str, Tensor],
    update: int,
) -> None:
    state = {
        "model": model.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in optimisers],
        "average": average,
        "update": update,
        "random": torch.get_rng_state(),
    }
    partial = folder / (CHECKPOINT + ".partial")
    torch.save(state, partial)
    os.replace(partial, folder / CHECKPOINT)


def _resume(
    folder: Path,
    model: nn.Module,
    optimisers: list[torch.optim.Optimizer],
    average: dict[str, Tensor],
    where: torch.device,
) -> int:
    path = folder / CHECKPOINT
    if not path.exists():
        return 0
    state = torch.load(path, map_location=where, weights_only=True)
    model.load_state_dict(state["model"])
    for optimiser, kept in zip(optimisers, state["optimisers"], strict=False):
        optimiser.load_state_dict(kept)
    for name, value in state["average"].items():
        average[name].copy_(value)
    torch.set_rng_state(state["random"].cpu())
    return int(state["update"])


def _keep_freed_memory() -> None:
    """Lets glibc keep large freed blocks: giving them back costs a page fault per 4 kB, each update."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(-4, 0)  # M_MMAP_MAX: no block of its own mapping
        mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


class _StopSignal:
    """Remembers a first SIGINT or SIGTERM instead of dying in the middle of an update."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                signal.signal(number, self._ask)
            except ValueError:  # not in the main thread: the caller owns the signals
                return

    def _ask(self, number: int, frame: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def _log(folder: Path) -> TrainingLog:
    return TrainingLog(folder if crew.rank() == 0 else None)
