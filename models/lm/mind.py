"""Pip's mind: what to say to a line, in a talk.

In this order: danger gets its written answer; sums and spelling are worked out; remembered exchanges are recalled
(`recall`), and where several are about equally near, the spiking language model has a voice in the choice; where
none is near, Pip says a line that goes along or asks (`asking`), or one that the network made up. Every reply tells
where it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zlib import crc32

import numpy as np

from models.backends.counts import Counts
from models.lm import asking, danger, facts
from models.lm.generate import Sampling
from models.lm.generate import reply as made_up
from models.lm.memory import Memory
from models.lm.network import PROGRAM, Network, Reading
from models.lm.recall import Recalled, recall
from models.lm.spoken import CUT, SILENCE, pip_form, user_form
from models.lm.words import unclean

SHIPPED = Path(__file__).parents[1] / "shipped"
MEMORY = "memory.npz"
NOTE = f"there is no {PROGRAM}: replies come from memory alone; `spiketalk train mind` makes it"


@dataclass(frozen=True)
class Choice:
    """How a reply is chosen."""

    near: float = 0.50  # a remembered exchange less near than this is not used
    contest: float = 0.05  # replies this close to the best are scored by the network
    contestants: int = 4
    said: float = 0.0  # weight of log p(reply | talk) per token
    common: float = 0.4  # λ: how much of log p(reply) is taken off
    making: float = 0.0  # chance that a reply is made up where memory is silent
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True, slots=True)
class Reply:
    """What Pip says. `source`: danger, sum, spelling, memory, asking, made up, or silence.

    `score` is how near the remembered exchange is, `heard` the line it answered, `candidates` what else was near;
    `counts` holds spikes and synaptic operations when the network took part.
    """

    text: str
    source: str
    score: float = 1.0
    heard: str = ""
    candidates: tuple[Recalled, ...] = ()
    counts: Counts | None = None


@dataclass(frozen=True)
class Mind:
    """Memory and, where it is trained, the network; shared by all talks."""

    memory: Memory
    network: Network | None
    choice: Choice = field(default_factory=Choice)
    note: str = ""

    @classmethod
    def load(cls, folder: Path | None = None, choice: Choice | None = None) -> Mind:
        """The mind in `folder`, or the shipped one. What is not in `folder` is taken from the shipped one.

        Raises `MemoryError_`, `ProgramError` or `TokensError` with one line when a file is damaged.
        """
        folder = SHIPPED if folder is None else Path(folder)
        home = folder if (folder / MEMORY).exists() else SHIPPED
        memory = Memory.load(home / MEMORY)
        place = folder if (folder / PROGRAM).exists() else SHIPPED
        network = Network.load(place) if (place / PROGRAM).exists() else None
        return cls(memory, network, choice or Choice(), "" if network else NOTE)

    def talk(self, seed: int = 0, clock: Callable[[], datetime] = datetime.now) -> Talk:
        """A new talk. `seed` decides between equals; `clock` fills in the time."""
        return Talk(self, seed, clock)


class Talk:
    """One talk with Pip; what was said is `turns`, and the network has read all of it."""

    def __init__(self, mind: Mind, seed: int, clock: Callable[[], datetime]) -> None:
        self.turns: list[tuple[str, str]] = []
        self._mind, self._seed, self._clock = mind, seed, clock
        self._random = np.random.default_rng(seed)
        self._reading: Reading | None = None
        self._read = 0  # turns that the reading holds

    def fork(self) -> Talk:
        """An independent copy: an answer to a guess of the user's line, to keep or to throw away."""
        other = Talk(self._mind, self._seed, self._clock)
        other.turns = list(self.turns)
        other._random.bit_generator.state = self._random.bit_generator.state
        other._reading = self._reading.fork() if self._reading else None
        other._read = self._read
        return other

    def reply(self, line: str) -> Reply:
        """Pip's answer to a line of the user; both become part of the talk. An empty line is silence."""
        chosen = self.think(line)
        self.turns += [("user", user_form(line) or SILENCE), ("pip", chosen.text)]
        return chosen

    def cut(self, heard: str) -> None:
        """Pip was interrupted: of its last line only `heard` was heard."""
        if self.turns and self.turns[-1][0] == "pip":
            self.turns[-1] = ("pip", f"{heard.rstrip()} {CUT}")
            if self._read >= len(self.turns):
                self._reading, self._read = None, 0

    def think(self, line: str) -> Reply:
        """Pip's answer, without making it part of the talk."""
        said = user_form(line)
        reply = self._certain(said, line) or self._recalled(said) or self._otherwise(said)
        return replace(reply, text=facts.fill(reply.text, self._clock()))

    def _certain(self, said: str, line: str) -> Reply | None:
        """Silence, danger, and what can be worked out."""
        if not said:
            if line.strip() not in ("", SILENCE):
                return Reply(asking.ask("", self.turns, self._seed), "asking", 0.0)
            return Reply(self._silence(), "silence")
        alarm = danger.recognise(said)
        if alarm:
            return Reply(danger.answer(alarm, self.turns, self._seed), "danger", heard=alarm.words)
        if danger.still_there(self.turns, said):
            return Reply(self._still_serious(said), "danger")
        if (result := facts.total(said)) is not None:
            return Reply(result, "sum")
        return None

    def _recalled(self, said: str) -> Reply | None:
        mind = self._mind
        found = [r for r in recall(mind.memory, self.turns, said) if not unclean(r.text)]
        spelled = facts.spelled(said)
        if spelled and not (found and found[0].heard == said):
            return Reply(spelled, "spelling", candidates=tuple(found))
        if not found or found[0].score < mind.choice.near:
            return None
        best, counts = self._contest(said, [r for r in found if r.score > found[0].score - mind.choice.contest])
        return Reply(best.text, "memory", best.score, best.heard, tuple(found), counts)

    def _contest(self, said: str, close: list[Recalled]) -> tuple[Recalled, Counts | None]:
        """The best of about equally near replies: the network's view counts, or the seed decides."""
        mind = self._mind
        if mind.network is None or not mind.choice.said or len(close) < 2:
            equal = [r for r in close if r.score > close[0].score - 0.02]
            return equal[int(self._random.integers(len(equal)))], None
        counts = Counts(mind.network.program)
        here, nowhere = self._before_reply(said, counts), mind.network.begin()
        scores = []
        for recalled in close[: mind.choice.contestants]:
            ids = mind.network.tokens.turn("pip", recalled.text)
            value = mind.network.log_probabilities(here, ids, counts)[1:].mean()
            value -= mind.choice.common * mind.network.log_probabilities(nowhere, ids, counts)[1:].mean()
            scores.append(recalled.score + mind.choice.said * float(value))
        return close[int(np.argmax(scores))], counts

    def _otherwise(self, said: str) -> Reply:
        """A line for when memory is silent."""
        mind = self._mind
        if mind.network is not None and self._random.random() < mind.choice.making:
            text = made_up(mind.network, self._before_reply(said), self._random, mind.choice.sampling)
            if not unclean(text) and pip_form(text) not in {pip_form(t) for who, t in self.turns if who == "pip"}:
                return Reply(text, "made up", 0.0)
        words = said.split()
        line = asking.ask(
            said, self.turns, crc32(said.encode()) + self._seed, mind.memory.understood(words), mind.memory.thing(words)
        )
        return Reply(line, "asking", 0.0)

    def _before_reply(self, said: str, counts: Counts | None = None) -> Reading:
        """The network after the whole talk and the user's line."""
        network = self._mind.network
        assert network is not None
        if self._reading is None:
            self._reading, self._read = network.begin(counts), 0
        for who, text in self.turns[self._read :]:
            network.read(self._reading, network.tokens.turn(who, text), counts)
        self._read = len(self.turns)
        ahead = self._reading.fork()
        network.read(ahead, network.tokens.turn("user", said), counts)
        return ahead

    def _silence(self) -> str:
        """What Pip says into a silence: a remembered line that fits any talk."""
        memory = self._mind.memory
        said = {pip_form(t) for who, t in self.turns if who == "pip"}
        lines = [memory.text(int(i) + 1) for i in memory.silences]
        lines = [t for t in lines if _fits_anywhere(t) and pip_form(t) not in said] or ["I'm still here."]
        return lines[int(self._random.integers(len(lines)))]

    def _still_serious(self, said: str) -> str:
        found = recall(self._mind.memory, self.turns, said)
        serious = [r for r in found if r.score > 0.75 and _SERIOUS.intersection(pip_form(r.text).replace(",", " ").replace(".", " ").split())]
        if serious:
            return serious[0].text
        return danger.answer(danger.Danger("after", ""), self.turns, self._seed)


_SERIOUS = frozenset("emergency services crisis doctor trust trusted call safe ambulance police alone hospital".split())
_ANYWHERE = frozenset(
    "still there here quiet quietly silence silent listening hurry rush wait waiting time ready whenever need take".split()
)


def _fits_anywhere(text: str) -> bool:
    words = set(pip_form(text).replace(",", " ").replace(".", " ").replace("?", " ").replace("!", " ").split())
    return len(words & _ANYWHERE) >= 2 and len(words) <= 14 and "{" not in text


__all__: Sequence[str] = ("Choice", "Mind", "Reply", "Talk")
