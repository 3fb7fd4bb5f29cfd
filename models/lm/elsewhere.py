# ruff: noqa: E501
"""A mind that is elsewhere: any OpenAI-compatible chat endpoint in the place of memory and network.

It can stand wherever `mind.Mind` does: talks keep their turns, fork, and think of a reply. Danger is still answered
here, before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from models.lm import danger
from models.lm.endpoint import Endpoint, Stop
from models.lm.reply import Reply
from models.lm.spoken import SILENCE


@dataclass(frozen=True)
class Elsewhere:
    """An endpoint as a mind."""

    endpoint: Endpoint

    def talk(self, seed: int = 0) -> ElsewhereTalk:
        """A new talk; the seed decides between written answers to a danger."""
        return ElsewhereTalk(self.endpoint, seed)


@dataclass
class ElsewhereTalk:
    """One talk with an endpoint; `turns` is all that was said."""

    endpoint: Endpoint
    seed: int = 0
    turns: list[tuple[str, str]] = field(default_factory=list)
    _stop: Stop = field(default_factory=Stop)

    def fork(self) -> ElsewhereTalk:
        """An independent copy: an answer to a guess of the user's line, to keep or to throw away."""
        return ElsewhereTalk(self.endpoint, self.seed, list(self.turns))

    def think(self, line: str) -> Reply:
        """The endpoint's answer, without making it part of the talk. Raises `EndpointError`."""
        alarm = danger.recognise(line) if line else None
        if alarm:
            return Reply(danger.answer(alarm, self.turns, self.seed), "danger", heard=alarm.words)
        return Reply(self.endpoint.reply(self.turns, line or SILENCE, self._stop), "endpoint")

    def reply(self, line: str) -> Reply:
        """The answer; both lines become part of the talk."""
        said = self.think(line)
        self.turns += [("user", line or SILENCE), ("pip", said.text)]
        return said

    def stop(self) -> None:
        """The answer that is awaited is no longer wanted: its connection is cut at once."""
        self._stop.ask()
