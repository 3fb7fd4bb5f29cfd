"""One portable file per program: safetensors for the tensors, JSON in its metadata for the graph.

Weights are int8; those that are only −1, 0 and 1 are written as two bits each. A digest over everything makes
any damage visible; a file that this version does not know in every detail is refused.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from models.program.graph import Node, Program, ProgramError
from models.program.ops import Array

FORMAT = "spiketalk-program"
VERSION = 1
TERNARY = "ternary-2bit"

_MAX_HEADER = 100_000_000
_DTYPES = {"I8": "<i1", "U8": "<u1", "F32": "<f4"}
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)


def save(program: Program, path: str | Path) -> None:
    """Write a valid program, whole or not at all."""
    _ = program.values
    path = Path(path)
    tensors: dict[str, Array] = {}
    encodings: dict[str, Any] = {}
    for key, tensor in program.tensors.items():
        if _is_ternary(tensor):
            tensors[key] = pack_ternary(tensor)
            encodings[key] = {"encoding": TERNARY, "shape": list(tensor.shape)}
        else:
            tensors[key] = tensor
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "graph": program.description,
        "encodings": json.dumps(encodings, sort_keys=True),
        "digest": program.digest,
    }
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    os.close(handle)
    try:
        save_file(tensors, draft, metadata)
        os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)


def load(path: str | Path) -> Program:
    """Read and check a program. Any file gives a Program or one ProgramError that names it."""
    source = str(path)
    try:
        metadata, tensors = _read(source)
    except FileNotFoundError:
        raise ProgramError(f"{source}: expected a program file, found none of that name") from None
    except OSError as error:
        raise ProgramError(f"{source}: expected a readable file, found {error.strerror or error}") from None
    except (*_MALFORMED, RecursionError, MemoryError) as error:
        raise ProgramError(f"{source}: expected a whole safetensors file, found {_line(error)}") from None
    program = _assemble(source, metadata, tensors)
    if program.digest != metadata.get("digest"):
        found = metadata.get("digest")
        raise ProgramError(
            f"{source}: digest: expected {program.digest}, found {found!r}; the file is damaged"
        )
    _ = program.values
    return program


def _read(source: str) -> tuple[Mapping[str, str], dict[str, Array]]:
    """Metadata and tensors of a safetensors file, each tensor read once, to a place of its own in one buffer.

    ProgramError for another format or version; any other flaw raises one of _MALFORMED.
    """
    with open(source, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(size - 8, _MAX_HEADER):
            raise ValueError(f"{size} bytes with a header of {length}")
        header = json.loads(file.read(length).decode(), object_pairs_hook=_each_once)
        metadata = {_text(k): _text(v) for k, v in header.pop("__metadata__", {}).items()}
        _check_version(source, metadata)
        tensors, end = {}, 0
        buffer = np.empty(size - 8 - length + 64 * len(header) + 64, np.uint8)
        free = -buffer.ctypes.data % 64
        for key, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            shape, (first, last) = tuple(entry["shape"]), entry["data_offsets"]
            dtype = np.dtype(_DTYPES[entry["dtype"]])
            if (
                not all(type(n) is int and n >= 0 for n in shape)
                or math.prod(shape) * dtype.itemsize != last - first
            ):
                raise ValueError(f"tensor {key!r} of shape {shape} in bytes {first} to {last}")
            place = buffer[free : free + last - first]
            if first != end or file.readinto(place.data) != len(place):
                raise ValueError(
                    f"tensor {key!r} in bytes {first} to {last}, the one before it ends at {end}"
                )
            tensors[key] = place.view(dtype).reshape(shape)
            end, free = last, free + -(-len(place) // 64) * 64
        if 8 + length + end != size:
            raise ValueError(f"{size} bytes where its header describes {8 + length + end}")
    return metadata, tensors


def _check_version(source: str, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != FORMAT:
        raise ProgramError(f"{source}: format: expected {FORMAT}, found {metadata.get('format', 'none')!r}")
    if metadata.get("version") != str(VERSION):
        raise ProgramError(
            f"{source}: version: expected {VERSION}, found {metadata.get('version', 'none')!r}; "
            "it was written by another release of spiketalk"
        )


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice in one JSON object")
    return found


def _assemble(source: str, metadata: Mapping[str, str], tensors: dict[str, Array]) -> Program:
    try:
        graph = json.loads(metadata["graph"])
        for key, how in json.loads(metadata["encodings"]).items():
            if how["encoding"] != TERNARY:
                raise ProgramError(
                    f"{source}: tensor {key!r}: expected encoding {TERNARY}, found {how['encoding']!r}"
                )
            tensors[key] = unpack_ternary(tensors[key], tuple(how["shape"]))
        for tensor in tensors.values():
            tensor.flags.writeable = False
        program = Program(
            name=_text(graph["name"]),
            step_ms=graph["step_ms"],
            nodes=tuple(_node(entry) for entry in graph["nodes"]),
            tensors=tensors,
            outputs=tuple(_text(name) for name in graph["outputs"]),
            metadata={_text(k): _text(v) for k, v in graph["metadata"].items()},
            source=source,
        )
        _ = program.digest
    except (*_MALFORMED, RecursionError, MemoryError) as error:
        raise ProgramError(
            f"{source}: graph: expected the form of version {VERSION}, found {_line(error)}"
        ) from None
    return program


def _node(entry: Mapping[str, Any]) -> Node:
    return Node(
        _text(entry["name"]),
        _text(entry["op"]),
        tuple(_text(name) for name in entry["inputs"]),
        {_text(k): v for k, v in entry["attributes"].items()},
        {_text(k): _text(v) for k, v in entry["tensors"].items()},
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} where a text must be")
    return value


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _is_ternary(tensor: Array) -> bool:
    return (
        tensor.dtype == np.int8 and tensor.ndim == 2 and bool((np.abs(tensor.view(np.uint8) + 1) <= 2).all())
    )


def pack_ternary(weight: Array) -> Array:
    """Four weights per byte, lowest bits first, each as weight + 1; the last byte is filled up with zeros.

    >>> pack_ternary(np.array([[1, 0, -1, 1]], np.int8))
    array([134], dtype=uint8)
    """
    codes = (weight.reshape(-1) + 1).astype(np.uint8)
    fours = np.concatenate([codes, np.zeros(-len(codes) % 4, np.uint8)]).reshape(-1, 4)
    return np.asarray(fours[:, 0] | fours[:, 1] << 2 | fours[:, 2] << 4 | fours[:, 3] << 6)


def unpack_ternary(packed: Array, shape: tuple[int, ...]) -> Array:
    """The int8 weights that `pack_ternary` packed; ValueError if it cannot have been them."""
    if packed.dtype != np.uint8 or packed.ndim != 1 or not all(type(n) is int and n > 0 for n in shape):
        raise ValueError(f"{packed.dtype} {packed.shape} for ternary weights of shape {shape}")
    count = int(np.prod(shape, dtype=object))
    if len(packed) != -(-count // 4):
        raise ValueError(f"{len(packed)} bytes for {count} ternary weights")
    codes = np.stack([packed & 3, packed >> 2 & 3, packed >> 4 & 3, packed >> 6], axis=1).reshape(-1)[:count]
    if codes.max() > 2:
        raise ValueError("a ternary weight that is not −1, 0 or 1")
    return codes.astype(np.int8).__isub__(1).reshape(shape)
