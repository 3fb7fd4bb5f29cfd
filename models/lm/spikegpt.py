"""SpikeGPT and dense RWKV-4, as published, with NumPy alone: step by step or all at once.

Zhu et al. 2023 (arXiv 2302.13939) put a leaky integrate-and-fire neuron behind every block of RWKV-4:
x ← x + LIF(mixing(LayerNorm(x))). LIF with tau 2: v ← v + (input − v) / 2; a spike where v ≥ 1, then v ← 0.
Without the neurons the same key names are a dense RWKV-4 (Peng et al. 2023). Names, shapes, the binary
embedding of the character model and the rescaling every six layers follow github.com/ridgerchu/SpikeGPT.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from models.lm.generate import Sampling, nucleus

Array = NDArray[np.floating]
FORMAT = "spiketalk-rwkv4"
RESCALE_EVERY = 6  # layers after which SpikeGPT's inference halves what flows
CHARACTERS = 77  # vocabulary of the released character model, whose embedding is binary
EPS = 1e-5
FREELY = Sampling()


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; one line."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the weights do not tell.

    `spiking`: SpikeGPT (else dense RWKV-4). `binary`: the embedding fires where it is ≥ 0. `rescale`: x is
    halved after every so many layers, and what later layers write is scaled likewise; 0 for never.
    """

    spiking: bool = True
    binary: bool = False
    rescale: int = RESCALE_EVERY


def expected(
    layers: int, width: int, vocabulary: int, first_ffn: bool, hidden: int
) -> dict[str, tuple[int, ...]]:
    """Key → shape of a checkpoint; time_mix may have leading ones. `first_ffn`: ffnPre for att in layer 0."""
    ends = (vocabulary, width)
    shapes: dict[str, tuple[int, ...]] = {"emb.weight": ends, "head.weight": ends}
    norms = (f"blocks.{i}.{name}" for i in range(layers) for name in ("ln1", "ln2"))
    for name in ("blocks.0.ln0", "ln_out", *norms):
        shapes |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
    for i in range(layers):
        channels = [f"blocks.{i}.ffn"]
        if i == 0 and first_ffn:
            channels.append("blocks.0.ffnPre")
        else:
            att = f"blocks.{i}.att"
            shapes |= {f"{att}.time_{n}": (width,) for n in ("decay", "first", "mix_k", "mix_v", "mix_r")}
            shapes |= {f"{att}.{n}.weight": (width, width) for n in ("key", "value", "receptance", "output")}
        for ffn in channels:
            shapes |= {f"{ffn}.time_{n}": (width,) for n in ("mix_k", "mix_r")}
            shapes |= {
                f"{ffn}.key.weight": (hidden, width),
                f"{ffn}.receptance.weight": (width, width),
                f"{ffn}.value.weight": (width, hidden),
            }
    return shapes


def checked(shapes: Mapping[str, tuple[int, ...]], source: str) -> int:
    """The number of layers of a checkpoint with these shapes.

    Raises `CheckpointError` that names what is missing, foreign, or of another shape.
    """
    blocks = {key.split(".")[1] for key in shapes if key.startswith("blocks.") and key.count(".") > 1}
    if "emb.weight" not in shapes or not all(b.isdigit() for b in blocks) or not blocks:
        some = ", ".join(sorted(shapes)[:3]) or "nothing"
        raise CheckpointError(f"{source}: no SpikeGPT or RWKV-4 checkpoint: no emb.weight; found {some}")
    if len(shapes["emb.weight"]) != 2:
        raise CheckpointError(f"{source}: emb.weight: expected two axes, found {shapes['emb.weight']}")
    vocabulary, width = shapes["emb.weight"]
    layers = 1 + max(int(b) for b in blocks)
    hidden = shapes.get("blocks.0.ffn.key.weight", (4 * width,))[0]
    wanted = expected(layers, width, vocabulary, "blocks.0.ffnPre.key.weight" in shapes, hidden)
    missing = [key for key in wanted if key not in shapes]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CheckpointError(f"{source}: no SpikeGPT or RWKV-4 checkpoint: {missing[0]} is missing{more}")
    foreign = [key for key in shapes if key not in wanted]
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise CheckpointError(f"{source}: {foreign[0]} is unknown to SpikeGPT and RWKV-4{more}")
    for key, shape in wanted.items():
        found = tuple(shapes[key])
        squeezed = tuple(n for n in found if n != 1) if ".time_" in key else found
        if squeezed != shape:
            raise CheckpointError(f"{source}: {key}: expected shape {shape}, found {found}")
    return layers


@dataclass
class State:
    """Where a text stands: arrays by name (such as "3.att.num"), each (width,); independent of its length."""

    arrays: dict[str, Array] = field(default_factory=dict)

    def fork(self) -> State:
        """An independent copy."""
        return State({name: value.copy() for name, value in self.arrays.items()})


@dataclass(frozen=True)
class SpikeGPT:
    """Weights by their published names (decay as stored: the rate is −exp of it), and their form."""

    weights: Mapping[str, Array]
    layers: int
    form: Form

    @classmethod
    def load(cls, path: Path, dtype: type[np.floating] = np.float32) -> SpikeGPT:
        """What `convert` wrote. Raises `CheckpointError` in one line."""
        try:
            with safe_open(path, framework="numpy") as stored:
                metadata = stored.metadata() or {}
                if metadata.get("format") != FORMAT:
                    raise CheckpointError(f"{path}: not written by spiketalk convert")
                weights = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
            form = Form(**json.loads(metadata["form"]))
        except (OSError, SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise CheckpointError(f"{path}: cannot be read ({error})") from error
        layers = checked({k: tuple(w.shape) for k, w in weights.items()}, str(path))
        return cls({k: w.astype(dtype) for k, w in weights.items()}, layers, form)

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return int(self.weights["emb.weight"].shape[0])

    def metadata(self) -> dict[str, str]:
        """What `load` needs beside the weights."""
        return {"format": FORMAT, "form": json.dumps(asdict(self.form))}

    # -- running -------------------------------------------------------------------------------------------

    def step(self, state: State, token: int) -> Array:
        """Logits (vocabulary,) after one more token; the state is advanced in place."""
        return self.read(state, [token])[-1]

    def read(self, state: State, tokens: Sequence[int]) -> Array:
        """Logits (time, vocabulary) after each of the tokens; the state is advanced in place.

        Matrices meet all tokens at once; only neurons and the weighted mean go through time.
        """
        ids = np.asarray(tokens, np.int64)
        if not len(ids) or ids.min() < 0 or ids.max() >= self.vocabulary:
            raise ValueError(f"tokens: expected some, each in 0…{self.vocabulary - 1}")
        x = self.weights["emb.weight"][ids]
        if self.form.binary:
            x = (x >= 0).astype(x.dtype)
        x = self._norm("blocks.0.ln0", x)
        for i in range(self.layers):
            first = "ffnPre" if f"blocks.{i}.ffnPre.key.weight" in self.weights else "att"
            for part, norm in ((first, "ln1"), ("ffn", "ln2")):
                current = self._mixed(state, i, part, self._norm(f"blocks.{i}.{norm}", x))
                x = x + self._fired(state, f"{i}.{part}", current)
            if self.form.rescale and (i + 1) % self.form.rescale == 0:
                x = x / 2
        return self._norm("ln_out", x) @ self.weights["head.weight"].T

    def generate(
        self,
        state: State,
        last: int,
        random: np.random.Generator,
        sampling: Sampling = FREELY,
    ) -> Iterator[int]:
        """Tokens that go on after `last`, which the state has not read yet; at most `sampling.longest`."""
        said: list[int] = []
        for _ in range(sampling.longest):
            last = nucleus(self.step(state, last), sampling, said, random)
            said.append(last)
            yield last

    # -- parts ---------------------------------------------------------------------------------------------

    def _norm(self, name: str, x: Array) -> Array:
        """y = (x − mean) / sqrt(variance + 1e-5) · weight + bias over the width."""
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + x.dtype.type(EPS))
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _mixed(self, state: State, layer: int, part: str, x: Array) -> Array:
        if part == "att":
            return self._time(state, layer, x)
        return self._channel(state, layer, part, x)

    def _shifted(self, state: State, name: str, x: Array) -> Array:
        """x one step earlier."""
        before = state.arrays.get(name)
        before = np.zeros_like(x[0]) if before is None else before
        state.arrays[name] = x[-1].copy()
        return np.concatenate([before[None], x[:-1]])

    def _blend(self, name: str, x: Array, before: Array) -> Array:
        mix = self.weights[name].reshape(-1)
        return x * mix + before * (1 - mix)

    def _out(self, layer: int, name: str) -> Array:
        """A matrix that writes into what flows, scaled as the layers before it halved that."""
        weight = self.weights[name]
        halved = layer // self.form.rescale if self.form.rescale else 0
        return weight / weight.dtype.type(2**halved) if halved else weight

    def _time(self, state: State, layer: int, x: Array) -> Array:
        """sigmoid(r)·wkv through the output matrix (see `models.program.ops.wkv` for the recurrence)."""
        name = f"blocks.{layer}.att"
        before = self._shifted(state, f"{layer}.att.x", x)
        k = self._blend(f"{name}.time_mix_k", x, before) @ self.weights[f"{name}.key.weight"].T
        v = self._blend(f"{name}.time_mix_v", x, before) @ self.weights[f"{name}.value.weight"].T
        r = self._blend(f"{name}.time_mix_r", x, before) @ self.weights[f"{name}.receptance.weight"].T
        decay = -np.exp(self.weights[f"{name}.time_decay"].reshape(-1))
        bonus = self.weights[f"{name}.time_first"].reshape(-1)
        zero = np.zeros_like(decay)
        num = state.arrays.get(f"{layer}.att.num", zero)
        den = state.arrays.get(f"{layer}.att.den", zero)
        top = state.arrays.get(f"{layer}.att.top", zero - zero.dtype.type(1e30))
        mean = np.empty_like(v)
        for t in range(len(x)):
            now = bonus + k[t]
            most = np.maximum(top, now)
            a, b = np.exp(top - most), np.exp(now - most)
            mean[t] = (a * num + b * v[t]) / (a * den + b)
            most = np.maximum(top + decay, k[t])
            a, b = np.exp(top + decay - most), np.exp(k[t] - most)
            num, den, top = a * num + b * v[t], a * den + b, most
        state.arrays |= {f"{layer}.att.num": num, f"{layer}.att.den": den, f"{layer}.att.top": top}
        return (_sigmoid(r) * mean) @ self._out(layer, f"{name}.output.weight").T

    def _channel(self, state: State, layer: int, part: str, x: Array) -> Array:
        """sigmoid(R·xr) · V·relu(K·xk)²."""
        name = f"blocks.{layer}.{part}"
        before = self._shifted(state, f"{layer}.{part}.x", x)
        k = self._blend(f"{name}.time_mix_k", x, before) @ self.weights[f"{name}.key.weight"].T
        r = self._blend(f"{name}.time_mix_r", x, before) @ self.weights[f"{name}.receptance.weight"].T
        return _sigmoid(r) * (np.maximum(k, 0) ** 2 @ self._out(layer, f"{name}.value.weight").T)

    def _fired(self, state: State, name: str, current: Array) -> Array:
        """Spikes 0 or 1 of the neurons behind a block, or the current itself in a dense model."""
        if not self.form.spiking:
            return current
        v = state.arrays.get(f"{name}.v", np.zeros_like(current[0]))
        spikes = np.empty_like(current)
        for t in range(len(current)):
            v = v + (current[t] - v) / 2
            spikes[t] = v >= 1
            v = np.where(v >= 1, 0, v).astype(current.dtype)
        state.arrays[f"{name}.v"] = v
        return spikes


def _sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    result: Array = np.where(x >= 0, 1 / (1 + e), e / (1 + e))
    return result
