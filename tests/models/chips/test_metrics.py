"""NeuroBench's own metrics of our programs equal our counters."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

import models
from models.backends import Counts, backend
from models.backends.backend import vocabulary
from models.chips.metrics import Metrics, neurobench, ours
from models.program import Program
from models.program.ops import Array
from tests.models.backends.programs import every_op, random_inputs
from tests.models.chips.test_placement import dense


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """NeuroBench and what it imports warn about themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def sample(program: Program, steps: int = 6) -> list[Mapping[str, Array]]:
    rng = np.random.default_rng(2)
    return [random_inputs(program, 1, rng) for _ in range(steps)]


def equal(a: Metrics, b: Metrics) -> None:
    assert a.footprint == b.footprint
    # NeuroBench rounds shares of zeros to three decimals
    assert a.connection_sparsity == pytest.approx(b.connection_sparsity, abs=6e-4)
    assert a.activation_sparsity == pytest.approx(b.activation_sparsity, abs=1e-6)
    assert (a.dense, a.effective) == (b.dense, b.effective)


def test_neurobench_agrees_on_every_op() -> None:
    pytest.importorskip("neurobench", reason='needs the extra "peers"')
    program = every_op()
    found = neurobench(program, sample(program))
    equal(ours(program, sample(program)), found)
    assert 0 < found.activation_sparsity < 1 and 0 < found.effective < found.dense


def test_neurobench_agrees_where_weights_are_zero() -> None:
    pytest.importorskip("neurobench", reason='needs the extra "peers"')
    program = dense(20, 6)
    weight = np.where(np.random.default_rng(0).random((20, 6)) < 0.5, 0, 3).astype(np.int8)
    sparse = replace(program, tensors={**program.tensors, "matrix.weight": weight})
    found = neurobench(sparse, sample(sparse))
    equal(ours(sparse, sample(sparse)), found)
    assert found.connection_sparsity > 0.3


def test_our_counters_are_the_effective_operations_where_no_weight_is_zero() -> None:
    program = dense(20, 6)
    counts, state = Counts(program), program.state()
    for inputs in sample(program):
        backend("reference").step(program, state, inputs, counts)
    found = ours(program, sample(program))
    assert sum(counts.synops.values()) == found.effective > 0
    rates = sum(counts.active.values()) / (counts.steps * 26)
    assert found.activation_sparsity == pytest.approx(1 - rates)
    assert found.footprint == sum(t.nbytes for t in program.tensors.values())


def shipped() -> list[Path]:
    return sorted(p for p in Path(models.__path__[0], "shipped").glob("*.safetensors") if _is_program(p))


def _is_program(path: Path) -> bool:
    with safe_open(path, framework="np") as file:
        return (file.metadata() or {}).get("format") == "spiketalk-program"


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_neurobench_agrees_on_the_shipped_networks(path: Path) -> None:
    pytest.importorskip("neurobench", reason='needs the extra "peers"')
    program = Program.load(path)
    rng = np.random.default_rng(0)
    inputs = [
        {
            name: rng.integers(0, vocabulary(program, name), (1, port.width))
            if port.kind == "token"
            else rng.standard_normal((1, port.width)).astype(np.float32)
            for name, port in program.inputs.items()
        }
        for _ in range(5)
    ]
    equal(ours(program, inputs), neurobench(program, inputs))
