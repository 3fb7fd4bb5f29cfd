"""Blocks: every weight matrix sees spikes, and a network's program does what the network does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.backends.reference import ReferenceBackend
from models.program.builder import ProgramBuilder
from models.training.blocks import ChannelMix, Conv, ConvMix, Lif, Shape, Synapses, TimeMix

BLOCKS = {
    "time": lambda shape: TimeMix(shape, 0.5),
    "channel": lambda shape: ChannelMix(shape, 0.5),
    "conv": lambda shape: ConvMix(shape, 4),
}


@pytest.mark.parametrize("kind", BLOCKS)
def test_every_matrix_sees_spikes(kind: str) -> None:
    torch.manual_seed(3)
    block = BLOCKS[kind](Shape(width=24, hidden=48))
    seen: list[Tensor] = []
    for module in block.modules():
        if isinstance(module, Synapses | Conv):
            module.register_forward_hook(lambda _, given, __: seen.append(given[0].detach()))
    block(torch.randn(2, 30, 24))
    matrices = [p for p in block.parameters() if p.dim() == 2]
    assert len(seen) == len(matrices)
    for spikes in seen:
        assert set(np.unique(spikes)) <= {0.0, 1.0, 2.0, 3.0, 4.0}
        assert 0.02 < float((spikes != 0).float().mean()) < 0.6


@pytest.mark.parametrize("kind", BLOCKS)
def test_the_program_does_what_the_block_does(kind: str) -> None:
    """Step by step with int8 weights; a membrane within rounding of its threshold may fire a step apart."""
    torch.manual_seed(4)
    block: Any = BLOCKS[kind](Shape(width=24, hidden=48)).eval()
    builder = ProgramBuilder("block", 10.0)
    out = block.emit(builder, "block", builder.add("input", "x", (), {"width": 24, "kind": "real"}))
    program = builder.finish([out])
    _round_weights(block)
    x = torch.randn(1, 60, 24)
    expected = block(x)[0].detach().numpy()
    backend, state = ReferenceBackend(), program.state(streams=1)
    ours = np.concatenate([backend.step(program, state, {"x": step[None].numpy()})[out] for step in x[0]])
    close = np.isclose(ours, expected, rtol=1e-3, atol=1e-3).all(1)
    assert close.mean() > 0.9
    assert np.corrcoef(ours.ravel(), expected.ravel())[0, 1] > 0.99


def test_a_twin_without_spikes_has_the_same_matrices() -> None:
    spiking, dense = TimeMix(Shape(16, 32), 0.0), TimeMix(Shape(16, 32, spiking=False), 0.0)
    assert [p.shape for p in spiking.parameters() if p.dim() == 2] == [
        p.shape for p in dense.parameters() if p.dim() == 2
    ]


def test_an_unknown_reset_is_refused() -> None:
    with pytest.raises(ValueError, match="use soft or hard"):
        Lif(3, reset="sideways")


def _round_weights(network: nn.Module) -> None:
    """Puts into the network the weights that its program has."""
    from models.training.quantise import to_int8

    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, Synapses | Conv):
                weight, scale = to_int8(module.weight.numpy())
                module.weight.copy_(torch.from_numpy(weight.astype(np.float32) * scale))
