# ruff: noqa: E501
"""What the user told about themselves in this talk, and answers to questions about it.

A line tells something when it has the form of a telling: whose name, what a thing is like, where one lives, how many
there are. The latest telling counts. A question is answered only from what was told; all else is left to others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from models.lm.spoken import sentence_case, user_form
from models.lm.tellings import (
    ASKED_NAME,
    ASKS,
    ASKS_ABOUT,
    ASKS_NAME,
    CALLED,
    CORRECTED,
    FAVORITE,
    HAVE,
    I_AM,
    IS,
    KINDS,
    MY_NAMED,
    NAME_OF,
    NO_NAME,
    OWN,
    PRONOUN_IS,
    PRONOUN_NAMED,
    TO_YOU,
    WORDS_FOR_NAME,
    numeric,
)
from models.lm.tokens import Talk


@dataclass(frozen=True)
class Notes:
    """What was told in a talk.

    `name`: the user's, "" if unknown. `names`: who or what has a name, by the word for it; `described`: what "my …
    is …" said of it; `counts`: how many there are; `facts`: by the kinds of `KINDS`. `last` is the thing that was
    spoken of last, which "he", "she" or "it" means; `line` what the user said last, `lines` all that was stated.
    """

    name: str = ""
    names: dict[str, str] = field(default_factory=dict)
    described: dict[str, str] = field(default_factory=dict)
    counts: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    last: str = ""
    line: str = ""
    lines: tuple[str, ...] = ()

    @classmethod
    def of(cls, talk: Talk, known: frozenset[str] = frozenset()) -> Notes:
        """Notes on a talk; `known` are words known to be names.

        >>> Notes.of([("user", "i'm called ada"), ("pip", "Hi, Ada!"), ("user", "my dog is called rex")]).names
        {'dog': 'rex'}
        """
        notes, before = cls(), ""
        for who, text in talk:
            if who == "user":
                notes = notes.with_line(user_form(text), before, known)
            else:
                before = text.lower()
        return notes

    def with_line(self, said: str, before: str = "", known: frozenset[str] = frozenset()) -> Notes:
        """These notes and what a line tells."""
        name = own_name(said, before, known) or self._corrected(said, before) or self.name
        names, described, last = dict(self.names), dict(self.described), self.last
        for pattern in (CALLED, NAME_OF, MY_NAMED):
            for what, value in pattern.findall(said):
                if what != "name" and value not in NO_NAME and (pattern is not MY_NAMED or value in known):
                    names[what], last = value, what
        for what, value in IS.findall(said):
            key = what.replace("favourite", "favorite")
            if what != "name" and value.split()[0] not in ("called", "named"):
                described[key], last = _as_you(value), key
        for what, value in FAVORITE.findall(said):
            described[f"favorite {what}"] = _as_you(value)
        found = PRONOUN_NAMED.match(said)
        if found and last and (value := found.group(1) or found.group(2)) not in NO_NAME:
            names[last] = value
        elif (found := PRONOUN_IS.match(said)) and last:
            described[last] = _as_you(found.group(1))
        counts = self.counts | {
            what: how_many for how_many, what in HAVE.findall(said) if how_many == "no" or numeric(how_many)
        }
        if mentioned := re.search(
            r"\b(?:i have|i've got|i got|we have|we've got|my) (?:a |an )?(?:\w+ )?(cat|dog|son|daughter|horse|brother|sister|rabbit|parrot|bird|friend|baby|puppy|kitten|hamster|husband|wife|boyfriend|girlfriend)\b",
            said,
        ):
            last = mentioned.group(1)
        facts = dict(self.facts)
        if not ASKS.match(said):
            for kind, form in KINDS.items():
                told = form.told.search(said)
                if told and form.fits(told.group(1).strip()):
                    facts[kind] = _as_you(told.group(1))
            if "home" in facts:
                facts["home"] = re.sub("^to ", "in ", facts["home"])
        stated = self.lines if ASKS.match(said) or len(said.split()) < 3 else (*self.lines, said)
        if stated != self.lines and self.lines and _GOES_ON.match(said):
            stated = (*self.lines[:-1], f"{self.lines[-1]} {said}")
        return Notes(name, names, described, counts, facts, last, said, stated)

    def _corrected(self, said: str, before: str) -> str:
        """Another name, where Pip has just said the one it had understood."""
        found = CORRECTED.match(said)
        if self.name and found and self.name in before and found.group(1) not in NO_NAME | {self.name}:
            return found.group(1)
        return ""

    def answer(self, line: str) -> str | None:
        """The answer to a question about what was told, or None where nothing was told or asked."""
        said = user_form(line)
        if self.name and ASKS_NAME.search(said):
            return f"You're {self.name.capitalize()}, you told me."
        if not ASKS.match(said):
            return None
        known = any(KINDS[kind].asked.search(said) for kind in ("home", "workplace", "origin"))
        place = self._of_stated(said) if _PLACE.search(said) and not known else None
        return (
            self._of_things(said)
            or self._of_names(said)
            or place
            or self._of_facts(said)
            or self._of_lines(said)
            or self._of_stated(said)
        )

    def _of_stated(self, said: str) -> str | None:
        """The statement that a question about the user has most words of, where that is at least half of them."""
        if not _OF_USER.search(said):
            return None
        asked = {_stem(_PAST.get(w, w)) for w in said.split()} - _ASKING
        if not asked:
            return None
        best, most = "", 0.0
        for line in self.lines:
            shared = asked & {_stem(_PAST.get(w, w)) for w in line.split()}
            if (score := len(shared) / len(asked)) >= max(0.5, most):
                best, most = line, score
        return f"You said, {_spoken(_as_you(best), False)}." if best else None

    def _of_lines(self, said: str) -> str | None:
        """What was stated of the thing that a "what did i …" or "how many …" asks for, in the user's own words."""
        asked = _ASKS_STATED.search(said)
        if not asked:
            return None
        if thing := asked.group("in") or asked.group("for"):
            how = ("in", "about", "on") if asked.group("in") else ("for",)
            return self._said_of(thing, how)
        done = asked.group("done") or asked.group("am") or ""
        wanted = {_stem(_PAST.get(w, w)) for w in done.split() if w not in _LITTLE}
        for line in reversed(self.lines):
            if asked.group("many"):
                things = {_stem(w) for w in asked.group("rest").split()[:2]}
                counted = [w for w in line.split() if w != "a" and numeric(w)]
                spoken = {_stem(w) for one in self.lines for w in one.split()}
                if (
                    counted
                    and things & spoken
                    and (things & {_stem(w) for w in line.split()} or "there are" in line)
                ):
                    return f"You said, {_spoken(_as_you(line), False)}."
            elif wanted and wanted <= {_stem(w) for w in line.split()}:
                return f"You said, {_spoken(_as_you(line), False)}."
        return None

    def _said_of(self, thing: str, how: tuple[str, ...]) -> str | None:
        """What was stated of a thing with one of some little words, in its own line or in one that follows it."""
        spoken = False
        for line in self.lines:
            words = line.split()
            spoken = spoken or thing in words
            if spoken and set(how) & set(words[1:-1]) and (thing in words or words[0] in ("it's", "it")):
                return f"You said, {_spoken(_as_you(line), False)}."
        return None

    def _of_things(self, said: str) -> str | None:
        """Answers about "my …": its name, how many, what it is like or when it is."""
        words = set(said.split())
        counted = re.search(r"\bhow many ((?:[a-z]+ )?[a-z]+) (?:do|have|did) (?:i|we)\b", said)
        if counted and counted.group(1) in self.counts:
            return f"{self.counts[counted.group(1)].capitalize()}, you said."
        for what in ASKS_ABOUT.findall(said):
            key = what.replace("favourite", "favorite").removesuffix("'s")
            plain = said.replace(f"my {what}'s", f"my {what}")
            if key in self.names and (
                words & WORDS_FOR_NAME
                or re.search(rf"\b(?:who|remember|know|about) (?:my|is my) {what}$", plain)
            ):
                return f"{_named(self.names[key])}, you said."
            if key in self.described and not (words & WORDS_FOR_NAME):
                return f"{_spoken(self.described[key])}, you said."
            if key in self.names and re.search(r"\b(?:what|who)(?:'s| is| was) my \w+$", plain):
                return f"{_named(self.names[key])}, you said."
        asked = re.search(r"\b(?:what|which) ([a-z]+) do i (?:like|love|prefer)", said)
        if asked and (value := self.described.get(f"favorite {asked.group(1)}")):
            return f"{_spoken(value)}, you said."
        named = {value: key for key, value in self.names.items()}
        for asks in (r"\bwho(?:'s| is| was) ([a-z]+)$", r"\bhow old (?:is|are|was) ([a-z]+)$"):
            found = re.search(asks, said)
            if found and found.group(1) in named:
                key = named[found.group(1)]
                if asks.startswith(r"\bwho"):
                    return f"{_named(found.group(1))} is your {key}, you told me."
                if key in self.described:
                    return f"{_spoken(self.described[key])}, you said."
        return None

    def _of_names(self, said: str) -> str | None:
        """The name of what the user speaks of as "the …" or by a pronoun."""
        found = re.search(
            r"\bthe ([a-z]+) (?:called|named)|\bname of the ([a-z]+)|\bthe ([a-z]+)'s name", said
        )
        key = next((g for g in found.groups() if g), "") if found else ""
        if key in self.names:
            return f"{_named(self.names[key])}, you said."
        if (
            re.search(r"\b(?:his|her|its|their) name\b|\b(?:is|are) (?:he|she|it) called\b", said)
            and self.names
        ):
            key = self.last if self.last in self.names else next(reversed(self.names))
            return f"{_named(self.names[key])}, you said."
        return None

    def _of_facts(self, said: str) -> str | None:
        """What was told of the user: home, work, age, likes, plans; or the last line itself."""
        for kind, form in KINDS.items():
            if kind in self.facts and form.asked.search(said):
                return form.answer.format(_spoken(self.facts[kind], False))
        if self.line and re.search(
            r"^(?:what did i (?:just )?(?:say|tell you)|what was i (?:just )?saying)(?: just now)?$", said
        ):
            return f"You said, {_as_you(self.line)}."
        return None

    def farewell(self, text: str) -> str:
        """A goodbye with the user's name, and a word for someone who was named, where that was told.

        >>> Notes(name="ada", names={"dog": "rex"}, last="dog").farewell("Bye! Come again.")
        'Bye, Ada! Come again. Say hi to Rex from me.'
        """
        name = self.name.capitalize()
        if name and name not in text:
            text = re.sub(r"([.!?])", rf", {name}\1", text, count=1)
        thing = self.names.get(self.last, "").capitalize()
        if thing and thing not in text and len(text.split()) <= 12 and "?" not in text:
            text += f" Say hi to {thing} from me."
        return text


_ASKS_STATED = re.compile(
    r"\b(?P<many>how many) (?P<rest>.+)$|\bwhat(?:'s| is) my (?P<in>\w+) (?:in|about|on)$|\b(?:who|what)(?:'s| is| was) the (?P<for>\w+) for$|\bwhat am i (?P<am>\w+ing)$|\b(?:what|where|when|who|which \w+) (?:did|was|were|have) (?:i|we) (?P<done>.+)$"
)
_OF_USER = re.compile(r"\b(?:i|i'm|i've|my|we|we're|our|me)\b")
_PLACE = re.compile(r"\bwhere\b")
_GOES_ON = re.compile(r"^(?:and )?(?:to|in|at|with|on|from|by|near|for|because) \w+")
_PAST = dict(pair.split(":") for pair in (
    "make:made go:went see:saw eat:ate buy:bought have:had do:did get:got say:said tell:told find:found lose:lost break:broke take:took "
    "drink:drank read:read write:wrote meet:met run:ran swim:swam come:came give:gave build:built win:won sell:sold catch:caught "
    "drive:drove ride:rode fly:flew sing:sang wear:wore choose:chose forget:forgot leave:left spend:spent think:thought"
).split())  # fmt: skip
_LITTLE = frozenset(
    "i you a an the my your to of in on at with for it that yesterday today again just now say said tell told earlier before there are do have".split()
)


_ASKED_WITH = (
    "what what's which who who's where where's when when's how how's why is are was were am do does did can could will would "
    "remember know tell recall remind again still told say said mentioned earlier before just now name called much many "
    "old long often going go be by way please me us we i i'm i've my our your you the a an of to in on at with for from it "
    "it's that's and so pip hey um have has had got been get favorite"
)


def _stem(word: str) -> str:
    """A word without its ending, roughly.

    >>> _stem("kittens") == _stem("kitten"), _stem("baked") == _stem("bake")
    (True, True)
    """
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s", "e"):
        if len(word) - len(ending) > 2 and word.endswith(ending):
            return word[: -len(ending)]
    return word


_ASKING = frozenset(_stem(w) for w in _ASKED_WITH.split()) | frozenset(_ASKED_WITH.split())


def _as_you(value: str) -> str:
    """What the user said, as Pip says it to the user."""
    return " ".join(TO_YOU.get(w, w) for w in value.split()).replace("you was", "you were")


_PLACES = frozenset(
    "africa asia austria belgium berlin boston brazil chicago cornwall denmark dublin edinburgh egypt finland florida glasgow greece "
    "holland iceland ireland israel kenya leeds liverpool madrid manchester mexico morocco moscow munich netherlands nigeria norway "
    "oslo pakistan poland portugal rome russia scotland sweden switzerland sydney texas tokyo turkey ukraine venice vienna wales york "
    "california".split()
)


def _spoken(value: str, first: bool = True) -> str:
    """A told value as Pip writes it: capitals for the names of places and the month of May."""
    text = sentence_case(value, _PLACES) if first else sentence_case(f"so {value}", _PLACES)[3:]
    return re.sub(r"\b(of|in|this|next) may\b", r"\1 May", text)


def _named(name: str) -> str:
    """A name with its capitals."""
    return " ".join(word.capitalize() for word in name.split())


def own_name(said: str, before: str = "", names: frozenset[str] = frozenset()) -> str:
    """The name that the user gives in a line, in lower case, or "".

    `before` is what Pip said last: where it asked for a name, "i'm …" or a single word gives one.

    >>> own_name("hello my name is tom"), own_name("joanna", "what should i call you?"), own_name("i'm bored")
    ('tom', 'joanna', '')
    """
    found = OWN.search(said)
    if found and found.group(1) not in NO_NAME and not found.group(0).startswith(("this is", "it's me")):
        return found.group(1)
    asked = bool(ASKED_NAME.search(before))
    found = I_AM.match(said)
    if found and found.group(1) not in NO_NAME and (found.group(1) in names or asked):
        return found.group(1)
    if (
        asked
        and len(said.split()) == 1
        and said not in NO_NAME
        and (said in names or (len(said) > 2 and said not in ("yes", "yeah", "hello", "why", "nope", "okay")))
    ):
        return said
    return ""


def introduced(said: str) -> str:
    """What to say when someone is introduced by name, or "".

    >>> introduced("i have a dog called otto")
    "Otto is a fine name. What's Otto like?"
    """
    found = CALLED.search(said) or NAME_OF.search(said)
    name = found.group(2) if found else ""
    if not found and (found := PRONOUN_NAMED.match(said)):
        name = found.group(1) or found.group(2)
    if not name or name in NO_NAME:
        return ""
    name = _named(name)
    return f"{name} is a fine name. What's {name} like?"


GREETINGS = (
    "Nice to meet you, {name}.", "Hello, {name}!", "Hi, {name}. Good to meet you.", "A pleasure, {name}!", "Lovely to meet you, {name}.",
)  # fmt: skip
GO_ON = ("What's on your mind?", "How's your day going?", "What would you like to talk about?", "What brings you here?", "How are you today?")  # fmt: skip


def without_name(said: str, name: str) -> str:
    """What is left of a line when the giving of the name is taken out.

    >>> without_name("my name is elena and i like chess", "elena")
    'i like chess'
    """
    head = r"^(?:um |uh |well |oh |hi |hello |hey |yes |pip |yeah |there |nice name |good (?:morning|evening|afternoon|day) )*"
    given = r"(?:my name is|my name's|i'm called|i am called|call me|the name is|the name's|mine is|mine's|i'm|i am|it's)? ?"
    rest = re.sub(rf"{head}{given}{re.escape(name)}\b(?: (?:and|by the way|but|here))*", "", said).strip()
    return "" if rest == said else rest
