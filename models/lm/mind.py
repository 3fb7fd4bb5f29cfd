# ruff: noqa: E501
"""Pip's mind: what to say to a line, in a talk.

In this order: danger gets its written answer; sums, spelling, easy facts and what was told are worked out; an intent
that the line surely means is answered (`wordings`); remembered exchanges are recalled (`recall`), and where several
are about equally near, the spiking language model has a voice in the choice; where nothing is near, Pip says a line
that goes along or asks (`asking`), or one that the network made up. Every reply tells where it came from.
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
from models.lm import asking, danger, facts, knowledge, notes, silences, wishes
from models.lm.acts import act, core
from models.lm.astray import OF_OTHERS, asks_other, likely, strays
from models.lm.generate import reply as made_up
from models.lm.lines import line_words
from models.lm.memory import Memory
from models.lm.network import PROGRAM, Network, Reading
from models.lm.recall import Recalled, recall, topic
from models.lm.rephrase import plainly
from models.lm.reply import Choice, Reply
from models.lm.spoken import CUT, SILENCE, pip_form, user_form
from models.lm.watch import Watch, still_serious
from models.lm.wordings import Meant
from models.lm.words import unclean

SHIPPED = Path(__file__).parents[1] / "shipped"
MEMORY = "memory.npz"
RARE = 6  # a word that users in the memory said less often may be a name after a greeting
LONGEST = 40  # words of a line that are compared with intents, its last ones
NOTE = f"there is no {PROGRAM}: replies come from memory alone; `spiketalk train mind` makes it"
LEANING = frozenset(
    {"short", "story", "either", "rhyme", "opposite"}
)  # marks of intents that wait for memory
AS_GOOD_AS_SAME = 1.1  # a remembered line nearer than this, in the middle of a talk, is never off the mark
BEGUN = "We've only just begun! What's on your mind?"


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
        self._understandings: dict[str, list[Meant]] = {}  # of the line at hand

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
        reply = (
            self._certain(said, line)
            or self._worked_out(said)
            or self._understood(said)
            or self._otherwise(self._repaired(said))
        )
        if self.turns and reply.source in ("intent", "memory", "asking") and _GOODBYE.search(said):
            told = notes.Notes.of(self.turns, self._names())
            reply = replace(reply, text=told.farewell(reply.text))
        return replace(reply, text=facts.fill(reply.text, self._clock())), reply.text

    def _certain(self, said: str, line: str) -> Reply | None:
        """Silence and danger."""
        if not said:
            if line.strip() not in ("", SILENCE):
                return Reply(asking.ask("", self.turns, self._seed), "asking", 0.0)
            found = silences.lines(self._mind.memory, self.turns)
            return Reply(found[int(self._random.integers(len(found)))], "silence")
        if alarm := self._alarm(said):
            return Reply(danger.answer(alarm, self.turns, self._seed), "danger", heard=alarm.words)
        if danger.still_there(self.turns, said):
            return Reply(still_serious(self._mind.memory, self.turns, said, self._seed), "danger")
        return None

    def _alarm(self, said: str) -> danger.Danger | None:
        """The danger in a line, or in the line that was probably said."""
        return Watch(self._meant, self._mind.memory.wordings.marks, self._mind.choice.danger).alarm(
            said, self._repaired(said)
        )

    def _worked_out(self, said: str) -> Reply | None:
        """What has one answer: sums, spelling, tables, riddles, and what was told in this talk."""
        if (result := facts.total(said)) is not None:
            return Reply(result, "sum")
        if (solved := wishes.riddle(self._mind.memory, self.turns, said)) is not None:
            return Reply(solved, "riddle")
        names = self._names(said)
        if (told := notes.Notes.of(self.turns, names).answer(said)) is not None:
            return Reply(told, "notes")
        if (spelled := facts.spelled(said)) is not None:
            return Reply(spelled, "spelling")
        if (known := knowledge.known(said)) is not None:
            return Reply(known, "facts")
        before = next((text.lower() for who, text in reversed(self.turns) if who == "pip"), "")
        name = notes.own_name(said, before, names)
        return self._greeting(said, name) if name else None

    def _repaired(self, said: str) -> str:
        """The line that was probably said, where words of it were misheard; the last words of a long one."""
        return " ".join(self._mind.memory.repaired(said.split()[-LONGEST:]))

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
        more = self._understood(rest) if len(rest.split()) > 1 else None
        if more and not _ASKS_NAME.search(more.text):
            return replace(more, text=f"{hello} {more.text}")
        fresh = "" if len(self.turns) > 4 else " " + notes.GO_ON[choice % len(notes.GO_ON)]
        return Reply(hello + fresh, "notes")

    def _understood(self, said: str) -> Reply | None:
        """An intent or a remembered exchange: whichever is sure, the intent first."""
        choice = self._mind.choice
        wanted = wishes.again(self.turns, said)
        about = (
            topic(wanted or said) and topic(wanted or self._repaired(said))
            if wishes.CLEAR_WISH.search(wanted or said)
            else ""
        )
        if introduced := notes.introduced(said):
            return Reply(introduced, "notes")
        if picked := facts.chosen(said, crc32(said.encode()) + self._seed):
            return Reply(picked, "choosing")
        asked = wishes.plain(said) if about else wanted or said
        meant = self._intents(asked)
        if not about and (sure := self._answered(asked, meant, self._enough(said))):
            return sure
        heard = self._repaired(asked)
        if heard != asked and not wanted:
            if (worked := self._worked_out(heard)) is not None:
                return worked
            again = self._intents(heard)
            if not about and (sure := self._answered(heard, again, self._enough(heard))):
                return sure
            meant = max(meant, again, key=lambda m: m[0].chance if m else 0.0)
        plain = (plainly(said) or plainly(heard)) if not wanted else ""
        if plain and (sure := self._answered(plain, self._intents(plain), choice.meant)):
            return sure
        recalled = self._recalled(wanted or said)
        if about and not (recalled and wishes.is_about(self._mind.memory, about, recalled.candidates[0])):
            instead = self._answered(asked, meant, choice.maybe, leaning=True)
            if instead:
                text = f"I have none about {about}, but how about this? {instead.text}"
                return replace(instead, text=text)
        return recalled or self._answered(asked, meant, self._least(said), leaning=True)

    def _meant(self, said: str) -> list[Meant]:
        """All that a line may mean, most likely first."""
        if said not in self._understandings:
            if not self._mind.choice.intents:
                return []
            if len(self._understandings) > 3:
                self._understandings.clear()
            self._understandings[said] = self._mind.memory.wordings.meant(said.split()[-LONGEST:])
        return self._understandings[said]

    def _intents(self, said: str) -> list[Meant]:
        """The intents that a line may mean and that have replies."""
        replies = self._mind.memory.wordings.replies
        return [m for m in self._meant(said) if any(replies[m.intent])][:3]

    def _enough(self, said: str) -> float:
        """How likely an intent must be to answer at once: more where the line may be an answer to Pip."""
        choice = self._mind.choice
        if not self.turns or act(core(said.split())) not in ("tell", ""):
            return choice.meant
        if OF_OTHERS.match(said):  # what was spoken of before is meant, which no wording knows
            return choice.surely
        if not self.turns[-1][1].endswith("?"):
            return choice.meant
        return choice.later if len(said.split()) > 2 else 1.0

    def _least(self, said: str) -> float:
        """How likely an intent must be to answer where memory is silent."""
        choice = self._mind.choice
        return choice.surely if self.turns and OF_OTHERS.match(said) else choice.maybe

    def _answered(
        self, said: str, meant: Sequence[Meant], least: float, leaning: bool = False
    ) -> Reply | None:
        """The reply of the first intent, where it is likely enough; one whose line leans on the talk only if `leaning`
        or at its beginning."""
        meant = likely(said, meant)
        if not meant or meant[0].chance < least:
            return None
        marks = self._mind.memory.wordings.marks[meant[0].intent]
        if asking.breaks_off(said) and "half" not in marks and meant[0].chance < 1:
            return None
        if marks & LEANING and not leaning and (self.turns or "short" not in marks):
            return None
        text = self._put(said, meant[0].intent, marks)
        return Reply(text, "intent", meant[0].chance, meant[0].wording) if text else None

    def _put(self, said: str, intent: int, marks: frozenset[str]) -> str:
        """A reply of an intent that was not given in this talk, filled in; "" where there is none."""
        replies = self._mind.memory.wordings.replies[intent]
        pip = [text for who, text in self.turns if who == "pip"]
        user = [text for who, text in self.turns if who == "user"]
        if marks & {"after", "echo"} and not pip:
            return BEGUN
        if "echo" not in marks and "{again}" not in replies[0]:
            replies = tuple(
                r for r in replies if r not in self._used and pip_form(r) not in map(pip_form, pip)
            )
        if notes.Notes.of(self.turns).name:
            replies = tuple(r for r in replies if not _ASKS_NAME.search(r))
        if not replies:
            return ""
        text = replies[(crc32(said.encode()) + self._seed) % len(replies)]
        return text.replace("{again}", pip[-1] if pip else "").replace("{heard}", user[-1] if user else "")

    def _recalled(self, said: str) -> Reply | None:
        """A remembered reply, where one is near enough."""
        mind = self._mind
        found = recall(mind.memory, self.turns, said)
        found = [r for r in found if not unclean(r.text) and r.text not in self._used]
        states = act(core(said.split())) in ("tell", "")
        if states:
            limit = mind.choice.sure if not self.turns else AS_GOOD_AS_SAME
            found = [r for r in found if r.score >= limit or not strays(said, r.heard)]
        found = [r for r in found if not asks_other(said, r.heard)]
        told = bool(self.turns) and states
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
            self._heard(words),
            mind.memory.thing(words) if len(words) > 1 else "",
            told.names.get(told.last, ""),
            {w: float(mind.memory.idf[mind.memory.number[w]]) for w in words if w in mind.memory.number},
        )
        return Reply(line, "asking", 0.0)

    def _heard(self, words: list[str]) -> float:
        """How much of a line is surely heard: words that users say, in an order in which they say them.

        A question that cannot be answered is rather asked for again; a statement is gone along with.
        """
        memory = self._mind.memory
        return min(
            memory.understood(words), (1.1 if act(words) in ("wh", "ask") else 1.7) * memory.fluent(words)
        )

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


_GREETS = re.compile(r"^(?:um |oh )*(?:hi|hello|hey|good (?:morning|evening|afternoon|day)|howdy|hiya)\b")
_GOODBYE = re.compile(
    r"\b(?:bye|goodbye|good night|see you|see ya|farewell|talk to you (?:later|soon|tomorrow)"
    r"|(?:have|got|gotta|need|i'd better) (?:to )?(?:go|run|leave)(?: now)?|i'm (?:off|leaving|going to bed))\b"
)
_ASKS_NAME = re.compile(r"\b(?:your name|call you)\b")
__all__: Sequence[str] = ("Choice", "Mind", "Reply", "Talk")
