"""The latency contract: what each stage may take, in milliseconds of computing on two cores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit on the wall time of one piece of work of a stage."""

    limit_ms: float
    of: str


BUDGETS: Mapping[str, Budget] = MappingProxyType(
    {
        "voice activity": Budget(2.0, "a frame of 20 ms"),
        "ears": Budget(20.0, "a frame of 20 ms, on average: slower than this cannot keep up"),
        "ears, last words": Budget(60.0, "end of turn to final words"),
        "mind": Budget(60.0, "final words to reply"),
        "mouth": Budget(60.0, "reply to first sample"),
        "mouth, going on": Budget(50.0, "100 ms of speech, on average"),
        "first sample": Budget(150.0, "last words, mind and mouth together: end of turn to first sample"),
    }
)


def over(work: str, took_ms: float) -> bool:
    """Whether a piece of work took longer than it may.

    >>> over("mind", 59.9), over("mind", 60.1)
    (False, True)
    """
    return took_ms > BUDGETS[work].limit_ms
