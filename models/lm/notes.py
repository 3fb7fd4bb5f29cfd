# ruff: noqa: E501
"""What the user told about themselves in this talk, and answers to questions about it.

Names, and what "my … is …" said: enough to greet by name, and to answer when asked again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.lm.spoken import user_form
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
_CALLED = re.compile(
    r"\b(?:a|an|my|his|her|our|one|little|big|old|new|younger|older|best|baby|the) ([a-z]+)(?:'s| is| was| who's)? (?:called|named) ([a-z']+)"
)
_NAME_OF = re.compile(r"\bmy (?:\w+ )?([a-z]+)'s name is ([a-z']+)")
_IS = re.compile(r"\bmy ((?:favou?rite )?[a-z]+) (?:is|are|was) ((?:[a-z']+ ?){1,4})$")
_ASKS_NAME = re.compile(
    r"\b(?:what's|what is|what was|whats|say|know|remember|forgot|forgotten|tell me|guess|recall) my name\b|\bwho am i\b"
)
_ASKS_OF = re.compile(
    r"\b(?:what's|what is|what was|remember|know|recall) my (?:\w+ )?([a-z]+)(?:'s name| called| named)\b|\bwhat(?:'s| is) (?:my|the) ([a-z]+) called\b|\bremember (?:the name of )?my ([a-z]+)\b"
)
_ASKS_IS = re.compile(r"\b(?:what's|what is|what was|which is) my ((?:favou?rite )?[a-z]+)(?: again)?$")
_NO_NAME = frozenset(
    "a an the so not very really just fine good well okay ok sad happy tired here back me you it going trying looking feeling "
    "sorry sure bored hungry ill sick home lonely glad afraid from in on at with all also still too nothing nobody great new "
    "ready done right wrong busy lost late early old young single married dead alive thinking my your what that this pip".split()
)


@dataclass(frozen=True)
class Notes:
    """`name`: the user's, "" if unknown; `things`: what the user named or described, by the word for it."""

    name: str
    things: dict[str, str]

    @classmethod
    def of(cls, talk: Talk, names: frozenset[str] = frozenset()) -> Notes:
        """Notes on a talk; `names` are words known to be names.

        >>> Notes.of([("user", "i'm called ada"), ("pip", "Hi, Ada!"), ("user", "my dog is called rex")])
        Notes(name='ada', things={'dog': 'rex'})
        """
        name, things = "", dict[str, str]()
        before = ""
        for who, text in talk:
            if who == "user":
                said = user_form(text)
                name = own_name(said, before, names) or name
                for pattern in (_IS, _CALLED, _NAME_OF):
                    for what, value in pattern.findall(said):
                        if what != "name":
                            things[what.replace("favourite", "favorite")] = value.strip()
            else:
                before = text.lower()
        return cls(name, things)

    def answer(self, line: str) -> str | None:
        """The answer to a question about what was told, or None where nothing was told or asked."""
        said = user_form(line)
        if self.name and _ASKS_NAME.search(said):
            return f"You're {self.name.capitalize()}, you told me."
        found = _ASKS_OF.search(said)
        what = next((g for g in found.groups() if g), "") if found else ""
        if what in self.things:
            return f"{self.things[what].capitalize()}, you said."
        found = _ASKS_IS.search(said)
        key = found.group(1).replace("favourite", "favorite") if found else ""
        return f"You said {self.things[key]}." if key in self.things else None


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
    if not found or found.group(2) in _NO_NAME:
        return ""
    name = found.group(2).capitalize()
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
