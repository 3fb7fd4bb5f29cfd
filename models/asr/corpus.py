"""Recordings with their texts: the shards of the data folder, LibriSpeech, LJSpeech and Common Voice.

Every reader yields `Utterance`s; which of them may be trained on is decided in one place, `held_out`.
"""

from __future__ import annotations

import csv
import io
import itertools
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from models.asr.features import SAMPLE_RATE
from models.asr.lexicon import data_folder

TRAINING_SHARDS = (
    "librispeech-train-clean-5",
    "librispeech-train-clean-100-part",
    "speechocean762-train",
    "ljspeech-part",
    "spoken-digits",
    "wake-words",
)
DEVELOPMENT_SHARDS = ("librispeech-train-clean-5", "speechocean762-test", "cathy")
HELD_OUT_SPEAKERS = {"1088", "118", "163", "fsdd-theo", "fsdd-yweweler"}
WAKE_WORDS_EVERY = 5
"""Six words by many speakers: a few of each voice are enough."""
_DIGITS = "zero one two three four five six seven eight nine".split()


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording: samples float32 at 16 kHz in ±1, and what is said in it."""

    name: str
    source: str
    speaker: str
    samples: NDArray[np.float32]
    text: str


def held_out(source: str, speaker: str) -> bool:
    """True where the recogniser must never be trained on a recording: the development splits."""
    return speaker in HELD_OUT_SPEAKERS or source in ("speechocean762-test", "cathy")


def read_shard(
    name: str, folder: Path | None = None, wanted: Callable[[int, str], bool] = lambda number, speaker: True
) -> Iterator[Utterance]:
    """The utterances of a tar shard, texts from the manifest beside it; undecodable files are passed over.

    Only those are decoded that are `wanted`, by their number in the shard and their speaker.
    """
    folder = folder or data_folder() / "audio"
    with (folder / f"{name}.tsv").open(encoding="utf-8") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    with tarfile.open(folder / f"{name}.tar") as shard:
        for number, member in enumerate(member for member in shard if member.isfile()):
            row = rows[Path(member.name).stem]
            file = shard.extractfile(member)
            if file is None or not wanted(number, row["speaker"]):
                continue
            text = _DIGITS[int(row["text"])] if name == "spoken-digits" else row["text"]
            try:
                samples = read_audio(io.BytesIO(file.read()))
            except soundfile.LibsndfileError:
                continue  # one in eight of the noises ends in a page that libsndfile refuses
            yield Utterance(row["id"], name, row["speaker"], samples, text)


def training_recordings(name: str) -> Iterator[Utterance]:
    """The utterances of a shard in the form in which they are trained on."""
    if name == "spoken-digits":
        return strings(read_shard(name))
    return itertools.islice(read_shard(name), 0, None, WAKE_WORDS_EVERY if name == "wake-words" else 1)


def read_librispeech(folder: Path) -> Iterator[Utterance]:
    """A LibriSpeech tree: SPEAKER/CHAPTER/*.flac with SPEAKER-CHAPTER.trans.txt beside them."""
    for transcript in sorted(folder.rglob("*.trans.txt")):
        for line in transcript.read_text(encoding="utf-8").splitlines():
            name, _, text = line.partition(" ")
            samples = read_audio(transcript.parent / f"{name}.flac")
            yield Utterance(name, "librispeech", name.split("-")[0], samples, text)


def read_ljspeech(folder: Path) -> Iterator[Utterance]:
    """An LJSpeech tree: metadata.csv (`name|text|normalised text`) and wavs/NAME.wav."""
    for line in (folder / "metadata.csv").read_text(encoding="utf-8").splitlines():
        name, *texts = line.split("|")
        yield Utterance(name, "ljspeech", "lj", read_audio(folder / "wavs" / f"{name}.wav"), texts[-1])


def read_common_voice(folder: Path) -> Iterator[Utterance]:
    """A Common Voice tree: validated.tsv and clips/*.mp3."""
    with (folder / "validated.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            samples = read_audio(folder / "clips" / row["path"])
            name = Path(row["path"]).stem
            yield Utterance(name, "common-voice", row["client_id"], samples, row["sentence"])


def strings(digits: Iterable[Utterance], most: int = 6, seed: int = 0) -> Iterator[Utterance]:
    """Single digits joined, speaker by speaker, to strings of up to `most` with pauses between."""
    random = np.random.default_rng(seed)
    by_speaker: dict[str, list[Utterance]] = {}
    for one in digits:
        by_speaker.setdefault(one.speaker, []).append(one)
    for speaker, said in by_speaker.items():
        order = random.permutation(len(said)).tolist()
        while order:
            chosen = [said[order.pop()] for _ in range(min(len(order), int(random.integers(1, most + 1))))]
            parts = [_hush(0.2, random)]
            for one in chosen:
                parts += [one.samples, _hush(random.uniform(0.05, 0.4), random)]
            samples = np.concatenate([*parts, _hush(0.3, random)])
            text = " ".join(one.text for one in chosen)
            yield Utterance(chosen[0].name, chosen[0].source, speaker, samples, text)


def _hush(seconds: float, random: np.random.Generator) -> NDArray[np.float32]:
    """A quiet room."""
    return (1e-4 * random.normal(size=int(seconds * SAMPLE_RATE))).astype(np.float32)


def read_audio(file: io.BytesIO | Path) -> NDArray[np.float32]:
    """One channel at 16 kHz."""
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    mono = samples.mean(1)
    return mono if rate == SAMPLE_RATE else soxr.resample(mono, rate, SAMPLE_RATE).astype(np.float32)
