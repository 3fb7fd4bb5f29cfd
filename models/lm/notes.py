# ruff: noqa: E501
"""What the user told about themselves in this talk, and answers to questions about it.

A line tells something when it has the form of a telling: whose name, what a thing is like, where one lives, how many
there are. The latest telling counts. A question is answered only from what was told; all else is left to others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from models.lm.facts import number
from models.lm.spoken import sentence_case, user_form
from models.lm.tokens import Talk

_OWN = re.compile(
    r"\b(?:my name is|my name's|my names|i'm called|i am called|call me|the name is|the name's|mine is|mine's|this is|it's me) ([a-z']+)\b(?! (?:name|day|time|good|fun))"
)
_I_AM = re.compile(
    r"^(?:um |uh |well |oh |hi |hello |hey |yes |pip |yeah |there )*(?:i'm|i am|it's) ([a-z']+)(?: (?:and|by the way|nice|here|what|how|what's|how's|but|from)\b.*)?$"
)
_ASKED_NAME = re.compile(
    r"call you|who am i talking|your name|what's yours|who are you|and you are|am i speaking|who's there|who is it|and yours"
)
_CORRECTED = re.compile(
    r"^(?:no |not \w+ |sorry |actually |i said |um )+(?:it's |i'm |i am |my name is |my name's |i said )*([a-z']+)$"
)
_THING = r"((?:[a-z]+ )?[a-z]+)"
_CALLED = re.compile(
    r"\b(?:a|an|my|his|her|our|one|little|big|old|new|younger|older|best|baby|the) ([a-z]+)(?:'s| is| was| who's)? (?:called|named) ([a-z']+)"
)
_NAME_OF = re.compile(r"\bmy (?:\w+ )?([a-z]+)'s (?:name is|name's|called) ([a-z']+)")
_MY_NAMED = re.compile(
    r"\bmy (?:\w+ )?(brother|sister|son|daughter|wife|husband|boyfriend|girlfriend|friend|cat|dog|horse|rabbit|cousin|uncle|aunt) ([a-z']+)(?: (?:is|was|has|and|loves|likes|came|comes|lives)\b)"
)
_PRONOUN_NAMED = re.compile(
    r"^(?:he|she|it|they)(?:'s| is|'re| are) (?:called|named) ([a-z']+)|^(?:his|her|its|their) (?:name is|name's) ([a-z']+)"
)
_IS = re.compile(r"\bmy ((?:favou?rite )?[a-z]+) (?:is|are|was) ((?:[a-z']+ ?){1,5})$")
_PRONOUN_IS = re.compile(r"^(?:he|she|it|they)(?:'s| is|'re| are) ((?:[a-z']+ ?){1,5})$")
_FAVORITE = re.compile(r"\b(?:the )?([a-z]+) i (?:like|love) (?:best|most) is ((?:[a-z']+ ?){1,3})$")
_HAVE = re.compile(
    r"\b(?:i|we)(?:'ve got| have got| have| own| got| keep) (\w+) ((?:[a-z]+ )?[a-z]+s|children|mice|geese|fish|sheep)\b"
)
_ASKS = re.compile(
    r"^(?:um |so |hey |pip |and |okay |well |now |oh |but |please )*(?:what|what's|whats|which|who|who's|where|where's|when|when's|how|how's|can you (?:still )?(?:remember|tell|recall|say)|do you (?:still )?(?:remember|know|recall)|remember|tell me|remind me|guess|did i|have you forgotten|say)\b"
)
_ASKS_NAME = re.compile(
    r"\b(?:what's|what is|what was|whats|say|know|remember|forgot|forgotten|tell me|guess|recall|got) my name\b|\bwho am i$|\bwhat am i called|\bremember (?:who i am|what i'm called)"
)
_WORDS_FOR_NAME = frozenset("name name's names called named call".split())
_ASKS_ABOUT = re.compile(r"\b(?:my|our) ((?:favou?rite )?[a-z]+)")
_OF_TIME = re.compile(
    r"\b(?:tomorrow|today|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august|september|october|november|december|next|in an? \w+|in \w+ \w+)\b"
)
_TO_YOU = {
    "my": "your",
    "i": "you",
    "me": "you",
    "mine": "yours",
    "myself": "yourself",
    "i'm": "you're",
    "our": "your",
    "am": "are",
}


_NO_NAME = frozenset(
    "a an the so not very really just fine good well okay ok sad happy tired here back me you it going trying looking feeling "
    "sorry sure bored hungry ill sick home lonely glad afraid from in on at with all also still too nothing nobody great new "
    "ready done right wrong busy lost late early old young single married dead alive thinking my your what that this pip".split()
)
_NO_JOB = frozenset(
    "bit little lot fan big huge good bad morning night vegetarian vegan only single man woman girl boy kid child person member human mess".split()
)
_NO_LIKE = frozenset("it that this you them him her how what when one so your the".split())


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of fact: how it is told (group 1 is its value), how it is asked for, and the answer."""

    told: re.Pattern[str]
    asked: re.Pattern[str]
    answer: str
    fits: Callable[[str], bool] = bool


def _numeric(value: str) -> bool:
    return value not in ("a", "an", "one", "and") and number(value) is not None


_KINDS: dict[str, _Kind] = {
    "home": _Kind(
        re.compile(r"\b(?:i|we) (?:now |still |just )?(?:live|moved|am living)(?: up| down| over| here)? ((?:in|near|on|by|at|to|next to|outside) (?:[a-z']+ ?){1,9})$"),
        re.compile(r"\bwhere (?:do )?(?:i|we) live\b|\bwhere(?:'s| is) my (?:home|house|flat|place)\b"),
        "You live {}, you said.",
    ),
    "origin": _Kind(
        re.compile(r"\bi(?:'m| am| come)(?: originally)? from ((?:[a-z']+ ?){1,4})$"),
        re.compile(r"\bwhere (?:am i|i'm|i am|do i come|i come)(?: \w+)? from\b"),
        "You're from {}, you told me.",
    ),
    "job": _Kind(
        re.compile(r"\b(?:i work as|i'm working as|my job is|i'm|i am|i used to be) (?:being )?(an? (?!\w+ (?:at|of|about|when|with)\b)[a-z]+(?: driver| teacher| worker| assistant| engineer| designer| student| nurse| doctor| mechanic)?)$"),
        re.compile(r"\bwhat(?:'s| is| was) my (?:job|work|profession)\b|\bwhat (?:do )?i (?:do|work)(?: for (?:a living|work)| as)?$|\bremember my job\b|\bwhat am i by (?:trade|profession)\b"),
        "You're {}, you told me.",
        lambda value: value.split()[1] not in _NO_JOB and value.split()[-1] not in _NO_JOB,
    ),
    "workplace": _Kind(
        re.compile(r"\bi work ((?:in|at|for|on|with) (?:[a-z']+ ?){1,4})$"),
        re.compile(r"\bwhere do i work\b|\bwhere i work\b"),
        "You work {}, you said.",
    ),
    "age": _Kind(
        re.compile(r"\bi(?:'m| am|'ve just turned| just turned| turned) ((?:[a-z]+ ){0,2}?[a-z]+)(?: years old| years| now| today)?$"),
        re.compile(r"\bhow old (?:am i|i am|i'm)\b|\bmy age\b"),
        "You're {}, you told me.",
        _numeric,
    ),
    "like": _Kind(
        re.compile(r"\bi (?:really |just |also |absolutely )?(?:like|love|enjoy|adore) ((?:[a-z']+ ?){1,5})$"),
        re.compile(r"\bwhat (?:do )?i (?:really )?(?:like|love|enjoy)(?: doing| to do)?$|\bwhat (?:are )?my (?:hobby|hobbies)|\bwhat i (?:said i )?(?:like|liked|love|enjoy)"),
        "You like {}, you said.",
        lambda value: value.split()[0] not in _NO_LIKE,
    ),
    "plan": _Kind(
        re.compile(r"\b(?:i'm|we're|i am|we are) ((?:going|leaving|flying|travelling|traveling|driving|moving|getting married|having|starting|seeing|visiting|meeting)\b.* (?:tomorrow|tonight|today|soon|on \w+day|next \w+|this \w+|in (?:\w+ )?\w+|at \w+))$"),
        re.compile(r"\b(?:what|where|when)(?:'s| is| are| am| was)? (?:i|we|am i|are we|my plans?|the plan)\b.*(?:doing|going|plans?|planning|to do|leaving|flying|up to)\b|\bwhat(?:'s| are| is) my plans?\b|\bwhat did i say i(?:'m| was) (?:doing|going)"),
        "You're {}, you said.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Notes:
    """What was told in a talk.

    `name`: the user's, "" if unknown. `names`: who or what has a name, by the word for it; `described`: what "my …
    is …" said of it; `counts`: how many there are; `facts`: by the kinds of `_KINDS`. `last` is the thing that was
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
        for pattern in (_CALLED, _NAME_OF, _MY_NAMED):
            for what, value in pattern.findall(said):
                if what != "name" and value not in _NO_NAME and (pattern is not _MY_NAMED or value in known):
                    names[what], last = value, what
        for what, value in _IS.findall(said):
            key = what.replace("favourite", "favorite")
            if what != "name" and value.split()[0] not in ("called", "named"):
                described[key], last = _as_you(value), key
        for what, value in _FAVORITE.findall(said):
            described[f"favorite {what}"] = _as_you(value)
        found = _PRONOUN_NAMED.match(said)
        if found and last and (value := found.group(1) or found.group(2)) not in _NO_NAME:
            names[last] = value
        elif (found := _PRONOUN_IS.match(said)) and last:
            described[last] = _as_you(found.group(1))
        counts = self.counts | {
            what: how_many for how_many, what in _HAVE.findall(said) if how_many == "no" or _numeric(how_many)
        }
        if mentioned := re.search(
            r"\b(?:i have|i've got|i got|we have|we've got|my) (?:a |an )?(?:\w+ )?(cat|dog|son|daughter|horse|brother|sister|rabbit|parrot|bird|friend|baby|puppy|kitten|hamster|husband|wife|boyfriend|girlfriend)\b",
            said,
        ):
            last = mentioned.group(1)
        facts = dict(self.facts)
        if not _ASKS.match(said):
            for kind, form in _KINDS.items():
                told = form.told.search(said)
                if told and form.fits(told.group(1).strip()):
                    facts[kind] = _as_you(told.group(1))
            if "home" in facts:
                facts["home"] = re.sub("^to ", "in ", facts["home"])
        stated = self.lines if _ASKS.match(said) or len(said.split()) < 3 else (*self.lines, said)
        return Notes(name, names, described, counts, facts, last, said, stated)

    def _corrected(self, said: str, before: str) -> str:
        """Another name, where Pip has just said the one it had understood."""
        found = _CORRECTED.match(said)
        if self.name and found and self.name in before and found.group(1) not in _NO_NAME | {self.name}:
            return found.group(1)
        return ""

    def answer(self, line: str) -> str | None:
        """The answer to a question about what was told, or None where nothing was told or asked."""
        said = user_form(line)
        if self.name and _ASKS_NAME.search(said):
            return f"You're {self.name.capitalize()}, you told me."
        if not _ASKS.match(said):
            return None
        return self._of_things(said) or self._of_names(said) or self._of_facts(said) or self._of_lines(said)

    def _of_lines(self, said: str) -> str | None:
        """What was stated of the thing that a "what did i …" or "how many …" asks for, in the user's own words."""
        asked = _ASKS_STATED.search(said)
        if not asked:
            return None
        wanted = {_stem(_PAST.get(w, w)) for w in (asked.group("done") or "").split() if w not in _LITTLE}
        for line in reversed(self.lines):
            if asked.group("many"):
                things = {_stem(w) for w in asked.group("rest").split()[:2]}
                counted = [w for w in line.split() if w != "a" and _numeric(w)]
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

    def _of_things(self, said: str) -> str | None:
        """Answers about "my …": its name, how many, what it is like or when it is."""
        words = set(said.split())
        counted = re.search(r"\bhow many ((?:[a-z]+ )?[a-z]+) (?:do|have|did) (?:i|we)\b", said)
        if counted and counted.group(1) in self.counts:
            return f"{self.counts[counted.group(1)].capitalize()}, you said."
        for what in _ASKS_ABOUT.findall(said):
            key = what.replace("favourite", "favorite").removesuffix("'s")
            plain = said.replace(f"my {what}'s", f"my {what}")
            if key in self.names and (
                words & _WORDS_FOR_NAME
                or re.search(rf"\b(?:who|remember|know|about) (?:my|is my) {what}$", plain)
            ):
                return f"{self.names[key].capitalize()}, you said."
            if key in self.described and not (words & _WORDS_FOR_NAME):
                return f"{_spoken(self.described[key])}, you said."
            if key in self.names and re.search(r"\b(?:what|who)(?:'s| is| was) my \w+$", plain):
                return f"{self.names[key].capitalize()}, you said."
        asked = re.search(r"\b(?:what|which) ([a-z]+) do i (?:like|love|prefer)", said)
        if asked and (value := self.described.get(f"favorite {asked.group(1)}")):
            return f"{_spoken(value)}, you said."
        named = {value: key for key, value in self.names.items()}
        for asks in (r"\bwho(?:'s| is| was) ([a-z]+)$", r"\bhow old (?:is|are|was) ([a-z]+)$"):
            found = re.search(asks, said)
            if found and found.group(1) in named:
                key = named[found.group(1)]
                if asks.startswith(r"\bwho"):
                    return f"{found.group(1).capitalize()} is your {key}, you told me."
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
            return f"{self.names[key].capitalize()}, you said."
        if (
            re.search(r"\b(?:his|her|its|their) name\b|\b(?:is|are) (?:he|she|it) called\b", said)
            and self.names
        ):
            key = self.last if self.last in self.names else next(reversed(self.names))
            return f"{self.names[key].capitalize()}, you said."
        return None

    def _of_facts(self, said: str) -> str | None:
        """What was told of the user: home, work, age, likes, plans; or the last line itself."""
        for kind, form in _KINDS.items():
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
    r"\b(?P<many>how many) (?P<rest>.+)$|\b(?:what|where|when|who|which \w+) (?:did|was|were|have) (?:i|we) (?P<done>.+)$"
)
_PAST = dict(pair.split(":") for pair in (
    "make:made go:went see:saw eat:ate buy:bought have:had do:did get:got say:said tell:told find:found lose:lost break:broke take:took "
    "drink:drank read:read write:wrote meet:met run:ran swim:swam come:came give:gave build:built win:won sell:sold catch:caught "
    "drive:drove ride:rode fly:flew sing:sang wear:wore choose:chose forget:forgot leave:left spend:spent think:thought"
).split())  # fmt: skip
_LITTLE = frozenset(
    "i you a an the my your to of in on at with for it that yesterday today again just now say said tell told earlier before there are do have".split()
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


def _as_you(value: str) -> str:
    """What the user said, as Pip says it to the user."""
    return " ".join(_TO_YOU.get(w, w) for w in value.split())


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


def own_name(said: str, before: str = "", names: frozenset[str] = frozenset()) -> str:
    """The name that the user gives in a line, in lower case, or "".

    `before` is what Pip said last: where it asked for a name, "i'm …" or a single word gives one.

    >>> own_name("hello my name is tom"), own_name("joanna", "what should i call you?"), own_name("i'm bored")
    ('tom', 'joanna', '')
    """
    found = _OWN.search(said)
    if found and found.group(1) not in _NO_NAME and not found.group(0).startswith(("this is", "it's me")):
        return found.group(1)
    asked = bool(_ASKED_NAME.search(before))
    found = _I_AM.match(said)
    if found and found.group(1) not in _NO_NAME and (found.group(1) in names or asked):
        return found.group(1)
    if (
        asked
        and len(said.split()) == 1
        and said not in _NO_NAME
        and (said in names or (len(said) > 2 and said not in ("yes", "yeah", "hello", "why", "nope", "okay")))
    ):
        return said
    return ""


def introduced(said: str) -> str:
    """What to say when someone is introduced by name, or "".

    >>> introduced("i have a dog called otto")
    "Otto is a fine name. What's Otto like?"
    """
    found = _CALLED.search(said) or _NAME_OF.search(said)
    name = found.group(2) if found else ""
    if not found and (found := _PRONOUN_NAMED.match(said)):
        name = found.group(1) or found.group(2)
    if not name or name in _NO_NAME:
        return ""
    name = name.capitalize()
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
    head = r"^(?:um |uh |well |oh |hi |hello |hey |yes |pip |yeah |there |nice name )*"
    given = r"(?:my name is|my name's|i'm called|i am called|call me|the name is|the name's|mine is|mine's|i'm|i am|it's)? ?"
    rest = re.sub(rf"{head}{given}{re.escape(name)}\b(?: (?:and|by the way|but|here))*", "", said).strip()
    return "" if rest == said else rest
