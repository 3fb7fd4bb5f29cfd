"""A program is valid or refused with its name, the node, what was expected and what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.program import Node, Program, ProgramBuilder, ProgramError, Value
from models.program.ops import Array
from tests.models.backends.programs import every_op


def changed(program: Program, of: str, **changes: object) -> Program:
    """The program with its first node of that op changed."""
    at = next(i for i, node in enumerate(program.nodes) if node.op == of)
    nodes = list(program.nodes)
    nodes[at] = replace(nodes[at], **changes)  # type: ignore[arg-type]
    return replace(program, nodes=tuple(nodes))


def with_tensor(op: str, role: str, change: Callable[[Array], Array]) -> Callable[[Program], Program]:
    def make(program: Program) -> Program:
        key = next(node for node in program.nodes if node.op == op).tensors[role]
        return replace(program, tensors={**program.tensors, key: change(program.tensors[key])})

    return make


def poke(value: float) -> Callable[[Array], Array]:
    def change(tensor: Array) -> Array:
        tensor = tensor.copy()
        tensor.flat[-1] = value
        return tensor

    return change


HARMS: dict[str, tuple[Callable[[Program], Program], str]] = {
    "unknown op": (lambda p: changed(p, "gate", op="gatte"), "'gate.*one of the ops.*found 'gatte'"),
    "odd name": (lambda p: changed(p, "gate", name="a b"), "a name of letters"),
    "name twice": (lambda p: replace(p, nodes=(*p.nodes, p.nodes[0])), "used once, found it twice"),
    "unknown input": (lambda p: changed(p, "norm", inputs=("nobody",)), "earlier node, found 'nobody'"),
    "later input": (lambda p: replace(p, nodes=p.nodes[::-1]), "the name of an earlier node"),
    "too many inputs": (
        lambda p: changed(p, "norm", inputs=("sound", "sound")),
        "expected 1 inputs, found 2",
    ),
    "wrong kind": (
        lambda p: changed(p, "conv", inputs=("sound",)),
        "input 'sound': expected spikes, found real",
    ),
    "wrong width": (
        lambda p: replace(p, nodes=(*p.nodes, Node("last", "add", ("synapses18", "synapses19")))),
        "'last'.*input 'synapses19': expected width 70, found width 83",
    ),
    "attribute missing": (lambda p: changed(p, "window", attributes={}), "attributes: expected .*steps"),
    "attribute spare": (
        lambda p: changed(p, "window", attributes={"steps": 3, "stride": 1}), "attributes: .*stride",
    ),
    "attribute low": (
        lambda p: changed(p, "window", attributes={"steps": 0}),
        "steps: expected a whole number",
    ),
    "attribute real": (lambda p: changed(p, "window", attributes={"steps": 3.0}), "found 3.0"),
    "attribute truth": (lambda p: changed(p, "window", attributes={"steps": True}), "found True"),
    "reset": (
        lambda p: changed(p, "lif", attributes={"levels": 4, "signed": 0, "reset": "none"}), "soft or hard",
    ),
    "kind": (lambda p: changed(p, "input", attributes={"width": 40, "kind": "spikes"}), "real or token"),
    "role missing": (lambda p: changed(p, "norm", tensors={}), "tensors: expected .*gain"),
    "tensor missing": (
        lambda p: changed(p, "norm", tensors={"gain": "x", "offset": "y"}),
        "a tensor of this program, found 'x'",
    ),
    "tensor spare": (lambda p: replace(p, tensors={**p.tensors, "spare": np.ones(3)}), "found 'spare'"),
    "tensor dtype": (
        with_tensor("norm", "gain", lambda t: t.astype(np.float64)),
        "expected float32, found float64",
    ),
    "weight dtype": (
        with_tensor("synapses", "weight", lambda t: t.astype(np.int16)),
        "expected int8, found int16",
    ),
    "tensor shape": (
        with_tensor("norm", "gain", lambda t: t[1:]),
        r"gain: expected shape \(40,\), found \(39,\)",
    ),
    "weight shape": (with_tensor("synapses", "weight", lambda t: t[1:]), r"expected shape \(40, 40\)"),
    "dimensions": (with_tensor("synapses", "weight", lambda t: t[None]), r"expected shape \(n_in, n_out\)"),
    "nothing in it": (with_tensor("embedding", "weight", lambda t: t[:0]), r"expected shape \(vocab, n\)"),
    "nan": (with_tensor("norm", "gain", poke(np.nan)), "gain: expected finite numbers"),
    "infinite": (with_tensor("affine", "offset", poke(np.inf)), "offset: expected finite numbers"),
    "threshold": (with_tensor("lif", "threshold", poke(0)), "threshold: expected numbers above 0"),
    "leak": (with_tensor("lif", "leak", poke(1.5)), "leak: expected numbers in 0…1"),
    "decay": (with_tensor("wkv", "decay", poke(0)), "decay: expected numbers below 0"),
    "no outputs": (lambda p: replace(p, outputs=()), "outputs: expected at least one"),
    "unknown output": (lambda p: replace(p, outputs=("nobody",)), "outputs: expected names of nodes"),
    "output twice": (lambda p: replace(p, outputs=p.outputs[:1] * 2), "each once"),
    "no nodes": (lambda p: replace(p, nodes=()), "nodes: expected 1 to"),
    "step time": (lambda p: replace(p, step_ms=0.0), "step_ms: expected a time above 0, found 0.0"),
    "step time nan": (lambda p: replace(p, step_ms=float("nan")), "found nan"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_what_is_wrong_is_refused_by_name(harm: str) -> None:
    change, message = HARMS[harm]
    program = change(replace(every_op(), source="some/file.safetensors"))
    with pytest.raises(ProgramError, match=message) as caught:
        _ = program.values
    assert str(caught.value).startswith("some/file.safetensors: ")
    assert "\n" not in str(caught.value)


def test_values_have_kind_and_width() -> None:
    program = every_op()
    assert program.inputs == {"sound": Value("real", 40), "token": Value("token", 1)}
    assert Value("real", 70) in [program.values[name] for name in program.outputs]
    kinds = {node.op: program.values[node.name].kind for node in program.nodes}
    assert kinds["lif"] == "spikes"
    windows = {
        program.values[node.inputs[0]].kind: program.values[node.name].kind
        for node in program.nodes
        if node.op == "window"
    }
    assert windows == {"spikes": "spikes", "real": "real"}


def test_a_program_cannot_be_changed_behind_its_back() -> None:
    weight = np.ones((2, 2), np.int8)
    build = ProgramBuilder("p", 1.0)
    x = build.add("input", "x", attributes={"width": 1, "kind": "token"})
    program = build.finish(
        [build.add("embedding", "e", [x], tensors={"weight": weight, "scale": np.ones(2)})]
    )
    digest = program.digest
    weight[:] = 7
    assert program.tensors["e.weight"].max() == 1
    with pytest.raises(ValueError, match="read-only"):
        program.tensors["e.weight"][0, 0] = 3
    assert replace(program).digest == digest


def test_digest_tells_programs_apart() -> None:
    program = every_op()
    others = [
        every_op(seed=1),
        replace(program, name="other"),
        replace(program, outputs=program.outputs[1:]),
        with_tensor("lif", "leak", poke(0.75))(program),
    ]
    assert len({program.digest, *(other.digest for other in others)}) == 5
    assert every_op().digest == program.digest


def test_builder_casts_only_what_stays_the_same() -> None:
    build = ProgramBuilder("p", 1.0)
    x = build.add("input", "x", attributes={"width": 1, "kind": "token"})
    with pytest.raises(ProgramError, match=r"'e.weight': expected int8, found int64 out of its range"):
        build.add("embedding", "e", [x], tensors={"weight": np.array([[200]])})
    with pytest.raises(ProgramError, match="expected int8, found float64"):
        build.add("embedding", "e", [x], tensors={"weight": np.array([[1.0]])})
    with pytest.raises(ProgramError, match="'x': expected a name used once"):
        build.add("input", "x", attributes={"width": 1, "kind": "token"})


def test_node_is_a_value() -> None:
    assert Node("a", "add", ("x", "y")) == Node("a", "add", ("x", "y"))
