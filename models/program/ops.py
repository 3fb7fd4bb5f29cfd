"""The closed list of ops: the only home of each equation, its shapes, ranges, reset order and initial state.

Every value has shape (streams, width) and one of three kinds: `real` is float32, `spikes` is int32 (graded:
how often the neuron fired in this step, with a sign if its op is signed), `token` is int32.

Other backends are tested against these steps and must agree bit for bit. That is possible because all
arithmetic on reals is float32, in the order written here, rounded once per operation, and because every sum
whose order could matter is a sum of integers. The exponential is `exp32` below, not the platform's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Parameters = Mapping[str, Any]
States = Mapping[str, Array]
Step = Callable[..., tuple[Array, dict[str, Array]]]

F = np.float32

NORM_EPS = F(1e-5)
NORM_CLIP = F(32768.0)
NORM_UNITS = F(1024.0)
WKV_EMPTY = F(-1e30)

EXP_LOW = F(-87.0)
EXP_HIGH = F(88.0)
LOG2_E = F(1.44269504)
LN2_HIGH = F(0.693359375)
LN2_LOW = F(-2.12194440e-4)
EXP_POLYNOMIAL = tuple(F(c) for c in (1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1.0, 1.0))
POWER_ZERO = 126
POWERS_OF_TWO = np.ldexp(np.ones(254, F), np.arange(-POWER_ZERO, 128)).astype(F)


def exp32(x: Array) -> Array:
    """e to the x, for x clamped to [-87, 88], within two units in the last place.

    n = rint(x·log2 e), r = x − n·ln 2 in two parts (Cody and Waite 1980), then a degree-7 Taylor polynomial
    in r by Horner's rule, times 2^n from a table. A value that is not a number counts as the lower end.

    >>> float(exp32(np.float32([0.0]))[0])
    1.0
    """
    x = np.where(x > EXP_LOW, x, EXP_LOW)
    x = np.where(x < EXP_HIGH, x, EXP_HIGH)
    n = np.rint(x * LOG2_E)
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    y = np.full_like(r, EXP_POLYNOMIAL[0])
    for c in EXP_POLYNOMIAL[1:]:
        y = y * r + c
    return np.asarray(y * POWERS_OF_TWO[n.astype(np.int32) + POWER_ZERO])


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp32(−x))."""
    return np.asarray(F(1) / (F(1) + exp32(-x)))


def _larger(a: Array, b: Array) -> Array:
    """The larger of two, a where they are equal (so that the sign of a zero is settled)."""
    return np.where(a >= b, a, b)


def embedding(p: Parameters, state: States, token: Array) -> tuple[Array, dict[str, Array]]:
    """y = scale · weight[token].   token: (streams, 1) in 0…vocab−1;   y: (streams, n)."""
    return p["weight"][token[:, 0]].astype(F) * p["scale"], {}


def synapses(p: Parameters, state: States, spikes: Array) -> tuple[Array, dict[str, Array]]:
    """acc = Σ_i spikes_i · weight[i], an exact int32;   y = float32(acc)·scale + bias.

    spikes: (streams, n_in);   weight: (n_in, n_out), one row per input neuron;   y: (streams, n_out).
    The product is exact in float64 because every partial sum is an integer below 2^53.
    """
    acc = (spikes.astype(np.float64) @ p["weight"].astype(np.float64)).astype(np.int32)
    return acc.astype(F) * p["scale"] + p["bias"], {}


def conv(p: Parameters, state: States, spikes: Array) -> tuple[Array, dict[str, Array]]:
    """Causal depthwise convolution: acc = Σ_t weight[t]·spikes(t − taps + 1);   y = acc·scale + bias.

    weight: (taps, n), its last row meets the present step;   state past: the last taps−1 spike vectors,
    oldest first, (streams, (taps−1)·n), zero at the start.
    """
    line = np.concatenate([state["past"], spikes], axis=1)
    n = spikes.shape[1]
    seen = line.reshape(len(spikes), -1, n).astype(np.int64)
    acc = (seen * p["weight"]).sum(axis=1).astype(np.int32)
    return acc.astype(F) * p["scale"] + p["bias"], {"past": line[:, n:]}


def lif(p: Parameters, state: States, current: Array) -> tuple[Array, dict[str, Array]]:
    """Leaky integrate-and-fire with graded spikes 0…L, or −L…L when signed.

    m = leak·v + current;   q = m / threshold;   s = clip(floor(q), 0, L), signed: sign(q)·min(floor(|q|), L);
    soft reset: v = m − s·threshold;   hard reset: v = 0 where s ≠ 0, else m.
    current: (streams, n), in the units of threshold;   state v likewise, 0 at the start. A q that is not a
    number gives no spike.
    """
    limit = F(p["levels"])
    m = p["leak"] * state["v"] + current
    q = m / p["threshold"]
    size = np.floor(np.abs(q)) if p["signed"] else np.floor(q)
    size = np.where(size > 0, size, F(0))
    size = np.where(size < limit, size, limit)
    s = np.where(q < 0, -size, size) if p["signed"] else size
    v = m - s * p["threshold"] if p["reset"] == "soft" else np.where(s != 0, F(0), m)
    return s.astype(np.int32), {"v": v}


def wkv(p: Parameters, state: States, k: Array, v: Array) -> tuple[Array, dict[str, Array]]:
    """RWKV-4's recurrence, an exponentially decaying weighted mean, kept in range by a running maximum p.

    q = max(p, u+k);   a = exp(p−q);   b = exp(u+k−q);   y = (a·num + b·v) / (a·den + b);
    then q = max(p+w, k);   num = exp(p+w−q)·num + exp(k−q)·v;   den = exp(p+w−q)·den + exp(k−q);   p = q.
    w = decay < 0, u = bonus: (n,);   state num = 0, den = 0, p = −1e30 at the start.   Peng et al. 2023,
    section 3.
    """
    num, den, top = state["num"], state["den"], state["p"]
    now = p["bonus"] + k
    q = _larger(top, now)
    a, b = exp32(top - q), exp32(now - q)
    y = (a * num + b * v) / (a * den + b)
    faded = top + p["decay"]
    q = _larger(faded, k)
    a, b = exp32(faded - q), exp32(k - q)
    return y, {"num": a * num + b * v, "den": a * den + b, "p": q}


def token_shift(p: Parameters, state: States, x: Array) -> tuple[Array, dict[str, Array]]:
    """y = mix·x + (1 − mix)·previous.   state previous: the last step's x, 0 at the start."""
    return p["mix"] * x + (F(1) - p["mix"]) * state["previous"], {"previous": x}


def window(p: Parameters, state: States, x: Array) -> tuple[Array, dict[str, Array]]:
    """The last `steps` inputs side by side, oldest first, zeros before the start: (streams, steps·n)."""
    line = np.concatenate([state["past"], x], axis=1)
    return line, {"past": line[:, x.shape[1] :]}


def norm(p: Parameters, state: States, x: Array) -> tuple[Array, dict[str, Array]]:
    """y = x·(1/sqrt(ms + 1e-5))·gain + offset, ms the mean square of x   (Zhang and Sennrich 2019).

    The mean square is taken over integers so that its order cannot matter: q = rint(clip(x, ±32768)·1024),
    ms = float32(Σ q² / (n·2^20)).
    """
    clipped = np.where(x > -NORM_CLIP, x, -NORM_CLIP)
    clipped = np.where(clipped < NORM_CLIP, clipped, NORM_CLIP)
    q = np.rint(clipped * NORM_UNITS).astype(np.int64)
    mean = ((q * q).sum(axis=1, keepdims=True) / np.float64(x.shape[1] << 20)).astype(F)
    inverse = F(1) / np.sqrt(mean + NORM_EPS)
    return x * inverse * p["gain"] + p["offset"], {}


def affine(p: Parameters, state: States, x: Array) -> tuple[Array, dict[str, Array]]:
    """y = x·gain + offset."""
    return x * p["gain"] + p["offset"], {}


def gate(p: Parameters, state: States, a: Array, b: Array) -> tuple[Array, dict[str, Array]]:
    """y = sigmoid(a)·b."""
    return sigmoid(a) * b, {}


def add(p: Parameters, state: States, a: Array, b: Array) -> tuple[Array, dict[str, Array]]:
    """y = a + b."""
    return a + b, {}


def port(p: Parameters, state: States, x: Array) -> tuple[Array, dict[str, Array]]:
    """The value that the caller gives under the node's name."""
    return x, {}


@dataclass(frozen=True, slots=True)
class Attribute:
    """What an attribute may be: one of `choices`, or a whole number in low…high."""

    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Tensor:
    """What a tensor must be: dtype, named dimensions, and the open or closed range of its entries."""

    dtype: str
    shape: tuple[str, ...]
    rule: str = "finite"


@dataclass(frozen=True, slots=True)
class StateArray:
    """One array that a node carries along: kind (`same` = its input's), width, value before the start."""

    kind: str
    width: str = "n"
    initial: float = 0.0


@dataclass(frozen=True)
class Op:
    """One line of the closed list. Named dimensions are bound by the inputs first, then by the tensors."""

    step: Step
    inputs: tuple[tuple[tuple[str, ...], str], ...]
    output: tuple[str, str]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    state: Mapping[str, StateArray] = field(default_factory=dict)


def _row(rule: str = "finite", n: str = "n") -> Tensor:
    return Tensor("float32", (n,), rule)


def _signal(n: str = "n", *kinds: str) -> tuple[tuple[str, ...], str]:
    return (kinds or ("real",), n)


MAX_WIDTH = 1 << 20
MAX_STEPS = 1 << 12
_WEIGHT = Tensor("int8", ("n_in", "n_out"))

OPS: Mapping[str, Op] = {
    "input": Op(
        port, (), ("kind", "width"),
        {"width": Attribute(low=1, high=MAX_WIDTH), "kind": Attribute(("real", "token"))},
    ),
    "embedding": Op(
        embedding, (_signal("1", "token"),), ("real", "n"),
        tensors={"weight": Tensor("int8", ("vocab", "n")), "scale": _row()},
    ),
    "synapses": Op(
        synapses, (_signal("n_in", "spikes"),), ("real", "n_out"),
        tensors={"weight": _WEIGHT, "scale": _row(n="n_out"), "bias": _row(n="n_out")},
    ),
    "conv": Op(
        conv, (_signal("n", "spikes"),), ("real", "n"),
        tensors={"weight": Tensor("int8", ("taps", "n")), "scale": _row(), "bias": _row()},
        state={"past": StateArray("spikes", "(taps-1)*n")},
    ),
    "lif": Op(
        lif, (_signal(),), ("spikes", "n"),
        {
            "levels": Attribute(low=1, high=1 << 24),
            "signed": Attribute(low=0, high=1),
            "reset": Attribute(("soft", "hard")),
        },
        {"leak": _row("fraction"), "threshold": _row("positive")},
        {"v": StateArray("real")},
    ),
    "wkv": Op(
        wkv, (_signal(), _signal()), ("real", "n"),
        tensors={"decay": _row("negative"), "bonus": _row()},
        state={
            "num": StateArray("real"),
            "den": StateArray("real"),
            "p": StateArray("real", "n", float(WKV_EMPTY)),
        },
    ),
    "token_shift": Op(
        token_shift, (_signal(),), ("real", "n"),
        tensors={"mix": _row()}, state={"previous": StateArray("real")},
    ),
    "window": Op(
        window, (_signal("n", "real", "spikes"),), ("same", "steps*n"),
        {"steps": Attribute(low=1, high=MAX_STEPS)}, state={"past": StateArray("same", "(steps-1)*n")},
    ),
    "norm": Op(norm, (_signal(),), ("real", "n"), tensors={"gain": _row(), "offset": _row()}),
    "affine": Op(affine, (_signal(),), ("real", "n"), tensors={"gain": _row(), "offset": _row()}),
    "gate": Op(gate, (_signal(), _signal()), ("real", "n")),
    "add": Op(add, (_signal(), _signal()), ("real", "n")),
}  # fmt: skip
