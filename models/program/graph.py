"""Program: a network as a value, its nodes in the order of execution; and `validate`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from models.program import ops
from models.program.ops import Array

if TYPE_CHECKING:
    from models.program.state import Layout, State

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}\Z")
INPUT_LIMIT = 1e9
MAX_NODES = 100_000


class ProgramError(Exception):
    """A program, a state or an input that cannot be run: one line with its name, expected and found."""


@dataclass(frozen=True, slots=True)
class Node:
    """One op of a program.   inputs: names of earlier nodes;   tensors: role → key in `Program.tensors`."""

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    attributes: Mapping[str, int | float | str] = field(default_factory=dict)
    tensors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """What a node gives: kind `real`, `spikes` or `token`, and how many of them per stream and step."""

    kind: str
    width: int


@dataclass(frozen=True, eq=False)
class Program:
    """A network: nodes in topological order, tensors by key, the names of the nodes whose values come out.

    Equal only to itself. `source` is the file it came from, for messages.   step_ms: audio time of one step.
    """

    name: str
    step_ms: float
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Array]
    outputs: tuple[str, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        frozen = {}
        for key, tensor in self.tensors.items():
            kept = np.ascontiguousarray(tensor)
            if kept.flags.writeable:
                kept = kept.copy()
                kept.flags.writeable = False
            frozen[key] = kept
        object.__setattr__(self, "tensors", MappingProxyType(frozen))

    @classmethod
    def load(cls, path: str | Path) -> Program:
        """The program in a file; ProgramError if the file is anything but a whole, valid one."""
        from models.program.file import load

        return load(path)

    def save(self, path: str | Path) -> None:
        """Write one safetensors file, whole or not at all."""
        from models.program.file import save

        save(self, path)

    def state(self, streams: int = 1) -> State:
        """The state before the first step."""
        from models.program.state import initial

        return initial(self.layout, streams)

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """Kind and width of every node's output; ProgramError when the program is not valid."""
        return validate(self)

    @cached_property
    def inputs(self) -> Mapping[str, Value]:
        """The named ports."""
        return {node.name: self.values[node.name] for node in self.nodes if node.op == "input"}

    @cached_property
    def layout(self) -> Layout:
        """Where each array of the state lies."""
        from models.program.state import layout

        return layout(self)

    @cached_property
    def description(self) -> str:
        """Everything but the tensors, as canonical JSON."""
        nodes = [
            {
                "name": n.name,
                "op": n.op,
                "inputs": list(n.inputs),
                "attributes": dict(n.attributes),
                "tensors": dict(n.tensors),
            }
            for n in self.nodes
        ]
        whole = {
            "name": self.name,
            "step_ms": self.step_ms,
            "nodes": nodes,
            "outputs": list(self.outputs),
            "metadata": dict(self.metadata),
        }
        return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over description and tensors: two programs with one digest compute the same."""
        mark = hashlib.sha256(self.description.encode())
        for key in sorted(self.tensors):
            tensor = self.tensors[key]
            mark.update(f"\n{key} {tensor.dtype.str} {tensor.shape}\n".encode())
            mark.update(tensor.reshape(-1).view(np.uint8).data)
        return mark.hexdigest()

    def tensor(self, node: Node, role: str) -> Array:
        """The tensor that a node uses in a role."""
        return self.tensors[node.tensors[role]]

    def parameters(self, node: Node) -> dict[str, object]:
        """Attributes and tensors of a node by name, as the steps in `ops` want them."""
        return {**node.attributes, **{role: self.tensors[key] for role, key in node.tensors.items()}}

    def refuse(self, where: str, expected: str, found: object) -> ProgramError:
        """The error for something in this program that is not as it must be."""
        return ProgramError(f"{self.source or self.name}: {where}: expected {expected}, found {found}")


def validate(program: Program) -> Mapping[str, Value]:
    """Kind and width of every node's output; ProgramError names file, node, expected and found."""
    from models.program.ranges import prove

    _check_frame(program)
    values: dict[str, Value] = {}
    used: set[str] = set()
    for node in program.nodes:
        where = f"node {node.name!r}"
        if not isinstance(node.name, str) or not NAME.match(node.name):
            raise program.refuse(where, "a name of letters, digits and _./-", repr(node.name))
        if node.name in values:
            raise program.refuse(where, "a name used once", "it twice")
        if node.op not in ops.OPS:
            raise program.refuse(where, f"one of the ops {', '.join(ops.OPS)}", repr(node.op))
        values[node.name] = _check_node(program, node, values)
        used.update(node.tensors.values())
    for name in program.outputs:
        if name not in values:
            raise program.refuse("outputs", "names of nodes", repr(name))
    if spare := sorted(set(program.tensors) - used):
        raise program.refuse("tensors", "only those that nodes use", repr(spare[0]))
    prove(program, values)
    return MappingProxyType(values)


def _check_frame(program: Program) -> None:
    step = program.step_ms
    if not isinstance(step, int | float) or not np.isfinite(step) or step <= 0:
        raise program.refuse("step_ms", "a time above 0", step)
    if not 0 < len(program.nodes) <= MAX_NODES:
        raise program.refuse("nodes", f"1 to {MAX_NODES}", len(program.nodes))
    if not program.outputs or len(set(program.outputs)) != len(program.outputs):
        raise program.refuse("outputs", "at least one, each once", list(program.outputs))


def _check_node(program: Program, node: Node, values: Mapping[str, Value]) -> Value:
    op, where = ops.OPS[node.op], f"node {node.name!r} ({node.op})"
    sizes: dict[str, int] = {"1": 1}
    _check_attributes(program, node, op, sizes)
    if len(node.inputs) != len(op.inputs):
        raise program.refuse(where, f"{len(op.inputs)} inputs", len(node.inputs))
    for name, (kinds, size) in zip(node.inputs, op.inputs, strict=True):
        if name not in values:
            raise program.refuse(f"{where} input", "the name of an earlier node", repr(name))
        if values[name].kind not in kinds:
            raise program.refuse(f"{where} input {name!r}", " or ".join(kinds), values[name].kind)
        if sizes.setdefault(size, values[name].width) != values[name].width:
            raise program.refuse(
                f"{where} input {name!r}", f"width {sizes[size]}", f"width {values[name].width}"
            )
    if set(node.tensors) != set(op.tensors):
        raise program.refuse(f"{where} tensors", sorted(op.tensors).__str__(), sorted(node.tensors))
    for role, wanted in op.tensors.items():
        _check_tensor(program, node, role, wanted, sizes)
    kind, size = op.output
    width = measure(size, sizes)
    if not 0 < width <= ops.MAX_WIDTH:
        raise program.refuse(where, f"a width of 1 to {ops.MAX_WIDTH}", width)
    kind = {"kind": str(node.attributes.get("kind")), "same": _first_kind(node, values)}.get(kind, kind)
    return Value(kind, width)


def _first_kind(node: Node, values: Mapping[str, Value]) -> str:
    return values[node.inputs[0]].kind if node.inputs else ""


def _check_attributes(program: Program, node: Node, op: ops.Op, sizes: dict[str, int]) -> None:
    where = f"node {node.name!r} ({node.op})"
    if set(node.attributes) != set(op.attributes):
        raise program.refuse(f"{where} attributes", str(sorted(op.attributes)), sorted(node.attributes))
    for name, rule in op.attributes.items():
        found = node.attributes[name]
        if rule.choices:
            if found not in rule.choices:
                raise program.refuse(f"{where} {name}", " or ".join(rule.choices), repr(found))
        elif type(found) is not int or not rule.low <= found <= rule.high:
            raise program.refuse(f"{where} {name}", f"a whole number in {rule.low}…{rule.high}", repr(found))
        else:
            sizes[name] = found


def _check_tensor(program: Program, node: Node, role: str, wanted: ops.Tensor, sizes: dict[str, int]) -> None:
    where = f"node {node.name!r} ({node.op}) {role}"
    if node.tensors[role] not in program.tensors:
        raise program.refuse(where, "a tensor of this program", repr(node.tensors[role]))
    tensor = program.tensor(node, role)
    if tensor.dtype != np.dtype(wanted.dtype):
        raise program.refuse(where, wanted.dtype, tensor.dtype)
    if tensor.ndim != len(wanted.shape) or 0 in tensor.shape:
        raise program.refuse(where, f"shape ({', '.join(wanted.shape)})", tensor.shape)
    shape = tuple(sizes.setdefault(size, n) for size, n in zip(wanted.shape, tensor.shape, strict=True))
    if tensor.shape != shape:
        raise program.refuse(where, f"shape {shape}", tensor.shape)
    if wanted.dtype == "float32" and (broken := _broken_rule(tensor, wanted.rule)):
        raise program.refuse(where, broken, f"{tensor.min()} to {tensor.max()}")


def _broken_rule(tensor: Array, rule: str) -> str:
    if not np.isfinite(tensor).all():
        return "finite numbers"
    if rule == "positive" and not (tensor > 0).all():
        return "numbers above 0"
    if rule == "negative" and not (tensor < 0).all():
        return "numbers below 0"
    if rule == "fraction" and not ((tensor >= 0) & (tensor <= 1)).all():
        return "numbers in 0…1"
    return ""


def measure(size: str, sizes: Mapping[str, int]) -> int:
    """The number that a named dimension stands for, e.g. `n` or `(steps-1)*n`.

    >>> measure("(steps-1)*n", {"steps": 3, "n": 5})
    10
    """
    if "*" not in size:
        return sizes[size]
    count, n = size.split("*")
    times = sizes[count[1:-3]] - 1 if count.startswith("(") else sizes[count]
    return times * sizes[n]
