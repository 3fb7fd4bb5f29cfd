"""Programs for tests: one with every op, and Hypothesis strategies that build graphs at random."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from models.program import Program, ProgramBuilder
from models.program.ops import OPS, Array

VOCABULARY = 11


def reals(rng: np.random.Generator, n: int, scale: float = 1.0) -> Array:
    return (rng.standard_normal(n) * scale).astype(np.float32)


def tensors(rng: np.random.Generator, op: str, n: int, n_out: int, rows: int) -> dict[str, Array]:
    """Plausible tensors for an op with inputs of width n."""
    if op == "lif":
        return {"leak": rng.random(n).astype(np.float32), "threshold": rng.uniform(0.2, 1.5, n)}
    if op == "wkv":
        return {"decay": -rng.uniform(0.01, 3, n), "bonus": reals(rng, n)}
    if op == "token_shift":
        return {"mix": rng.random(n)}
    if op in ("norm", "affine"):
        return {"gain": 1 + reals(rng, n, 0.2), "offset": reals(rng, n, 0.3)}
    if op == "embedding":
        return {"weight": rng.integers(-128, 128, (VOCABULARY, n_out)), "scale": reals(rng, n_out, 0.02)}
    if op == "synapses":
        weight = (
            rng.integers(-128, 128, (n, n_out)) if rng.random() < 0.8 else rng.integers(-1, 2, (n, n_out))
        )
        return {"weight": weight, "scale": reals(rng, n_out, 0.01), "bias": reals(rng, n_out, 0.3)}
    if op == "conv":
        weight = rng.integers(-128, 128, (rows, n))
        return {"weight": weight, "scale": reals(rng, n, 0.01), "bias": reals(rng, n, 0.3)}
    return {}


def every_op(width: int = 40, seed: int = 0) -> Program:
    """A small network that has every op, both resets, signed and plain spikes, one and many levels."""
    rng = np.random.default_rng(seed)
    build = ProgramBuilder("every op", step_ms=10.0)
    count = 0

    def add(
        op: str, *inputs: str, n_out: int = width, n: int = width, rows: int = 1, **attributes: int | str
    ) -> str:
        nonlocal count
        count += 1
        return build.add(op, f"{op}{count}", inputs, attributes, tensors(rng, op, n, n_out, rows))

    sound = build.add("input", "sound", attributes={"width": width, "kind": "real"})
    token = build.add("input", "token", attributes={"width": 1, "kind": "token"})
    x = add("add", add("embedding", token), add("affine", add("token_shift", sound)))
    heard = add("lif", add("norm", x), levels=4, signed=0, reset="soft")
    near = add("conv", heard, rows=4)
    key = add("synapses", add("lif", near, levels=1, signed=0, reset="hard"))
    value = add("synapses", add("window", heard, steps=3), n=3 * width)
    mixed = add("gate", key, add("wkv", key, value))
    signed = add("lif", mixed, levels=3, signed=1, reset="soft")
    back = add(
        "lif", add("window", add("add", mixed, x), steps=2), n=2 * width, levels=200, signed=1, reset="hard"
    )
    wide = add("synapses", back, n=2 * width, n_out=70)
    out = add("synapses", signed, n_out=2 * width + 3)
    program = build.finish([wide, out, heard, signed])
    assert {node.op for node in program.nodes} == set(OPS)
    return program


@st.composite
def random_programs(draw: st.DrawFn) -> Program:
    """A valid program of up to 14 nodes behind its ports, any op after any value of its kind."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    build = ProgramBuilder("random", step_ms=1.0)
    values: list[tuple[str, str, int]] = []

    def place(op: str, inputs: list[str], gives: str, n_out: int, n: int, **attributes: int | str) -> None:
        name = f"n{len(values)}"
        rows = int(rng.integers(1, 5))
        build.add(op, name, inputs, attributes, tensors(rng, op, n, n_out, rows))
        values.append((name, gives, n_out))

    place("input", [], "real", width := draw(st.integers(1, 70)), 0, width=width, kind="real")
    if draw(st.booleans()):
        place("input", [], "token", 1, 0, width=1, kind="token")
    for _ in range(draw(st.integers(1, 14))):
        name, kind, width = draw(st.sampled_from(values))
        partner = draw(st.sampled_from([v for v in values if v[1:] == (kind, width)]))[0]
        if kind == "token":
            place("embedding", [name], "real", draw(st.integers(1, 70)), 1)
        elif kind == "spikes":
            op = draw(st.sampled_from(["synapses", "synapses", "conv", "window"]))
            if op == "window":
                steps = draw(st.integers(1, 3))
                place(op, [name], kind, steps * width, width, steps=steps)
            else:
                place(op, [name], "real", draw(st.integers(1, 70)) if op == "synapses" else width, width)
        else:
            op = draw(
                st.sampled_from(
                    ["lif", "lif", "wkv", "token_shift", "window", "norm", "affine", "gate", "add"]
                )
            )
            if op == "lif":
                levels = draw(st.sampled_from([1, 4, 31, 32, 127, 128, 1000]))
                signed, reset = draw(st.integers(0, 1)), draw(st.sampled_from(["soft", "hard"]))
                place(op, [name], "spikes", width, width, levels=levels, signed=signed, reset=reset)
            elif op == "window":
                place(op, [name], kind, 2 * width, width, steps=2)
            else:
                both = [name, partner] if op in ("wkv", "gate", "add") else [name]
                place(op, both, "real", width, width)
    nameable = [name for name, kind, _ in values if kind != "token"]
    return build.finish(sorted({nameable[-1], draw(st.sampled_from(nameable))}))


def random_inputs(program: Program, streams: int, rng: np.random.Generator) -> dict[str, Array]:
    """Values for every port, reals of all sizes among them."""
    given: dict[str, Array] = {}
    for name, port in program.inputs.items():
        if port.kind == "token":
            given[name] = rng.integers(0, VOCABULARY, (streams, port.width))
        else:
            size = 10.0 ** rng.choice([-3, 0, 0, 0, 1, 5], (streams, 1))
            given[name] = (rng.standard_normal((streams, port.width)) * size).astype(np.float32)
    return given


def same_bits(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
