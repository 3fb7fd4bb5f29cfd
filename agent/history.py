"""What was really said: the user's words, and of ours those that were heard, marked where cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from agent.clock import Samples
from agent.turn.effects import CloseTurn, Effect, End, OpenTurn
from agent.utterance import Utterance

Speaker = Literal["user", "agent"]

CUT_MARK = "—"
"""Ends a line that was broken off, as it does in print."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one side said in one go. `number` is the turn (user) or the generation (agent)."""

    speaker: Speaker
    number: int
    words: tuple[str, ...]
    at: Samples
    cut: bool = False

    def text(self) -> str:
        """The words as written, with the mark where they were cut.

        >>> Line("agent", 1, ("it", "is"), Samples(0), cut=True).text()
        'it is —'
        """
        return " ".join((*self.words, CUT_MARK) if self.cut else self.words)


@dataclass(frozen=True, slots=True)
class History:
    """The talk so far, oldest first; at most `most` lines are kept."""

    lines: tuple[Line, ...] = ()
    most: int = 400

    def user_said(self, turn: int, words: tuple[str, ...], at: Samples) -> History:
        """With the user's turn; one that was opened again replaces what it was taken for."""
        kept = tuple(line for line in self.lines if (line.speaker, line.number) != ("user", turn))
        return self._with(kept, Line("user", turn, words, at))

    def user_goes_on(self, turn: int) -> History:
        """Without the user's turn, which is open again."""
        kept = tuple(line for line in self.lines if (line.speaker, line.number) != ("user", turn))
        return replace(self, lines=kept)

    def agent_said(self, utterance: Utterance, at: Samples) -> History:
        """With as much of our utterance as was heard; nothing heard, nothing said.

        >>> History().agent_said(Utterance(1), Samples(0)).lines
        ()
        """
        words = utterance.heard()
        if not words:
            return self
        cut = utterance.cut and len(words) < len(utterance.words)
        return self._with(self.lines, Line("agent", utterance.generation, words, at, cut))

    def after(self, effect: Effect, utterance: Utterance | None, at: Samples) -> History:
        """With what the turn controller's effect adds or takes back; `utterance` is what was being said."""
        match effect:
            case CloseTurn(outcome="committed", words=words, turn=turn):
                return self.user_said(turn, words, at)
            case CloseTurn(outcome="closed", words=words, turn=turn) if words:
                return self.user_said(turn, words, at)
            case OpenTurn(reopened=True, turn=turn):
                return self.user_goes_on(turn)
            case End() if utterance is not None and utterance.generation == effect.generation:
                return self.agent_said(utterance.ended(cut=effect.outcome != "heard"), at)
            case _:
                return self

    def messages(self) -> tuple[Line, ...]:
        """The talk as an exchange: lines of one side with nothing of the other's between them are one."""
        merged: list[Line] = []
        for line in self.lines:
            if merged and merged[-1].speaker == line.speaker and not merged[-1].cut:
                last = merged.pop()
                line = replace(line, words=last.words + line.words, at=last.at)
            merged.append(line)
        return tuple(merged)

    def _with(self, lines: tuple[Line, ...], line: Line) -> History:
        return replace(self, lines=(*lines, line)[-self.most :])
