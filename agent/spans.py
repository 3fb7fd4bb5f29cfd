"""What a piece of work of a stage took and did: measured where it is done, told where it is waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from agent.clock import Samples
from agent.trace import Activity, now

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """What a stage knows of its last call beside the result: what its neurons did, any detail of its own."""

    spent: Activity = field(default_factory=Activity)
    detail: Any = None


@runtime_checkable
class Accounting(Protocol):
    """A stage that gives account; stages need not."""

    def account(self) -> Account | None:
        """What the last call did, or None where there is nothing to tell."""


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of `work` (a name of `agent.budgets`), begun and over in audio time, with what it took.

    `generation` is the reply it was done for; 0 where it was done for the user's turn. `calls` pieces of one
    size are one span where they are done in one go.
    """

    work: str
    began: Samples
    over: Samples
    wall_ms: float
    compute_ms: float
    generation: int = 0
    calls: int = 1
    account: Account | None = None
    text: str = ""
    """what came of it, where that is words: the last words of a turn, a reply"""


@dataclass(frozen=True, slots=True)
class Metered(Generic[T]):
    """A result with what it took."""

    result: T
    wall_ms: float
    compute_ms: float
    account: Account | None


def metered(call: Callable[[], T], stage: object) -> Metered[T]:
    """Call, measure, and ask `stage` for its account; in the thread that computes."""
    start = now()
    result = call()
    end = now()
    account = stage.account() if isinstance(stage, Accounting) else None
    return Metered(result, end.wall_ms - start.wall_ms, end.compute_ms - start.compute_ms, account)


Measure = Callable[[Span], None]
"""Told of every piece of work: a screen, a bench, an exporter of traces."""


def each(first: Measure, second: Measure) -> Measure:
    """Tells two."""

    def measure(span: Span) -> None:
        first(span)
        second(span)

    return measure


def unmeasured(span: Span) -> None:
    """Nobody wants to know."""
