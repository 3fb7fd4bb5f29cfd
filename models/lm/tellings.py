# ruff: noqa: E501
"""The forms in which people tell something of themselves, and ask for it again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from models.lm.facts import number

OWN = re.compile(
    r"\b(?:my name is|my name's|my names|i'm called|i am called|call me|the name is|the name's|mine is|mine's|this is|it's me) ([a-z']+)\b(?! (?:name|day|time|good|fun))"
)
I_AM = re.compile(
    r"^(?:um |uh |well |oh |hi |hello |hey |yes |pip |yeah |there |good (?:morning|evening|afternoon|day) )*(?:i'm|i am|it's|it's me) ([a-z']+)(?: (?:and|by the way|nice|here|what|how|what's|how's|but|from)\b.*)?$"
)
ASKED_NAME = re.compile(
    r"call you|who am i talking|your name|what's yours|who are you|and you are|am i speaking|who's there|who is it|and yours"
)
CORRECTED = re.compile(
    r"^(?:no |not \w+ |sorry |actually |i said |um )+(?:it's |i'm |i am |my name is |my name's |i said )*([a-z']+)$"
)
THING = r"((?:[a-z]+ )?[a-z]+)"
CALLED = re.compile(
    r"\b(?:a|an|my|his|her|our|one|little|big|old|new|younger|older|best|baby|the) ([a-z]+)(?:'s| is| was| who's)? (?:called|named) ((?:(?:mister|missus|mr|mrs|miss|ms|doctor|aunt|auntie|uncle) )?[a-z']+)"
)
NAME_OF = re.compile(r"\bmy (?:\w+ )?([a-z]+)'s (?:name is|name's|called) ([a-z']+)")
MY_NAMED = re.compile(
    r"\bmy (?:\w+ )?(brother|sister|son|daughter|wife|husband|boyfriend|girlfriend|friend|cat|dog|horse|rabbit|cousin|uncle|aunt|nephew|niece|grandson|granddaughter|neighbour|neighbor|boss|teacher|puppy|kitten|parrot) ([a-z']+)\b"
)
PRONOUN_NAMED = re.compile(
    r"^(?:he|she|it|they)(?:'s| is|'re| are) (?:called|named) ([a-z']+)|^(?:his|her|its|their) (?:name is|name's) ([a-z']+)"
)
IS = re.compile(r"\bmy ((?:favou?rite )?[a-z]+) (?:is|are|was) ((?:[a-z']+ ?){1,5})$")
PRONOUN_IS = re.compile(r"^(?:he|she|it|they)(?:'s| is|'re| are) ((?:[a-z']+ ?){1,5})$")
FAVORITE = re.compile(r"\b(?:the )?([a-z]+) i (?:like|love) (?:best|most) is ((?:[a-z']+ ?){1,3})$")
HAVE = re.compile(
    r"\b(?:i|we)(?:'ve got| have got| have| own| got| keep) (\w+) ((?:[a-z]+ )?[a-z]+s|children|mice|geese|fish|sheep)\b"
)
ASKS = re.compile(
    r"^(?:um |so |hey |pip |and |okay |well |now |oh |but |please )*(?:what|what's|whats|which|who|who's|where|where's|when|when's|how|how's|can you (?:still )?(?:remember|tell|recall|say)|do you (?:still )?(?:remember|know|recall)|remember|tell me|remind me|guess|did i|have you forgotten|say)\b"
)
ASKS_NAME = re.compile(
    r"\b(?:what's|what is|what was|whats|say|know|remember|forgot|forgotten|tell me|guess|recall|got) my name\b|\bwho am i$|\bwhat am i called|\bremember (?:who i am|what i'm called)"
)
WORDS_FOR_NAME = frozenset("name name's names called named call".split())
ASKS_ABOUT = re.compile(r"\b(?:my|our) ((?:favou?rite )?[a-z]+)")
OF_TIME = re.compile(
    r"\b(?:tomorrow|today|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august|september|october|november|december|next|in an? \w+|in \w+ \w+)\b"
)
TO_YOU = {
    "my": "your",
    "i": "you",
    "me": "you",
    "mine": "yours",
    "myself": "yourself",
    "i'm": "you're",
    "i've": "you've",
    "i'll": "you'll",
    "i'd": "you'd",
    "we": "you",
    "we're": "you're",
    "we've": "you've",
    "we'll": "you'll",
    "us": "you",
    "our": "your",
    "ours": "yours",
    "am": "are",
}


NO_NAME = frozenset(
    "a an the so not very really just fine good well okay ok sad happy tired here back me you it going trying looking feeling "
    "sorry sure bored hungry ill sick home lonely glad afraid from in on at with all also still too nothing nobody great new "
    "ready done right wrong busy lost late early old young single married dead alive thinking my your what that this pip".split()
)
NO_JOB = frozenset(
    "bit little lot fan big huge good bad morning night vegetarian vegan only single man woman girl boy kid child person member human mess".split()
)
NO_LIKE = frozenset("it that this you them him her how what when one so your the".split())


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: how it is told (group 1 is its value), how it is asked for, and the answer."""

    told: re.Pattern[str]
    asked: re.Pattern[str]
    answer: str
    fits: Callable[[str], bool] = bool


def numeric(value: str) -> bool:
    """Whether a word is a number, and more than an article.

    >>> numeric("seven"), numeric("one"), numeric("river")
    (True, False, False)
    """
    return value not in ("a", "an", "one", "and") and number(value) is not None


KINDS: dict[str, Kind] = {
    "home": Kind(
        re.compile(r"\b(?:i|we) (?:now |still |just )?(?:live|moved|am living)(?: up| down| over| here)? ((?:in|near|on|by|at|to|next to|outside) (?:[a-z']+ ?){1,9})$"),
        re.compile(r"\bwhere (?:do )?(?:i|we) live\b|\bwhere(?:'s| is) my (?:home|house|flat|place)\b"),
        "You live {}, you said.",
    ),
    "origin": Kind(
        re.compile(r"\bi(?:'m| am| come)(?: originally)? from ((?:[a-z']+ ?){1,4})$"),
        re.compile(r"\bwhere (?:am i|i'm|i am|do i come|i come)(?: \w+)? from\b"),
        "You're from {}, you told me.",
    ),
    "job": Kind(
        re.compile(r"\b(?:i work as|i'm working as|my job is|i'm|i am|i used to be) (?:being )?(an? (?!\w+ (?:at|of|about|when|with)\b)[a-z]+(?: driver| teacher| worker| assistant| engineer| designer| student| nurse| doctor| mechanic)?)$"),
        re.compile(r"\bwhat(?:'s| is| was) my (?:job|work|profession)\b|\bwhat (?:do )?i (?:do|work)(?: for (?:a living|work)| as)?$|\bremember my job\b|\bwhat am i by (?:trade|profession)\b"),
        "You're {}, you told me.",
        lambda value: value.split()[1] not in NO_JOB and value.split()[-1] not in NO_JOB,
    ),
    "workplace": Kind(
        re.compile(r"\bi work ((?:in|at|for|on|with) (?:[a-z']+ ?){1,4})$"),
        re.compile(r"\bwhere do i work\b|\bwhere i work\b"),
        "You work {}, you said.",
    ),
    "age": Kind(
        re.compile(r"\bi(?:'m| am|'ve just turned| just turned| turned) ((?:[a-z]+ ){0,2}?[a-z]+)(?: years old| years| now| today)?$"),
        re.compile(r"\bhow old (?:am i|i am|i'm)\b|\bmy age\b"),
        "You're {}, you told me.",
        numeric,
    ),
    "like": Kind(
        re.compile(r"\bi (?:really |just |also |absolutely )?(?:like|love|enjoy|adore) ((?:[a-z']+ ?){1,5})$"),
        re.compile(r"\bwhat (?:do )?i (?:really )?(?:like|love|enjoy)(?: doing| to do)?$|\bwhat (?:are )?my (?:hobby|hobbies)|\bwhat i (?:said i )?(?:like|liked|love|enjoy)"),
        "You like {}, you said.",
        lambda value: value.split()[0] not in NO_LIKE,
    ),
    "plan": Kind(
        re.compile(r"\b(?:i'm|we're|i am|we are) ((?:going|leaving|flying|travelling|traveling|driving|moving|getting married|having|starting|seeing|visiting|meeting)\b.* (?:tomorrow|tonight|today|soon|on \w+day|next \w+|this \w+|in (?:\w+ )?\w+|at \w+))$"),
        re.compile(r"\b(?:what|where|when)(?:'s| is| are| am| was)? (?:i|we|am i|are we|my plans?|the plan)\b.*(?:doing|going|plans?|planning|to do|leaving|flying|up to)\b|\bwhat(?:'s| are| is) my plans?\b|\bwhat did i say i(?:'m| was) (?:doing|going)"),
        "You're {}, you said.",
    ),
}  # fmt: skip
