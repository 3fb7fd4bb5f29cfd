"""Trained weights as programs, with what the voice needs to know about their values."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from models.program.graph import Program
from models.tts.context import step_tokens
from models.tts.dataset import Utterance, load
from models.tts.loudness import TARGET_LUFS, lufs
from models.tts.net import SAID, STEP_MS, Mouth, durations_network, frames_network, melody_network
from models.tts.spectrum import ENVELOPE_POINTS, RATE
from models.tts.train_melody import RANGE
from models.tts.voice import CEPSTRA_FROM, FRAMES_FILE, LENGTHS_FILE, MELODY_FILE, Voice

DATA = "Kathleen 'cathy' recordings, CC0 (rhasspy/dataset-voice-cathy)"
MOST_GAIN = 1.6
GAIN_FROM_EACH = 27  # recordings: sixty of them settle the variances
MELODY_GAIN = 1.1  # a little livelier than the mean that was learnt
PHONE_MS = 80.0
SAID_FOR_LEVEL = (
    "The weather will be fine tomorrow, as far as I know.",
    "Well, what would you like to talk about today?",
    "Some of these long sentences are only here to be measured.",
)


def variance_gain(model: Mouth, some: list[Utterance], mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """(55,) how much wider natural values vary within a sentence than the network's, over what is spoken.

    The affine form of global-variance compensation (Toda & Tokuda 2007): learnt means are too tame, which
    sounds muffled. F0, voicing and periodicity stay as they are; energy's gain is held close to 1.
    """
    ours, natural = [], []
    for u in some:
        tokens = torch.from_numpy(step_tokens(u.tokens, u.lengths).astype(np.int64))[None]
        with torch.no_grad():
            said = model(tokens)[0].float().numpy().reshape(-1, SAID)
        n = min(len(said), len(u.frames))
        speaking = ~np.repeat(u.silent, u.lengths)[:n]
        values = ((u.frames[:n] - mean) / deviation)[:, 1:]
        ours.append(said[:n][speaking].var(0))
        natural.append(values[speaking].var(0))
    gain = np.ones(1 + SAID)
    gain[1:] = np.clip(np.sqrt(np.mean(natural, 0) / np.maximum(np.mean(ours, 0), 1e-6)), 1.0, MOST_GAIN)
    gain[:CEPSTRA_FROM] = 1.0
    gain[CEPSTRA_FROM] = min(gain[CEPSTRA_FROM], 1.1)
    return np.asarray(gain, np.float32)


def export(folder: Path, target: Path) -> None:
    """Writes the three programs of the run in `folder` to `target`."""
    from models.tts.train import Settings, size_of, trained

    settings = Settings(**json.loads((folder / "settings.json").read_text()))
    with np.load(folder / "scaling.npz") as kept:
        mean, deviation = kept["mean"], kept["deviation"]
    frames = trained(folder, lambda: frames_network(size_of(settings)), "network")
    lengths = trained(folder, durations_network, "durations")
    melody = trained(folder, melody_network, "melody")
    training, _ = load(folder, each=GAIN_FROM_EACH)
    gain = variance_gain(frames, training, mean, deviation)
    about = {"settings": (folder / "settings.json").read_text(), "data": DATA}
    values = {"mean": listed(mean), "deviation": listed(deviation), "gain": listed(gain)}
    target.mkdir(parents=True, exist_ok=True)
    frames.export("mouth", STEP_MS, about | values).save(target / FRAMES_FILE)
    lengths.export("mouth_lengths", PHONE_MS, about).save(target / LENGTHS_FILE)
    said = json.loads((folder / "melody" / RANGE).read_text()) | {"gain": MELODY_GAIN}
    melody.export("mouth_melody", PHONE_MS, about | {"range": json.dumps(said)}).save(target / MELODY_FILE)
    made_as_loud(target)


def made_as_loud(target: Path) -> None:
    """Sets the level of the voice in `target` so that a few sentences reach `TARGET_LUFS`."""
    voice, program = Voice.load(target), Program.load(target / FRAMES_FILE)
    chunks = [chunk.samples for text in SAID_FOR_LEVEL for chunk in voice.speak(text)]
    missing = TARGET_LUFS - lufs(np.concatenate(chunks), RATE)
    mean = json.loads(program.metadata["mean"])
    mean[CEPSTRA_FROM] += missing * np.log(10.0) / 10.0 * np.sqrt(ENVELOPE_POINTS)
    changed = {**program.metadata, "mean": listed(np.array(mean))}
    replace(program, metadata=changed).save(target / FRAMES_FILE)


def listed(values: np.ndarray) -> str:
    """Numbers as a JSON list."""
    return json.dumps([float(f"{v:.7g}") for v in values])
