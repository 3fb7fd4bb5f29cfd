"""`spiketalk eval ears`: how well the ears hear the development recordings, and pocketsphinx beside them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.asr import control, robust
from models.asr.corpus import DEVELOPMENT_SHARDS, Utterance, held_out, read_shard
from models.asr.decode import Vocabulary
from models.asr.errors import ErrorRate
from models.asr.lexicon import read_cmudict
from models.asr.ngram import closed
from models.asr.recogniser import STEP_SAMPLES, Recogniser, Transcript
from models.asr.spelling import Spelling
from models.asr.spoken import spoken_words
from models.backends.backend import Backend
from models.backends.counts import Counts
from models.program.graph import Program
from models.program.ops import Array
from models.program.state import State

SETS = {"librispeech-train-clean-5": "librispeech", "cathy": "cathy", "speechocean762-test": "speechocean"}
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NOISY = 60
"""so many recordings are heard in noise too"""
_PEAK = 0.5


class Timed:
    """A backend that notes the milliseconds of each step."""

    def __init__(self, inner: Backend) -> None:
        self.name = inner.name
        self.inner = inner
        self.ms: list[float] = []

    def step(
        self,
        program: Program,
        state: State,
        inputs: Mapping[str, Array],
        counts: Counts | None = None,
        rows: Array | None = None,
    ) -> dict[str, Array]:
        """See `Backend.step`."""
        begun = time.thread_time()
        outputs = self.inner.step(program, state, inputs, counts, rows)
        self.ms.append(1000 * (time.thread_time() - begun))
        return outputs


@dataclass
class Score:
    """One recogniser's errors and costs on one set."""

    words: ErrorRate = field(default_factory=ErrorRate)
    phones: ErrorRate = field(default_factory=ErrorRate)
    cpu_s: float = 0.0
    audio_s: float = 0.0


def chosen(shard: str, limit: int | None) -> Iterator[Utterance]:
    """The development utterances of a shard, or so many of them taken evenly; quiet ones made loud."""
    every = [u for u in read_shard(shard) if held_out(shard, u.speaker)]
    for u in every[:: max(1, len(every) // limit)][:limit] if limit else every:
        peak = float(np.abs(u.samples).max()) or 1.0
        scaled = (u.samples * (_PEAK / peak)).astype(np.float32) if shard == "cathy" else u.samples
        yield Utterance(u.name, u.source, u.speaker, scaled, u.text)


def hear(
    recogniser: Recogniser, samples: NDArray[np.float32], step_ms: list[float] | None = None,
    vocabulary: Vocabulary | None = None,
) -> Transcript:  # fmt: skip
    """What a recording says; the milliseconds of each 40 ms go to step_ms."""
    stream = recogniser.stream(vocabulary=vocabulary)
    for start in range(0, len(samples), STEP_SAMPLES):
        begun = time.thread_time()
        stream.feed(samples[start : start + STEP_SAMPLES])
        if step_ms is not None:
            step_ms.append(1000 * (time.thread_time() - begun))
    return stream.finish()


class PocketSphinx:
    """pocketsphinx with its packaged US English model (extra "peers")."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(samprate=16_000, loglevel="FATAL")

    def hear(self, samples: NDArray[np.float32]) -> list[str]:
        """The words of a recording."""
        self._decoder.start_utt()
        self._decoder.process_raw((samples * 32767).astype(np.int16).tobytes(), False, True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return spoken_words(found.hypstr) if found else []


def digits(recogniser: Recogniser, limit: int | None) -> float:
    """The share of spoken digits of unseen speakers that are heard right, where only a digit can be said."""
    known = read_cmudict()
    vocabulary = Vocabulary(closed({digit: known[digit] for digit in DIGITS}))
    every = [u for u in read_shard("spoken-digits") if held_out(u.source, u.speaker)]
    right = said = 0
    for u in every[:: max(1, len(every) // limit)][:limit] if limit else every:
        heard = hear(recogniser, _padded(u.samples), vocabulary=vocabulary)
        right += next((text for text in heard.n_best if text in DIGITS), "") == u.text
        said += 1
    return right / max(1, said)


def _padded(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """A clipped-out word with a little quiet around it, loud enough."""
    quiet = np.zeros(4_000, np.float32)
    return np.concatenate([quiet, samples * (_PEAK / max(1e-3, float(np.abs(samples).max()))), quiet])


def evaluate(
    folder: Path | None = None, limit: int | None = None, peer: bool = True, progress: bool = False
) -> dict[str, Any]:
    """All figures of the ears: error rates as fractions, times in ms of one core or seconds per second.

    limit: so many utterances of each set; peer: hear them with pocketsphinx too.
    """
    recogniser = Recogniser.load(folder)
    timed = Timed(recogniser.runner)
    recogniser.runner = timed
    spelling = Spelling(read_cmudict(), recogniser.vocabulary.words.rules)
    sphinx = PocketSphinx() if peer else None
    step_ms: list[float] = []
    counts = Counts(recogniser.program)
    figures: dict[str, Any] = {"wer": {}, "per": {}, "rt": {}, "words": {}}
    theirs: dict[str, Any] = {}
    for shard in DEVELOPMENT_SHARDS:
        score, other = Score(), Score()
        for u in chosen(shard, limit):
            _score(recogniser, u, score, spelling, step_ms, counts)
            if sphinx is not None:
                begun = time.process_time()
                heard = sphinx.hear(u.samples)
                other.cpu_s += time.process_time() - begun
                other.audio_s += len(u.samples) / 16_000
                other.words.add(heard, spoken_words(u.text))
        name = SETS[shard]
        figures["wer"][name], figures["per"][name] = score.words.rate, score.phones.rate
        figures["rt"][name], figures["words"][name] = score.cpu_s / score.audio_s, score.words.said
        if sphinx is not None:
            theirs[name] = {"wer": other.words.rate, "rt": other.cpu_s / other.audio_s}
        if progress:
            beside = f", pocketsphinx {other.words.rate:.1%}" if sphinx else ""
            print(f"{name}: {score.words.rate:.1%} of {score.words.said} words wrong{beside}", flush=True)
    figures["greedy"] = figures["per"]
    if theirs:
        figures["pocketsphinx"] = theirs
    figures["digits"] = digits(recogniser, limit)
    figures["no_speech"] = robust.words_in_no_speech(recogniser)
    figures["noise"] = robust.noisy(list(chosen("cathy", min(limit or NOISY, NOISY))), recogniser)
    if control.KEPT.exists():
        figures["relu_gap"] = control.gap(json.loads(control.KEPT.read_text(encoding="utf-8")))
    rates = counts.rates
    neurons = {name: recogniser.program.values[name].width for name in rates}
    figures["rate"] = sum(rates[name] * n for name, n in neurons.items()) / sum(neurons.values())
    figures["synops_per_s"] = sum(counts.synops.values()) / max(1, counts.steps) * 1000 / 40
    figures["network_ms_p95"] = float(np.percentile(timed.ms, 95))
    figures["step_ms_p95"] = float(np.percentile(step_ms, 95))
    figures["step_ms_mean"] = float(np.mean(step_ms))
    return figures


def _score(
    recogniser: Recogniser, u: Utterance, score: Score, spelling: Spelling, step_ms: list[float],
    counts: Counts,
) -> None:  # fmt: skip
    begun = time.process_time()
    heard = hear(recogniser, u.samples, step_ms)
    score.cpu_s += time.process_time() - begun
    score.audio_s += len(u.samples) / 16_000
    truth = spoken_words(u.text)
    score.words.add(heard.text.split(), truth)
    score.phones.add(heard.phones, [name for word in truth for name in _names(spelling.pronounce(word))])
    counts.table += heard.counts.table
    counts.steps += heard.counts.steps


def _names(phones: tuple[int, ...]) -> list[str]:
    from models.asr.lexicon import phone_names

    return phone_names(phones)


def report(figures: Mapping[str, Any]) -> str:
    """The figures as lines of text."""
    lines = [f"{'':14}{'WER':>8}{'PER':>8}{'CPU s/s':>9}   pocketsphinx WER, CPU s/s"]
    for name in figures["wer"]:
        line = f"{name:14}{figures['wer'][name]:8.1%}{figures['per'][name]:8.1%}{figures['rt'][name]:9.3f}"
        if "pocketsphinx" in figures:
            other = figures["pocketsphinx"][name]
            line += f"   {other['wer']:8.1%} {other['rt']:8.3f}"
        lines.append(line)
    lines.append(f"digits {figures['digits']:.1%}   firing rate {figures['rate']:.1%}")
    noise, made_up = figures["noise"], figures["no_speech"]
    lines.append(f"words in ten minutes without speech: {', '.join(f'{k} {n}' for k, n in made_up.items())}")
    lines.append(f"noise 10 dB below speech: {noise['clean']:.1%} to {noise['at_10_db']:.1%} of words wrong")
    if "relu_gap" in figures:
        lines.append(f"phone errors more than with rectified neurons: {figures['relu_gap']:.1%}")
    lines.append(
        f"one step: network {figures['network_ms_p95']:.2f} ms, all {figures['step_ms_p95']:.2f} ms (P95)"
    )
    return "\n".join(lines)
