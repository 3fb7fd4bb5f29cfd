# ruff: noqa: E501
"""Remembered replies for a line in a talk, best first.

A first pass over every exchange (`memory.Memory`), then a close look at the nearest: word order, setting, whether
the reply speaks of things that this user never said, and how far the best replies agree with each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from models.lm.acts import YOU, act, core, whose
from models.lm.memory import Memory
from models.lm.spoken import pip_form, user_form
from models.lm.swaps import names_in, swap_word, swapped
from models.lm.tokens import Talk
from models.lm.weights import Weights

_SAYS_LITTLE = (1.0, 0.8, 0.4, 0.1)  # how much a line leans on its setting, by how many things it speaks of
WEIGHTS = Weights()
CERTAIN = 0.95  # a score that needs no second thought
ENOUGH = 5  # good replies after which the look at further ones may end
MOST_ADDED = 0.45  # what a close look adds to a score, at most (but for rare words taken up many times)
WIDELY = 600  # exchanges that are nearest by words
CLOSELY = 120  # of these, the exchanges that get the close look
AGREEING = 20  # best replies that are asked whether they agree
_WORD = re.compile(r"[A-Za-z']+")
_SMALL = frozenset(
    "a an and are as at be but by can could did do does for from had has have he her his how i i'm if in is it it's "
    "its just like me my no not of oh okay on or our out she so some that that's the their them then there they "
    "this to too um up us was we well were what what's when where which who why will with would yeah yes you your "
    "hey hi hello pip please tell really very about today got get going go one day good time know think".split()
)
_BEFORE_THINGS = frozenset("a an the my our about like love into of play plays some".split())
_FACT = re.compile(
    r"^(um |so |hey |pip |and |okay )*(what|what's|who|who's|where|where's|when|which|how|why|is|are|do|does|did|can) "
)
_PERSONAL = re.compile(r"\b(i|i'm|i've|me|my|we|our|you|you're|your|us|pip)\b")


@dataclass(frozen=True, slots=True)
class Recalled:
    """A remembered reply, how near its exchange is (about 1 for the same line), the line it answered."""

    text: str
    score: float
    heard: str
    line: int


_HIM = frozenset(
    "he he's him his himself brother son dad father daddy uncle grandpa grandfather granddad nephew boyfriend husband boy man guy "
    "grandson stepdad mr brothers sons boys men".split()
)
_HER = frozenset(
    "she she's her hers herself sister daughter mum mom mother mummy aunt grandma grandmother granny nan niece girlfriend wife girl "
    "woman lady granddaughter stepmum mrs sisters daughters girls women".split()
)
_ABOUT = re.compile(
    r"\b(?:joke|riddle|story|fact|poem|rhyme|something|jokes|riddles|stories|facts|thing|poems)s? (?:about|with|on|for) (?:a |an |the |my |some )?([a-z']+)(?: [a-z']+){0,3}$"
)


_LISTENERS = frozenset(
    "son daughter kids kid children child grandson granddaughter grandchildren wife husband friend friends mum mom dad class "
    "boy girl sister brother us everyone bedtime tonight baby toddler".split()
)


def topic(said: str) -> str:
    """What a joke, story or the like was asked to be about, or "".

    >>> topic("do you know any jokes about food"), topic("tell me a joke")
    ('food', '')
    """
    found = _ABOUT.search(said)
    listeners = " for " in found.group(0) and found.group(1) in _LISTENERS if found else True
    return found.group(1) if found and not listeners and found.group(1) not in _SMALL else ""


_BREAKS_OFF = frozenset(
    "the a an and but or so because to of in on at with for my your his her their our is was are were i i'm that which "
    "about like if when then want think from by would could should can has have had been it's".split()
)
_NAMED = frozenset("called named name name's names".split())


def _bigrams(words: Sequence[str]) -> set[tuple[str, str]]:
    return set(zip(["^", *words], [*words, "$"], strict=True))


def _words(text: str) -> list[str]:
    return [w for w in re.sub(r"[^a-z' ]", " ", text.lower()).split() if w.strip("'")]


@dataclass(frozen=True)
class Setting:
    """What a talk has so far, as recall needs it."""

    said: frozenset[str]  # words of the user
    spoken: frozenset[str]  # words of Pip
    replies: frozenset[str]  # Pip's lines, words alone
    before: tuple[str, ...]  # words of Pip's last line
    empty: bool

    @classmethod
    def of(cls, talk: Talk) -> Setting:
        pip = [pip_form(t) for who, t in talk if who == "pip"]
        return cls(
            frozenset(w for who, t in talk if who == "user" for w in user_form(t).split()),
            frozenset(w for line in pip for w in _words(line)),
            frozenset(" ".join(_words(line)) for line in pip),
            tuple(_words(pip[-1])) if pip else (),
            not talk,
        )


def recall(
    memory: Memory, talk: Talk, line: str, count: int = 12, weights: Weights = WEIGHTS
) -> list[Recalled]:
    """The `count` best remembered replies to the user's `line` after `talk`, no two alike, none said before."""
    words = user_form(line).split()
    setting = Setting.of(talk)
    found = _recall(memory, setting, words, weights)
    if not found or found[0].score < CERTAIN:
        for other in {tuple(v) for v in (memory.repaired(words), core(words)) if v != words}:
            found += [
                replace(r, score=r.score - weights.repair)
                for r in _recall(memory, setting, list(other), weights)
            ]
        found.sort(key=lambda r: -r.score)
    return _agreeing(memory, found, weights)[:count]


def _recall(memory: Memory, setting: Setting, words: list[str], weights: Weights) -> list[Recalled]:
    numbers = memory.numbers(words)
    if not numbers:
        return []
    before = memory.numbers(setting.before)
    near = weights.words * memory.by_words(numbers)
    openers = memory.openers
    if not before:
        things = sum(1 for n, w in zip(numbers, words) if w not in _SMALL and memory.idf[n] > 3.5)
        near += np.where(
            openers, weights.opener, -weights.follow_up - 0.3 * weights.astray * _SAYS_LITTLE[min(things, 3)]
        )
    chosen = _most(near, WIDELY)
    thread = memory.after(before) if before else np.zeros(0, np.int64)
    chosen = np.union1d(chosen, thread)
    near = near[chosen] + weights.meaning * memory.by_meaning(chosen, numbers)
    if before:
        alike = np.maximum(memory.by_setting(chosen, before), 0)
        alike[np.isin(chosen, thread)] = 1.0
        near += weights.thread * (alike == 1.0) + 0.6 * weights.setting * alike
        things = sum(1 for n, w in zip(numbers, words) if w not in _SMALL and memory.idf[n] > 3.5)
        fits = np.clip((alike - 0.4) / 0.45, 0, 1)
        near -= weights.astray * _SAYS_LITTLE[min(things, 3)] * (1 - np.where(openers[chosen], 0.65, fits))
    look = _Look(memory, setting, words, before, weights)
    found: list[Recalled] = []
    for i in sorted(_most(near, CLOSELY), key=lambda i: -near[i]):
        if len(found) >= ENOUGH and near[i] + MOST_ADDED < sorted(r.score for r in found)[-ENOUGH]:
            break
        recalled = look.at(int(memory.exchanges[chosen[i]]), float(near[i]))
        found += [recalled] if recalled else []
    return sorted(found, key=lambda r: -r.score)


def _most(values: np.ndarray, count: int) -> np.ndarray:
    return np.argpartition(-values, min(count, len(values) - 1))[:count]


@dataclass(frozen=True)
class _Look:
    """The close look at one exchange."""

    memory: Memory
    setting: Setting
    words: list[str]
    before: list[int]
    weights: Weights

    def at(self, line: int, score: float) -> Recalled | None:
        memory, weights = self.memory, self.weights
        reply = memory.text(line + 1)
        spoken = " ".join(_words(reply))
        if spoken in self.setting.replies:
            return None
        heard_text = memory.text(line)
        heard = [memory.words[i] for i in memory.line(line).tolist()]
        ours, theirs = _bigrams(self.words), _bigrams(heard)
        score += weights.order * 2 * len(ours & theirs) / (len(ours) + len(theirs))
        score += weights.same * (heard == self.words)
        first, _ = memory.talk_of(line)
        if self.before and line > first:
            score += 0.4 * weights.setting * self._overlap(self.before, memory.line(line - 1))
        reply, spoken, lost = self._adapted(reply, spoken, heard)
        score -= lost
        missing, extra = self._unmatched(heard)
        ours_act, theirs_act = act(self.words), act(heard)
        score -= weights.uncovered * missing
        rarities = sum(min(self._rarity(w), 8.0) - 1 for w in set(heard) - _SMALL) or 1.0
        score -= weights.beyond * sum(min(float(memory.idf[e]), 8.0) - 1 for e in extra) / rarities
        score -= weights.other_way * (
            bool(YOU & set(heard)) != bool(YOU & set(self.words)) and theirs_act != "order" != ours_act
        )
        if ours_act in ("wh", "ask") and whose(self.words) | whose(heard) == {"you", "i"}:
            score -= weights.turned * (whose(self.words) != whose(heard))
        score -= weights.unfinished * (heard[-1] in _BREAKS_OFF and self.words[-1] not in _BREAKS_OFF)
        score -= 0.4 * weights.unfinished * (self.words[-1] in _BREAKS_OFF and heard[-1] not in _BREAKS_OFF)
        score += self._reply(reply, spoken, line, first, extra)
        score -= self._fact(heard)
        score -= weights.act * (ours_act != theirs_act and bool(ours_act) and bool(theirs_act))
        return Recalled(reply, score, heard_text, line)

    def _overlap(self, one: Sequence[int], other: np.ndarray) -> float:
        a, b = set(one), set(other.tolist())
        weight = self.memory.idf
        shared = sum(float(weight[i]) ** 2 for i in a & b)
        size = (sum(float(weight[i]) ** 2 for i in a) * sum(float(weight[i]) ** 2 for i in b)) ** 0.5
        return shared / max(size, 1e-6)

    def _adapted(self, reply: str, spoken: str, heard: list[str]) -> tuple[str, str, float]:
        """The reply with the one word in which the lines differ exchanged, where it takes that word up."""
        pair = swapped(heard, self.words)
        if pair and pair[0] in _words(spoken) and self._swappable(*pair, reply):
            reply = swap_word(reply, *pair)
            return reply, " ".join(_words(reply)), 0.08
        return reply, spoken, 0.0

    @cached_property
    def _alike(self) -> list[tuple[float, dict[str, float]]]:
        """For each word of the line its rarity and the words that may stand for it, with their likeness."""
        memory, found = self.memory, []
        for word in dict.fromkeys(self.words):
            number = memory.number.get(word)
            if number is None:
                found.append((6.0, {word: 1.0}))
                continue
            near = {
                memory.words[j]: like / 255
                for j, like in zip(memory.similar[number].tolist(), memory.likeness[number].tolist())
                if like and memory.idf[number] > 3
            }
            near |= memory.synonyms(number)
            found.append((max(0.3, float(memory.idf[number]) - 1), near | {word: 1.0}))
        return found

    def _unmatched(self, heard: list[str]) -> tuple[float, list[int]]:
        """(share of the line that has no like in the remembered one, the remembered words that are not in ours)."""
        theirs = set(heard)
        total = lost = 0.0
        liked: set[str] = set()
        for rarity, near in self._alike:
            both = theirs & near.keys()
            liked |= both
            total += rarity
            lost += rarity * (1 - max((near[w] for w in both), default=0.0))
        extra = [self.memory.number[w] for w in theirs - liked - _SMALL if self._rarity(w) > 4]
        return lost / max(total, 1e-6), extra

    def _swappable(self, old: str, new: str, reply: str) -> bool:
        if old in _SMALL or new in _SMALL:
            return False
        if old in names_in(reply):
            return new in self.memory.names or new not in self.memory.number
        return self.words[max(0, self.words.index(new) - 1)] in _BEFORE_THINGS

    def _rarity(self, word: str) -> float:
        number = self.memory.number.get(word)
        return 10.0 if number is None else float(self.memory.idf[number])

    def _reply(self, reply: str, spoken: str, line: int, first: int, extra: list[int]) -> float:
        """What the reply's own words say for and against it."""
        memory, weights = self.memory, self.weights
        here = self.setting.said | set(self.words)
        known = here | self.setting.spoken
        there = {memory.words[i] for k in range(first, line + 1) for i in memory.line(k).tolist()}
        value = 0.0
        said = set(spoken.split())
        value -= weights.strange * self._strange(said - here, extra)
        value -= weights.known_name * (
            "?" in reply and bool(said & _NAMED) and bool(_NAMED & set(self.words))
        )
        value -= self._persons(said, known)
        value -= weights.curt * (len(said) <= 2 < len(self.words) - 1)
        value -= weights.echo_only * (not self.before and len(said) <= 4 and reply.endswith("?"))
        if (about := topic(" ".join(self.words))) and not self.touches(about, line, said):
            value -= weights.topic
        for word in {w.removesuffix("'s") for w in said} - _SMALL:
            rarity = self._rarity(word)
            if word in self.words:
                value += weights.echo * min(rarity, 6.0)
            elif (
                word not in known
                and rarity > 3.5
                and (word in there or self._akin(word, there))
                and not self._akin(word, known)
            ):
                value -= weights.unsaid * (rarity - 2.0)
        for name in names_in(reply):
            if name in there and name not in known and name != "pip" and self._rarity(name) > 4:
                value -= weights.stranger
        return value

    def _persons(self, said: set[str], known: frozenset[str] | set[str]) -> float:
        """What is lost by a "he" or "she" that nobody here can be."""
        lost = 0.0
        for pronouns, ours, others in (
            ({"she", "she's", "her", "hers"}, _HER, _HIM),
            ({"he", "he's", "him", "his"}, _HIM, _HER),
        ):
            if pronouns & said and not ours & known:
                nobody = self.weights.someone * (0.5 if self.before else 1.0)
                lost += self.weights.gender if others & known else nobody
        return lost

    def touches(self, about: str, line: int, said: set[str]) -> bool:
        """Whether a remembered exchange has to do with a thing: it, or a form of it, is named there."""
        heard = {self.memory.words[i] for i in self.memory.line(line).tolist()}
        return about in heard | said or self._akin(about, heard | said) or self._akin_to(about, heard | said)

    def _akin_to(self, word: str, others: set[str]) -> bool:
        """Whether one of the others sounds, is spelt or is used much like the word."""
        number = self.memory.number.get(word)
        return number is not None and not others.isdisjoint(self.memory.alike(number))

    def _strange(self, said: set[str], extra: list[int]) -> int:
        """How many words of a reply go with what only the remembered user spoke of, and not with our line."""
        ids = [self.memory.number[w] for w in said - _SMALL if self._rarity(w) > 4.5] if extra else []
        if not ids:
            return 0
        vectors = self.memory.vectors
        words = vectors[ids].astype(np.float32) / 127
        theirs = (words @ vectors[extra].astype(np.float32).T / 127).max(1)
        ours = self._ours
        mine = (words @ ours.T).max(1) if len(ours) else np.zeros(len(ids))
        return int(((theirs > 0.45) & (theirs > mine + 0.12)).sum())

    @cached_property
    def _ours(self) -> np.ndarray:
        ids = [self.memory.number[w] for w in self.words if w in self.memory.number and w not in _SMALL]
        return self.memory.vectors[ids].astype(np.float32) / 127

    def _akin(self, word: str, known: frozenset[str] | set[str]) -> bool:
        """Whether a form of the word (bike, bikes, biking) was said."""
        stem = word[: max(4, len(word) - 3)]
        return len(word) > 3 and any(w.startswith(stem) for w in known)

    def _fact(self, heard: list[str]) -> float:
        """What is lost when a question about the world and a remembered one ask for different things."""
        line = " ".join(self.words)
        if not _FACT.match(line + " ") or _PERSONAL.search(line):
            return 0.0
        ours = {w for w in self.words if w not in _SMALL}
        missing = [w for w in ours if w not in heard and not self._akin(w, set(heard))]
        extra = [w for w in heard if w not in _SMALL and w not in ours and not self._akin(w, ours)]
        share = sum(min(self._rarity(w), 8) for w in missing) / max(
            1e-6, sum(min(self._rarity(w), 8) for w in ours)
        )
        return self.weights.fact * (share + 0.3 * bool(extra)) if ours else 0.0


def _agreeing(memory: Memory, found: list[Recalled], weights: Weights) -> list[Recalled]:
    """Sorted anew with a bonus for replies that mean what the best ones mean; each text once."""
    once: dict[str, Recalled] = {}
    for recalled in found:
        once.setdefault(recalled.text, recalled)
    best = list(once.values())[:AGREEING]
    if len(best) < 3:
        return best
    vectors = np.stack([memory.meaning(memory.numbers(_words(r.text))) for r in best])
    trust = np.exp(8 * (np.array([r.score for r in best]) - best[0].score))
    middle = (vectors * trust[:, None]).sum(0)
    middle /= max(float(np.linalg.norm(middle)), 1e-6)
    scored = [
        replace(r, score=r.score + weights.agreement * float(v @ middle))
        for r, v in zip(best, vectors, strict=True)
    ]
    return sorted(scored, key=lambda r: -r.score)
