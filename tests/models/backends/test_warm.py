"""Kernels are compiled once per machine, in sight; later processes start at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.backends import native
from models.backends.warm import cache_folder

ROOT = Path(__file__).parents[3]

TINY = """
import sys
from models.backends.warm import jit_cached, ready, cache_folder
from numba import int64

@jit_cached
def double(x):
    return x + x

ready(double, (int64,))
print(double(21))
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def test_the_first_process_compiles_in_sight_and_the_second_is_silent(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(TINY)
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    first = run("import tiny", SPIKETALK_CACHE=str(tmp_path), PYTHONPATH=path)
    second = run("import tiny", SPIKETALK_CACHE=str(tmp_path), PYTHONPATH=path)
    assert first.stdout == second.stdout == "42\n"
    assert "compiling kernels for this processor, once" in first.stderr
    assert second.stderr == ""


def test_the_cache_is_keyed_by_everything_that_matters(tmp_path: Path) -> None:
    """Another processor, and a folder that cannot be written, lead elsewhere; never to foreign code."""
    show = "from models.backends.warm import cache_folder; print(cache_folder())"
    here = run(show, SPIKETALK_CACHE=str(tmp_path)).stdout
    assert here.startswith(str(tmp_path))
    assert run(show, SPIKETALK_CACHE=str(tmp_path)).stdout == here
    other = "from llvmlite import binding; binding.get_host_cpu_name = lambda: 'another'; " + show
    assert run(other, SPIKETALK_CACHE=str(tmp_path)).stdout != here
    assert cache_folder().name == Path(here.strip()).name


def test_a_folder_that_cannot_be_written_does_not_stop_anything(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    show = "from models.backends.warm import cache_folder; f = cache_folder(); print(f.is_dir(), f)"
    out = run(show, SPIKETALK_CACHE=str(blocked), XDG_CACHE_HOME=str(blocked), HOME=str(blocked)).stdout
    assert out.startswith("True ")
    assert str(blocked) not in out


def test_importing_the_runtime_does_not_import_the_compiler() -> None:
    code = "import sys, models.program, models.backends; print({'numba', 'torch'} & set(sys.modules))"
    assert run(code).stdout == "set()\n"


FIRST_STEP = """
import sys, time
import numpy as np
from models.backends import backend
from models.program import Program
program = Program.load(sys.argv[1])
backend("events").step(program, program.state(), {"mels": np.zeros((1, 320), np.float32)})
print(time.process_time(), "numba" in sys.modules)
"""
EARS = ROOT / "models" / "shipped" / "ears.safetensors"


@pytest.mark.skipif(not EARS.exists(), reason="no ears are shipped yet")
def test_a_warm_process_takes_its_first_step_within_a_second_and_without_the_compiler() -> None:
    """Processor time, so that it does not matter what else the machine is doing."""
    native.step()
    out = subprocess.run(
        [sys.executable, "-c", FIRST_STEP, str(EARS)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    seconds, compiler = out.stdout.split()
    assert (float(seconds) < 1, compiler, out.stderr) == (True, "False", "")


def test_damaged_machine_code_is_never_linked(tmp_path: Path) -> None:
    native.step()
    whole = (cache_folder() / "step.o").read_bytes()
    path = tmp_path / "step.o"
    for damaged in (whole[:-1], whole[:40], b"", whole[:100] + b"\x00\x01" + whole[102:]):
        path.write_bytes(damaged)
        assert native.load(path) is None
    path.write_bytes(whole)
    assert native.load(path) is not None
