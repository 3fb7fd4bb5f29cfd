"""PyTorch modules with the names and equations of the program's ops, and the blocks made from them.

Every module maps (batch, time, channels) to (batch, time, channels) and can write itself into a program:
`emit(builder, name, *inputs)` appends its nodes and returns the name of its output. The equations live in
`models/program/ops.py`. In every block each weight matrix sees spikes, never real numbers.

Choices that made the difference between learning and not (docs/log.md has the figures): the reset is part of
the gradient; matrices that write to the residual stream start near zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.program.builder import ProgramBuilder
from models.training import kernels
from models.training.quantise import to_int8

Neuron = Callable[[int], nn.Module]


class Lif(nn.Module):
    """Leaky integrate-and-fire neurons with `levels` graded spikes; the leak is learnt per channel, the
    threshold too where `learn_threshold` asks for it.

    m[t] = leak·v[t−1] + x[t]; s[t] = clip(⌊m/θ⌋, 0, levels); soft reset v = m − θ·s, hard reset v = 0 on a
    spike. Membrane in the currents' units, time in steps. `activity` is the mean spike count of the last
    forward pass, kept in the graph for a penalty; `rate` the share of neurons that fired.
    """

    def __init__(
        self,
        n: int,
        levels: int = 4,
        signed: bool = False,
        reset: str = "soft",
        leak: float = 0.5,
        surrogate: str = "straight",
        threshold: float = 1.0,
        learn_threshold: bool = False,
    ) -> None:
        super().__init__()
        if reset not in ("soft", "hard"):
            raise ValueError(f"reset is {reset!r}; use soft or hard")
        self.levels, self.signed, self.reset, self.surrogate = levels, signed, reset, surrogate
        self.leak_logit = nn.Parameter(torch.full((n,), math.log(leak / (1 - leak)))) if leak > 0 else None
        self.register_buffer("no_leak", torch.zeros(n), persistent=False)
        # behind a norm the gain does the same, so the threshold learns only where it is asked to
        self.log_threshold = nn.Parameter(
            torch.full((n,), math.log(threshold)), requires_grad=learn_threshold
        )
        self.activity: Tensor | None = None
        self.rate = 0.0

    def leak(self) -> Tensor:
        """Share of the membrane that stays from one step to the next, (n,) in [0, 1)."""
        if self.leak_logit is None:
            return self.no_leak  # type: ignore[return-value]
        return torch.sigmoid(self.leak_logit)

    def forward(self, x: Tensor) -> Tensor:
        spikes = kernels.lif(
            x,
            self.leak(),
            self.log_threshold.exp(),
            self.levels,
            self.signed,
            self.reset == "soft",
            self.surrogate,
        )
        if self.training:
            self.activity = spikes.abs().mean() if self.signed else spikes.mean()
        else:
            self.rate = float((spikes != 0).float().mean())
        return spikes

    def emit(self, builder: ProgramBuilder, name: str, x: str) -> str:
        return builder.add(
            "lif",
            name,
            (x,),
            {"levels": self.levels, "signed": int(self.signed), "reset": self.reset},
            {"leak": _array(self.leak()), "threshold": _array(self.log_threshold.exp())},
        )


class Relu(nn.Module):
    """The non-spiking twin's neuron: the same currents, rectified. It cannot be exported."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.rate = 0.0

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(x)
        if not self.training:
            self.rate = float((y != 0).float().mean())
        return y


class Norm(nn.Module):
    """Root-mean-square norm with gain and offset; the offset starts so high that a quarter fires."""

    def __init__(self, n: int, offset: float = 0.25) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(n))
        self.offset = nn.Parameter(torch.full((n,), offset))

    def forward(self, x: Tensor) -> Tensor:
        return kernels.norm(x, self.gain, self.offset)

    def emit(self, builder: ProgramBuilder, name: str, x: str) -> str:
        return builder.add("norm", name, (x,), {}, {"gain": _array(self.gain), "offset": _array(self.offset)})


class Affine(nn.Module):
    """Gain and offset per channel."""

    def __init__(self, n: int, gain: float = 1.0, offset: float = 0.0) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.full((n,), gain))
        self.offset = nn.Parameter(torch.full((n,), offset))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gain + self.offset

    def emit(self, builder: ProgramBuilder, name: str, x: str) -> str:
        return builder.add(
            "affine", name, (x,), {}, {"gain": _array(self.gain), "offset": _array(self.offset)}
        )


class Dropout(nn.Module):
    """Sets a random share of values to zero while training (Srivastava et al. 2014)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        return kernels.dropout(x, self.share) if self.training and self.share else x


class Synapses(nn.Module):
    """A weight matrix that sees spikes: `weight` (n_in, n_out), one row per input neuron."""

    def __init__(self, n_in: int, n_out: int, bias: bool = False, size: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_in, n_out) * (size / math.sqrt(n_in)))
        self.bias = nn.Parameter(torch.zeros(n_out)) if bias else None

    def forward(self, spikes: Tensor) -> Tensor:
        y = kernels.synapses(spikes, self.weight)
        return y if self.bias is None else y + self.bias

    def emit(self, builder: ProgramBuilder, name: str, spikes: str) -> str:
        weight, scale = to_int8(_array(self.weight))
        bias = _array(self.bias if self.bias is not None else torch.zeros(self.weight.shape[1]))
        return builder.add("synapses", name, (spikes,), {}, {"weight": weight, "scale": scale, "bias": bias})


class Conv(nn.Module):
    """Causal depthwise convolution of spikes: each channel filters its own last `taps` steps."""

    def __init__(self, n: int, taps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(taps, n) / math.sqrt(taps))

    def forward(self, spikes: Tensor) -> Tensor:
        return kernels.conv(spikes, self.weight)

    def emit(self, builder: ProgramBuilder, name: str, spikes: str) -> str:
        weight, scale = to_int8(_array(self.weight))
        return builder.add(
            "conv", name, (spikes,), {}, {"weight": weight, "scale": scale, "bias": 0.0 * scale}
        )


class TokenShift(nn.Module):
    """mix·x[t] + (1 − mix)·x[t−1], zeros before the first step."""

    def __init__(self, n: int, mix: float | Tensor = 0.5) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.full((n,), mix) if isinstance(mix, float) else mix.clone())

    def forward(self, x: Tensor) -> Tensor:
        return torch.lerp(F.pad(x, (0, 0, 1, -1)), x, self.mix)

    def emit(self, builder: ProgramBuilder, name: str, x: str) -> str:
        return builder.add("token_shift", name, (x,), {}, {"mix": _array(self.mix)})


class Window(nn.Module):
    """The last `steps` inputs side by side, oldest first."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, x: Tensor) -> Tensor:
        past = F.pad(x, (0, 0, self.steps - 1, 0))
        return torch.cat([past[:, i : i + x.shape[1]] for i in range(self.steps)], -1)

    def emit(self, builder: ProgramBuilder, name: str, x: str) -> str:
        return builder.add("window", name, (x,), {"steps": self.steps}, {})


class Wkv(nn.Module):
    """The RWKV-4 recurrence; decays spread from slow to fast over the channels, slower in deeper layers."""

    def __init__(self, n: int, depth: float) -> None:
        super().__init__()
        where = torch.arange(n) / max(1, n - 1)
        self.log_decay = nn.Parameter(-5 + 8 * where ** (0.7 + 1.3 * depth))  # RWKV-4's spread
        self.bonus = nn.Parameter(math.log(0.3) + 0.5 * ((torch.arange(n) + 1) % 3 - 1).float())

    def decay(self) -> Tensor:
        """Change of a memory's log weight per step, (n,), negative."""
        return -torch.exp(self.log_decay)

    def forward(self, k: Tensor, v: Tensor) -> Tensor:
        return kernels.wkv(k, v, self.decay(), self.bonus)

    def emit(self, builder: ProgramBuilder, name: str, k: str, v: str) -> str:
        return builder.add(
            "wkv", name, (k, v), {}, {"decay": _array(self.decay()), "bonus": _array(self.bonus)}
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """What the blocks of one network share."""

    width: int = 256
    hidden: int = 1024
    levels: int = 4
    dropout: float = 0.0
    spiking: bool = True

    def neuron(self, n: int) -> nn.Module:
        """A layer of `n` neurons: spiking, or rectified in the control twin."""
        return Lif(n, self.levels) if self.spiking else Relu(n)


class TimeMix(nn.Module):
    """RWKV time mixing with neurons in front of all four matrices; adds to its input."""

    def __init__(self, shape: Shape, depth: float) -> None:
        """`depth` is the block's place in the network, 0 for the first, 1 for the last."""
        super().__init__()
        n = shape.width
        where = (torch.arange(n) / n) ** (1 - depth)
        self.norm = Norm(n)
        self.shifts = nn.ModuleList([TokenShift(n, mix) for mix in (where**0.5, where, where + 0.3 * depth)])
        self.neurons = nn.ModuleList([shape.neuron(n) for _ in range(3)])
        self.matrices = nn.ModuleList([Synapses(n, n, size=size) for size in (0.1, 0.1, 1.0)])
        self.wkv = Wkv(n, depth)
        self.norm_out = Norm(n)
        self.neuron_out = shape.neuron(n)
        self.out = Synapses(n, n, size=0.1)
        self.dropout = Dropout(shape.dropout)

    def forward(self, h: Tensor) -> Tensor:
        x = self.norm(h)
        r, k, v = (
            matrix(neuron(shift(x)))
            for shift, neuron, matrix in zip(self.shifts, self.neurons, self.matrices, strict=True)
        )
        y = torch.sigmoid(r) * self.wkv(k, v)
        return h + self.dropout(self.out(self.neuron_out(self.norm_out(y))))

    def emit(self, builder: ProgramBuilder, name: str, h: str) -> str:
        x = self.norm.emit(builder, f"{name}.norm", h)
        currents = []
        for part, shift, neuron, matrix in zip("rkv", self.shifts, self.neurons, self.matrices, strict=True):
            shifted = shift.emit(builder, f"{name}.{part}_shift", x)  # type: ignore[operator]
            spikes = neuron.emit(builder, f"{name}.{part}_lif", shifted)  # type: ignore[operator]
            currents.append(matrix.emit(builder, f"{name}.{part}", spikes))  # type: ignore[operator]
        r, k, v = currents
        y = builder.add("gate", f"{name}.gate", (r, self.wkv.emit(builder, f"{name}.wkv", k, v)), {}, {})
        return _emit_branch(builder, name, h, y, self.norm_out, self.neuron_out, self.out)


class ChannelMix(nn.Module):
    """RWKV channel mixing: token shift, neurons, wide matrix, neurons, matrix back; adds to its input."""

    def __init__(self, shape: Shape, depth: float) -> None:
        super().__init__()
        n, hidden = shape.width, shape.hidden
        self.norm = Norm(n)
        self.shift = TokenShift(n, (torch.arange(n) / n) ** (1 - depth))
        self.neuron = shape.neuron(n)
        self.wide = Synapses(n, hidden)
        self.norm_out = Norm(hidden)
        self.neuron_out = shape.neuron(hidden)
        self.out = Synapses(hidden, n, size=0.1)
        self.dropout = Dropout(shape.dropout)

    def forward(self, h: Tensor) -> Tensor:
        y = self.wide(self.neuron(self.shift(self.norm(h))))
        return h + self.dropout(self.out(self.neuron_out(self.norm_out(y))))

    def emit(self, builder: ProgramBuilder, name: str, h: str) -> str:
        x = self.shift.emit(builder, f"{name}.shift", self.norm.emit(builder, f"{name}.norm", h))
        y = self.wide.emit(builder, f"{name}.wide", self.neuron.emit(builder, f"{name}.lif", x))  # type: ignore[operator]
        return _emit_branch(builder, name, h, y, self.norm_out, self.neuron_out, self.out)


class ConvMix(nn.Module):
    """Causal depthwise convolution of spikes, then a matrix over the channels; adds to its input."""

    def __init__(self, shape: Shape, taps: int) -> None:
        super().__init__()
        n = shape.width
        self.norm = Norm(n)
        self.neuron = shape.neuron(n)
        self.conv = Conv(n, taps)
        self.norm_out = Norm(n)
        self.neuron_out = shape.neuron(n)
        self.out = Synapses(n, n, size=0.1)
        self.dropout = Dropout(shape.dropout)

    def forward(self, h: Tensor) -> Tensor:
        y = self.conv(self.neuron(self.norm(h)))
        return h + self.dropout(self.out(self.neuron_out(self.norm_out(y))))

    def emit(self, builder: ProgramBuilder, name: str, h: str) -> str:
        spikes = self.neuron.emit(builder, f"{name}.lif", self.norm.emit(builder, f"{name}.norm", h))  # type: ignore[operator]
        y = self.conv.emit(builder, f"{name}.conv", spikes)
        return _emit_branch(builder, name, h, y, self.norm_out, self.neuron_out, self.out)


def _emit_branch(
    builder: ProgramBuilder, name: str, h: str, y: str, norm: Norm, neuron: nn.Module, out: Synapses
) -> str:
    """The end that every block shares: norm, neurons, matrix, and the sum with the residual stream."""
    spikes = neuron.emit(builder, f"{name}.out_lif", norm.emit(builder, f"{name}.out_norm", y))  # type: ignore[operator]
    return builder.add("add", f"{name}.add", (h, out.emit(builder, f"{name}.out", spikes)), {}, {})


def _array(tensor: Tensor):  # type: ignore[no-untyped-def]
    return tensor.detach().float().cpu().numpy()
