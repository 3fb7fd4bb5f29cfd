"""A file gives back the same program, or one line that says what is wrong with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from models.backends.reference import ReferenceBackend
from models.program import Program, ProgramBuilder, ProgramError
from models.program.file import pack_ternary, unpack_ternary
from tests.models.backends.programs import every_op, random_inputs, same_bits

FUZZED_FILES = int(os.environ.get("SPIKETALK_FUZZED_FILES", "300"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("programs") / "every.safetensors"
    replace(every_op(), metadata={"trained on": "nothing"}).save(file)
    return file


def test_file_gives_back_the_same_program(path: Path) -> None:
    made, read = every_op(), Program.load(path)
    assert read.digest == replace(made, metadata={"trained on": "nothing"}).digest
    assert read.metadata == {"trained on": "nothing"}
    assert read.source == str(path)
    inputs = random_inputs(made, 1, np.random.default_rng(0))
    a = ReferenceBackend().step(made, made.state(), inputs)
    b = ReferenceBackend().step(read, read.state(), inputs)
    assert all(same_bits(a[name], b[name]) for name in a)


def test_program_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "p.safetensors"
    every_op().save(file)
    before = file.read_bytes()
    with pytest.raises(ProgramError):
        replace(every_op(), outputs=()).save(file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def ternary_program(shape: tuple[int, int]) -> Program:
    weight = np.random.default_rng(0).integers(-1, 2, shape)
    build = ProgramBuilder("ternary", 1.0)
    x = build.add("input", "x", attributes={"width": 1, "kind": "token"})
    tensors = {"weight": weight, "scale": np.ones(shape[1])}
    return build.finish([build.add("embedding", "y", [x], tensors=tensors)])


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (4, 8), (1000, 101)])
def test_ternary_weights_take_two_bits(shape: tuple[int, int], tmp_path: Path) -> None:
    program, file = ternary_program(shape), tmp_path / "t.safetensors"
    program.save(file)
    assert Program.load(file).digest == program.digest
    assert load_file(file)["y.weight"].nbytes == -(-shape[0] * shape[1] // 4)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
@settings(deadline=None)
def test_packing_loses_nothing(rows: int, columns: int, seed: int) -> None:
    weight = np.random.default_rng(seed).integers(-1, 2, (rows, columns)).astype(np.int8)
    assert np.array_equal(unpack_ternary(pack_ternary(weight), weight.shape), weight)


def refused(file: Path) -> str:
    with pytest.raises(ProgramError) as caught:
        Program.load(file)
    message = str(caught.value)
    assert message.startswith(str(file))
    assert "\n" not in message
    assert "expected" in message
    return message


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "found none of that name" in refused(tmp_path / "nothing.safetensors")
    refused(tmp_path)


@pytest.mark.parametrize("content", [b"", b"RIFF\0\0\0\0WAVE", b"\xff" * 64, b"{}", b"\0" * 4096])
def test_a_foreign_file_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "f.safetensors"
    file.write_bytes(content)
    assert "whole safetensors file" in refused(file)


def test_other_safetensors_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.safetensors"
    save_file({"a": np.zeros(3, np.float32)}, file)
    assert "format: expected spiketalk-program, found 'none'" in refused(file)
    save_file({"a": np.zeros(3, np.float32)}, file, {"format": "pt"})
    assert "found 'pt'" in refused(file)


def rewritten(path: Path, to: Path, metadata: Callable[[dict[str, str]], object]) -> Path:
    """The file with its metadata changed; tensors as they were."""
    with safe_open(path, framework="np") as file:
        words = dict(file.metadata())
    metadata(words)
    save_file(load_file(path), to, words)
    return to


def graph(**changes: object) -> Callable[[dict[str, str]], None]:
    def change(words: dict[str, str]) -> None:
        words["graph"] = json.dumps({**json.loads(words["graph"]), **changes})

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.update(version="2"), "version: expected 1, found '2'; .*another release"),
        (lambda w: w.pop("version"), "version: expected 1, found 'none'"),
        (lambda w: w.pop("digest"), "digest: .*found None"),
        (lambda w: w.pop("graph"), "graph: expected the form of version 1, found KeyError"),
        (lambda w: w.update(graph="[]"), "graph: expected"),
        (lambda w: w.update(graph="{"), "graph: expected"),
        (lambda w: w.update(graph="[" * 100_000), "graph: expected"),
        (lambda w: w.update(graph=w["graph"].replace("gate", "gata")), "digest: .*damaged"),
        (
            lambda w: w.update(encodings='{"x": {"encoding": "zip"}}'),
            "expected encoding ternary-2bit, found 'zip'",
        ),
        (lambda w: w.update(encodings='{"x": 3}'), "graph: expected"),
        (
            lambda w: w.update(encodings='{"norm5.gain": {"encoding": "ternary-2bit", "shape": [3]}}'),
            "graph: expected",
        ),
        (graph(name=3), "3 where a text must be"),
        (graph(nodes=[{}]), "found KeyError: 'name'"),
        (graph(nodes={}), "digest"),
        (graph(outputs=[None]), "None where a text must be"),
        (graph(step_ms="x"), "digest"),
        (graph(metadata={"a": 1}), "1 where a text must be"),
    ],
)
def test_altered_metadata_is_refused(
    change: Callable[[dict[str, str]], object], message: str, path: Path, tmp_path: Path
) -> None:
    with pytest.raises(ProgramError, match=message):
        Program.load(rewritten(path, tmp_path / "a.safetensors", change))
    refused(tmp_path / "a.safetensors")


@pytest.mark.parametrize("op", ["unknown", "synapses"])
def test_a_valid_file_of_an_invalid_program_is_refused(op: str, path: Path, tmp_path: Path) -> None:
    """Digest and form are right; the graph is not: the node is named."""
    program = Program.load(path)
    wrong = replace(program, nodes=(*program.nodes, replace(program.nodes[0], name="odd", op=op)))

    def change(words: dict[str, str]) -> None:
        words.update(graph=wrong.description, digest=wrong.digest)

    assert "node 'odd'" in refused(rewritten(path, tmp_path / "w.safetensors", change))


def test_every_truncation_is_refused(path: Path, tmp_path: Path) -> None:
    data, file = path.read_bytes(), tmp_path / "t.safetensors"
    for length in np.linspace(0, len(data) - 1, 200).astype(int):
        file.write_bytes(data[:length])
        refused(file)


@settings(max_examples=FUZZED_FILES, deadline=None)
@given(st.data())
def test_mutated_files_are_refused_or_the_same(path: Path, data: st.DataObject) -> None:
    """Bits flipped, bytes written over, dropped, doubled: refused in one line, or the same program."""
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        front = data.draw(st.booleans())
        at = data.draw(st.integers(0, 12_000 if front else len(content) - 1)) % len(content)
        match data.draw(st.sampled_from(["flip", "write", "drop", "double"])):
            case "flip":
                content[at] ^= 1 << data.draw(st.integers(0, 7))
            case "write":
                new = data.draw(st.binary(min_size=1, max_size=8))
                content[at : at + len(new)] = new
            case "drop":
                del content[at : at + data.draw(st.integers(1, 64))]
            case "double":
                content[at:at] = content[at : at + 16]
    file = path.with_name("mutated.safetensors")
    file.write_bytes(content)
    try:
        read = Program.load(file)
    except ProgramError:
        refused(file)
    else:
        assert read.digest == Program.load(path).digest


def test_loading_takes_little_more_memory_than_the_file(tmp_path: Path) -> None:
    """The most that a fresh process ever held grows by less than 1.5 times the file."""
    weight = np.random.default_rng(0).integers(-127, 128, (4096, 20_000), np.int8)
    build = ProgramBuilder("large", 1.0)
    x = build.add("input", "x", attributes={"width": 1, "kind": "token"})
    y = build.add("embedding", "y", [x], tensors={"weight": weight, "scale": np.ones(20_000)})
    file = tmp_path / "large.safetensors"
    build.finish([y]).save(file)
    code = f"""
import resource
from models.program import Program
from models.backends import backend
def held():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = held()
program = Program.load({str(file)!r})
print(held() - before)
"""
    grown = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert int(grown.stdout) < 1.5 * file.stat().st_size
