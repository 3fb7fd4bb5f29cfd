"""Recordings as the networks learn from them: phones, their lengths in frames, and the frames themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.tts.align import Segment, load_alignment
from models.tts.analysis import Frames
from models.tts.context import Tokens, phone_tokens
from models.tts.corpus import held_out, sentences
from models.tts.melody import melody_tokens
from models.tts.phonemes import PAUSE, REST, Phone
from models.tts.spectrum import Floats
from models.tts.words import spoken

EDGE_FRAMES = 12
SHORTEST_REST = 12
WORST_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Utterance:
    """A recording to learn from or to measure against; lengths in frames of 10 ms, frames (T, 55), which
    begin at frame `start` of the recording.
    """

    name: str
    prompt: str
    text: str
    line: tuple[Phone, ...]
    tokens: Tokens
    melody: Tokens
    lengths: NDArray[np.int64]
    frames: Floats
    start: int

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Which of the phones are pauses or rests."""
        return np.array([p.word < 0 for p in self.line])


@dataclass(frozen=True, slots=True)
class Scaling:
    """Mean and deviation of every frame value over speech; of voicing 0 and 1, which is left as it is."""

    mean: Floats
    deviation: Floats


def whole(parts: Sequence[Segment]) -> list[Segment]:
    """Segments without silences too short to be rests: a stop's closure is its own, other gaps go to both
    sides.
    """
    kept: list[Segment] = []
    for i, part in enumerate(parts):
        inner = 0 < i < len(parts) - 1
        if part.symbol == PAUSE and inner and part.end - part.start < SHORTEST_REST:
            after = parts[i + 1]
            middle = (
                part.start
                if after.symbol in ("P", "T", "K", "B", "D", "G", "CH", "JH")
                else (part.start + part.end) // 2
            )
            kept[-1] = Segment(kept[-1].symbol, kept[-1].word, kept[-1].start, middle)
            continue
        start = kept[-1].end if kept else part.start
        kept.append(Segment(part.symbol, part.word, start, part.end))
    return kept


def line_of(parts: Sequence[Segment]) -> tuple[Phone, ...]:
    """Phones with their places in words, rests inside and pauses at the ends, from segments."""
    found = []
    for i, part in enumerate(parts):
        if part.word < 0:
            found.append(Phone(PAUSE if i in (0, len(parts) - 1) else REST, -1))
            continue
        first = i == 0 or parts[i - 1].word != part.word
        last = i + 1 == len(parts) or parts[i + 1].word != part.word
        found.append(Phone(part.symbol, part.word, first, last))
    return tuple(found)


def packed(frames: Frames) -> Floats:
    """(T, 55): log F0, voicing, periodicity, cepstra."""
    return np.column_stack([frames.log_f0, frames.voiced, frames.periodicity, frames.cepstra]).astype(
        np.float32
    )


def utterance(name: str, prompt: str, text: str, parts: Sequence[Segment], frames: Frames) -> Utterance:
    """One recording from its alignment and analysis, edges cut to 120 ms of silence."""
    parts = whole(parts)
    bounds = np.array([p.start for p in parts] + [parts[-1].end]) // 2
    values = packed(frames)
    bounds[-1] = min(int(bounds[-1]), len(values))
    if parts[0].word < 0:
        bounds[0] = max(int(bounds[0]), int(bounds[1]) - EDGE_FRAMES)
    if parts[-1].word < 0:
        bounds[-1] = min(int(bounds[-1]), int(bounds[-2]) + EDGE_FRAMES)
    lengths = np.maximum(np.diff(bounds), 0)
    words = spoken(text)
    line = line_of(parts)
    said = [w.word for w in words]
    tokens = phone_tokens(line, said, words[-1].mark or ".")
    melody = melody_tokens(line, said, tokens, lengths)
    start = int(bounds[0])
    return Utterance(name, prompt, text, line, tokens, melody, lengths, values[start : bounds[-1]], start)


def load(
    folder: Path, shard: str = "cathy", with_training: bool = True, each: int = 1
) -> tuple[list[Utterance], list[Utterance]]:
    """Training (unless not asked for) and held-out utterances that are analysed and aligned, every `each`th
    recording; the worst-aligned few are left out of the first.
    """
    alignment = load_alignment(folder / f"alignment-{shard}.jsonl")
    every = sentences(shard)
    kept_out = held_out(every)
    scores = [alignment[s.name][0] for s in every if s.name in alignment]
    floor = float(np.quantile(scores, WORST_SHARE))
    training: list[Utterance] = []
    held: list[Utterance] = []
    for s in every[::each]:
        path = folder / "frames" / f"{s.name}.npz"
        if s.name not in alignment or not path.exists():
            continue
        score, parts = alignment[s.name]
        if s.prompt not in kept_out and (
            not with_training or score < floor or s.prompt == "data_arctic_a0252"
        ):
            continue
        found = utterance(s.name, s.prompt, s.text, parts, Frames.load(path))
        (held if s.prompt in kept_out else training).append(found)
    return training, held


def scaling(training: Sequence[Utterance]) -> Scaling:
    """Statistics of the training frames; log F0's over voiced frames only."""
    frames = np.concatenate([u.frames for u in training])
    voiced = frames[:, 1] > 0.5
    mean, deviation = frames.mean(0), frames.std(0)
    mean[0], deviation[0] = frames[voiced, 0].mean(), frames[voiced, 0].std()
    mean[1], deviation[1] = 0.0, 1.0
    return Scaling(mean.astype(np.float32), deviation.astype(np.float32))
