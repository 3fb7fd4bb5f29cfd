"""NeuroBench's metrics of a program: computed by NeuroBench itself, and from our own counters.

Both must be equal. NeuroBench counts an operation where input *and* weight are not zero; our counters
count every weight that a spike meets, so their synaptic operations are the effective ones plus those of
zero weights. What NeuroBench cannot see (convolutions over past steps, norms, recurrences: nothing it
has a hook for) stays out of both. Yik et al., Nature Communications 16, 1545 (2025).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from models.backends import backend
from models.program.graph import Program
from models.program.ops import OPS, Array

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Metrics:
    """Bytes of all tensors; shares of zero weights and of silent neurons; operations per sample.

    dense: all weights × all inputs;   effective: non-zero weights × non-zero inputs.
    """

    footprint: int
    connection_sparsity: float
    activation_sparsity: float
    dense: float
    effective: float


def ours(program: Program, sample: Sequence[Mapping[str, Array]]) -> Metrics:
    """Give the metrics of one sample, a sequence of inputs, from the reference backend's spikes."""
    matrices = [node for node in program.nodes if node.op == "synapses"]
    neurons = [node.name for node in program.nodes if node.op == "lif"]
    seen = tuple(dict.fromkeys([*program.outputs, *neurons, *(node.inputs[0] for node in matrices)]))
    watched = replace(program, outputs=seen)
    state, machine = watched.state(), backend("reference")
    rows = {node.name: np.count_nonzero(program.tensor(node, "weight"), axis=1) for node in matrices}
    effective, fired = 0, 0
    for inputs in sample:
        out = machine.step(watched, state, inputs)
        effective += sum(int((out[node.inputs[0]][0] != 0) @ rows[node.name]) for node in matrices)
        fired += sum(int(np.count_nonzero(out[name])) for name in neurons)
    sizes = [program.tensor(node, "weight").size for node in matrices]
    zeros = sum(program.tensor(node, "weight").size - int(rows[node.name].sum()) for node in matrices)
    width = sum(program.values[name].width for name in neurons)
    return Metrics(
        sum(tensor.nbytes for tensor in program.tensors.values()),
        zeros / max(1, sum(sizes)),
        1 - fired / max(1, width * len(sample)),
        float(sum(sizes) * len(sample)),
        float(effective),
    )


def neurobench(program: Program, sample: Sequence[Mapping[str, Array]]) -> Metrics:
    """Give the metrics of one sample as NeuroBench computes them; needs the extra `peers`."""
    import torch
    from neurobench.benchmarks import Benchmark
    from neurobench.metrics.static import ConnectionSparsity, Footprint
    from neurobench.metrics.workload import ActivationSparsity, SynapticOperations
    from neurobench.models import TorchModel

    net, spikes = _as_module(program)
    model = TorchModel(net)
    model.add_activation_module(spikes)
    line = np.array([np.concatenate([step[port][0] for port in program.inputs]) for step in sample])
    data = torch.utils.data.TensorDataset(torch.tensor(line[None], dtype=torch.float64), torch.zeros(1))
    found: dict[str, Any] = Benchmark(
        model,
        torch.utils.data.DataLoader(data, batch_size=1),
        [],
        [],
        [[Footprint, ConnectionSparsity], [ActivationSparsity, SynapticOperations]],
    ).run(quiet=True)
    operations = found["SynapticOperations"]
    return Metrics(
        int(found["Footprint"]),
        float(found["ConnectionSparsity"]),
        float(found["ActivationSparsity"]),
        float(operations["Dense"]),
        float(operations["Effective_ACs"] + operations["Effective_MACs"]),
    )


def _as_module(program: Program) -> tuple[nn.Module, type[nn.Module]]:
    """Give the program as a module whose matrices and neurons NeuroBench can hook, and the neurons' class."""
    import torch
    from torch import nn

    class Spikes(nn.Module):
        """Passes a neuron's spikes on, for NeuroBench to look at."""

        def forward(self, spikes: Tensor) -> Tensor:
            return spikes

    class Matrix(nn.Linear):
        """A layer whose weights stay int8, so that the footprint is the real one."""

        def __init__(self, weight: Array) -> None:
            super().__init__(weight.shape[0], weight.shape[1], bias=False)
            self.weight = nn.Parameter(torch.tensor(weight.T.copy()), requires_grad=False)

        def forward(self, spikes: Tensor) -> Tensor:
            return nn.functional.linear(spikes, self.weight.to(spikes.dtype))

    class Module(nn.Module):
        """Walks the program with the reference's steps; matrices and neurons go through modules."""

        def __init__(self) -> None:
            super().__init__()
            self.hooked = nn.ModuleDict()
            kept = set()
            for index, node in enumerate(program.nodes):
                if node.op == "synapses":
                    kept.add(node.tensors["weight"])
                    self.hooked[str(index)] = Matrix(program.tensor(node, "weight"))
                elif node.op == "lif":
                    self.hooked[str(index)] = Spikes()
            for index, key in enumerate(sorted(set(program.tensors) - kept)):
                self.register_buffer(f"tensor{index}", torch.tensor(program.tensors[key].copy()))

        def forward(self, batch: Tensor) -> Tensor:
            state = program.state()
            for row in batch[0]:
                last = self._step(row.numpy(), state)
            return torch.tensor(last)

        def _step(self, row: Array, state: Mapping[str, Array]) -> Array:
            values: dict[str, Array] = {}
            start = 0
            for index, node in enumerate(program.nodes):
                p = program.parameters(node)
                if node.op == "input":
                    port = program.inputs[node.name]
                    kind = np.int32 if port.kind == "token" else np.float32
                    values[node.name] = row[None, start : start + port.width].astype(kind)
                    start += port.width
                    continue
                given = [values[name] for name in node.inputs]
                if node.op == "synapses":
                    total = self.hooked[str(index)](torch.tensor(given[0], dtype=torch.float64)).numpy()
                    values[node.name] = total.astype(np.float32) * p["scale"] + p["bias"]
                    continue
                parts = {part: state[f"{node.name}.{part}"] for part in OPS[node.op].state}
                values[node.name], after = OPS[node.op].step(p, parts, *given)
                for part, array in after.items():
                    parts[part][:] = array
                if node.op == "lif":
                    self.hooked[str(index)](torch.tensor(values[node.name]))
            return values[program.outputs[0]]

    return Module(), Spikes
