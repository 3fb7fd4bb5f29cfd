"""Noise-aware training: the flaws are the emulated chip's, and who knows them loses less to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.chips.chip import ChipError, chip
from models.chips.emulated import emulated
from models.program import Program, ProgramBuilder
from models.training.blocks import ChannelMix, Lif, Norm, Shape, Synapses
from models.training.loop import Group, Plan, fit
from models.training.mismatch import inject, on_brainscales2, on_crossbar

CHIPS = ("brainscales2", "crossbar")
PRODUCTS = {"brainscales2": on_brainscales2, "crossbar": on_crossbar}
N_IN, N_OUT, STEPS = 300, 40, 60


class Layer(nn.Module):
    """Neurons and a matrix, as a program and as a module."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.lif = Lif(N_IN, 4, leak=0.0)
        self.matrix = Synapses(N_IN, N_OUT)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.matrix(self.lif(x))
        return y

    def program(self) -> Program:
        build = ProgramBuilder("layer", 1.0)
        x = build.add("input", "x", attributes={"width": N_IN, "kind": "real"})
        return build.finish([self.matrix.emit(build, "y", self.lif.emit(build, "s", x))])


def drive() -> Tensor:
    """Currents that make about a sixth of the neurons fire."""
    return torch.randn(1, STEPS, N_IN, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize("name", CHIPS)
def test_the_errors_are_as_large_as_the_emulated_chips(name: str) -> None:
    layer, x = Layer(), drive()
    program = layer.program()
    inputs = [{"x": x[0, t : t + 1].numpy()} for t in range(STEPS)]
    with torch.no_grad():
        spikes, clean = layer.lif(x), layer(x)[0].numpy()
        drawn = [PRODUCTS[name](chip(name), 4, spikes, layer.matrix.weight)[0].numpy() for _ in range(12)]
    emulated_errors, injected_errors = [], [one - clean for one in drawn]
    for seed in range(12):
        machine, state = emulated(name, seed), program.state()
        out = [machine.step(program, state, one)["y"][0] for one in inputs]
        emulated_errors.append(np.array(out) - clean)
    real, ours = np.array(emulated_errors), np.array(injected_errors)
    assert ours.std() == pytest.approx(real.std(), rel=0.1)
    # What stays over time is mismatch, what changes is noise: each as large as on the chip.
    assert ours.mean(1).std() == pytest.approx(real.mean(1).std(), rel=0.2)
    assert (ours - ours.mean(1, keepdims=True)).std() == pytest.approx(
        (real - real.mean(1, keepdims=True)).std(), rel=0.1
    )


@pytest.mark.parametrize("name", CHIPS)
def test_only_training_is_disturbed_and_names_stay(name: str) -> None:
    layer, x = Layer(), drive()
    names, clean = list(layer.state_dict()), layer.eval()(x)
    assert inject(layer, name) == 1
    assert torch.equal(layer.eval()(x), clean)
    layer.train()
    assert not torch.equal(layer(x), layer(x))
    layer(x).square().mean().backward()
    assert layer.matrix.weight.grad is not None and layer.matrix.weight.grad.abs().sum() > 0
    assert list(layer.state_dict()) == names


def test_what_cannot_be_injected_is_refused() -> None:
    with pytest.raises(ChipError, match="expected one of brainscales2, crossbar, found 'loihi2'"):
        inject(Layer(), "loihi2")
    with pytest.raises(ChipError, match="without spikes"):
        inject(Synapses(2, 2), "crossbar")


class Classifier(nn.Module):
    """Norm, neurons, a mixing block, a read-out."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.mix, self.norm, self.lif = ChannelMix(Shape(width=24, hidden=48), 0.5), Norm(24), Lif(24)
        self.head = Synapses(24, 4)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(self.lif(self.norm(self.mix(x))))
        return y


def loss(model: nn.Module, x: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Which of four fixed directions is strongest, at every step."""
    truth = (x @ torch.randn(24, 4, generator=torch.Generator().manual_seed(11))).argmax(-1)
    return nn.functional.cross_entropy(model(x).flatten(0, 1), truth.flatten()), {}


def batch(number: int) -> Tensor:
    return torch.randn(4, 16, 24, generator=torch.Generator().manual_seed(number))


def test_a_network_trained_with_the_flaws_loses_less_to_them(tmp_path: Path) -> None:
    plan = Plan(updates=250, rate=1e-2, warmup=10, ema=0.9, evaluate_every=10_000, save_every_s=1e9)

    def lost(flaws: bool) -> float:
        model = Classifier()
        if flaws:
            inject(model, "brainscales2")
        average = fit(
            model, [Group(list(model.parameters()))], batch, loss, plan, tmp_path / str(flaws), device="cpu"
        )
        model.load_state_dict(average)
        if not flaws:
            inject(model, "brainscales2")
        model.train()
        torch.manual_seed(1)
        with torch.no_grad():
            return float(np.mean([loss(model, batch(10_000 + i))[0].item() for i in range(20)]))

    assert lost(True) < lost(False)
