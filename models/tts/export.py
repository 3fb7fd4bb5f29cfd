"""Trained weights as programs, with what the voice needs to know about their values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from models.tts.context import step_tokens
from models.tts.dataset import Utterance, load
from models.tts.net import FRAME_WIDTH, STEP_MS, Mouth, durations_network, frames_network
from models.tts.voice import FRAMES_FILE, LENGTHS_FILE

DATA = "Kathleen 'cathy' recordings, CC0 (rhasspy/dataset-voice-cathy)"
MOST_GAIN = 1.6


def variance_gain(model: Mouth, some: list[Utterance], mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """(55,) how much wider natural values vary within a sentence than the network's, over what is spoken.

    The affine form of global-variance compensation (Toda & Tokuda 2007): learnt means are too tame, which
    sounds muffled. Voicing and periodicity stay as they are; energy's and pitch's gains are held close to 1.
    """
    ours, natural = [], []
    for u in some:
        tokens = torch.from_numpy(step_tokens(u.tokens, u.lengths).astype(np.int64))[None]
        with torch.no_grad():
            said = model(tokens)[0].float().numpy().reshape(-1, FRAME_WIDTH)
        n = min(len(said), len(u.frames))
        speaking = ~np.repeat(u.silent, u.lengths)[:n]
        values = (u.frames[:n] - mean) / deviation
        voiced = speaking & (u.frames[:n, 1] > 0.5)
        ours.append(np.append(said[:n][voiced, :1].var(0), said[:n][speaking, 1:].var(0)))
        natural.append(np.append(values[voiced, :1].var(0), values[speaking, 1:].var(0)))
    gain = np.sqrt(np.mean(natural, 0) / np.maximum(np.mean(ours, 0), 1e-6))
    gain = np.clip(gain, 1.0, MOST_GAIN)
    gain[1:5] = 1.0
    gain[5] = min(gain[5], 1.1)
    gain[0] = min(gain[0], 1.4)
    return np.asarray(gain, np.float32)


def export(folder: Path, target: Path) -> None:
    """Writes both programs of the run in `folder` to `target`."""
    from models.tts.train import Settings, size_of, trained

    settings = Settings(**json.loads((folder / "settings.json").read_text()))
    with np.load(folder / "scaling.npz") as kept:
        mean, deviation = kept["mean"], kept["deviation"]
    frames = trained(folder, lambda: frames_network(size_of(settings)), "network")
    lengths = trained(folder, durations_network, "durations")
    training, _ = load(folder)
    gain = variance_gain(frames, training[:: max(1, len(training) // 60)], mean, deviation)
    about = {"settings": (folder / "settings.json").read_text(), "data": DATA}
    values = {"mean": listed(mean), "deviation": listed(deviation), "gain": listed(gain)}
    target.mkdir(parents=True, exist_ok=True)
    frames.export("mouth", STEP_MS, about | values).save(target / FRAMES_FILE)
    lengths.export("mouth_lengths", 80.0, about).save(target / LENGTHS_FILE)


def listed(values: np.ndarray) -> str:
    """Numbers as a JSON list."""
    return json.dumps([float(f"{v:.7g}") for v in values])
