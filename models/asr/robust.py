"""What the ears make of sounds that are no speech, and of speech in noise.

Ten minutes of quiet, of noises (ESC-10, those that were not trained on) and of music (struck strings), five
seconds at a time as the voice detector would hand them over; a word counts where the ears would stand by it
rather than ask again. And the word error rate with such noises 10 dB below the speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from models.asr.corpus import Utterance, read_shard
from models.asr.errors import ErrorRate
from models.asr.features import SAMPLE_RATE
from models.asr.recogniser import Recogniser
from models.asr.spoken import spoken_words

Floats = NDArray[np.float32]

CLIP_S = 5
CLIPS_OF_EACH = 40
"""quiet, noise and music: 3 × 40 × 5 s = ten minutes"""
TRAINED_ON_EVERY = 3
"""models/asr/train.py mixes in every third noise, from the first"""


def quiet(random: np.random.Generator) -> Floats:
    """A room with nobody in it, −70 to −45 dBFS."""
    level = 10 ** (random.uniform(-70, -45) / 20)
    return (level * random.standard_normal(CLIP_S * SAMPLE_RATE)).astype(np.float32)


def music(random: np.random.Generator) -> Floats:
    """Chords of struck strings: fading harmonics on notes of a minor scale, one chord each half second."""
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    sound = np.zeros((CLIP_S + 1) * SAMPLE_RATE)
    for beat in range(2 * CLIP_S):
        for note in random.choice([0, 2, 3, 5, 7, 8, 10, 12, 15], 3, replace=False):
            pitch = 196.0 * 2 ** (note / 12)
            rings = sum(
                np.exp(-time * (2 + k)) / k * np.sin(2 * np.pi * k * pitch * time + random.uniform(0, 6))
                for k in range(1, 7)
            )
            sound[beat * SAMPLE_RATE // 2 :][:SAMPLE_RATE] += rings
    sound = sound[: CLIP_S * SAMPLE_RATE]
    return (0.2 * sound / np.abs(sound).max()).astype(np.float32)


def noises() -> list[Floats]:
    """The noises that were kept from training."""
    every = (one.samples for number, one in enumerate(read_shard("noise-esc10")) if number % TRAINED_ON_EVERY)
    return [one for one in islice(every, CLIPS_OF_EACH) if len(one) > SAMPLE_RATE]


def no_speech(seed: int = 0) -> Iterator[tuple[str, Floats]]:
    """The ten minutes, with the kind of each clip."""
    random = np.random.default_rng(seed)
    for _ in range(CLIPS_OF_EACH):
        yield "quiet", quiet(random)
        yield "music", music(random)
    for noise in noises():
        yield "noise", np.resize(noise, CLIP_S * SAMPLE_RATE).astype(np.float32)


def words_in_no_speech(recogniser: Recogniser) -> dict[str, int]:
    """How many words the ears stand by, by kind of sound."""
    found: dict[str, int] = {}
    for kind, sound in no_speech():
        stream = recogniser.stream()
        stream.feed(sound)
        heard = stream.finish()
        found[kind] = found.get(kind, 0) + (len(heard.words) if heard.caught else 0)
    return found


def with_noise(samples: Floats, noise: Floats, below_db: float) -> Floats:
    """Speech with a noise whose power lies so far below it.

    >>> speech, hiss = np.ones(8, np.float32), np.ones(4, np.float32)
    >>> round(float(with_noise(speech, hiss, 20.0)[0]), 3)
    1.1
    """
    long = np.resize(noise, len(samples))
    speech, other = (float(np.mean(np.square(one, dtype=np.float64))) for one in (samples, long))
    scale = np.sqrt(speech / (other + 1e-12) / 10 ** (below_db / 10))
    return (samples + scale * long).astype(np.float32)


def noisy(some: Sequence[Utterance], recogniser: Recogniser, below_db: float = 10.0) -> dict[str, float]:
    """Word error rates of the same recordings as they are and in noise, and by which factor they rise."""
    kept = noises()
    rates = {"clean": ErrorRate(), "noisy": ErrorRate()}
    for number, u in enumerate(some):
        changed = with_noise(u.samples, kept[number % len(kept)], below_db)
        for name, sound in (("clean", u.samples), ("noisy", changed)):
            stream = recogniser.stream()
            stream.feed(sound)
            rates[name].add(stream.finish(readings=1).text.split(), spoken_words(u.text))
    clean, worse = rates["clean"].rate, rates["noisy"].rate
    return {"clean": clean, "at_10_db": worse, "rise": worse / max(clean, 1e-9) - 1}
