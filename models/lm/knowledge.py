# ruff: noqa: E501
"""Easy facts by table: capitals, opposites, young animals, what comes after June, which colours mix to green.

`knowledge.txt` has a line for each table: entries apart by semicolons, the key first (a + for a blank), then its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "knowledge.txt"
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_LONG = dict(zip(MONTHS, "31 28 31 30 31 30 31 31 30 31 30 31".split()))
_DAYS_IN = {
    "31": "thirty one days",
    "30": "thirty days",
    "28": "twenty eight days, and twenty nine in a leap year",
}
_ASKS = re.compile(
    r"\b(?:what|what's|whats|which|who|where|where's|how|name|tell|say|know|is|are|do|does|give|capital|opposite|mix|mixed|came|comes|remember)\b"
)
_STUFF = frozenset("grass snow milk blood coal chocolate gold lavender fire".split())  # without "a"
_ABOUT_US = re.compile(r"\b(?:i|i'm|my|me|we|our|you|your|you're)\b")


@cache
def tables() -> dict[str, dict[str, str]]:
    """Table → key → value."""
    found: dict[str, dict[str, str]] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition(": ")
        entries = (entry.partition(" ") for entry in rest.split("; "))
        found[name] = {key.replace("+", " "): value for key, _, value in entries}
    return found


def _key(table: str, said: str) -> str:
    """The longest key of a table that a line names, singular or plural, or ""."""
    best = ""
    for key in tables()[table]:
        if len(key) > len(best) and re.search(rf"\b{key}(?:s|es)?(?:'s)?\b", said):
            best = key
    return best


def _an(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


def _capital(said: str) -> str | None:
    key = _key("capital", said) if re.search(r"\b(?:capitals?|capitol)\b", said) else ""
    if not key:
        of = re.search(
            r"\bwhich country is (\w+) the capital\b|\b(\w+) (?:is )?the capital of (?:which|what)\b|\bwhat is (\w+) the capital of\b",
            said,
        )
        city = next((g for g in of.groups() if g), "") if of else ""
        found = [c for c, name in tables()["capital"].items() if name.lower() == city]
        return f"{city.title()} is the capital of {found[0].title()}." if found else None
    the = (
        "the "
        if key in ("netherlands", "philippines", "united states", "united kingdom", "czech republic", "usa")
        else ""
    )
    return f"The capital of {the}{key.title() if key != 'usa' else 'United States'} is {tables()['capital'][key]}."


def _continent(said: str) -> str | None:
    asked = re.search(
        r"\b(?:which|what) (?:part of the world|continent)\b|^(?:\w+ ){0,3}(?:where|where's|where is) (?:is )?\w+(?: \w+)?$",
        said,
    )
    key = _key("continent", said) if asked else ""
    return f"{key.title()} is in {tables()['continent'][key]}." if key and key != "australia" else None


def _language(said: str) -> str | None:
    key = (
        _key("language", said)
        if re.search(r"\blanguages?\b|\bspeak in\b|\bspoken in\b", said) and re.search(r"\b(?:in|of)\b", said)
        else ""
    )
    return f"In {key.title()} most people speak {tables()['language'][key]}." if key else None


def _opposite(said: str) -> str | None:
    found = re.search(r"\bopposite (?:of|to|from) (?:the word )?(\w+)$|\bcontrary of (\w+)$", said)
    word = next((g for g in found.groups() if g), "") if found else ""
    value = tables()["opposite"].get(word)
    return f"The opposite of {word} is {value}." if value else None


def _young(said: str) -> str | None:
    if not re.search(
        r"\b(?:baby|young|child|babies) \w+|\b(?:baby|young|child|kid) (?:of|called)\b", said
    ) or not re.search(r"\b(?:call|called|name|named|what's|word)\b", said):
        return None
    key = _key("young", re.sub(r"^.*\b(?:baby|young|child|babies)\b", "", said))
    return f"A young {key} is called {_an(tables()['young'][key])}." if key else None


def _sound(said: str) -> str | None:
    if not re.search(r"\b(?:sound|noise|say|says|sounds|noises|go)\b", said) or not re.search(
        r"^(?:\w+ ){0,3}(?:what|how|which)\b", said
    ):
        return None
    key = _key("sound", said) if re.search(r"\b(?:do|does|makes?|is|the)\b", said) else ""
    return f"{_an(key).capitalize()} says {tables()['sound'][key]}!" if key else None


def _legs(said: str) -> str | None:
    key = (
        _key("legs", said)
        if re.search(r"\bhow many (?:legs|feet|paws|arms)\b|\bnumber of legs\b", said)
        else ""
    )
    if not key:
        return None
    value = tables()["legs"][key]
    return f"{_an(key).capitalize()} has {value}{'' if value.endswith('arms') else ' legs'}."


def _colour(said: str) -> str | None:
    if not re.search(r"\b(?:what|which) (?:colou?r|shade)\b", said) or re.search(
        r"\b(?:mix|mixed|mixing|rainbow|favou?rite|wear|paint)\b", said
    ):
        return None
    key = _key("colour", re.sub(r"\bcolou?rs?\b", "", said))
    if not key:
        return None
    thing = (
        f"the {key}" if key in ("sky", "sun", "sea", "ocean", "night") else key if key in _STUFF else _an(key)
    )
    return f"{thing[0].upper()}{thing[1:]} is {tables()['colour'][key]}."


def _mixed(said: str) -> str | None:
    if not re.search(r"\b(?:mix|mixed|mixing|together|combine|give|make|makes)\b", said):
        return None
    there = set(said.replace("gray", "grey").split())
    for key, value in tables()["mixed"].items():
        colours = set(key.split())
        if colours <= there and len(
            there & {"blue", "yellow", "red", "white", "black", "green", "orange"}
        ) == len(colours):
            return f"{' and '.join(key.split()).capitalize()} make {value}."
    if found := re.search(
        r"\bhow (?:do|can) (?:you|i|we) (?:make|mix|get) (green|orange|purple|pink|grey|gray|brown|turquoise)\b",
        said,
    ):
        wanted = found.group(1).replace("gray", "grey")
        key = next(k for k, v in tables()["mixed"].items() if v == wanted)
        return f"Mix {' and '.join(key.split())}, and you get {wanted}."
    return None


def _eats(said: str) -> str | None:
    key = (
        _key("eats", said)
        if re.search(
            r"\bwhat (?:do|does|should|can|will)\b.*\b(?:eats?|feed|fed)\b|\bfood (?:do|does|for)\b", said
        )
        else ""
    )
    return f"{_many(key).capitalize()} eat {tables()['eats'][key]}." if key else None


def _home(said: str) -> str | None:
    key = (
        _key("home", said)
        if re.search(
            r"\bwhere (?:do|does|can|would)\b.*\b(?:live|lives|sleep|find|found|home)\b|\bhome of (?:a|an|the)\b",
            said,
        )
        else ""
    )
    if not key:
        return None
    where = tables()["home"][key]
    return f"{_many(key).capitalize()} live {'under the ground' if 'tunnels' in where else ('by ' if 'coasts' in where else 'in ') + where}."


def _many(word: str) -> str:
    irregular = {"mouse": "mice", "wolf": "wolves", "sheep": "sheep", "fish": "fish", "goose": "geese", "deer": "deer",
                 "goldfish": "goldfish", "fox": "foxes", "ostrich": "ostriches", "butterfly": "butterflies", "fly": "flies"}  # fmt: skip
    return irregular.get(word, word + "s")


def _next(said: str) -> str | None:
    """The month or day that comes after or before another, or how long a month is."""
    after = re.search(r"\b(?:after|follows?|following|next after|behind)\b", said)
    before = re.search(r"\b(?:before|precedes?|in front of)\b", said)
    for names, what in ((MONTHS, "month"), (DAYS, "day")):
        named = [n for n in names if re.search(rf"\b{n.lower()}\b", said)]
        if len(named) != 1 or (named[0] in ("May", "March") and not re.search(r"\bmonth|\bdays\b", said)):
            continue
        at = names.index(named[0])
        if what == "month" and re.search(r"\bhow many days\b|\bhow long is\b", said):
            return f"{named[0]} has {_DAYS_IN[_LONG[named[0]]]}."
        if (after or before) and re.search(r"\b(?:month|day|comes|come|follows|is)\b", said):
            other = names[(at + (1 if after else -1)) % len(names)]
            return f"{other} comes {'after' if after else 'before'} {named[0]}."
    ranks = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
    if found := re.search(rf"\b({'|'.join(ranks)}|last) (month|day) of the (year|week)\b", said):
        names = MONTHS if found.group(2) == "month" else DAYS
        at = len(names) - 1 if found.group(1) == "last" else ranks.index(found.group(1))
        if at < len(names) and (found.group(2) == "month") == (found.group(3) == "year"):
            return f"{names[at]} is the {found.group(1)} {found.group(2)} of the {found.group(3)}."
    return None


_KINDS: tuple[Callable[[str], str | None], ...] = (
    _capital, _language, _continent, _opposite, _young, _legs, _mixed, _colour, _sound, _eats, _home, _next,
)  # fmt: skip


def known(said: str) -> str | None:
    """The answer to an easy question about the world, or None where it is in no table.

    >>> known("what's the capital of france"), known("which month comes after june"), known("i like france")
    ('The capital of France is Paris.', 'July comes after June.', None)
    """
    if not _ASKS.search(said) or (
        _ABOUT_US.search(said)
        and not re.search(
            r"\b(?:can you|do you know|you know|tell me|could you|i want to know|i wonder|do you|i mix|you mix|we mix|you get)\b",
            said,
        )
    ):
        return None
    if len(said.split()) > 14:
        return None
    return next((text for kind in _KINDS if (text := kind(said))), None)
