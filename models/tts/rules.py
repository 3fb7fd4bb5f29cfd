"""The ordered table of rules that turn written text into words; each works on what the last left."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from models.tts import numbers as n
from models.tts.pieces import (
    abbreviation,
    address,
    clock,
    code,
    day_month,
    day_name,
    dotted,
    file,
    height,
    integer,
    letters,
    measure,
    money,
    month_day,
    month_name,
    numeric_date,
    old_year,
    part_of_one,
    phone,
    power,
    reach,
    roman,
    secret,
    span,
    street,
    unit_name,
    until,
)
from models.tts.signs import BEFORE_NUMBERS, CURRENCIES, DAYS, FILES, LATIN, MONTH, UNITS

_KINGS = r"(?:king|queen|pope|henry|louis|charles|george|james|edward|elizabeth|richard|william|john|paul|war|chapter|part|act|scene|volume|book|phase|type|super bowl)"  # noqa: E501
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+"
_HALF = r"[ap]\.?m\b\.?"
_DAY = r"(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day|nesday|sday|rsday|urday)?"
VULGAR = {"½": "a half", "¼": "a quarter", "¾": "three quarters"}

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _rules() -> Iterator[Rule]:
    def rule(pattern: str, said: str | Callable[[re.Match[str]], str]) -> Rule:
        return re.compile(pattern, re.IGNORECASE), said

    yield rule(r"(?:https?://|www\.)[^\s<>\"')]+", address)
    yield rule(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+", address)
    yield rule(
        r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|io|ai|co\.uk|uk|de|fr)\b(?:/[^\s<>\"')]*)?",
        address,
    )
    yield rule(rf"\b(?P<name>[\w-]+)\.(?P<ending>{FILES})\b", file)
    yield rule(r"<3(?=\s|$|[.!?])", " love ")
    yield rule(
        rf"\b(?P<a>{_DAY})\.?\s?[-–]\s?(?P<b>{_DAY})\b\.?",
        lambda m: f"{day_name(m['a'])} to {day_name(m['b'])}",
    )
    yield rule(
        rf"\b(?P<a>{MONTH})\.?\s?[-–]\s?(?P<b>{MONTH})\b\.?",
        lambda m: f"{month_name(m['a'])} to {month_name(m['b'])}",
    )
    yield rule(r"\b(?P<a>\d{4})-(?P<b>\d{1,2})-(?P<c>\d{1,2})\b", numeric_date)
    yield rule(r"\b(?P<a>\d{1,2})[/.](?P<b>\d{1,2})[/.](?P<c>\d{4}|\d\d)\b(?![.\d])", numeric_date)
    yield rule(
        rf"\b(?P<month>{MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>\d{{4}})\b)?(?!:)",
        month_day,
    )
    yield rule(
        rf"\b(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{MONTH})\b\.?"
        r"(?:,?\s+(?P<year>\d{4})\b)?",
        day_month,
    )
    yield rule(r"\b(?:zip(?:\s?code)?|pin|passcode|password)\s+(?:is\s+)?(?=\d)\d{3,6}\b", secret)
    yield rule(r"(?:\+\d{1,2}[\s.-]?|\b1-)?(?:\(\d{3}\)\s?|\b\d{3}[\s.-])\d{3}[\s.-]\d{4}\b", phone)
    yield rule(r"\b\d{3}-\d{4}\b|\b[89]11\b|\+\d{8,14}\b|\+\d{1,3}(?:\s\d{2,5}){2,5}\b", phone)
    yield rule(rf"(?<=\d)(?P<half>\s?{_HALF})?\s?[-–]\s?(?=\d{{1,2}}(?:[:.]\d\d)?\s?{_HALF})", until)
    yield rule(r"(?<=:\d\d)\s?[-–]\s?(?=\d{1,2}:\d\d)", " to ")
    yield rule(
        r"\b(?P<hour>1[0-2]|0?[1-9])\.(?P<minute>[0-5]\d)(?P<second>)\s?(?P<half>[ap])\.?m\b"
        r"(?:\.(?=\s+[a-z]))?",
        clock,
    )
    yield rule(
        r"\b(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?:\s*(?P<half>[ap])\.?m\b\.?)?",
        clock,
    )
    yield rule(
        r"\b(?P<hour>1[0-2]|[1-9])(?P<minute>)(?P<second>)\s*(?P<half>[ap])\.?m\b(?:\.(?=\s+[a-z]))?", clock
    )
    yield rule(
        r"(?<![\w.-])(?P<sign>[$£€]?)(?P<a>\d[\d,]*(?:\.\d+)?)\s?[-–]\s?"
        r"(?P<again>[$£€]?)(?P<b>\d[\d,]*(?:\.\d+)?)"
        rf"(?=(?P<more>\s?(?:%|°|(?:{units_pattern()})\b|million\b|billion\b|thousand\b)|)(?![\w-]))",
        span,
    )
    yield rule(r"\b(?P<n>\d+)\s?¢", lambda m: f"{n.cardinal(m['n'])} {'cent' if m['n'] == '1' else 'cents'}")
    yield rule(
        r"\b(?P<n>\d[\d,]*(?:\.\d+)?)\s?(?-i:(?P<code>USD|EUR|GBP|CAD|AUD))\b",
        lambda m: f"{n.decimal(m['n'])} {CURRENCIES[m['code']]}",
    )
    yield rule(
        r"(?P<sign>[$£€¥₹])\s?(?P<whole>\d[\d,]*)(?:\.(?P<cents>\d+))?"
        r"(?:\s?(?P<scale>million|billion|trillion|thousand|bn|tn|[kmbt])\b)?",
        money,
    )
    yield rule(r"(?<=%)\s?[-–]\s?(?=\d)", " to ")
    yield rule(r"(?<![\w.])-(?=[\d.])", "minus ")
    yield rule(r"(?P<n>\d[\d,]*(?:\.\d+)?)\s?%", lambda m: f"{n.decimal(m['n'])} percent")
    yield rule(
        r"(?P<n>\d[\d,]*(?:\.\d+)?)\s?°\s?(?P<u>[cf])\b",
        lambda m: f"{n.decimal(m['n'])} {unit_name(m['n'], '°' + m['u'])}",
    )
    yield rule(r"(?P<n>\d[\d,]*(?:\.\d+)?)\s?°", lambda m: f"{n.decimal(m['n'])} {unit_name(m['n'], '°')}")
    yield rule(r"(?<=\d)\s(?P<u>ft|feet)\s(?=\d+\s(?P<v>in)\b\.?)", " feet ")
    yield rule(r"(?<=feet )(?P<n>\d+)\sin\b\.?", lambda m: f"{n.cardinal(m['n'])} {unit_name(m['n'], 'in')}")
    yield rule(r"(?<=\d)\s?x\s?(?=\d)", " by ")
    yield rule(r"(?<=\d)\s(?P<era>a\.d\.|b\.c\.(?:e\.)?)(?=\W|$)", lambda m: " " + letters(m["era"]))
    yield rule(
        r"\b(?P<a>\d{1,3}):(?P<b>\d)\b(?![:\d])", lambda m: f"{n.cardinal(m['a'])} to {n.cardinal(m['b'])}"
    )
    yield rule(r"\b(?P<a>\d)'\s?(?P<b>\d{1,2})(?:\"|''|\b)", height)
    yield rule(r"(?<=\d)K(?=\s(?:TV|video|monitor|display|screen|resolution|camera)s?\b)", " K")
    yield rule(
        r"(?<=\d)\s(?P<shape>sq|cu)\.?\s(?P<u>ft|in|mi|yd|m|km|cm)\b\.?",
        lambda m: f" {'square' if m['shape'].lower() == 'sq' else 'cubic'} {unit_name('2', m['u'])}",
    )
    yield rule(
        r"(?<![\w.])(?P<n>\d[\d,]*(?:\.\d+)?)\s(?P<u>ft|in|oz|lb|lbs|gal|min|sec|hr|hrs|yd)\."
        r"(?=\s+[a-z\d]|,)",
        lambda m: f"{n.decimal(m['n'])} {unit_name(m['n'], m['u'])}",
    )
    yield rule(rf"(?<![\w.])(?P<n>\d[\d,]*(?:\.\d+)?)\s?(?P<u>{units_pattern()})\b(?!['/])", measure)
    yield rule(r"\b24/7\b", "twenty four seven")
    yield rule(r"\b50/50\b", "fifty fifty")
    yield rule(r"\b9/11\b", "nine eleven")
    yield rule(r"\b(?P<n>\d+(?:\.\d+)?)x\b(?!\s?\d)", lambda m: f"{n.decimal(m['n'])} times")
    yield rule(r"(?<=[\w)])\s?\^\s?(?P<minus>-?)(?P<n>\d{1,3})\b", power)
    yield rule(
        r"\bv(?P<n>\d+(?:\.\d+)+)\b",
        lambda m: "version " + " point ".join(n.cardinal(p) for p in m["n"].split(".")),
    )
    yield rule(
        r"\b(?P<w>\d+)\s+(?P<a>\d+)/(?P<b>\d+)\b",
        lambda m: f"{n.cardinal(m['w'])} and {part_of_one(m['a'], m['b'])}",
    )
    yield rule(r"(?<![\d/])\b(?P<a>[1-9]\d?)/(?P<b>[1-9]\d?)\b(?!/)", lambda m: n.fraction(m["a"], m["b"]))
    yield rule(r"(?P<w>\d+)\s?(?P<f>[½¼¾])", lambda m: f"{n.cardinal(m['w'])} and {VULGAR[m['f']]}")
    yield rule(
        r"\b(?P<a>\d{1,4})/(?P<b>\d{3,4})\b(?!/)", lambda m: f"{n.cardinal(m['a'])} over {n.cardinal(m['b'])}"
    )
    yield rule(r"\b(?P<a>\d{4}|\d{1,3})\s?[-–]\s?(?P<b>\d+)\b(?![-–.]\d)", reach)
    yield rule(rf"(?P<n>{_NUMBER})(?:st|nd|rd|th)\b", lambda m: n.ordinal(m["n"]))
    yield rule(r"(?<!\w)'?(?P<n>\d{2}|\d{3}0|\d{1,2})(?:'?s)\b", lambda m: n.decade(m["n"]))
    yield rule(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", lambda m: " dot ".join(n.cardinal(p) for p in m[0].split(".")))
    yield rule(r"\b\d+(?:\.\d+){2,}\b", lambda m: " point ".join(n.cardinal(p) for p in m[0].split(".")))
    yield rule(r"(?<!\w)(?:\d[\d,]*)?\.\d+\b", lambda m: n.decimal(m[0]))
    yield rule(r"#\s?(?=\d)|\bno\.\s?(?=\d)", "number ")
    yield rule(r"\b(?P<before>in|since|by|from|until|before|after|year)\s(?P<n>10\d\d)\b(?!,)", old_year)
    yield rule(
        r"\b(?-i:(?P<a>[A-Z]{1,3})&(?P<b>[A-Z]{1,3}))\b",
        lambda m: f"{letters(m['a'])} and {letters(m['b'])}",
    )
    yield rule(r"\b(?-i:(?P<key>[A-G]))#(?!\w)", lambda m: f"{letters(m['key'])} sharp")
    yield rule(r"\bph\.\s?d\.?(?!\w)|\b(?-i:PhD)\b", "P H D")
    yield rule(rf"\b(?P<name>{_KINGS})\s+(?P<roman>(?-i:[IVXL]+))\b(?!')", roman)
    yield rule(r"\b(?-i:(?P<name>[A-Z][a-z]+)\s+(?P<roman>X{0,2}(?:I{2,3}|IV|VI{1,3}|IX)))\b(?!')", roman)
    yield rule(r"\b(?-i:(?P<name>[A-Z][a-z]+))\s+(?P<kind>st|dr)\b\.?(?=\s*$|[,;!?]|\s+(?-i:[a-z]))", street)
    yield rule(
        rf"\b(?P<word>{'|'.join(BEFORE_NUMBERS)})\.\s?(?=\d)",
        lambda m: BEFORE_NUMBERS[m["word"].lower()] + " ",
    )
    yield rule("|".join(rf"\b{re.escape(k)}" for k in LATIN), lambda m: LATIN[m[0].lower()])
    yield rule(
        r"\b(?P<word>mon|tues?|wed|thurs?|thu|fri|sat)\.(?=[\s,]|$)", lambda m: DAYS[m["word"].lower()]
    )
    yield rule(
        rf"\b(?-i:(?!May\b)(?P<word>{MONTH.replace('(?:', '(?i:', 1)}))\.(?=\s+[a-z0-9])",
        lambda m: month_name(m["word"]),
    )
    yield rule(r"\b(?P<word>[a-z]+)(?P<dot>\.)?(?![\w'])", abbreviation)
    yield rule(r"\b(?:[a-z]\.){2,}(?![a-z])", dotted)
    yield rule(r"\b(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]+\b", code)
    yield rule(rf"{_NUMBER}", lambda m: f" {integer(m)} ")
    yield rule(r"\bw/o\b", "without")
    yield rule(r"\bw/(?=\s)", "with")
    yield rule(r"\beither/or\b", "either or")
    yield rule(r"\band/or\b", "and or")
    yield rule(r"\b(?P<a>[a-z']+)/(?P<b>[a-z']+)\b", lambda m: f"{m['a']} or {m['b']}")


def units_pattern() -> str:
    """All units but the degree as a regular expression, longest first."""
    return "|".join(sorted((re.escape(u) for u in UNITS if u[0] != "°"), key=len, reverse=True))


RULES = tuple(_rules())
