"""The ears' network: causal, spiking, one step per 40 ms, phones under CTC.

    mels (4 frames × 80) → first neurons (signed graded spikes) → window of 120 ms → 512 → window of 2 steps →
    width → blocks × [causal convolution, time mixing, channel mixing] → neurons → phones

No look-ahead: the CTC criterion lets the network answer as late as it needs. Two more read-outs help training
and are not exported: one at mid-depth (Lee & Watanabe 2021, intermediate CTC), and one at the end that is
told each step's phone (models/asr/alignment.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from torch import Tensor, nn

from models.asr.features import BANDS
from models.asr.lexicon import PHONES
from models.program.builder import ProgramBuilder
from models.program.graph import Program
from models.training.blocks import (
    Affine,
    ChannelMix,
    ConvMix,
    Lif,
    Norm,
    Relu,
    Shape,
    Synapses,
    TimeMix,
    Window,
)

FRAMES_PER_STEP = 4
STEP_MS = 40.0
OUTPUTS = len(PHONES) + 1


@dataclass(frozen=True, slots=True)
class Size:
    """One dial each for the width and depth of the ears."""

    width: int = 256
    blocks: int = 6
    taps: int = 8
    dropout: float = 0.05
    spiking: bool = True


class Answers(NamedTuple):
    """Logits (batch, steps, 40): of the program's output, at mid-depth, and for the frame criterion."""

    phones: Tensor
    middle: Tensor
    frames: Tensor


class Ears(nn.Module):
    """Normalised log-mels (batch, frames, 80) to phone logits (batch, frames // 4, 40)."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        shape = Shape(size.width, 4 * size.width, dropout=size.dropout, spiking=size.spiking)
        front = 2 * size.width
        self.scale = Affine(FRAMES_PER_STEP * BANDS, gain=2.0).requires_grad_(False)
        self.sense: nn.Module = nn.Identity()
        if size.spiking:
            self.sense = Lif(FRAMES_PER_STEP * BANDS, levels=8, signed=True, leak=0.0)
        self.past = Window(3)
        # The bias keeps masked and padded stretches from being all zero: a norm multiplies the gradient of a
        # zero vector by 1/√eps = 300, and a chain of them overflows.
        self.first = Synapses(3 * FRAMES_PER_STEP * BANDS, front, bias=True, size=0.5)
        nn.init.normal_(self.first.bias, std=0.5)  # type: ignore[arg-type]
        self.first_norm, self.first_neuron = Norm(front), shape.neuron(front)
        self.stack = Window(2)
        self.second = Synapses(2 * front, size.width)
        depths = [i / max(1, size.blocks - 1) for i in range(size.blocks)]
        self.blocks = nn.ModuleList(
            nn.ModuleList([ConvMix(shape, size.taps), TimeMix(shape, depth), ChannelMix(shape, depth)])
            for depth in depths
        )
        self.last_norm, self.last_neuron = Norm(size.width), shape.neuron(size.width)
        self.phones = Synapses(size.width, OUTPUTS, bias=True, size=0.5)
        self.middle_norm, self.middle_neuron = Norm(size.width), shape.neuron(size.width)
        self.middle = Synapses(size.width, OUTPUTS, bias=True, size=0.5)
        self.frames = Synapses(size.width, OUTPUTS, bias=True, size=0.5)

    def forward(self, mels: Tensor) -> Answers:
        batch, frames, _ = mels.shape
        steps = frames // FRAMES_PER_STEP
        x = mels[:, : steps * FRAMES_PER_STEP].reshape(batch, steps, -1)
        x = self.first(self.past(self.sense(self.scale(x))))
        h = self.second(self.stack(self.first_neuron(self.first_norm(x))))
        middle = h
        for i, block in enumerate(self.blocks):
            for part in block:  # type: ignore[attr-defined]
                h = part(h)
            if i == len(self.blocks) // 2 - 1:
                middle = h
        at_middle = self.middle(self.middle_neuron(self.middle_norm(middle)))
        spikes = self.last_neuron(self.last_norm(h))
        return Answers(self.phones(spikes), at_middle, self.frames(spikes))

    def export(self, mean: Tensor, deviation: Tensor, about: dict[str, str]) -> Program:
        """The network as a program; the front end's mean and deviation travel in the metadata as JSON."""
        if isinstance(self.first_neuron, Relu):
            raise ValueError("the ReLU twin is a control and cannot be exported")
        b = ProgramBuilder("ears", STEP_MS)
        x = b.add("input", "mels", (), {"width": FRAMES_PER_STEP * BANDS, "kind": "real"})
        x = self.sense.emit(b, "sense", self.scale.emit(b, "scale", x))  # type: ignore[operator]
        x = self.first.emit(b, "first", self.past.emit(b, "past", x))
        x = self.first_neuron.emit(b, "first_lif", self.first_norm.emit(b, "first_norm", x))  # type: ignore[operator]
        h = self.second.emit(b, "second", self.stack.emit(b, "stack", x))
        for i, block in enumerate(self.blocks):
            for part, kind in zip(block, ("conv", "time", "channel"), strict=True):  # type: ignore[call-overload]
                h = part.emit(b, f"block{i}.{kind}", h)
        spikes = self.last_neuron.emit(b, "last_lif", self.last_norm.emit(b, "last_norm", h))  # type: ignore[operator]
        phones = self.phones.emit(b, "phones", spikes)
        statistics = {"mean": _listed(mean), "deviation": _listed(deviation)}
        return b.finish([phones], {**about, **statistics})


def _listed(values: Tensor) -> str:
    return "[" + ", ".join(f"{float(v):.6g}" for v in np.asarray(values)) + "]"


def rates(model: nn.Module) -> float:
    """Mean firing rate over all neurons, from the last forward pass in evaluation mode."""
    layers = [(m.rate, m.log_threshold.numel()) for m in model.modules() if isinstance(m, Lif)]
    return sum(rate * n for rate, n in layers) / max(1, sum(n for _, n in layers))


def matrices(model: nn.Module) -> list[Synapses]:
    """Every weight matrix of a network."""
    return [m for m in model.modules() if isinstance(m, Synapses)]
