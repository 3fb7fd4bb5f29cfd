"""ProgramBuilder: append nodes one by one, get a valid Program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.program import ops
from models.program.graph import Node, Program, ProgramError
from models.program.ops import Array


class ProgramBuilder:
    """Collects nodes and their tensors.

    >>> builder = ProgramBuilder("demo", step_ms=10.0)
    >>> x = builder.add("input", "x", attributes={"width": 3, "kind": "real"})
    >>> y = builder.add("add", "twice", (x, x))
    >>> builder.finish([y]).values["twice"]
    Value(kind='real', width=3)
    """

    def __init__(self, name: str, step_ms: float) -> None:
        self.name = name
        self.step_ms = step_ms
        self._nodes: dict[str, Node] = {}
        self._tensors: dict[str, Array] = {}

    def add(
        self,
        op: str,
        name: str,
        inputs: Sequence[str] = (),
        attributes: Mapping[str, int | float | str] | None = None,
        tensors: Mapping[str, Array] | None = None,
    ) -> str:
        """Append a node and give its name back. Tensors are kept as `name.role`, cast to the op's types."""
        if name in self._nodes:
            raise ProgramError(f"{self.name}: node {name!r}: expected a name used once, found it twice")
        keys = {}
        for role, tensor in (tensors or {}).items():
            wanted = ops.OPS[op].tensors.get(role) if op in ops.OPS else None
            keys[role] = f"{name}.{role}"
            self._tensors[keys[role]] = _exact(self.name, keys[role], tensor, wanted)
        self._nodes[name] = Node(name, op, tuple(inputs), dict(attributes or {}), keys)
        return name

    def finish(self, outputs: Sequence[str], metadata: Mapping[str, str] | None = None) -> Program:
        """The whole program, validated; ProgramError when it is not one."""
        program = Program(
            self.name,
            self.step_ms,
            tuple(self._nodes.values()),
            self._tensors,
            tuple(outputs),
            dict(metadata or {}),
        )
        _ = program.values
        return program


def _exact(program: str, key: str, tensor: Array, wanted: ops.Tensor | None) -> Array:
    array = np.asarray(tensor)
    if wanted is None or array.dtype == wanted.dtype:
        return array
    if wanted.dtype == "float32" and array.dtype.kind in "fiu":
        return array.astype(np.float32)
    if wanted.dtype == "int8" and array.dtype.kind in "iu":
        cast = array.astype(np.int8)
        if np.array_equal(cast, array):
            return cast
    raise ProgramError(
        f"{program}: tensor {key!r}: expected {wanted.dtype}, found {array.dtype} out of its range"
    )
