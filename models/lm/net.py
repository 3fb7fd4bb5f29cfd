"""The mind's network: a spiking RWKV language model, one step per token.

embedding → layers × (TimeMix, ChannelMix) → norm → neurons → head. Every matrix but the embedding (a row per
token, no product) sees spikes. With `Shape.spiking` off it is the dense twin with rectified neurons.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.program.builder import ProgramBuilder
from models.program.graph import Program
from models.training.blocks import ChannelMix, Norm, Shape, Synapses, TimeMix
from models.training.quantise import to_int8


class Embedding(nn.Module):
    """A row of `width` numbers for every token."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.1 * torch.randn(vocabulary, width))

    def forward(self, tokens: Tensor) -> Tensor:
        return nn.functional.embedding(tokens, self.weight)

    def emit(self, builder: ProgramBuilder, name: str, token: str) -> str:
        weight, scale = to_int8(self.weight.detach().float().cpu().numpy())
        return builder.add("embedding", name, (token,), {}, {"weight": weight, "scale": scale})


class MindNet(nn.Module):
    """Tokens (batch, time) → logits (batch, time, vocabulary)."""

    def __init__(self, vocabulary: int, layers: int = 6, shape: Shape | None = None) -> None:
        super().__init__()
        shape = shape or Shape()
        self.embedding = Embedding(vocabulary, shape.width)
        self.blocks = nn.ModuleList()
        for i in range(layers):
            depth = i / max(1, layers - 1)
            self.blocks += [TimeMix(shape, depth), ChannelMix(shape, depth)]
        self.norm = Norm(shape.width)
        self.neuron = shape.neuron(shape.width)
        self.head = Synapses(shape.width, vocabulary, size=0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        h = self.embedding(tokens)
        for block in self.blocks:
            h = block(h)
        logits: Tensor = self.head(self.neuron(self.norm(h)))
        return logits

    def program(self, metadata: dict[str, str] | None = None) -> Program:
        """The network as a program: input `token`, output `logits`."""
        builder = ProgramBuilder("mind", step_ms=40.0)
        h = builder.add("input", "token", (), {"width": 1, "kind": "token"}, {})
        h = self.embedding.emit(builder, "embedding", h)
        for i, block in enumerate(self.blocks):
            h = block.emit(builder, f"{i // 2}.{'time' if i % 2 == 0 else 'channel'}", h)  # type: ignore[operator]
        h = self.neuron.emit(builder, "head_lif", self.norm.emit(builder, "head_norm", h))  # type: ignore[operator]
        return builder.finish([self.head.emit(builder, "logits", h)], metadata or {})

    def near_head(self) -> list[nn.Parameter]:
        """Embedding and head: they want a learning rate and a clip of their own."""
        return [
            self.embedding.weight,
            *self.norm.parameters(),
            *self.neuron.parameters(),
            *self.head.parameters(),
        ]

    def inside(self) -> list[nn.Parameter]:
        """Everything between embedding and head."""
        return list(self.blocks.parameters())
