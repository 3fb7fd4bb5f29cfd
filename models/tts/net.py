"""The mouth's two networks: how long each phone lasts, and what every 20 ms sounds like. Both spike.

    durations: tokens of a phone → Σ embeddings → blocks → neurons → log length (in frames of 10 ms)
    frames:    tokens of a step  → Σ embeddings → blocks → neurons → 2 frames × (log F0, voicing, periodicity,
    cepstra)

A block is a causal convolution or RWKV time mixing, then channel mixing; every weight matrix sees graded
spikes, and an embedding sees one spike per port. There is no feedback of earlier outputs: memory lives in
membranes and WKV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.program.builder import ProgramBuilder
from models.program.graph import Program
from models.training.blocks import ChannelMix, ConvMix, Lif, Norm, Shape, Synapses, TimeMix
from models.training.quantise import to_int8
from models.tts.context import PHONE_PORTS, STEP_FRAMES, STEP_PORTS
from models.tts.melody import MELODY_PORTS, POINTS
from models.tts.spectrum import CEPSTRA, FRAME_MS, PERIODICITY_BANDS

FRAME_WIDTH = 2 + PERIODICITY_BANDS + CEPSTRA
SAID = FRAME_WIDTH - 1  # all but log F0, which is the melody network's
OUTPUTS = STEP_FRAMES * SAID
LARGE = 100


@dataclass(frozen=True, slots=True)
class Size:
    """One dial each for width and depth."""

    width: int = 192
    blocks: str = "ctct"
    taps: int = 5
    levels: int = 8
    dropout: float = 0.05
    read_out_levels: int = 15
    token_dropout: float = 0.0


class Ports(nn.Module):
    """Sum of one embedding per port: (batch, time, ports) tokens to (batch, time, width)."""

    def __init__(self, ports: Mapping[str, int], width: int, dropout: float = 0.0) -> None:
        """`dropout` is the chance that a token goes unsaid in training, so that none is leant on alone."""
        super().__init__()
        self.dropout = dropout
        self.names, self.sizes = tuple(ports), tuple(ports.values())
        self.starts: Tensor
        starts = torch.tensor([0, *torch.tensor(self.sizes).cumsum(0)[:-1].tolist()])
        self.register_buffer("starts", starts, persistent=False)
        table = torch.randn(sum(self.sizes), width) * 0.3
        for start, size in zip(starts.tolist(), self.sizes, strict=True):
            if size > LARGE:  # a pair never met must say nothing
                table[start : start + size] = 0.0
        self.table = nn.Parameter(table)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, time, ports = tokens.shape
        rows = (tokens + self.starts).reshape(batch * time, ports)
        heard = None
        if self.training and self.dropout:
            kept = torch.rand(rows.shape, device=rows.device) >= self.dropout
            heard = kept.to(self.table.dtype) / (1.0 - self.dropout)
        summed = nn.functional.embedding_bag(rows, self.table, mode="sum", per_sample_weights=heard)
        return summed.reshape(batch, time, -1)

    def emit(self, builder: ProgramBuilder) -> str:
        total = ""
        tables = torch.split(self.table.detach(), list(self.sizes))
        for name, rows in zip(self.names, tables, strict=True):
            port = builder.add("input", name, (), {"width": 1, "kind": "token"})
            weight, scale = to_int8(rows.float().cpu().numpy())
            said = builder.add(
                "embedding", f"{name}.embedding", (port,), {}, {"weight": weight, "scale": scale}
            )
            total = builder.add("add", f"{name}.sum", (total, said)) if total else said
        return total


class Mouth(nn.Module):
    """Tokens (batch, time, ports) to (batch, time, outputs)."""

    def __init__(self, ports: Mapping[str, int], outputs: int, size: Size) -> None:
        super().__init__()
        shape = Shape(size.width, 4 * size.width, levels=size.levels, dropout=size.dropout)
        self.ports = Ports(ports, size.width, size.token_dropout)
        parts: list[nn.Module] = []
        self.kinds: list[str] = []
        for i, kind in enumerate(size.blocks):
            depth = i / max(1, len(size.blocks) - 1)
            parts.append(ConvMix(shape, size.taps) if kind == "c" else TimeMix(shape, depth))
            parts.append(ChannelMix(shape, depth))
            self.kinds += [kind, "m"]
        self.blocks = nn.ModuleList(parts)
        self.norm = Norm(size.width)
        self.neuron = Lif(size.width, size.read_out_levels, signed=True, leak=0.2, threshold=0.25)
        self.out = Synapses(size.width, outputs, bias=True, size=0.2)

    def forward(self, tokens: Tensor) -> Tensor:
        h = self.ports(tokens)
        for part in self.blocks:
            h = part(h)
        y: Tensor = self.out(self.neuron(self.norm(h)))
        return y

    def export(self, name: str, step_ms: float, about: Mapping[str, str]) -> Program:
        """The network as a program with one token port per kind of token and one output, `out`."""
        b = ProgramBuilder(name, step_ms)
        h = self.ports.emit(b)
        for i, (kind, part) in enumerate(zip(self.kinds, self.blocks, strict=True)):
            h = part.emit(b, f"{i}.{ {'c': 'conv', 't': 'time', 'm': 'channel'}[kind] }".replace(" ", ""), h)  # type: ignore[operator]
        spikes = self.neuron.emit(b, "read_out_lif", self.norm.emit(b, "read_out_norm", h))
        return b.finish([self.out.emit(b, "out", spikes)], about)


def frames_network(size: Size | None = None) -> Mouth:
    """The decoder of acoustic frames."""
    return Mouth(STEP_PORTS, OUTPUTS, size or Size())


def durations_network() -> Mouth:
    """The network of phone lengths."""
    return Mouth(PHONE_PORTS, 1, Size(width=96, blocks="ct", taps=3, dropout=0.1))


def melody_network() -> Mouth:
    """The network of F0: small and often interrupted, for an hour of speech has few sentences to learn tunes
    from.
    """
    size = Size(width=96, blocks="ct", taps=3, dropout=0.2, token_dropout=0.3)
    return Mouth(MELODY_PORTS, POINTS, size)


STEP_MS = float(STEP_FRAMES * FRAME_MS)
