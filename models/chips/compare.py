"""What got worse between two runs of the bench."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

WORSE_FROM = 0.1
"""Share by which a figure must have grown to be told; times on a shared computer differ by some per cent."""


class CompareError(Exception):
    """A file that is no result of the bench; the message says what is missing."""


def figures(report: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Every figure of a report of which less is better, by its full name."""
    try:
        for name, stages in report["backends"].items():
            for stage, found in stages.items():
                if stage == "whole_turn_ms":
                    yield f"{name}, whole turn, p95 ms", float(found["p95"])
                elif "error" not in found:
                    yield f"{name}, {stage}, p95 ms", float(found["p95"])
                    yield f"{name}, {stage}, energy J", float(found["energy_j"]["value"])
                    yield f"{name}, {stage}, synaptic operations", float(found["synops"])
        for name, kept in report.get("accuracy", {}).items():
            for key, value in kept.items():
                yield f"{name}, {key}", float(value)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CompareError(f"expected what `spiketalk bench --json` prints, found no {error}") from error


def worse(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A line for every figure that grew by WORSE_FROM or more, the worst first.

    >>> one = lambda p95: {"backends": {"events": {"whole_turn_ms": {"p95": p95}}}}
    >>> worse(one(10), one(15)), worse(one(10), one(9))
    (['events, whole turn, p95 ms: 10 → 15 (+50 %)'], [])
    """
    before, found = dict(figures(old)), []
    for name, value in figures(new):
        was = before.get(name)
        if was is not None and value > was * (1 + WORSE_FROM):
            grown = f"+{100 * (value / was - 1):.0f} %" if was else "from nothing"
            found.append((value / was if was else float("inf"), f"{name}: {was:.4g} → {value:.4g} ({grown})"))
    return [line for _, line in sorted(found, reverse=True)]
