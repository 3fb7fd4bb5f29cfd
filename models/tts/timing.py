"""Whether words sound when the voice says they do: its own word times against a forced alignment of its
sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.tts.align import HOP, Mixtures, chain, observations, path_of, segments
from models.tts.corpus import level
from models.tts.phonemes import phones
from models.tts.spectrum import RATE
from models.tts.voice import Voice, sentences

CLOSE_MS = 40.0


def word_times(voice: Voice, texts: Sequence[str], aligner: Path, most: int = 30) -> dict[str, float]:
    """Median and 95 % quantile of |said − aligned| word beginnings in ms, and the share within 40 ms, over
    the texts of one sentence among the first `most`.
    """
    with np.load(aligner) as stored:
        mixtures = Mixtures(stored["weight"], stored["mean"], stored["variance"])
    errors = [error for text in texts[:most] for error in errors_of(voice, text, mixtures)]
    if not errors:
        return {}
    size = np.abs(errors)
    return {
        "word_time_median_ms": float(np.median(size)),
        "word_time_p95_ms": float(np.quantile(size, 0.95)),
        "word_time_within_40_ms": float(np.mean(size <= CLOSE_MS)),
        "word_time_bias_ms": float(np.mean(errors)),
    }


def errors_of(voice: Voice, text: str, mixtures: Mixtures) -> list[float]:
    """How much later each word is announced than the aligner finds it, in ms; none for texts of several
    sentences.
    """
    found = list(sentences(text))
    if len(found) != 1:
        return []
    chunks = list(voice.speak(text))
    announced = {chunk.word: chunk.word_at for chunk in chunks if chunk.word >= 0}
    heard = observations(level(np.concatenate([chunk.samples for chunk in chunks])))
    states = chain(phones(found[0]))
    path, _ = path_of(mixtures, states, heard)
    begins: dict[int, int] = {}
    for part in segments(states, path):
        if part.word >= 0:
            begins.setdefault(part.word, part.start)
    return [1000.0 * (announced[w] - begins[w] * HOP) / RATE for w in sorted(announced) if w in begins]
