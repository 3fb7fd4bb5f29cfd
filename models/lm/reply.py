# ruff: noqa: E501
"""What the mind gives: a reply, where it came from, and how one is chosen."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.backends.counts import Counts
from models.lm.generate import Sampling
from models.lm.recall import Recalled


@dataclass(frozen=True)
class Choice:
    """How a reply is chosen."""

    meant: float = 0.6  # an intent more likely than this answers at once
    maybe: float = 0.3  # one more likely than this answers where memory is silent
    later: float = 0.85  # likewise at once, for a statement in the middle of a talk
    surely: float = 0.995  # likewise, for one that begins with "he", "she" or "it"
    danger: float = 0.7  # suspicion of danger above which it is answered
    intents: bool = True
    near: float = 0.56  # a remembered exchange less near than this is not used
    near_later: float = 0.72  # likewise after the first turn, where settings differ
    sure: float = 0.80  # one nearer than this is used whatever else could be said
    contest: float = 0.05  # replies this close to the best are scored by the network
    contestants: int = 3
    heard: int = 8  # tokens of each that the network hears
    said: float = 0.01  # weight of log p(reply | talk) per token
    common: float = 0.4  # λ: how much of log p(reply) is taken off
    making: float = 0.0  # chance that a reply is made up where memory is silent
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True, slots=True)
class Reply:
    """What Pip says. `source`: danger, sum, spelling, choosing, facts, notes, riddle, intent, memory, asking, made up,
    silence or endpoint.

    `score` is how near the remembered exchange is, or how likely the intent; `heard` the line it answered,
    `candidates` what else was near; `counts` holds spikes and synaptic operations when the network took part.
    """

    text: str
    source: str
    score: float = 1.0
    heard: str = ""
    candidates: tuple[Recalled, ...] = ()
    counts: Counts | None = None
