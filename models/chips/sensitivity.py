"""Which constant matters: each one moved alone to the ends of its range, and what that does to a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from models.chips.chip import Chip, Constant


@dataclass(frozen=True, slots=True)
class Swing:
    """A figure with one constant at its low end, at its value and at its high end."""

    constant: Constant
    low: float
    value: float
    high: float

    @property
    def width(self) -> float:
        """The change from end to end, as a share of the figure."""
        return abs(self.high - self.low) / abs(self.value) if self.value else 0.0


def sweep(chip: Chip, figure: Callable[[Chip], float], marks: Iterable[str] = ()) -> list[Swing]:
    """Give the swings of a figure, widest first, over the constants that have a range.

    figure: what to compute from a chip;   marks: only constants marked so, all when empty.
    """
    wanted = set(marks)
    usual = figure(chip)
    swings = [
        Swing(c, figure(chip.with_constant(c.name, "low")), usual, figure(chip.with_constant(c.name, "high")))
        for c in chip
        if c.low < c.high and (not wanted or c.mark in wanted)
    ]
    return sorted(swings, key=lambda swing: -swing.width)


def table(swings: Iterable[Swing], unit: str, scale: float = 1.0, least: float = 0.01) -> str:
    """Give the swings as a Markdown table; those narrower than `least` are left out."""
    lines = [
        f"| constant | range | mark | {unit} at its low end | at its value | at its high end |",
        "|---|---|---|---|---|---|",
    ]
    for s in swings:
        if s.width < least:
            continue
        c = s.constant
        low, value, high = (x * scale for x in (s.low, s.value, s.high))
        lines.append(
            f"| {c.name} | {c.low:g} to {c.high:g} {c.unit} | {c.mark} "
            f"| {low:.3g} | {value:.3g} | {high:.3g} |"
        )
    return "\n".join(lines)
