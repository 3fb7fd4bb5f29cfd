"""Watching for danger: patterns, the trained sense, nearness to phrasings of it, in what was heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.lm import danger
from models.lm.memory import Memory
from models.lm.recall import recall
from models.lm.spoken import pip_form
from models.lm.tokens import Talk
from models.lm.wordings import Meant

_SERIOUS = frozenset(
    "emergency services crisis doctor trust trusted call safe ambulance police alone hospital".split()
)
NEARNESS = 1.0  # of the chance that a phrasing of danger is meant, beside the trained sense's own
NO_SUSPICION = 0.05  # less than this in the other form of a line, and a misheard word raised the alarm


@dataclass(frozen=True)
class Watch:
    """`meant` gives the intents of a line, `marks` their marks; more suspicion than `limit` is an alarm."""

    meant: Callable[[str], Sequence[Meant]]
    marks: Sequence[frozenset[str]]
    limit: float

    def alarm(self, said: str, probably: str) -> danger.Danger | None:
        """The danger in a line as it was heard, or as it was probably said.

        Where the two differ, a pattern in what was heard is enough; else both forms must be suspicious, and
        one of them beyond the limit.
        """
        if said == probably:
            return danger.recognise(said) or self._sensed(said)
        if found := danger.by_pattern(said):
            return found
        if min(self.suspicion(said), self.suspicion(probably)) < NO_SUSPICION:
            return None
        return (
            danger.recognise(probably)
            or self._sensed(probably)
            or danger.recognise(said)
            or self._sensed(said)
        )

    def suspicion(self, said: str) -> float:
        """How much the trained sense and the nearness to phrasings of danger suspect a line together."""
        return danger.suspicion(said)[0] + NEARNESS * sum(chance for _, chance in self._near(said))

    def _sensed(self, said: str) -> danger.Danger | None:
        suspected, kind = danger.suspicion(said)
        found = self._near(said)
        near = sum(chance for _, chance in found)
        if suspected + NEARNESS * near <= self.limit:
            return None
        return danger.named(found[0][0] if found and near > suspected else kind, said)

    def _near(self, said: str) -> list[tuple[str, float]]:
        """(kind, chance) of the dangers whose phrasings are near; none for a figure of speech."""
        if danger.without_figures(said) != said:
            return []
        return [(kind, m.chance) for m in self.meant(said) if (kind := self._kind(m))]

    def _kind(self, meant: Meant) -> str:
        """Which danger an intent is about, or ""."""
        marks = self.marks[meant.intent]
        return next((mark.partition(":")[2] for mark in marks if mark.startswith("danger:")), "")


def still_serious(memory: Memory, talk: Talk, said: str, choice: int) -> str:
    """What to say when danger was spoken of just before: a remembered serious reply, or a written one."""
    for found in recall(memory, talk, said):
        words = pip_form(found.text).replace(",", " ").replace(".", " ").split()
        if found.score > 0.75 and _SERIOUS.intersection(words):
            return found.text
    return danger.answer(danger.Danger("after", ""), talk, choice)
