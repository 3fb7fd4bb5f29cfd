"""The recordings that the mouth learns from: sentences of one speaker, with the held-out ones set apart."""

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.tts.spectrum import RATE, Floats

HELD_OUT = 100
ACTIVE_DBFS = -20.0
BLOCK = RATE // 100


class CorpusError(Exception):
    """The recordings are missing or damaged; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One recording: its name, its prompt's name (repeats share it), its speaker and text."""

    name: str
    prompt: str
    speaker: str
    text: str
    seconds: float


def data_folder() -> Path:
    """Where the recordings lie: $SPIKETALK_DATA, or `../shared/data` beside the repository."""
    return Path(
        os.environ.get("SPIKETALK_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")
    ).resolve()


def sentences(shard: str = "cathy", folder: Path | None = None) -> list[Sentence]:
    """Every sentence of a shard's manifest, in its order. CorpusError where the manifest is missing."""
    path = (folder or data_folder()) / "audio" / f"{shard}.tsv"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
    except OSError as error:
        raise CorpusError(
            f"{path}: no manifest of recordings; set SPIKETALK_DATA to the data folder"
        ) from error
    found = []
    for line in lines:
        name, speaker, seconds, text = line.split("\t")
        found.append(Sentence(name, re.sub(r"_\d{6,}$", "", name), speaker, text, float(seconds)))
    return found


def held_out(everything: list[Sentence]) -> frozenset[str]:
    """The prompts that no training may see: the `HELD_OUT` first in the order of a hash of their names."""
    prompts = {s.prompt for s in everything}
    return frozenset(sorted(prompts, key=lambda p: hashlib.sha256(p.encode()).hexdigest())[:HELD_OUT])


def recordings(shard: str, names: set[str], folder: Path | None = None) -> Iterator[tuple[str, Floats]]:
    """(name, samples) of the named recordings at 24 kHz, one after the other, without unpacking the shard."""
    import soundfile

    path = (folder or data_folder()) / "audio" / f"{shard}.tar"
    try:
        archive = tarfile.open(path)  # noqa: SIM115 - closed below, opened here for its error
    except OSError as error:
        raise CorpusError(f"{path}: no recordings; set SPIKETALK_DATA to the data folder") from error
    with archive:
        for member in archive:
            name = Path(member.name).stem
            if name not in names:
                continue
            stored = archive.extractfile(member)
            assert stored is not None
            samples, rate = soundfile.read(io.BytesIO(stored.read()), dtype="float32")
            if rate != RATE:
                raise CorpusError(f"{path}: {name} is at {rate} Hz, expected {RATE}")
            yield name, samples


def level(samples: Floats, target_dbfs: float = ACTIVE_DBFS) -> Floats:
    """The recording scaled so that its active blocks (10 ms, within 30 dB of the loudest) reach `target_dbfs`
    RMS.
    """
    blocks = samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK).astype(np.float64)
    power = np.mean(blocks**2, axis=1)
    active = power[power > power.max() * 1e-3]
    gain = 10.0 ** (target_dbfs / 20.0) / np.sqrt(active.mean() + 1e-12)
    return (samples * gain).astype(np.float32)
