"""`spiketalk transcribe`: a recording's words as text, JSON or subtitles."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from models.asr.recogniser import Heard, Recogniser, Transcript

Block = tuple[int, NDArray[np.float32]]  # rate, samples

PAUSE_S = 0.8
LONGEST_S = 30.0
_BLOCK_S = 0.1
_CAPTION_WORDS = 10


class NotAudio(ValueError):
    """A file that is no sound."""


def blocks(path: str) -> Iterator[Block]:
    """(rate, samples) of a sound file in tenths of a second; "-" reads one from standard input."""
    source = sys.stdin.buffer if path == "-" else path
    try:
        with soundfile.SoundFile(source) as sound:
            for block in sound.blocks(int(sound.samplerate * _BLOCK_S), dtype="float32", always_2d=True):
                yield sound.samplerate, block
    except FileNotFoundError:
        raise NotAudio(f"{path}: no such file") from None
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as problem:
        raise NotAudio(f"{path}: not a sound file that can be read ({problem})") from None


def sentences(
    recogniser: Recogniser, sound: Iterable[Block], show: Callable[[str], None] | None
) -> Iterator[tuple[float, Transcript]]:  # fmt: skip
    """(start in seconds, transcript) of each stretch between pauses; `show` gets the words so far."""
    stream = None
    at = begun = quiet_s = 0.0
    loudest = 1e-4
    for rate, block in sound:
        if stream is None:
            stream, begun, quiet_s = recogniser.stream(rate), at, 0.0
        for partial in stream.feed(block):
            if show is not None:
                show(partial.text)
        level = float(np.sqrt(np.mean(np.square(np.nan_to_num(block))))) if len(block) else 0.0
        loudest = max(loudest * 0.995, level)
        quiet_s = quiet_s + _BLOCK_S if level < 0.1 * loudest else 0.0
        at += len(block) / rate
        if (quiet_s >= PAUSE_S and at - begun > 2 * PAUSE_S) or at - begun > LONGEST_S:
            yield begun, stream.finish()
            stream = None
    if stream is not None:
        yield begun, stream.finish()


def transcribe(
    path: str, folder: Path | None = None, form: str = "text", show: Callable[[str], None] | None = None
) -> Iterator[str]:
    """The lines to print, as they come. form: "text", "json" (one object a sentence) or "srt"."""
    number = 0
    for begun, heard in sentences(Recogniser.load(folder), blocks(path), show):
        if not heard.words:
            continue
        if form == "json":
            yield json.dumps(as_json(begun, heard))
        elif form == "srt":
            for words in _captions(heard.words):
                number += 1
                yield subtitle(number, begun, words)
        else:
            yield heard.text


def as_json(begun: float, heard: Transcript) -> dict[str, object]:
    """One sentence with its words' times in seconds."""
    return {
        "text": heard.text,
        "start_s": round(begun + heard.words[0].start_s, 2),
        "end_s": round(begun + heard.words[-1].end_s, 2),
        "confidence": round(heard.confidence, 3),
        "caught": heard.caught,
        "words": [
            {
                "text": word.text,
                "start_s": round(begun + word.start_s, 2),
                "end_s": round(begun + word.end_s, 2),
                "confidence": round(word.confidence, 3),
            }
            for word in heard.words
        ],
        "n_best": list(heard.n_best),
    }


def _captions(words: Sequence[Heard]) -> Iterator[Sequence[Heard]]:
    for start in range(0, len(words), _CAPTION_WORDS):
        yield words[start : start + _CAPTION_WORDS]


def subtitle(number: int, begun: float, words: Sequence[Heard]) -> str:
    """One SubRip caption."""
    start, end = begun + words[0].start_s, begun + words[-1].end_s
    return f"{number}\n{_stamp(start)} --> {_stamp(end)}\n{' '.join(word.text for word in words)}\n"


def _stamp(seconds: float) -> str:
    """
    >>> _stamp(3661.5)
    '01:01:01,500'
    """
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"
