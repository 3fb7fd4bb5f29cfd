"""`spiketalk eval mouth`: how close the voice is to its speaker, how fast, and how well it is understood."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.backends.counts import Counts
from models.tts import listen
from models.tts.context import step_tokens
from models.tts.corpus import held_out, level, recordings, sentences
from models.tts.dataset import Utterance, load
from models.tts.spectrum import ENVELOPE_POINTS, RATE, Floats
from models.tts.synthesiser import synthesise
from models.tts.voice import Voice

CEPSTRA_FROM = 5
COMPARED = 25
MCD = 10.0 / np.log(10.0) * np.sqrt(2.0) * np.sqrt(2.0 / ENVELOPE_POINTS) / 2.0
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
    `folder`.
    """
    voice = Voice.load(models)
    result: dict[str, Any] = speed(voice)
    held = _prepared(folder)[:limit]
    if held:
        result |= closeness(voice, held)
    if listening:
        result["wer"] = understood(voice, limit, held)
    return result


def _prepared(folder: Path) -> list[Utterance]:
    try:
        _, held = load(folder)
    except FileNotFoundError:
        return []
    return list({u.prompt: u for u in held}.values())


def speed(voice: Voice) -> dict[str, Any]:
    """Milliseconds to the first sound, real-time factor and firing rate over a few short sentences."""
    list(voice.speak("One, two."))
    firsts, taken, sounded = [], 0.0, 0
    active = neurons = 0
    for text in FIRST_SAID:
        start = time.perf_counter()
        first = 0.0
        for chunk in voice.speak(text):
            first = first or time.perf_counter() - start
            sounded += len(chunk.samples)
            if chunk.counts is not None:
                fired, size = fired_of(chunk.counts)
                active, neurons = active + fired, neurons + size
        firsts.append(first)
        taken += time.perf_counter() - start
    return {
        "first_audio_ms": 1000.0 * float(np.median(firsts)),
        "rtf": taken / (sounded / RATE),
        "rate": active / max(1, neurons),
    }


def fired_of(counts: Counts) -> tuple[int, int]:
    """Neurons that fired, and chances to fire."""
    widths = sum(counts.program.values[name].width for name in counts.active)
    return sum(counts.active.values()), widths * counts.steps


def closeness(voice: Voice, held: Sequence[Utterance]) -> dict[str, Any]:
    """Distances from the natural frames under natural lengths, and of the lengths themselves."""
    distances, ours_f0, natural_f0, wrong, lengths = [], [], [], [], []
    ours_variance, natural_variance = [], []
    for u in held:
        frames = voice.frames(step_tokens(u.tokens, u.lengths))
        n = min(len(frames), len(u.frames))
        speaking = ~np.repeat(u.silent, u.lengths)[:n]
        ours, natural = frames[:n], u.frames[:n]
        kept = slice(CEPSTRA_FROM + 1, CEPSTRA_FROM + COMPARED)
        distances.append(np.sqrt(((ours[speaking, kept] - natural[speaking, kept]) ** 2).sum(1)))
        both = (ours[:, 1] > 0.5) & (natural[:, 1] > 0.5)
        ours_f0.append(np.exp(ours[both, 0]))
        natural_f0.append(np.exp(natural[both, 0]))
        wrong.append((ours[:, 1] > 0.5) != (natural[:, 1] > 0.5))
        ours_variance.append(ours[speaking, kept].var(0))
        natural_variance.append(natural[speaking, kept].var(0))
        said = np.array(voice.lengths(u.line, u.tokens))
        lengths.append(10.0 * (said - u.lengths)[~u.silent])
    a, b = np.concatenate(ours_f0), np.concatenate(natural_f0)
    return {
        "mcd_db": float(MCD * np.concatenate(distances).mean()),
        "f0_rmse_hz": float(np.sqrt(np.mean((a - b) ** 2))),
        "f0_corr": float(np.corrcoef(a, b)[0, 1]),
        "voicing_error": float(np.concatenate(wrong).mean()),
        "duration_rmse_ms": float(np.sqrt(np.mean(np.concatenate(lengths) ** 2))),
        "variance_ratio": float(np.mean(np.mean(ours_variance, 0) / np.mean(natural_variance, 0))),
        "sentences": len(held),
    }


def understood(voice: Voice, limit: int = 100, held: Sequence[Utterance] = ()) -> dict[str, float]:
    """Word error rates of pocketsphinx on held-out sentences: natural, copy-synthesis, ours, flite's slt,
    espeak-ng.
    """
    every = sentences()
    kept_out = sorted(held_out(every))[:limit]
    texts = {s.prompt: s for s in every if s.prompt in kept_out}
    natural = dict(recordings("cathy", {s.name for s in texts.values()}))
    copies = {u.prompt: u for u in held}

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
            wrong[name] += listen.errors(truth, listen.heard(samples, rate))
            words[name] += len(truth)
    return {name: wrong[name] / words[name] for name in wrong if words[name]}
