"""What people may say: the texts of the data folder as lists of words, sorted into kinds.

The kinds become one n-gram model each, mixed by how well they foretell held-out sentences (kneser.py).
Texts of the recogniser's test sets are never read.
"""

from __future__ import annotations

import csv
import json
import lzma
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from models.asr.spoken import spoken_words

KINDS: dict[str, tuple[str, ...]] = {
    "user": (
        "pip_talks:user", "clinc150:user", "nlu_evaluation:user", "ms_chitchat:user", "fairytaleqa_q:user",
    ),
    "talk": (
        "pip_talks:pip", "self_dialogue", "topical_chat", "synthetic_persona_chat", "ms_chitchat:bot",
        "ms_personalitychat", "chatterbot", "jokes", "taskmaster4", "rasbt", "ami", "masc",
    ),
    "tasks": ("sgd",),
    "sentences": ("common_voice", "tatoeba"),
    "stories": ("fairytaleqa_stories", "african_storybook", "pratham_books", "tinystories"),
    "books": ("librispeech-train-clean-5", "librispeech-train-clean-100-part", "ljspeech-part"),
    "short": ("speechocean762-train",),
}  # fmt: skip
HELD_OUT_SPEAKERS = {"1088", "118", "163"}
EVERY_NTH_TASK = 4
LEAST_WORDS = 10


def _pieces(text: str) -> Iterator[list[str]]:
    """Runs of whole sentences of ten words or more: people say two short sentences in one breath."""
    words: list[str] = []
    for sentence in re.split(r"(?<=[.?!])[\"')]*\s+", text):
        words += spoken_words(sentence)
        if len(words) >= LEAST_WORDS:
            yield words
            words = []
    if words:
        yield words


def dialogue_lines(folder: Path, name: str, speaker: str = "") -> Iterator[list[str]]:
    """The word lists of one text file, of one speaker if given."""
    with lzma.open(folder / "text" / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if name == "sgd" and number % EVERY_NTH_TASK:
                continue
            for who, text in json.loads(line):
                if (not speaker or who == speaker) and "'s name]" not in text and text != "...":
                    yield from _pieces(text)


def transcript_lines(folder: Path, name: str) -> Iterator[list[str]]:
    """The word lists of one recording shard's manifest, less the development speakers."""
    with (folder / "audio" / f"{name}.tsv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["speaker"] not in HELD_OUT_SPEAKERS and (words := spoken_words(row["text"])):
                yield words


def lines(folder: Path, kind: str) -> Iterator[list[str]]:
    """All word lists of one kind of text."""
    for source in KINDS[kind]:
        name, _, speaker = source.partition(":")
        if (folder / "text" / f"{name}.jsonl.xz").exists():
            yield from dialogue_lines(folder, name, speaker)
        else:
            yield from transcript_lines(folder, name)


def hold_out(everything: Iterable[list[str]], one_in: int = 40) -> tuple[list[list[str]], list[list[str]]]:
    """(for training, held out): every so many-th line is held out."""
    kept: list[list[str]] = []
    held: list[list[str]] = []
    for number, words in enumerate(everything):
        (held if number % one_in == one_in - 1 else kept).append(words)
    return kept, held
