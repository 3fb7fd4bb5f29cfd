"""NIR: a round trip to the bit, the same spikes in Norse and snnTorch, and refusals that name the node."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.backends import backend
from models.program import Program, ProgramBuilder
from models.program.nir import NirError, folded, from_nir, obstacles, to_nir
from models.program.ops import Array
from tests.models.backends.programs import every_op

nir = pytest.importorskip("nir", reason='needs the extra "peers"')

DT = 1e-4
STEPS = 60


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The frameworks that read NIR warn about themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def network(leak: float = 0.95, seed: int = 0) -> Program:
    """Spikes in → 8 neurons → 3 neurons, all binary with hard reset, which is what NIR knows."""
    rng = np.random.default_rng(seed)
    build = ProgramBuilder("two layers", step_ms=DT * 1e3)
    x = build.add("input", "in", (), {"width": 5, "kind": "real"})
    passing: dict[str, int | float | str] = {"levels": 127, "signed": 1, "reset": "hard"}
    x = build.add("lif", "fc1.spikes", (x,), passing, {"leak": np.zeros(5), "threshold": np.ones(5)})
    binary: dict[str, int | float | str] = {"levels": 1, "signed": 0, "reset": "hard"}
    for name, n_in, n_out in (("1", 5, 8), ("2", 8, 3)):
        tensors = {
            "weight": rng.integers(-60, 128, (n_in, n_out)),
            "scale": rng.uniform(0.002, 0.006, n_out),
            "bias": rng.uniform(0, 0.05, n_out),
        }
        x = build.add("synapses", f"fc{name}", (x,), {}, tensors)
        tensors = {"leak": np.full(n_out, leak), "threshold": np.ones(n_out)}
        x = build.add("lif", f"l{name}", (x,), binary, tensors)
    return build.finish([x])


def train(seed: int = 1) -> Array:
    return (np.random.default_rng(seed).random((STEPS, 1, 5)) < 0.4).astype(np.float32)


def spikes(program: Program, inputs: Array) -> Array:
    state, machine = program.state(), backend("reference")
    (port,) = program.inputs
    (output,) = program.outputs
    return np.array([machine.step(program, state, {port: x})[output][0] for x in inputs])


def test_round_trip_through_a_file_keeps_every_bit(tmp_path: Path) -> None:
    program = network()
    nir.write(tmp_path / "net.nir", to_nir(program))
    back = from_nir(nir.read(tmp_path / "net.nir"))
    assert back.step_ms == pytest.approx(program.step_ms)
    assert [(n.name, n.op) for n in back.nodes if n.op != "input"] == [
        (n.name, n.op) for n in program.nodes if n.op != "input"
    ]
    for key in ("fc1.weight", "fc1.scale", "fc1.bias", "fc2.weight", "l1.threshold"):
        np.testing.assert_array_equal(back.tensors[key], program.tensors[key])
    np.testing.assert_allclose(back.tensors["l1.leak"], program.tensors["l1.leak"], rtol=1e-6)
    wanted = spikes(program, train())
    assert 0 < wanted.sum() < wanted.size
    np.testing.assert_array_equal(spikes(back, train()), wanted)


def test_without_our_metadata_weights_are_rounded_to_eight_bits() -> None:
    graph = to_nir(network())
    for name in ("fc1", "fc2"):
        graph.nodes[name].metadata.clear()
    back = from_nir(graph, DT)
    for name in ("fc1", "fc2"):
        found = back.tensors[f"{name}.weight"].astype(np.float32) * back.tensors[f"{name}.scale"]
        off = np.abs(found - graph.nodes[name].weight.T).max(axis=0)
        assert (off <= back.tensors[f"{name}.scale"] * 0.5001).all()


def test_norse_gives_the_same_spikes() -> None:
    norse = pytest.importorskip("norse.torch", reason='needs the extra "peers"')
    import torch

    program = network()
    model = norse.from_nir(folded(to_nir(program)), dt=DT)
    state: Any = None
    found = []
    with torch.no_grad():
        for x in train():
            y, state = model(torch.tensor(x), state)
            found.append(y.numpy()[0])
    np.testing.assert_array_equal(np.array(found), spikes(program, train()))


def test_snntorch_gives_the_same_spikes() -> None:
    reader = pytest.importorskip("snntorch.import_nir", reason='needs the extra "peers"')
    import torch

    program = network()
    model = reader.import_from_nir(to_nir(program, DT))
    state: Any = None
    found = []
    with torch.no_grad():
        for x in train():
            y, state = model(torch.tensor(x), state)
            found.append(y.numpy()[0])
    np.testing.assert_array_equal(np.array(found), spikes(program, train()))


def test_nirtorch_reads_the_matrices_that_we_write() -> None:
    nirtorch = pytest.importorskip("nirtorch", reason='needs the extra "peers"')
    import torch

    def affine(node: Any) -> torch.nn.Module:
        # nirtorch's own map for Affine leaves the bias random
        layer = torch.nn.Linear(*reversed(node.weight.shape))
        layer.load_state_dict({"weight": torch.tensor(node.weight), "bias": torch.tensor(node.bias)})
        return layer

    graph = to_nir(network())
    first = nir.NIRGraph(
        {"in": graph.nodes["in"], "fc1": graph.nodes["fc1"], "out": nir.Output({"output": np.array([8])})},
        [("in", "fc1"), ("fc1", "out")],
    )
    model = nirtorch.nir_to_torch(first, {nir.Affine: affine})
    out = model(torch.tensor(train()[0]))
    y = out[0] if isinstance(out, tuple) else out
    wanted = train()[0] @ graph.nodes["fc1"].weight.T + graph.nodes["fc1"].bias
    np.testing.assert_allclose(y.detach().numpy(), wanted, rtol=1e-5)


def test_obstacles_are_named_with_their_reason() -> None:
    found = obstacles(every_op())
    ops = {n.name: n.op for n in every_op().nodes}
    reasons = {ops[name] for name in found}
    assert reasons == {"input", "embedding", "conv", "wkv", "token_shift", "window", "norm", "gate", "lif"}
    assert {r for n, r in found.items() if ops[n] == "lif"} == {"NIR has no graded spikes"}
    with pytest.raises(NirError, match=r"every op: node 'token': NIR has no tokens \(and \d+ more nodes\)"):
        to_nir(every_op())


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("reset", "soft", "no soft reset"),
        ("signed", 1, "no negative spikes"),
        ("levels", 4, "no graded spikes"),
    ],
)
def test_neurons_that_nir_does_not_know(attribute: str, value: Any, reason: str) -> None:
    program = network()
    nodes = list(program.nodes)
    last = nodes[-1]
    nodes[-1] = type(last)(
        last.name, last.op, last.inputs, {**last.attributes, attribute: value}, last.tensors
    )
    changed = Program(program.name, program.step_ms, tuple(nodes), program.tensors, program.outputs)
    assert obstacles(changed) == {"l2": f"NIR has {reason}"}


def test_sums_become_edges_and_come_back() -> None:
    build = ProgramBuilder("sum", step_ms=1.0)
    x = build.add("input", "in", (), {"width": 4, "kind": "real"})
    passing: dict[str, int | float | str] = {"levels": 127, "signed": 1, "reset": "hard"}
    x = build.add("lif", "a.spikes", (x,), passing, {"leak": np.zeros(4), "threshold": np.ones(4)})
    rng = np.random.default_rng(0)
    a, b = (
        build.add(
            "synapses", name, (x,), {},
            {"weight": rng.integers(-128, 128, (4, 3)), "scale": np.full(3, 0.01), "bias": np.zeros(3)},
        )
        for name in ("a", "b")
    )  # fmt: skip
    total = build.add("add", "total", (a, b))
    binary: dict[str, int | float | str] = {"levels": 1, "signed": 0, "reset": "hard"}
    out = build.add("lif", "l", (total,), binary, {"leak": np.ones(3), "threshold": np.ones(3)})
    program = build.finish([out])
    graph = to_nir(program)
    assert {("a", "l"), ("b", "l")} <= set(graph.edges) and isinstance(graph.nodes["l"], nir.IF)
    inputs = (np.random.default_rng(2).random((20, 1, 4)) < 0.5).astype(np.float32)
    np.testing.assert_array_equal(spikes(from_nir(graph), inputs), spikes(program, inputs))


def graph_with(node: Any, edges: list[tuple[str, str]] | None = None) -> Any:
    n = np.array([2])
    nodes = {"in": nir.Input({"input": n}), "x": node, "out": nir.Output({"output": n})}
    return nir.NIRGraph(nodes, edges or [("in", "x"), ("x", "out")], type_check=False)


TWO = np.ones(2)


@pytest.mark.parametrize(
    ("node", "dt", "reason"),
    [
        (nir.LI(TWO, TWO, TWO), DT, "node 'x': programs have no LI"),
        (nir.LIF(TWO, TWO, TWO, TWO, 0 * TWO), DT, "node 'x': has a resting potential"),
        (nir.LIF(TWO, TWO, 0 * TWO, TWO, TWO), DT, "node 'x': resets to 1, programs to 0"),
        (nir.LIF(DT / 2 * TWO, TWO, 0 * TWO, TWO, 0 * TWO), DT, "time constant is shorter than a step"),
        (nir.Threshold(TWO), DT, "programs have no Threshold"),
        (nir.Scale(TWO), None, "does not say how long a step is"),
        (nir.Scale(TWO), -1.0, "does not say how long a step is"),
    ],
)
def test_graphs_that_no_program_can_carry(node: Any, dt: float | None, reason: str) -> None:
    with pytest.raises(NirError, match=reason):
        from_nir(graph_with(node), dt)


def test_cycles_and_loose_ends_are_refused() -> None:
    neuron = nir.LIF(TWO, TWO, 0 * TWO, TWO, 0 * TWO)
    with pytest.raises(NirError, match="part of a cycle"):
        from_nir(graph_with(neuron, [("in", "x"), ("x", "x"), ("x", "out")]), DT)
    with pytest.raises(NirError, match="nothing leads to it"):
        from_nir(graph_with(neuron, [("x", "out")]), DT)


def test_folding_needs_matrices_of_ones_own() -> None:
    graph = graph_with(nir.LIF(DT * 2 * TWO, TWO, 0 * TWO, TWO, 0 * TWO))
    with pytest.raises(NirError, match="cannot be folded into 'in'"):
        folded(graph)
