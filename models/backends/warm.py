"""Compiled kernels, ready before the first word: cached on disk per version and processor, compiled in sight.

The cache's folder is named by everything that the machine code depends on (our sources, Numba's version,
Python's, the processor and its features), so that an upgrade or another machine never meets stale code. It
lies in SPIKETALK_CACHE, else in the user's cache folder, else among temporary files.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llvmlite import binding

_SOURCES = (
    "kernels.py", "strips.py", "lists.py", "sums.py", "pairs.py", "neurons.py", "intrinsics.py", "table.py",
    "native.py", "warm.py", "../program/ops.py"
)  # fmt: skip
_COMPILERS = ("numba", "llvmlite")
_lock = threading.Lock()


@lru_cache
def cache_folder() -> Path:
    """Where the machine code for this version on this processor is kept."""
    key = hashlib.sha256()
    features = binding.get_host_cpu_features().flatten()
    for part in (platform.python_version(), binding.get_host_cpu_name(), features):
        key.update(part.encode() + b"\0")
    for source in (*(Path(__file__).parent / name for name in _SOURCES), *_versions()):
        key.update(source.read_bytes())
    name = key.hexdigest()[:20]
    for root in _roots():
        folder = root / "spiketalk" / "kernels" / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="spiketalk-kernels-"))


def _versions() -> Iterator[Path]:
    """The files that say the compilers' versions, found without importing them."""
    for name in _COMPILERS:
        found = find_spec(name)
        if found is not None and found.origin is not None:
            yield Path(found.origin).with_name("_version.py")


def _roots() -> Iterator[Path]:
    if named := os.environ.get("SPIKETALK_CACHE"):
        yield Path(named)
    if named := os.environ.get("XDG_CACHE_HOME"):
        yield Path(named)
    try:
        yield Path.home() / ".cache"
    except RuntimeError:
        return


def jit(function: Callable[..., Any]) -> Any:
    """A kernel that other kernels call: no fast mathematics, no contraction, no exceptions on division."""
    from numba import njit

    return njit(nogil=True, error_model="numpy")(function)


def jit_cached(function: Callable[..., Any]) -> Any:
    """A kernel that Python calls: as `jit`, and kept on disk."""
    from numba import njit

    with _cached():
        return njit(nogil=True, error_model="numpy", cache=True)(function)


def jit_callback(function: Callable[..., Any]) -> Any:
    """A kernel of one address that C calls, int64 → int64."""
    from numba import cfunc, int64

    return cfunc(int64(int64))(function)


@contextmanager
def _cached() -> Iterator[None]:
    """Numba keeps what is declared meanwhile in our cache folder."""
    from numba import config

    settings = vars(config)
    before = settings["CACHE_DIR"]
    settings["CACHE_DIR"] = str(cache_folder())
    try:
        yield
    finally:
        settings["CACHE_DIR"] = before


def ready(kernel: Any, signature: Any) -> None:
    """Load or compile a kernel for one signature; compiling shows a line on standard error while it lasts."""
    with _lock:
        if signature in kernel.nopython_signatures or kernel.signatures:
            return
        if any(cache_folder().rglob(f"*{kernel.py_func.__name__}-*.nbc")):
            kernel.compile(signature)
            return
        with progress("spiketalk: compiling kernels for this processor, once"):
            kernel.compile(signature)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """A line on standard error that counts the seconds; only its last form when that is not a terminal."""
    over = threading.Event()
    begun = time.monotonic()
    live = sys.stderr.isatty()

    def show() -> None:
        while live and not over.wait(0.2):
            print(f"\r{what} … {time.monotonic() - begun:.0f} s", end="", file=sys.stderr, flush=True)

    if not live:
        print(f"{what} …", file=sys.stderr, flush=True)
    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        print(
            f"{chr(13) if live else ''}{what}: {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True
        )
