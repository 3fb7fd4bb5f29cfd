# ruff: noqa: E501
"""Free replies, token by token: temperature, nucleus, repetition penalty, and a stop at the end of the turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.backends.counts import Counts
from models.lm.network import Network, Reading
from models.lm.spoken import PLACEHOLDERS, sentence_case
from models.lm.tokens import END, MARKS, PIP


@dataclass(frozen=True)
class Sampling:
    """How freely a reply is made up."""

    temperature: float = 0.6
    top_p: float = 0.9
    repetition: float = 1.3  # divides the odds of tokens among the last `memory`
    memory: int = 48
    longest: int = 40  # tokens

    def __post_init__(self) -> None:
        if not self.temperature > 0 or not 0 < self.top_p <= 1 or self.repetition < 1 or self.longest < 1:
            raise ValueError(
                f"sampling: temperature > 0, 0 < top_p ≤ 1, repetition ≥ 1, longest ≥ 1; found {self}"
            )


def nucleus(logits: np.ndarray, sampling: Sampling, recent: list[int], random: np.random.Generator) -> int:
    """One token from the smallest set that holds `top_p` of the probability.

    Of (vocabulary,) logits divided by the temperature; tokens in `recent` first lose log(repetition).
    """
    logits = logits.astype(np.float64)
    for token in set(recent[-sampling.memory :]):
        logits[token] -= np.log(sampling.repetition)
    logits = logits / sampling.temperature
    order = np.argsort(-logits, kind="stable")
    chance = np.exp(logits[order] - logits[order[0]])
    chance /= chance.sum()
    kept = int(np.searchsorted(np.cumsum(chance), sampling.top_p)) + 1
    chance = chance[:kept] / chance[:kept].sum()
    return int(order[int(np.searchsorted(np.cumsum(chance), random.random() * 0.999999))])


def generate(
    network: Network,
    reading: Reading,
    random: np.random.Generator,
    sampling: Sampling = Sampling(),
    counts: Counts | None = None,
) -> Iterator[int]:
    """Tokens of Pip's next turn after what was read; the reading goes along, up to the end of the turn.

    Marks are never chosen, but for `<end>` (which ends the turn and is not given); a turn is never empty.
    """
    network.read(reading, [PIP], counts)
    barred = [i for i, word in enumerate(MARKS) if i != END and word not in PLACEHOLDERS]
    said: list[int] = []
    for _ in range(sampling.longest):
        logits = reading.logits.copy()
        logits[barred] = -np.inf
        if not said:
            logits[END] = -np.inf
        token = nucleus(logits, sampling, said, random)
        if token == END:
            return
        said.append(token)
        yield token
        network.read(reading, [token], counts)


def reply(
    network: Network, reading: Reading, random: np.random.Generator, sampling: Sampling = Sampling()
) -> str:
    """A made-up reply with capitals, cut back to its last whole sentence; the reading stays as it is."""
    text = network.tokens.decode(generate(network, reading.fork(), random, sampling)).strip(" ,'")
    last = max(text.rfind(mark) for mark in ".?!")
    return sentence_case(text[: last + 1] if last > 0 else text + ".")
