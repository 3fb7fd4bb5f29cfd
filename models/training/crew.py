"""Several processes that train one network together, each with one thread and its own share of every batch.

On a busy machine this beats one process with several threads: threads wait for each other after every
operation, processes only once per update. Gradients are averaged through gloo (NCCL on CUDA).
"""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as group
from torch import nn


def run(task: Callable[..., Any], count: int, *arguments: Any) -> None:
    """Runs `task(*arguments)` in `count` processes that know of each other; in this one when count is 1.

    A task that fails in one process ends them all; the failure is raised here.
    """
    if count < 1:
        raise ValueError(f"a crew has at least one process, not {count}")
    if count == 1:
        task(*arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        torch.multiprocessing.spawn(_join, (count, str(meeting), task, arguments), nprocs=count)  # type: ignore[no-untyped-call]


def _join(rank: int, count: int, meeting: str, task: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    wait = datetime.timedelta(hours=2)
    group.init_process_group(backend, f"file://{meeting}", world_size=count, rank=rank, timeout=wait)
    try:
        task(*arguments)
    finally:
        group.destroy_process_group()


def rank() -> int:
    """This process's number in the crew; 0 logs, evaluates and saves."""
    return group.get_rank() if group.is_initialized() else 0


def count() -> int:
    """How many processes train together."""
    return group.get_world_size() if group.is_initialized() else 1


def average(parameters: list[nn.Parameter], asked_to_stop: bool) -> bool:
    """Averages the gradients over the crew, in place; True when any of the crew was asked to stop."""
    if count() == 1:
        return asked_to_stop
    with_gradient = [p for p in parameters if p.grad is not None]
    flag = torch.tensor([float(asked_to_stop)], device=with_gradient[0].device)
    flat = torch.cat([p.grad.reshape(-1) for p in with_gradient] + [flag])  # type: ignore[union-attr]
    group.all_reduce(flat)
    flat /= count()
    start = 0
    for p in with_gradient:
        p.grad = flat[start : start + p.numel()].view_as(p)
        start += p.numel()
    return bool(flat[-1] > 0)


def total(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """The sums of like tensors over the crew."""
    if count() == 1 or not tensors:
        return tensors
    flat = torch.cat([one.reshape(-1) for one in tensors])
    group.all_reduce(flat)
    parts = flat.split([one.numel() for one in tensors])
    return [part.view_as(one) for part, one in zip(parts, tensors, strict=True)]
