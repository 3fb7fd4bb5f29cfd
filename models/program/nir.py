"""Programs to and from NIR, the Neuromorphic Intermediate Representation, as far as NIR can carry them.

NIR says what a neuron does in continuous time; a program says what it does in a step. They meet in

    v ← leak·v + x, spike where v ≥ θ, v ← 0 there  is  LIF(tau = dt/(1 − leak), r = tau/dt, v_threshold ≈ θ)

NIR compares with >, so the threshold that is written is the next smaller float32. Weights are written as
float32(int8 · scale); the scale goes along as metadata, from which `from_nir` gets the int8 weights exactly.

NIR cannot carry: graded or signed spikes, soft reset, the time step itself, norms, gates, WKV recurrences,
token shifts, embeddings, windows and delays over time. `obstacles` lists the nodes of a program that are in
the way; it has to be cut at them. Reference: Pedersen et al., Nature Communications 15, 8122 (2024).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from models.program.builder import ProgramBuilder
from models.program.graph import Node, Program, ProgramError

if TYPE_CHECKING:
    import nir

SCALE = "spiketalk_scale"
INPUT_LEVELS = 127
REASONS: Mapping[str, str] = {
    "embedding": "NIR has no tokens",
    "conv": "NIR's convolutions run over space, not over past steps",
    "wkv": "NIR has no such recurrence",
    "token_shift": "NIR has no memory of reals",
    "window": "NIR has no memory of past steps that readers support",
    "norm": "NIR has no normalisation",
    "gate": "NIR has no products of two signals",
}


class NirError(Exception):
    """A program that NIR cannot carry, or a NIR graph that no program can; names the node and the reason."""


def obstacles(program: Program) -> dict[str, str]:
    """Give the nodes that NIR cannot carry, each with the reason; empty when the program can be exported."""
    found = {}
    for node in program.nodes:
        if node.op in REASONS:
            found[node.name] = REASONS[node.op]
        elif node.op == "input" and node.attributes["kind"] == "token":
            found[node.name] = REASONS["embedding"]
        elif node.op == "lif" and not _passes_on(program, node) and (reason := _neuron_obstacle(node)):
            found[node.name] = reason
    return found


def _neuron_obstacle(node: Node) -> str:
    if node.attributes["levels"] != 1:
        return "NIR has no graded spikes"
    if node.attributes["signed"]:
        return "NIR has no negative spikes"
    return "NIR has no soft reset" if node.attributes["reset"] != "hard" else ""


def _passes_on(program: Program, node: Node) -> bool:
    """Whether a lif does no more than to take an input port's whole numbers for spikes."""
    port = {n.name: n for n in program.nodes}[node.inputs[0]]
    leak, threshold = program.tensor(node, "leak"), program.tensor(node, "threshold")
    return bool(
        port.op == "input" and node.attributes["signed"] and np.all(leak == 0) and np.all(threshold == 1)
    )


def to_nir(program: Program, dt: float | None = None) -> nir.NIRGraph:
    """Give the program as a NIR graph, with dt seconds a step (the program's own step when None).

    Sums (`add`) become edges: a NIR node adds what arrives. Raises NirError when NIR cannot carry a node.
    """
    import nir

    if found := obstacles(program):
        name, reason = next(iter(found.items()))
        others = f" (and {len(found) - 1} more nodes)" if len(found) > 1 else ""
        raise NirError(f"{program.source or program.name}: node {name!r}: {reason}{others}")
    dt = program.step_ms * 1e-3 if dt is None else dt
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    sources: dict[str, list[str]] = {}
    for node in program.nodes:
        before = [source for name in node.inputs for source in sources[name]]
        if node.op == "add" or (node.op == "lif" and _passes_on(program, node)):
            sources[node.name] = before
            continue
        nodes[node.name] = _nir_node(program, node, dt)
        sources[node.name] = [node.name]
        edges += [(source, node.name) for source in before]
    for name in program.outputs:
        port = f"{name}.out"
        nodes[port] = nir.Output({"output": np.array([program.values[name].width])})
        edges += [(source, port) for source in sources[name]]
    return nir.NIRGraph(nodes=nodes, edges=edges, metadata={"dt": dt, "name": program.name})


def _nir_node(program: Program, node: Node, dt: float) -> Any:
    import nir

    if node.op == "input":
        return nir.Input({"input": np.array([program.values[node.name].width])})
    if node.op == "synapses":
        scale = program.tensor(node, "scale")
        weight = (program.tensor(node, "weight").astype(np.float32) * scale).T.copy()
        return nir.Affine(weight, program.tensor(node, "bias").copy(), metadata={SCALE: scale.copy()})
    if node.op == "affine":
        gain = program.tensor(node, "gain")
        return nir.Affine(np.diag(gain), program.tensor(node, "offset").copy())
    leak = program.tensor(node, "leak").astype(np.float64)
    threshold = np.nextafter(program.tensor(node, "threshold"), np.float32(-np.inf))
    zero = np.zeros(len(leak), np.float32)
    if np.all(leak == 1):
        return nir.IF(r=np.full(len(leak), 1 / dt), v_threshold=threshold, v_reset=zero)
    if np.any(leak == 1):
        raise NirError(f"{program.name}: node {node.name!r}: some neurons leak and some do not")
    tau = dt / (1 - leak)
    return nir.LIF(tau=tau, r=tau / dt, v_leak=zero, v_threshold=threshold, v_reset=zero)


def folded(graph: nir.NIRGraph) -> nir.NIRGraph:
    """Give the same network with every r = 1, for readers that ignore r (Norse): r goes into the weights.

    Raises NirError when a neuron's input does not come from matrices that lead to it alone.
    """
    import nir

    nodes = dict(graph.nodes)
    for name, node in graph.nodes.items():
        if not isinstance(node, nir.LIF):
            continue
        for source in [a for a, b in graph.edges if b == name]:
            matrix = nodes[source]
            if not isinstance(matrix, nir.Affine) or [b for a, b in graph.edges if a == source] != [name]:
                raise NirError(f"node {name!r}: r cannot be folded into {source!r}")
            r = np.asarray(node.r, np.float32)
            nodes[source] = nir.Affine(matrix.weight * r[:, None], matrix.bias * r)
        one = np.ones_like(np.asarray(node.r))
        nodes[name] = nir.LIF(node.tau, one, node.v_leak, node.v_threshold, node.v_reset)
    return nir.NIRGraph(nodes=nodes, edges=list(graph.edges), metadata=dict(graph.metadata))


def from_nir(graph: nir.NIRGraph, dt: float | None = None, name: str = "nir") -> Program:
    """Give a NIR graph as a program of steps of dt seconds; None: the dt that `to_nir` wrote as metadata.

    Takes Input, Output, Affine, Linear, Scale, Flatten of vectors, IF and LIF at rest at 0. Weights without
    our metadata are rounded to 8 bits per neuron; spikes that come in must be whole numbers within ±127.
    Raises NirError for anything else: a cycle, another primitive, a resting potential, a missing time step.
    """
    dt = dt if dt is not None else (graph.metadata or {}).get("dt")
    if dt is None or not float(dt) > 0:
        raise NirError("the graph does not say how long a step is: give dt in seconds")
    return _Reader(graph, float(dt), name).read()


class _Reader:
    """Walks a NIR graph in topological order and builds the program."""

    def __init__(self, graph: nir.NIRGraph, dt: float, name: str) -> None:
        self.graph, self.dt = graph, dt
        self.build = ProgramBuilder(name, dt * 1e3)
        self.made: dict[str, str] = {}
        self.spiking: dict[str, bool] = {}
        self.outputs: list[str] = []

    def read(self) -> Program:
        for name in self._order():
            self._node(name, self.graph.nodes[name])
        try:
            return self.build.finish(self.outputs)
        except ProgramError as error:
            raise NirError(f"the graph is no program: {error}") from error

    def _order(self) -> list[str]:
        waiting = {name: {a for a, b in self.graph.edges if b == name} for name in self.graph.nodes}
        order: list[str] = []
        while waiting:
            ready = sorted(name for name, before in waiting.items() if not before - set(order))
            if not ready:
                raise NirError(f"node {min(waiting)!r}: is part of a cycle; programs have none")
            order += ready
            for name in ready:
                del waiting[name]
        return order

    def _sum(self, name: str) -> tuple[str, bool]:
        """What arrives at a node, added up, and whether it is spikes."""
        before = [a for a, b in self.graph.edges if b == name]
        if not before:
            raise NirError(f"node {name!r}: nothing leads to it")
        total = self.made[before[0]]
        for index, other in enumerate(before[1:]):
            total = self.build.add("add", f"{name}.sum{index}", (total, self.made[other]))
        return total, len(before) == 1 and self.spiking[before[0]]

    def _node(self, name: str, node: Any) -> None:
        import nir

        if isinstance(node, nir.Input):
            width = int(np.prod(next(iter(node.input_type.values()))))
            attributes: dict[str, int | float | str] = {"width": width, "kind": "real"}
            self.made[name], self.spiking[name] = self.build.add("input", name, (), attributes), False
            return
        total, spikes = self._sum(name)
        if isinstance(node, nir.Output):
            self.outputs.append(total)
            self.made[name], self.spiking[name] = total, spikes
        elif isinstance(node, nir.Flatten):
            self.made[name], self.spiking[name] = total, spikes
        elif isinstance(node, nir.Affine | nir.Linear):
            self.made[name], self.spiking[name] = self._matrix(name, node, total, spikes), False
        elif isinstance(node, nir.Scale):
            gain = np.asarray(node.scale, np.float32).reshape(-1)
            tensors = {"gain": gain, "offset": np.zeros_like(gain)}
            self.made[name], self.spiking[name] = self.build.add("affine", name, (total,), {}, tensors), False
        elif isinstance(node, nir.LIF | nir.IF):
            self.made[name], self.spiking[name] = self._neuron(name, node, total), True
        else:
            raise NirError(f"node {name!r}: programs have no {type(node).__name__}")

    def _matrix(self, name: str, node: Any, total: str, spikes: bool) -> str:
        weight = np.asarray(node.weight, np.float32)
        if weight.ndim != 2:
            raise NirError(f"node {name!r}: expected a matrix, found shape {weight.shape}")
        bias = np.asarray(getattr(node, "bias", np.zeros(len(weight))), np.float32).reshape(-1)
        scale = (getattr(node, "metadata", None) or {}).get(SCALE)
        square = weight.shape[0] == weight.shape[1]
        if scale is None and square and not np.any(weight - np.diag(np.diag(weight))):
            tensors = {"gain": np.diag(weight).copy(), "offset": bias}
            return self.build.add("affine", name, (total,), {}, tensors)
        if not spikes:
            total = self._as_spikes(name, total, weight.shape[1])
        whole, scale = _int8(weight, scale)
        tensors = {"weight": whole.T.copy(), "scale": scale, "bias": bias}
        return self.build.add("synapses", name, (total,), {}, tensors)

    def _as_spikes(self, name: str, total: str, width: int) -> str:
        if total not in self.made.values() or self.spiking.get(total, True):
            raise NirError(f"node {name!r}: a matrix takes spikes here, and what arrives are sums of reals")
        attributes: dict[str, int | float | str] = {"levels": INPUT_LEVELS, "signed": 1, "reset": "hard"}
        tensors = {"leak": np.zeros(width), "threshold": np.ones(width)}
        return self.build.add("lif", f"{name}.spikes", (total,), attributes, tensors)

    def _neuron(self, name: str, node: Any, total: str) -> str:
        import nir

        r, threshold = (np.asarray(x, np.float64).reshape(-1) for x in (node.r, node.v_threshold))
        reset = getattr(node, "v_reset", None)
        if reset is not None and np.any(np.asarray(reset)):
            raise NirError(f"node {name!r}: resets to {np.asarray(reset).reshape(-1)[0]:g}, programs to 0")
        if isinstance(node, nir.LIF):
            if np.any(np.asarray(node.v_leak)):
                raise NirError(f"node {name!r}: has a resting potential, programs' neurons rest at 0")
            rate = self.dt / np.asarray(node.tau, np.float64).reshape(-1)
        else:
            rate = np.full(len(r), self.dt)
        leak = 1 - rate if isinstance(node, nir.LIF) else np.ones(len(r))
        if np.any(leak < -1e-9):
            raise NirError(f"node {name!r}: its time constant is shorter than a step of {self.dt:g} s")
        gain = rate * r
        if not np.allclose(gain, 1, rtol=1e-6):
            tensors = {"gain": gain, "offset": np.zeros(len(gain))}
            total = self.build.add("affine", f"{name}.r", (total,), {}, tensors)
        whole = {"leak": np.clip(leak, 0, 1), "threshold": _reached(threshold)}
        attributes: dict[str, int | float | str] = {"levels": 1, "signed": 0, "reset": "hard"}
        return self.build.add("lif", name, (total,), attributes, whole)


def _reached(threshold: np.ndarray) -> np.ndarray:
    """Give the smallest float32 that lies above a threshold: v > θ is v ≥ this."""
    return np.nextafter(threshold.astype(np.float32), np.float32(np.inf))


def _int8(weight: np.ndarray, scale: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give int8 weights and a scale per neuron: the exact ones if metadata has a scale that fits."""
    if scale is not None and np.shape(scale) == (len(weight),):
        scale = np.asarray(scale, np.float32)
        whole = np.rint(weight / np.where(scale == 0, 1, scale)[:, None])
        if np.abs(whole).max() <= 128 and np.array_equal(whole.astype(np.float32) * scale[:, None], weight):
            return np.clip(whole, -128, 127).astype(np.int8), scale
    largest = np.abs(weight).max(axis=1)
    scale = np.where(largest == 0, 1, largest / 127).astype(np.float32)
    return np.rint(weight / scale[:, None]).astype(np.int8), scale
