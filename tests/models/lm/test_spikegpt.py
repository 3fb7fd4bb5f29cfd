"""SpikeGPT checkpoints against the published equations, once more with PyTorch and SpikingJelly."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.lm.convert import convert
from models.lm.generate import Sampling
from models.lm.spikegpt import CheckpointError, SpikeGPT, State

torch = pytest.importorskip("torch")

WIDTH, VOCABULARY, STEPS = 32, 50, 256


def released(layers: int, seed: int = 0, first_ffn: bool = False) -> dict[str, Any]:
    """Random weights with the names and shapes of a released checkpoint, large enough that neurons fire."""
    random = torch.Generator().manual_seed(seed)

    def normal(*shape: int, size: float = 1.0) -> Any:
        return size * torch.randn(*shape, generator=random)

    tensors = {"emb.weight": normal(VOCABULARY, WIDTH), "head.weight": normal(VOCABULARY, WIDTH, size=0.2)}
    norms = ["blocks.0.ln0", "ln_out", *(f"blocks.{i}.ln{j}" for i in range(layers) for j in (1, 2))]
    for norm in norms:
        tensors |= {f"{norm}.weight": 1 + normal(WIDTH, size=0.1), f"{norm}.bias": normal(WIDTH, size=0.1)}
    for i in range(layers):
        pre = i == 0 and first_ffn
        for part in ("ffnPre" if pre else "att", "ffn"):
            name = f"blocks.{i}.{part}"
            for mix in ("k", "r") if part != "att" else ("k", "v", "r"):
                tensors[f"{name}.time_mix_{mix}"] = torch.rand(1, 1, WIDTH, generator=random)
            hidden = WIDTH if part == "att" else 4 * WIDTH
            tensors[f"{name}.key.weight"] = normal(hidden, WIDTH, size=0.25)
            tensors[f"{name}.receptance.weight"] = normal(WIDTH, WIDTH, size=0.25)
            tensors[f"{name}.value.weight"] = normal(WIDTH, hidden, size=0.4)
            if part == "att":
                tensors[f"{name}.output.weight"] = normal(WIDTH, WIDTH, size=0.8)
                tensors[f"{name}.time_decay"] = normal(WIDTH)
                tensors[f"{name}.time_first"] = normal(WIDTH)
    return tensors


def published(w: dict[str, Any], tokens: list[int], spiking: bool, binary: bool, rescale: bool) -> Any:
    """Logits (time, vocabulary) in float64: the weighted mean as a plain sum, neurons of SpikingJelly."""
    functional = torch.nn.functional
    w = {key: tensor.double().squeeze() for key, tensor in w.items()}
    layers = 1 + max(int(key.split(".")[1]) for key in w if key.startswith("blocks."))

    def norm(name: str, x: Any) -> Any:
        return functional.layer_norm(x, (WIDTH,), w[f"{name}.weight"], w[f"{name}.bias"], 1e-5)

    def mixed(name: str, which: str, x: Any) -> Any:
        before = torch.cat([torch.zeros(1, WIDTH, dtype=x.dtype), x[:-1]])
        mix = w[f"{name}.time_mix_{which}"]
        return x * mix + before * (1 - mix)

    def channel(name: str, x: Any, scale: float) -> Any:
        k = torch.square(torch.relu(mixed(name, "k", x) @ w[f"{name}.key.weight"].T))
        gate = torch.sigmoid(mixed(name, "r", x) @ w[f"{name}.receptance.weight"].T)
        return gate * (k @ (w[f"{name}.value.weight"] / scale).T)

    def attention(name: str, x: Any, scale: float) -> Any:
        k = mixed(name, "k", x) @ w[f"{name}.key.weight"].T
        v = mixed(name, "v", x) @ w[f"{name}.value.weight"].T
        r = torch.sigmoid(mixed(name, "r", x) @ w[f"{name}.receptance.weight"].T)
        decay = torch.exp(w[f"{name}.time_decay"])
        means = []
        for t in range(len(x)):
            age = torch.arange(t - 1, -1, -1, dtype=x.dtype)[:, None]
            weights = torch.exp(torch.cat([k[:t] - age * decay, (k[t] + w[f"{name}.time_first"])[None]]))
            means.append((weights * v[: t + 1]).sum(0) / weights.sum(0))
        return (r * torch.stack(means)) @ (w[f"{name}.output.weight"] / scale).T

    def neurons(x: Any) -> Any:
        if not spiking:
            return x
        from spikingjelly.activation_based.neuron import LIFNode

        node = LIFNode(tau=2.0, v_threshold=1.0, v_reset=0.0, step_mode="s").double()
        return torch.stack([node(row) for row in x])

    x = w["emb.weight"][tokens]
    x = norm("blocks.0.ln0", (x >= 0).double() if binary else x)
    for i in range(layers):
        scale = 2.0 ** (i // 6) if rescale else 1.0
        if f"blocks.{i}.ffnPre.key.weight" in w:
            x = x + neurons(channel(f"blocks.{i}.ffnPre", norm(f"blocks.{i}.ln1", x), scale))
        else:
            x = x + neurons(attention(f"blocks.{i}.att", norm(f"blocks.{i}.ln1", x), scale))
        x = x + neurons(channel(f"blocks.{i}.ffn", norm(f"blocks.{i}.ln2", x), scale))
        if rescale and i % 6 == 5:
            x = x / 2
    return (norm("ln_out", x) @ w["head.weight"].T).numpy()


@pytest.mark.parametrize(
    ("kind", "layers", "binary", "first_ffn"),
    [
        ("spikegpt", 7, False, False),
        ("spikegpt", 2, True, False),
        ("spikegpt", 2, False, True),
        ("rwkv4", 3, False, False),
    ],
)
def test_logits_are_those_of_the_published_equations(
    tmp_path: Path, kind: str, layers: int, binary: bool, first_ffn: bool
) -> None:
    spiking = kind == "spikegpt"
    if spiking:
        pytest.importorskip("spikingjelly")
    tensors = released(layers, first_ffn=first_ffn)
    torch.save(tensors, tmp_path / "released.pth")
    convert(tmp_path / "released.pth", tmp_path / "model.safetensors", kind, binary)
    model = SpikeGPT.load(tmp_path / "model.safetensors", np.float64)
    tokens = np.random.default_rng(1).integers(VOCABULARY, size=STEPS).tolist()
    right = published(tensors, tokens, spiking, binary, rescale=spiking)
    at_once = model.read(State(), tokens)
    state = State()
    one_by_one = np.stack([model.step(state, token) for token in tokens])
    np.testing.assert_allclose(at_once, right, atol=1e-4)
    np.testing.assert_allclose(one_by_one, right, atol=1e-4)
    assert right.std() > 0.1


def test_neurons_fire_and_matter(tmp_path: Path) -> None:
    torch.save(released(2), tmp_path / "a.pth")
    for kind in ("spikegpt", "rwkv4"):
        convert(tmp_path / "a.pth", tmp_path / f"{kind}.safetensors", kind)
    spiking = SpikeGPT.load(tmp_path / "spikegpt.safetensors")
    fired = spiking._fired(State(), "x", np.full((4, 3), 1.5, np.float32))
    np.testing.assert_array_equal(fired, [[0] * 3, [1] * 3, [0] * 3, [1] * 3])
    dense = SpikeGPT.load(tmp_path / "rwkv4.safetensors")
    assert np.abs(spiking.read(State(), [1, 2]) - dense.read(State(), [1, 2])).max() > 0.01


def test_generates_from_a_seed_in_constant_memory(tmp_path: Path) -> None:
    torch.save({k: t.bfloat16() for k, t in released(2).items()}, tmp_path / "a.pth")
    made = convert(tmp_path / "a.pth", tmp_path / "m.safetensors")
    assert made["layers"] == 2 and made["width"] == WIDTH and made["vocabulary"] == VOCABULARY
    model = SpikeGPT.load(tmp_path / "m.safetensors")
    sampling = Sampling(longest=40)
    runs = []
    for seed in (1, 1, 2):
        state = State()
        model.read(state, [3, 4])
        size = sum(a.nbytes for a in state.arrays.values())
        runs.append(list(model.generate(state, 5, np.random.default_rng(seed), sampling)))
        assert sum(a.nbytes for a in state.arrays.values()) == size
    assert runs[0] == runs[1] != runs[2]
    assert len(runs[0]) == 40 and all(0 <= t < VOCABULARY for t in runs[0])


def test_a_fork_goes_its_own_way(tmp_path: Path) -> None:
    torch.save(released(1), tmp_path / "a.pth")
    convert(tmp_path / "a.pth", tmp_path / "m.safetensors")
    model, state = SpikeGPT.load(tmp_path / "m.safetensors"), State()
    model.read(state, [1, 2, 3])
    fork = state.fork()
    model.read(fork, [4, 5])
    np.testing.assert_array_equal(model.step(state, 6), model.step(_read(model, [1, 2, 3]), 6))


def _read(model: SpikeGPT, tokens: list[int]) -> State:
    state = State()
    for token in tokens:
        model.step(state, token)
    return state


class Evil:
    def __reduce__(self) -> Any:
        return print, ("this must never be printed",)


def test_code_in_a_checkpoint_is_never_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "evil.pth").write_bytes(pickle.dumps({"emb.weight": Evil()}))
    with pytest.raises(CheckpointError):
        convert(tmp_path / "evil.pth", tmp_path / "m.safetensors")
    torch.save({"emb.weight": torch.zeros(2, 2), "more": Evil()}, tmp_path / "evil2.pth")
    with pytest.raises(CheckpointError, match="never run"):
        convert(tmp_path / "evil2.pth", tmp_path / "m.safetensors")
    assert "printed" not in capsys.readouterr().out
    assert not (tmp_path / "m.safetensors").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("blocks.1.att.time_decay"), r"blocks\.1\.att\.time_decay is missing$"),
        (lambda t: [t.pop(k) for k in list(t) if ".ffn." in k], "is missing and 9 more"),
        (lambda t: t.update({"pos_emb": torch.zeros(3)}), "pos_emb is unknown"),
        (lambda t: t.update({"head.weight": torch.zeros(3, 3)}), r"shape \(50, 32\), found \(3, 3\)"),
        (lambda t: t.pop("emb.weight"), r"no emb\.weight"),
        (lambda t: t.update({"emb.weight": torch.zeros(3)}), "expected two axes"),
        (lambda t: t.clear(), "found nothing"),
    ],
)  # fmt: skip
def test_foreign_checkpoints_give_one_clear_line(tmp_path: Path, change: Any, message: str) -> None:
    tensors = released(2)
    change(tensors)
    torch.save(tensors, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match=message) as raised:
        convert(tmp_path / "a.pth", tmp_path / "m.safetensors")
    assert "\n" not in str(raised.value)


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        convert(tmp_path / "none.pth", tmp_path / "m.safetensors")
    (tmp_path / "rubbish.pth").write_bytes(b"rubbish" * 100)
    with pytest.raises(CheckpointError):
        convert(tmp_path / "rubbish.pth", tmp_path / "m.safetensors")
    torch.save([torch.zeros(2)], tmp_path / "list.pth")
    with pytest.raises(CheckpointError, match="tensors by name"):
        convert(tmp_path / "list.pth", tmp_path / "m.safetensors")
    with pytest.raises(CheckpointError, match="kind"):
        convert(tmp_path / "list.pth", tmp_path / "m.safetensors", kind="gpt2")
    (tmp_path / "m.safetensors").write_bytes(b"rubbish" * 100)
    with pytest.raises(CheckpointError, match="cannot be read"):
        SpikeGPT.load(tmp_path / "m.safetensors")


def test_tokens_outside_the_vocabulary_are_refused(tmp_path: Path) -> None:
    torch.save(released(1), tmp_path / "a.pth")
    convert(tmp_path / "a.pth", tmp_path / "m.safetensors")
    model = SpikeGPT.load(tmp_path / "m.safetensors")
    for wrong in ([], [-1], [VOCABULARY]):
        with pytest.raises(ValueError, match="tokens"):
            model.read(State(), wrong)
