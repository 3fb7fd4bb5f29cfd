# ruff: noqa: E501
"""Pip's mind: what to say to a line, in a talk.

In this order: danger gets its written answer; sums and spelling are worked out; remembered exchanges are recalled
(`recall`), and where several are about equally near, the spiking language model has a voice in the choice; where
none is near, Pip says a line that goes along or asks (`asking`), or one that the network made up. Every reply tells
where it came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zlib import crc32

import numpy as np

from models.backends.counts import Counts
from models.lm import asking, danger, facts, notes
from models.lm.generate import Sampling
from models.lm.generate import reply as made_up
from models.lm.lines import line_words
from models.lm.memory import Memory
from models.lm.network import PROGRAM, Network, Reading
from models.lm.recall import Recalled, act, core, recall, topic
from models.lm.rephrase import plainly
from models.lm.spoken import CUT, SILENCE, pip_form, user_form
from models.lm.words import unclean

SHIPPED = Path(__file__).parents[1] / "shipped"
MEMORY = "memory.npz"
RARE = 6  # a word that users in the memory said less often may be a name after a greeting
NOTE = f"there is no {PROGRAM}: replies come from memory alone; `spiketalk train mind` makes it"


@dataclass(frozen=True)
class Choice:
    """How a reply is chosen."""

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
    """What Pip says. `source`: danger, sum, spelling, choosing, notes, riddle, memory, asking, made up, or silence.

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
        self._used: set[str] = set()  # remembered replies as they were written, placeholders unfilled
        self._reading: Reading | None = None
        self._read = 0  # turns that the reading holds

    def fork(self) -> Talk:
        """An independent copy: an answer to a guess of the user's line, to keep or to throw away."""
        other = Talk(self._mind, self._seed, self._clock)
        other.turns = list(self.turns)
        other._used = set(self._used)
        other._random.bit_generator.state = self._random.bit_generator.state
        other._reading = self._reading.fork() if self._reading else None
        other._read = self._read
        return other

    def reply(self, line: str) -> Reply:
        """Pip's answer to a line of the user; both become part of the talk. An empty line is silence."""
        chosen, written = self._think(user_form(line), line)
        self._used.add(written)
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
        return self._think(said, line)[0]

    def _think(self, said: str, line: str) -> tuple[Reply, str]:
        """(the answer, its text before the time was filled in)."""
        reply = self._certain(said, line) or self._recalled(said) or self._otherwise(said)
        if self.turns and reply.source in ("memory", "asking") and _GOODBYE.search(said):
            told = notes.Notes.of(self.turns, self._names())
            reply = replace(reply, text=told.farewell(reply.text))
        return replace(reply, text=facts.fill(reply.text, self._clock())), reply.text

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
        if (solved := self._riddle(said)) is not None:
            return Reply(solved, "riddle")
        names = self._names(said)
        if (told := notes.Notes.of(self.turns, names).answer(said)) is not None:
            return Reply(told, "notes")
        before = next((text.lower() for who, text in reversed(self.turns) if who == "pip"), "")
        name = notes.own_name(said, before, names)
        return self._greeting(said, name) if name else None

    def _riddle(self, said: str) -> str | None:
        """What to say to a guess, or to giving up, while a riddle with a known answer is open."""
        if not any("riddle" in text or "puzzle" in text for who, text in self.turns if who == "user"):
            return None
        memory = self._mind.memory
        last = self.turns[-1][1]
        if not last.endswith("?"):
            return None
        numbers = memory.numbers(line_words("pip", last))
        solutions = memory.solutions(numbers)
        if not solutions:
            return memory.given_up(numbers) if _GIVES_UP.search(said) else None
        answer = min(solutions, key=len)
        right = {w for s in solutions for w in s.split() if memory.said[memory.number[w]] < 2000}
        if set(said.split()) & right:
            return None if said in solutions else f"Yes, that's it! {answer.capitalize()}."
        if _GIVES_UP.search(said):
            return f"{answer.capitalize()}! Would you like another one?"
        if len(said.split()) > 5 or _ASKS.match(said):
            return None
        return f"Good guess, but no. It's {answer}. Another one?"

    def _names(self, said: str = "") -> frozenset[str]:
        """Words that may be names in this talk: known ones, new ones, and after a greeting those that are rare."""
        memory, found = self._mind.memory, set(self._mind.memory.names)
        for line in [said, *(user_form(text) for who, text in self.turns if who == "user")]:
            most = RARE if _GREETS.match(line) else 0
            found |= {
                w for w in line.split() if w not in memory.number or memory.said[memory.number[w]] < most
            }
        return frozenset(found)

    def _greeting(self, said: str, name: str) -> Reply:
        """A welcome by name, and an answer to whatever else was said."""
        choice = crc32(said.encode()) + self._seed
        hello = notes.GREETINGS[choice % len(notes.GREETINGS)].replace("{name}", name.capitalize())
        rest = notes.without_name(said, name)
        more = self._recalled(rest) if len(rest.split()) > 1 else None
        if more:
            return replace(more, text=f"{hello} {more.text}")
        fresh = "" if len(self.turns) > 4 else " " + notes.GO_ON[choice % len(notes.GO_ON)]
        return Reply(hello + fresh, "notes")

    def _recalled(self, said: str) -> Reply | None:
        mind = self._mind
        wanted = self._again(said)
        if wanted:
            found = recall(mind.memory, [t for t in self.turns if t[0] == "pip"], wanted)
            found = [replace(r, score=max(r.score, 1.0)) for r in found[:3]]
        else:
            found = recall(mind.memory, self.turns, said)
        plain = plainly(said)
        if plain and not wanted and (not found or found[0].score < mind.choice.sure):
            near = recall(mind.memory, self.turns, plain)[:4]
            found = [replace(r, score=min(r.score, 1.0)) for r in near if r.score > mind.choice.sure] or found
        wish = _CLEAR_WISH.search(wanted or said) or _WISH.search(wanted or said)
        if wish and (not found or found[0].score < mind.choice.sure) and not topic(said):
            others = self._wishes(wish.group(0))
            found = others + found if _PLAIN_WISH.match(said) else found + others
        found = [r for r in found if not unclean(r.text) and r.text not in self._used]
        spelled = facts.spelled(said)
        if spelled and not (found and found[0].heard == said):
            return Reply(spelled, "spelling", candidates=tuple(found))
        about = topic(wanted or said)
        if about and wish and (not found or found[0].score < mind.choice.sure):
            one = wish.group(0).rstrip("s")
            for other in (f"tell me a {one} about {about}", f"do you know any {about} {one}s"):
                found += [r for r in recall(mind.memory, self.turns, other)[:4] if not unclean(r.text)]
            found = sorted((r for r in found if r.text not in self._used), key=lambda r: -r.score)
        if about and wish and found and not self._is_about(about, found[0]):
            found = self._wishes(wish.group(0))[:1] or found
            text = f"I have none about {about}, but how about this? {found[0].text}"
            return Reply(text, "memory", found[0].score, found[0].heard, tuple(found))
        picked = facts.chosen(said, crc32(said.encode()) + self._seed)
        if picked and (not found or found[0].score < mind.choice.sure):
            return Reply(picked, "choosing", candidates=tuple(found))
        if (not found or found[0].score < mind.choice.sure) and (introduced := notes.introduced(said)):
            return Reply(introduced, "notes", candidates=tuple(found))
        told = bool(self.turns) and act(core(said.split())) in ("tell", "")
        if told and found and len(said.split()) < 3 and not self._goes_on(found[0]):
            return None
        if not found or found[0].score < (mind.choice.near_later if told else mind.choice.near):
            return None
        if self.turns and found[0].score < 1.2 and asking.kind_after(said, ()) in ("praise", "groan"):
            return None
        # another line's reply may only stand in for the best one where both surely fit
        equals = [r for r in found if r.heard == found[0].heard or r.score > mind.choice.sure]
        best, counts = self._contest(
            said, [r for r in equals if r.score > found[0].score - mind.choice.contest]
        )
        return Reply(best.text, "memory", best.score, best.heard, tuple(found), counts)

    def _goes_on(self, recalled: Recalled) -> bool:
        """Whether a remembered exchange follows what Pip said last, or any talk, as thanks and goodbyes do."""
        if asking.kind(recalled.heard) in ("bye", "thanks", "hello") or not self.turns:
            return True
        memory, last = self._mind.memory, self.turns[-1][1]
        after = memory.after(memory.numbers(line_words("pip", last)))
        return recalled.line in memory.exchanges[after]

    def _wishes(self, wish: str) -> list[Recalled]:
        """Replies to other wordings of a wish for a joke, riddle, story or fact."""
        found: list[Recalled] = []
        kind = _SAME_WISH.get(wish.rstrip("s"), wish.rstrip("s"))
        for other in _OTHER_WISHES.get(kind, ()):
            near = recall(self._mind.memory, self.turns, other)[:4]
            found += [r for r in near if r.score > self._mind.choice.sure and r.text not in self._used]
        return sorted(found, key=lambda r: -r.score)

    def _is_about(self, about: str, recalled: Recalled) -> bool:
        """Whether a remembered exchange has to do with a thing."""
        stem = about[: max(3, len(about) - 2)]
        words = f"{recalled.heard} {pip_form(recalled.text)}".split()
        memory = self._mind.memory
        number = memory.number.get(about)
        alike = set(memory.alike(number)) if number is not None else set()
        return any(w.startswith(stem) or w in alike for w in words)

    def _again(self, said: str) -> str:
        """The user's last wish for a joke, riddle, story or fact, when this line asks for one more; else ""."""
        offered = bool(self.turns) and _OFFERS.search(self.turns[-1][1].lower())
        if not (_MORE.match(said) or (offered and _YES.match(said))):
            return ""
        return next((text for who, text in reversed(self.turns) if who == "user" and _WISH.search(text)), "")

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
            ids = mind.network.tokens.turn("pip", recalled.text)[: mind.choice.heard + 1]
            value = mind.network.log_probabilities(here, ids, counts)[1:].mean()
            value -= mind.choice.common * mind.network.log_probabilities(nowhere, ids, counts)[1:].mean()
            scores.append(recalled.score + mind.choice.said * float(value))
        return close[int(np.argmax(scores))], counts

    def _otherwise(self, said: str) -> Reply:
        """A line for when memory is silent."""
        mind = self._mind
        if mind.network is not None and self._random.random() < mind.choice.making:
            text = made_up(mind.network, self._before_reply(said), self._random, mind.choice.sampling)
            if not unclean(text) and pip_form(text) not in {
                pip_form(t) for who, t in self.turns if who == "pip"
            }:
                return Reply(text, "made up", 0.0)
        words = said.split()
        told = notes.Notes.of(self.turns, self._names())
        line = asking.ask(
            said,
            self.turns,
            crc32(said.encode()) + self._seed,
            mind.memory.understood(words),
            mind.memory.thing(words) if len(words) > 1 and words[0] in ("i", "my", "we", "our") else "",
            told.names.get(told.last, ""),
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
        serious = [
            r
            for r in found
            if r.score > 0.75
            and _SERIOUS.intersection(pip_form(r.text).replace(",", " ").replace(".", " ").split())
        ]
        if serious:
            return serious[0].text
        return danger.answer(danger.Danger("after", ""), self.turns, self._seed)


_GREETS = re.compile(r"^(?:um |oh )*(?:hi|hello|hey|good (?:morning|evening|afternoon|day)|howdy|hiya)\b")
_GOODBYE = re.compile(
    r"\b(?:bye|goodbye|good night|see you|see ya|farewell|talk to you (?:later|soon|tomorrow)|(?:have|got|gotta|need|i'd better) (?:to )?(?:go|run|leave)(?: now)?|i'm (?:off|leaving|going to bed))\b"
)
_MORE = re.compile(
    r"^(?:um |oh |yes |yeah |okay |ok |ha ?ha |can i have |give me |tell me |i want |let's have |do )*(?:another|another one|one more|more|again|next|next one|a different one|another (?:joke|riddle|story|fact|one))(?: please| pip| one)*$"
)
_OFFERS = re.compile(r"another|one more|a better one|shall i go on|try again")
_YES = re.compile(
    r"^(?:yes|yeah|yep|sure|please|okay|ok|go on|of course|definitely|why not|i would|i'd love)\b(?: \w+){0,2}$"
)
_WISH = re.compile(
    r"\b(?:joke|riddle|story|fact|poem|rhyme|laugh|funny|interesting|puzzle|tongue twister)s?\b"
)
_CLEAR_WISH = re.compile(r"\b(?:joke|riddle|story|fact|poem|rhyme|puzzle|tongue twister)s?\b")
_PLAIN_WISH = re.compile(r"^(?:i|we) (?:\w+ ){0,3}(?:laugh|joke|riddle|story|something funny)\b")
_SAME_WISH = {"laugh": "joke", "funny": "joke", "interesting": "fact", "puzzle": "riddle"}
_OTHER_WISHES = {
    "joke": (
        "make me laugh",
        "say something funny",
        "another joke",
        "do you know any jokes",
        "tell me a funny joke",
        "one more joke",
    ),
    "riddle": (
        "ask me a riddle",
        "another riddle",
        "do you know a riddle",
        "one more riddle",
        "tell me a riddle",
    ),
    "story": (
        "tell me another story",
        "tell me a short story",
        "do you know a story",
        "tell me a bedtime story",
    ),
    "poem": ("tell me a poem", "do you know a poem", "say a poem", "make up a poem"),
    "tongue twister": ("do you know a tongue twister", "tell me a tongue twister", "say a tongue twister"),
    "fact": ("tell me something interesting", "tell me a fun fact", "teach me something", "another fact"),
}
_GIVES_UP = re.compile(
    r"\b(?:don't know|no idea|give up|tell me|not sure|dunno|no clue|what is it|the answer|can't think|i'm stuck|stumped)\b|^(?:what|um|hm+|no|i)$"
)
_ASKS = re.compile(r"^(?:what|who|why|can|could|do|are|how|stop|another|next|no more|okay|thanks|bye|tell)\b")
_SERIOUS = frozenset(
    "emergency services crisis doctor trust trusted call safe ambulance police alone hospital".split()
)
_ANYWHERE = frozenset(
    "still there here quiet quietly silence silent listening hurry rush wait waiting time ready whenever need take".split()
)


def _fits_anywhere(text: str) -> bool:
    words = set(
        pip_form(text).replace(",", " ").replace(".", " ").replace("?", " ").replace("!", " ").split()
    )
    return len(words & _ANYWHERE) >= 2 and len(words) <= 14 and "{" not in text


__all__: Sequence[str] = ("Choice", "Mind", "Reply", "Talk")
