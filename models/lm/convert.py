"""Released checkpoints (.pth) of SpikeGPT and RWKV-4 as safetensors. Pickled code in them is never run."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

from models.lm.spikegpt import CHARACTERS, RESCALE_EVERY, CheckpointError, Form, SpikeGPT, checked

KINDS = ("spikegpt", "rwkv4")


def read_pth(path: Path) -> dict[str, Any]:
    """The tensors of a .pth file by name, as torch tensors mapped from the file where that can be.

    Raises `CheckpointError` when there is no such file, or it holds anything but tensors.
    """
    import torch

    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old protocols: what cannot be read is refused anyway
            stored = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path}: holds more than tensors, and code from a file is never run"
        ) from error
    except (RuntimeError, EOFError, ValueError, LookupError, AttributeError, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise CheckpointError(f"{path}: no PyTorch checkpoint can be read here ({reason})") from error
    if not isinstance(stored, dict) or not all(isinstance(t, torch.Tensor) for t in stored.values()):
        raise CheckpointError(f"{path}: expected tensors by name, found something else")
    return stored


def convert(
    path: Path,
    output: Path,
    kind: str = "spikegpt",
    binary_embedding: bool | None = None,
    rescale: bool = True,
) -> dict[str, int]:
    """Write the checkpoint at `path` to `output` and give its size.

    Weights keep their names; half precision becomes float32. The embedding of the released character
    model (77 tokens) fires, that of the others is used as it is, unless `binary_embedding` says; `rescale`:
    as SpikeGPT's own inference does after every six layers. A dense RWKV-4 needs neither.
    Raises `CheckpointError` in one line for anything that is no such checkpoint.
    """
    from safetensors.torch import save_file

    if kind not in KINDS:
        raise CheckpointError(f"kind: expected one of {', '.join(KINDS)}, found {kind!r}")
    tensors = read_pth(path)
    layers = checked({key: tuple(tensor.shape) for key, tensor in tensors.items()}, str(path))
    vocabulary, width = tensors["emb.weight"].shape
    binary = vocabulary == CHARACTERS if binary_embedding is None else binary_embedding
    spiking = kind == "spikegpt"
    form = Form(spiking, spiking and binary, RESCALE_EVERY if spiking and rescale else 0)
    output.parent.mkdir(parents=True, exist_ok=True)
    plain = {key: tensor.float().contiguous().clone() for key, tensor in tensors.items()}
    save_file(plain, output, metadata=SpikeGPT({}, layers, form).metadata())
    size = sum(t.numel() for t in plain.values())
    return {"layers": layers, "width": int(width), "vocabulary": int(vocabulary), "parameters": size}
