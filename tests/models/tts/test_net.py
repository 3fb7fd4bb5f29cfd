"""The networks: every matrix sees spikes, and the exported program says what the module says."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.backends import backend  # noqa: E402
from models.training.blocks import Conv, Synapses  # noqa: E402
from models.tts.context import STEP_PORTS  # noqa: E402
from models.tts.melody import MELODY_PORTS, POINTS  # noqa: E402
from models.tts.net import OUTPUTS, STEP_MS, Mouth, Ports, Size, frames_network  # noqa: E402


def small() -> Mouth:
    torch.manual_seed(5)
    return frames_network(Size(width=24, blocks="ct", taps=3, dropout=0.0)).eval()


def some_tokens(steps: int, ports: dict[str, int] = STEP_PORTS) -> Any:
    torch.manual_seed(6)
    return torch.stack([torch.randint(0, n, (1, steps)) for n in ports.values()], -1)


def test_every_matrix_sees_spikes() -> None:
    model, seen = small(), []
    for module in model.modules():
        if isinstance(module, Synapses | Conv):
            module.register_forward_pre_hook(lambda m, given: seen.append(given[0].detach()))
    model(some_tokens(20))
    assert len(seen) == 11
    for spikes in seen:
        assert torch.equal(spikes, spikes.round())
        assert 0 < float(spikes.abs().max()) <= 15


@pytest.mark.parametrize(("ports", "width"), [(STEP_PORTS, OUTPUTS), (MELODY_PORTS, POINTS)])
def test_program_says_what_the_module_says(ports: dict[str, int], width: int) -> None:
    torch.manual_seed(5)
    model = Mouth(ports, width, Size(width=24, blocks="ct", taps=3, dropout=0.0, token_dropout=0.5)).eval()
    tokens = some_tokens(40, ports)
    program = model.export("mouth", STEP_MS, {})
    state, events = program.state(), backend("events")
    said = []
    for k in range(40):
        inputs = {n: tokens[:, k, j : j + 1].numpy().astype(np.int32) for j, n in enumerate(ports)}
        said.append(events.step(program, state, inputs)["out"][0])
    with torch.no_grad():
        truth = model(tokens)[0].numpy()
    assert np.shape(said) == (40, width)
    assert np.corrcoef(np.ravel(said), truth.ravel())[0, 1] > 0.97


def test_dropped_tokens_are_silent_only_in_training() -> None:
    torch.manual_seed(5)
    ports = Ports(MELODY_PORTS, 16, dropout=0.5)
    tokens = some_tokens(200, MELODY_PORTS)
    whole = ports.eval()(tokens)
    assert torch.equal(whole, ports(tokens))
    dropped = ports.train()(tokens)
    assert not torch.allclose(whole, dropped)
    assert torch.allclose(whole.mean((0, 1)), dropped.mean((0, 1)), atol=0.5)
