"""Fit the search to a network: python -m models.asr.tune [FOLDER].

The network hears every other development utterance once; the search is then tried with one setting changed at
a time, and keeps what lowers the mean word error rate of the sets. The rest is for `spiketalk eval ears`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.asr.corpus import DEVELOPMENT_SHARDS
from models.asr.decode import Decoder, Settings, Vocabulary
from models.asr.errors import ErrorRate
from models.asr.evaluate import chosen
from models.asr.features import SAMPLE_RATE
from models.asr.lexicon import BLANK
from models.asr.recogniser import SHIPPED, STEP_SAMPLES, Recogniser, Tuning
from models.asr.spoken import spoken_words

EACH = 40
STEPS = {"language_weight": 0.15, "word_penalty": 0.75, "blank_penalty": 0.5, "prior_weight": 0.2}
LEAST = {"language_weight": 0.05, "prior_weight": 0.0}


@dataclass(frozen=True)
class Example:
    """What the network said to one utterance: ln p (steps, 40), and the words that were said."""

    shard: str
    log_p: NDArray[np.float32]
    words: tuple[str, ...]
    onset_step: float


def examples(recogniser: Recogniser, each: int = EACH, half: int = 0) -> Iterator[Example]:
    """The network's answers to every other development utterance."""
    for shard in DEVELOPMENT_SHARDS:
        for u in list(chosen(shard, 2 * each))[half::2]:
            stream = recogniser.stream(keep=True)
            stream.feed(u.samples)
            stream.finish()
            onset = _onset(u.samples) / STEP_SAMPLES
            yield Example(shard, np.stack(stream.kept), tuple(spoken_words(u.text)), onset)


def _onset(samples: NDArray[np.float32]) -> int:
    """The sample at which speech begins: a tenth of the loud parts' level, held for 30 ms."""
    hop = SAMPLE_RATE // 100
    level = np.sqrt(np.square(samples[: len(samples) // hop * hop].reshape(-1, hop)).mean(1))
    loud = level > 0.1 * np.percentile(level, 90)
    held = loud[:-2] & loud[1:-1] & loud[2:]
    return int(held.argmax()) * hop


def error_rates(
    vocabulary: Vocabulary, settings: Settings, priors: NDArray[np.float32], some: list[Example]
) -> dict[str, float]:
    """Word error rate of each set."""
    decoder = Decoder(vocabulary, settings, priors)
    rates: dict[str, ErrorRate] = {}
    for example in some:
        decoder.restart()
        for frame in example.log_p:
            decoder.step(frame)
        words = [word.text for word in decoder.best(1)[0].words]
        rates.setdefault(example.shard, ErrorRate()).add(words, example.words)
    return {shard: rate.rate for shard, rate in rates.items()}


def tune(recogniser: Recogniser, each: int = EACH, rounds: int = 2, most: int = 250) -> Tuning:
    """The settings with the lowest mean word error rate that coordinate descent finds."""
    some = list(examples(recogniser, each))
    priors = np.log(np.mean(np.exp(np.concatenate([e.log_p for e in some])), axis=0))
    begun = [np.flatnonzero(e.log_p.argmax(1) != BLANK) for e in some]
    late = [float(first[0]) + 1 - e.onset_step for first, e in zip(begun, some) if len(first)]
    settings = replace(recogniser.tuning.search, most=most)
    tried: dict[Settings, float] = {}

    def loss(candidate: Settings) -> float:
        if candidate not in tried:
            rates = error_rates(recogniser.vocabulary, candidate, priors.astype(np.float32), some)
            tried[candidate] = float(np.mean(list(rates.values())))
            told = {name: getattr(candidate, name) for name in STEPS}
            print(f"{told}: {tried[candidate]:.4f} {rates}", flush=True)
        return tried[candidate]

    for shrink in range(rounds):
        for name, step in STEPS.items():
            for direction in (1, -1):
                better = True
                while better:
                    value = getattr(settings, name) + direction * step / (1 + shrink)
                    changed: dict[str, Any] = {name: round(max(value, LEAST.get(name, -9.0)), 3)}
                    candidate = replace(settings, **changed)
                    better = candidate != settings and loss(candidate) < loss(settings)
                    settings = candidate if better else settings
    return replace(
        recogniser.tuning,
        search=replace(settings, most=recogniser.tuning.search.most),
        priors=tuple(round(float(p), 4) for p in priors),
        delay_ms=round(float(np.median(late)) * 40, 1),
    )


def main() -> None:
    """Tune the ears in a folder, the shipped ones without; writes ears.json beside them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED
    tune(Recogniser.load(folder)).save(folder / "ears.json")


if __name__ == "__main__":
    main()
