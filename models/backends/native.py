"""The compiled step of a network, kept on disk as machine code: a new process starts without a compiler.

Importing Numba and letting it find its own cache takes a second of processor time. So its result is kept as
an object file: the optimised LLVM code of `kernels.step`, stripped of everything that would need Numba or
Python. Later processes link that file with llvmlite alone, in a few hundredths of a second. Where the file
cannot be made, Numba's own function is used; both take the address of a call (see `table`) and give a status.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llvmlite import binding

from models.backends.warm import cache_folder, jit_callback, progress

Step = Callable[[int], int]
_SYMBOL = "spiketalk_step"
_MAY_CALL = {"memset", "memcpy", "memmove"}
_SIGNATURE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
_lock = threading.Lock()
_keep: list[Any] = []
_made: list[Step] = []


def step() -> Step:
    """The compiled step: from the cache, else compiled in sight.   It lets go of the interpreter's lock."""
    with _lock:
        if not _made:
            _made.append(load(cache_folder() / "step.o") or _compile(cache_folder() / "step.o"))
        return _made[0]


def load(path: Path) -> Step | None:
    """Link a cached object file; None where there is none or it is damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, code = data[:32], data[32:]
    return _link(code) if hashlib.sha256(code).digest() == digest else None


def _link(code: bytes) -> Step:
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), _machine())
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _keep.append(engine)
    function: Step = _SIGNATURE(engine.get_function_address(_SYMBOL))
    return function


def _compile(path: Path) -> Step:
    with progress("spiketalk: compiling kernels for this processor, once"):
        from models.backends import kernels

        callback = jit_callback(kernels.step)
        code = _object(callback)
    if code is None:
        _keep.append(callback)
        fallback: Step = _SIGNATURE(callback.address)
        return fallback
    _write(path, hashlib.sha256(code).digest() + code)
    return _link(code)


def _object(callback: Any) -> bytes | None:
    """The object file of a Numba callback; None where it would call something that only Numba has."""
    module = binding.parse_assembly(callback.inspect_llvm())
    inner = callback.native_name.removeprefix("cfunc.")
    # Numba's functions give their result through a pointer and return a status; this gives the result.
    # None of the kernels' arrays owns memory, so that what would free it is never reached.
    module.link_in(
        binding.parse_assembly(
            f"""
            declare i32 @"{inner}"(ptr, ptr, i64)
            define void @NRT_MemInfo_call_dtor(ptr %none) {{
              ret void
            }}
            define i64 @{_SYMBOL}(i64 %call) {{
              %result = alloca i64
              %error = alloca ptr
              %status = call i32 @"{inner}"(ptr %result, ptr %error, i64 %call)
              %failed = icmp ne i32 %status, 0
              %value = load i64, ptr %result
              %given = select i1 %failed, i64 -1, i64 %value
              ret i64 %given
            }}"""
        )
    )
    for function in module.functions:
        if not function.is_declaration and function.name != _SYMBOL:
            function.linkage = binding.Linkage.internal
    machine = _machine()
    passes = binding.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, binding.create_pass_builder(machine, binding.create_pipeline_tuning_options()))
    calls = {f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")}
    return machine.emit_object(module) if calls <= _MAY_CALL else None


def _machine() -> Any:
    """A target machine for this processor."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )


def _write(path: Path, data: bytes) -> None:
    """Put a file in its place whole; a folder that cannot be written is no reason to stop."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, path)
    except OSError:
        return
