"""Training: learns, goes on after a kill as if nothing had happened, and shares its work among a crew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models.training import crew
from models.training.blocks import ChannelMix, Shape
from models.training.loop import CHECKPOINT, Group, Plan, fit, learning_rate, load_average

PLAN = Plan(updates=40, rate=5e-3, warmup=5, evaluate_every=1000, save_every_s=1e9)


def make() -> nn.Module:
    torch.manual_seed(0)
    return ChannelMix(Shape(width=8, hidden=16), 0.5)


def batch(number: int) -> Tensor:
    return torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(number))


def loss(model: nn.Module, x: Tensor) -> tuple[Tensor, dict[str, float]]:
    return (model(x) - x.flip(-1)).square().mean(), {}


def train(folder: Path, plan: Plan = PLAN) -> dict[str, Tensor]:
    model = make()
    return fit(model, [Group(list(model.parameters()))], batch, loss, plan, folder, device="cpu")


def test_the_learning_rate_rises_then_falls() -> None:
    rates = [learning_rate(PLAN, update) for update in range(PLAN.updates)]
    assert rates[0] < rates[4] == PLAN.rate
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] < 0.05 * PLAN.rate


def test_it_learns(tmp_path: Path) -> None:
    before = loss(make(), batch(1000))[0].item()
    model = make()
    model.load_state_dict(train(tmp_path, Plan(updates=300, rate=1e-2, warmup=5, ema=0.9)))
    assert loss(model, batch(1000))[0].item() < 0.8 * before


def test_a_run_in_two_halves_equals_a_whole_one(tmp_path: Path) -> None:
    whole = train(tmp_path / "whole")
    model = make()
    stopping = _stop_after(model, 17)
    fit(model, [Group(list(model.parameters()))], stopping, loss, PLAN, tmp_path / "halves", device="cpu")
    assert torch.load(tmp_path / "halves" / CHECKPOINT, weights_only=True)["update"] < PLAN.updates
    for name, value in train(tmp_path / "halves").items():
        torch.testing.assert_close(value, whole[name], rtol=0, atol=0)


def _stop_after(model: nn.Module, last: int):  # type: ignore[no-untyped-def]
    def give(number: int) -> Tensor:
        if number == last:
            os.kill(os.getpid(), signal.SIGTERM)
        return batch(number)

    return give


def test_a_killed_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    """SIGKILL leaves no time to save; the last checkpoint is whole all the same."""
    code = (
        "import sys; from pathlib import Path; from tests.models.training.test_loop import *;"
        "train(Path(sys.argv[1]), Plan(updates=4000, rate=5e-3, save_every_s=0.2))"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (tmp_path / CHECKPOINT).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    run.kill()
    run.wait()
    reached = torch.load(tmp_path / CHECKPOINT, weights_only=True)["update"]
    assert 0 < reached < 4000
    train(tmp_path, Plan(updates=reached + 3, rate=5e-3))
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["update"] == reached + 3
    assert load_average(tmp_path)


def test_without_a_checkpoint_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="train first"):
        load_average(tmp_path)


def _gradient_of_share(folder: Path) -> None:
    model = make()
    loss(model, batch(crew.rank()))[0].backward()
    assert not crew.average(list(model.parameters()), asked_to_stop=False)
    assert crew.average(list(model.parameters()), asked_to_stop=crew.rank() == 1)
    torch.save([p.grad for p in model.parameters()], folder / f"{crew.rank()}.pt")


def test_a_crew_averages_its_gradients(tmp_path: Path) -> None:
    crew.run(_gradient_of_share, 2, tmp_path)
    model = make()
    sum(loss(model, batch(number))[0] for number in range(2)).backward()  # type: ignore[union-attr]
    for number in range(2):
        grads = torch.load(tmp_path / f"{number}.pt", weights_only=True)
        for ours, parameter in zip(grads, model.parameters(), strict=True):
            if parameter.grad is not None:
                torch.testing.assert_close(ours, parameter.grad / 2)
