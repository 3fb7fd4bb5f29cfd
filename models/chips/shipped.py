"""What the shipped networks still do on every backend: the glue between `accuracy` and their files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr

from models.asr.features import SAMPLE_RATE
from models.backends.backend import backend
from models.chips.accuracy import Said, bits_per_character, hearing, voice_distortion
from models.chips.exchange import MOUTH, recogniser, spoken
from models.lm.network import PROGRAM, Network
from models.tts.context import STEP_FRAMES
from models.tts.spectrum import ENVELOPE_POINTS
from models.tts.voice import CEPSTRA_FROM, FRAMES_FILE, SHIPPED

SENTENCES = ("I am here, and I am listening.", "Well, what would you like to talk about today?")


def recordings(folder: Path, most: int) -> list[Said]:
    """The first recordings that `folder`/texts.tsv lists, with their words and phones."""
    with open(folder / "texts.tsv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[:most]
    found = []
    for row in rows:
        sound, rate = soundfile.read(folder / row["file"], dtype="float32", always_2d=True)
        mono = soxr.resample(sound.mean(axis=1), rate, SAMPLE_RATE)
        found.append(Said(mono, row["text"], tuple(row["phones"].split())))
    return found


def accuracy(
    names: Sequence[str], said: Sequence[Said], folder: Path = SHIPPED
) -> dict[str, dict[str, float]]:
    """Backend → word and phone error rate, bits per character, distortion of the voice in dB.

    Over the recordings, over their words as lines of a user, over two sentences; the reference is always
    among the backends, for it is what the others are measured by.
    """
    names = list(dict.fromkeys(["reference", *names]))
    made: dict[str, dict[str, float]] = {name: {} for name in names}
    if (folder / "ears.safetensors").exists() and said:
        found = hearing(recogniser(folder, backend("events")), said, names)
        _enter(made, {name: dict(figures) for name, figures in found.items()})
    if (folder / PROGRAM).exists() and said:
        mind = Network.load(folder)
        texts = [list(mind.tokens.talk([("user", one.text)])) for one in said]
        bits = bits_per_character(mind.program, texts, sum(len(one.text) + 1 for one in said), names)
        _enter(made, {name: {"bits_per_character": value} for name, value in bits.items()})
    if (folder / FRAMES_FILE).exists():
        _enter(made, {n: {"voice_distortion_db": v} for n, v in _distortion(folder, names).items()})
    return made


def _distortion(folder: Path, names: Sequence[str]) -> dict[str, float]:
    said = [spoken(folder, text) for text in SENTENCES]
    frames = said[0].programs[MOUTH]
    gain, deviation = (
        np.array(json.loads(frames.metadata[key]), np.float32) for key in ("gain", "deviation")
    )
    # The network gives the end of a frame; what comes before, such as pitch, others may have given.
    width = frames.values[frames.outputs[0]].width // STEP_FRAMES
    scale = (gain * deviation)[-width:]
    start = CEPSTRA_FROM - (len(gain) - width)
    sentences = [one.inputs[MOUTH] for one in said]
    return voice_distortion(frames, sentences, names, scale, slice(start, width), ENVELOPE_POINTS)


def _enter(made: dict[str, dict[str, float]], found: Mapping[str, Mapping[str, float]]) -> None:
    for name, figures in found.items():
        made[name] |= figures


def lost(made: Mapping[str, Mapping[str, float]], name: str) -> dict[str, float]:
    """Figure → how much worse than the reference a backend is, relative; the voice has no such share."""
    truth = made["reference"]
    return {
        key: value / truth[key] - 1
        for key, value in made[name].items()
        if key != "voice_distortion_db" and truth.get(key)
    }
