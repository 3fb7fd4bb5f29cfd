"""`spiketalk eval mouth`: how close the voice is to its speaker, how fast, and how well it is understood."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.backends.counts import Counts
from models.tts import listen
from models.tts.closeness import closeness, repeated
from models.tts.corpus import held_out, level, recordings, sentences
from models.tts.dataset import Utterance, load
from models.tts.loudness import lufs
from models.tts.spectrum import RATE, Floats
from models.tts.synthesiser import synthesise
from models.tts.timing import word_times
from models.tts.voice import Voice

FIRST_SAID = (
    "I am here, and I am listening.",
    "Well, what would you like to talk about today?",
    "That sounds like a lot of fun.",
    "I had not thought of it that way before.",
    "The weather will be fine tomorrow, as far as I know.",
)


def evaluate(
    folder: Path = Path("runs/mouth"), models: Path | None = None, limit: int = 100, listening: bool = True
) -> dict[str, Any]:
    """Figures of the voice in `models` (the shipped one by default) on held-out sentences prepared in
    `folder`; of `limit` sentences, and without word errors unless `listening`.
    """
    voice = Voice.load(models)
    result: dict[str, Any] = speed(voice)
    everything = _prepared(folder)
    held = list({u.prompt: u for u in everything}.values())[:limit]
    if held:
        result |= closeness(voice, held)
        result["speaker"] = repeated(everything)
    if (folder / "aligner-cathy.npz").exists():
        result |= word_times(voice, [u.text for u in held], folder / "aligner-cathy.npz")
    if listening:
        result["wer"] = understood(voice, limit, held, folder)
    return result


def _prepared(folder: Path) -> list[Utterance]:
    try:
        _, held = load(folder, with_training=False)
    except FileNotFoundError:
        return []
    return held


def speed(voice: Voice) -> dict[str, Any]:
    """Milliseconds to the first sound, real-time factor and firing rates over a few short sentences."""
    list(voice.speak("One, two."))
    firsts, taken, sounded = [], 0.0, 0
    sounds: list[Floats] = []
    sounding: list[Counts] = []
    planning: list[Counts] = []
    for text in FIRST_SAID:
        start = time.perf_counter()
        first = 0.0
        for chunk in voice.speak(text):
            first = first or time.perf_counter() - start
            sounded += len(chunk.samples)
            sounds.append(chunk.samples)
            planning += chunk.planning
            if chunk.counts is not None:
                sounding.append(chunk.counts)
        firsts.append(first)
        taken += time.perf_counter() - start
    return {
        "first_audio_ms": 1000.0 * float(np.median(firsts)),
        "rtf": taken / (sounded / RATE),
        "loudness_lufs": lufs(np.concatenate(sounds), RATE),
        "rate": firing(sounding + planning),
        "rate_frames": firing(sounding),
        "rate_planning": firing(planning),
    }


def firing(counts: Iterable[Counts]) -> float:
    """Share of neurons that fired, over all steps of all programs counted."""
    active = neurons = 0
    for some in counts:
        fired, chances = fired_of(some)
        active, neurons = active + fired, neurons + chances
    return active / max(1, neurons)


def fired_of(counts: Counts) -> tuple[int, int]:
    """Neurons that fired, and chances to fire."""
    widths = sum(counts.program.values[name].width for name in counts.active)
    return sum(counts.active.values()), widths * counts.steps


def understood(
    voice: Voice, limit: int = 100, held: Sequence[Utterance] = (), folder: Path | None = None
) -> dict[str, float]:
    """Word error rates of pocketsphinx on held-out sentences: natural, copy-synthesis, ours, flite's slt,
    espeak-ng.

    What was heard in a sound is kept in `folder`, so that sounds that did not change are listened to once.
    """
    every = sentences()
    kept_out = sorted(held_out(every))[:limit]
    texts = {s.prompt: s for s in every if s.prompt in kept_out}
    natural = dict(recordings("cathy", {s.name for s in texts.values()}))
    copies = {u.prompt: u for u in held}
    listener = listen.Listener(folder / "heard.json" if folder else None)

    def ours(text: str) -> tuple[Floats, int]:
        chunks = [chunk.samples for chunk in voice.speak(text)]
        return (np.concatenate(chunks) if chunks else np.zeros(RATE, np.float32)), RATE

    systems: dict[str, Callable[[str], tuple[Floats, int]]] = {
        "ours": ours, "flite_slt": listen.flite_slt, "espeak": listen.espeak,
    }  # fmt: skip
    wrong = dict.fromkeys(("natural", "copy", *systems), 0)
    words = dict.fromkeys(wrong, 0)
    for prompt, sentence in sorted(texts.items()):
        truth = listen.said(sentence.text)
        sounds = {"natural": (level(natural[sentence.name]), RATE)}
        if prompt in copies:
            sounds["copy"] = (synthesise(copies[prompt].frames), RATE)
        for name, speak in systems.items():
            try:
                sounds[name] = speak(sentence.text)
            except FileNotFoundError:
                continue
        for name, (samples, rate) in sounds.items():
            wrong[name] += listen.errors(truth, listener.heard(samples, rate))
            words[name] += len(truth)
    return {name: wrong[name] / words[name] for name in wrong if words[name]}
