"""Written text as spoken words with the marks that shape a voice.

`spoken(text)` gives words in lower case (letters and apostrophes only) and after each the mark behind it:
"" nothing, "," a short rest, "." "!" "?" the end of a sentence. Never raises; what cannot be said is left
out. The rules are one ordered table of patterns; each turns a piece of text into plain words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from models.tts import numbers as n

LONGEST_WORD = 40

MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"  # noqa: E501
_DAYS = {
    "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "thu": "thursday",
    "thur": "thursday", "thurs": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday",
}  # fmt: skip
_SHORT = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "st": "saint",
    "jr": "junior",
    "sr": "senior", "vs": "versus", "etc": "et cetera", "approx": "approximately", "dept": "department",
    "est": "established", "gov": "governor", "gen": "general", "col": "colonel", "capt": "captain",
    "sgt": "sergeant",
    "lt": "lieutenant", "rev": "reverend", "hon": "honorable", "inc": "incorporated", "ltd": "limited",
    "corp": "corporation", "co": "company", "ave": "avenue", "blvd": "boulevard", "rd": "road", "mt": "mount",
    "ft": "fort", "tel": "telephone", "ext": "extension", "min": "minutes", "max": "maximum", "fig": "figure",
    "vol": "volume", "pp": "pages", "nos": "numbers", "apt": "apartment", "misc": "miscellaneous",
    "sq": "square",
}  # fmt: skip
_BARE_SHORT = {"mr", "mrs", "ms", "dr", "prof", "vs", "etc", "jr", "sr", "blvd", "approx", "dept", "ltd"}
_LATIN = {
    "e.g.": "for example",
    "i.e.": "that is",
    "a.m.": "A M",
    "p.m.": "P M",
    "a.k.a.": "A K A",
    "n.b.": "N B",
}
_UNITS = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "nm": "nanometer", "mi": "mile",
    "ft": "foot", "in": "inch", "yd": "yard", "kg": "kilogram", "g": "gram", "mg": "milligram", "lb": "pound",
    "lbs": "pound", "oz": "ounce", "l": "liter", "ml": "milliliter", "gal": "gallon", "s": "second",
    "sec": "second",
    "ms": "millisecond", "min": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "kb": "kilobyte",
    "mb": "megabyte",
    "gb": "gigabyte", "tb": "terabyte", "hz": "hertz", "khz": "kilohertz", "mhz": "megahertz",
    "ghz": "gigahertz",
    "w": "watt", "kw": "kilowatt", "kwh": "kilowatt hour", "v": "volt", "mv": "millivolt", "ma": "milliamp",
    "a": "amp", "db": "decibel", "mph": "mile per hour", "kmh": "kilometer per hour",
    "km/h": "kilometer per hour",
    "m/s": "meter per second", "fps": "frame per second", "bpm": "beat per minute", "cal": "calorie",
    "kcal": "kilocalorie", "mbps": "megabit per second", "px": "pixel", "k": "thousand", "m²": "square meter",
    "m2": "square meter", "km²": "square kilometer", "km2": "square kilometer", "tbsp": "tablespoon",
    "tsp": "teaspoon", "pt": "point", "°c": "degree celsius", "°f": "degree fahrenheit", "°": "degree",
}  # fmt: skip
_NO_PLURAL = {"hertz", "kilohertz", "megahertz", "gigahertz", "thousand"}
_MONEY = {
    "$": ("dollar", "cent"), "£": ("pound", "pence"), "€": ("euro", "cent"), "¥": ("yen", ""),
    "₹": ("rupee", "paisa"),
}  # fmt: skip
_SCALE = {"k": "thousand", "m": "million", "b": "billion", "bn": "billion", "t": "trillion", "tn": "trillion"}
_SYMBOLS = {
    "&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "#": "hash", "×": "times",
    "÷": "divided by",
    "*": "", "°": "degrees", "™": "", "®": "", "©": "copyright", "±": "plus or minus", "≈": "about",
    "≤": "at most",
    "≥": "at least", "<": "less than", ">": "greater than", "½": "one half", "¼": "one quarter",
    "¾": "three quarters",
    "→": "to", "/": "slash", "\\": "backslash", "^": "", "~": "about", "|": "", "_": "", "$": "dollars",
    "£": "pounds",
    "€": "euros", "§": "section", "µ": "micro", "²": "squared", "³": "cubed", "√": "root", "π": "pi",
}  # fmt: skip
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_KINGS = r"(?:king|queen|pope|henry|louis|charles|george|james|edward|elizabeth|richard|william|john|paul|war|chapter|part|act|scene|volume|book|phase|type|super bowl)"  # noqa: E501
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word as it is said (lower case; capitals are letters to be named) and the mark behind it."""

    word: str
    mark: str = ""


def _unit(value: str, unit: str) -> str:
    name = _UNITS[unit.lower()]
    if value == "1" or name in _NO_PLURAL:
        return name
    first, _, rest = name.partition(" ")
    if first in ("square", "cubic", "kilowatt"):
        return f"{first} {n.plural_of(rest)}"
    return f"{n.plural_of(first)} {rest}".strip()


def _money(match: re.Match[str]) -> str:
    sign, whole, cents, scale = (
        match["sign"],
        match["whole"].replace(",", ""),
        match["cents"] or "",
        match["scale"],
    )
    large, small = _MONEY[sign]
    many = large if large == "yen" else n.plural_of(large)
    if scale:
        said = n.decimal(whole + ("." + cents if cents else ""))
        return f"{said} {_SCALE.get(scale.lower(), scale.lower())} {many}"
    if len(cents) not in (0, 2):
        return f"{n.decimal(f'{whole}.{cents}')} {many}"
    said = f"{n.cardinal(whole)} {large if int(whole) == 1 else many}"
    if cents and int(cents):
        coins = small if int(cents) == 1 or small == "pence" else n.plural_of(small)
        small_part = f"{n.cardinal(cents)} {'penny' if small == 'pence' and int(cents) == 1 else coins}"
        return small_part if int(whole) == 0 else f"{said} and {small_part}"
    return said


def _clock(match: re.Match[str]) -> str:
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
    suffix = f" {half[0].upper()} M" if half else ""
    if minute == 0:
        if half:
            return f"{n.cardinal(str(hour))}{suffix}"
        if hour > 12 or hour == 0:
            return f"{n.cardinal(str(hour))} hundred" if hour else "midnight"
        return f"{n.cardinal(str(hour))} o'clock"
    low = "oh " if minute < 10 else ""
    return f"{n.cardinal(str(hour))} {low}{n.cardinal(str(minute))}{suffix}"


def _month_name(text: str) -> str:
    return next(m for m in MONTHS if m.startswith(text.lower()[:3]))


def _month_day(match: re.Match[str]) -> str:
    said = f"{_month_name(match['month'])} {n.ordinal(match['day'])}"
    return f"{said}, {n.year(match['year'])}" if match["year"] else said


def _day_month(match: re.Match[str]) -> str:
    said = f"the {n.ordinal(match['day'])} of {_month_name(match['month'])}"
    return f"{said}, {n.year(match['year'])}" if match["year"] else said


def _numeric_date(match: re.Match[str]) -> str:
    a, b, c = match["a"], match["b"], match["c"]
    year, month, day = (a, b, c) if len(a) == 4 else (c, a, b)
    if int(month) > 12 and int(day) <= 12:
        month, day = day, month
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return " ".join(n.cardinal(part) for part in (a, b, c))
    if len(year) == 2:
        year = ("20" if int(year) < 50 else "19") + year
    return f"{MONTHS[int(month) - 1]} {n.ordinal(day)}, {n.year(year)}"


def _phone(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match[0])
    return ", ".join(n.one_by_one(group, "oh") for group in groups)


def _roman(match: re.Match[str]) -> str:
    values = [_ROMAN[c] for c in match["roman"].lower()]
    total = sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
    numbered = re.match(r"(?i)war|chapter|part|act|scene|volume|book|phase|type|super", match["name"])
    said = n.cardinal(str(total)) if numbered else "the " + n.ordinal(str(total))
    return f"{match['name']} {said}"


def _letters(text: str) -> str:
    return " ".join(_A if c in "aA" else c.upper() for c in text if c.isascii() and c.isalpha())


def _address(match: re.Match[str]) -> str:
    text = re.sub(r"^https?://(?:www\.)?", "", match[0], flags=re.I).split("?")[0].rstrip("/")
    tail = ""
    while text and text[-1] in ".,!;:":
        text, tail = text[:-1], text[-1] + tail
    said = []
    for part in re.findall(r"[A-Za-z]+|\d+|[.@/_-]", text):
        said.append({".": "dot", "@": "at", "/": "slash", "_": "underscore", "-": "dash"}.get(part, part))
    return " ".join(said) + tail


def _code(match: re.Match[str]) -> str:
    """Letters and digits in one piece, such as B2 or 4K or R2D2."""
    said = []
    for piece in re.findall(r"[A-Za-z]+|\d+", match[0]):
        if piece.isdigit():
            said.append(n.cardinal(piece) if len(piece) < 3 else _grouped(piece))
        else:
            said.append(_letters(piece) if len(piece) < 4 or piece.isupper() else piece)
    return " ".join(said)


def _grouped(digits: str) -> str:
    return (
        n.one_by_one(digits)
        if digits[0] == "0" or len(digits) > 4
        else n.year(digits)
        if len(digits) == 4
        else n.cardinal(digits)
    )


def _integer(match: re.Match[str]) -> str:
    digits = match[0]
    if "," not in digits:
        if len(digits) == 4 and 1100 <= int(digits) < 2100 and digits != "2000":
            return n.year(digits)
        if len(digits) > 1 and digits[0] == "0":
            return n.one_by_one(digits)
        if len(digits) > 9:
            return n.one_by_one(digits)
    return n.cardinal(digits)


def _dotted(match: re.Match[str]) -> str:
    return _letters(match[0])


def _abbreviation(match: re.Match[str]) -> str:
    word, dot = match["word"].lower(), match["dot"] or ""
    if word not in (_SHORT if dot else _BARE_SHORT):
        return match[0]
    end = "." if dot and re.match(r"\s*$|\s+[A-Z\"]", match.string[match.end() :]) and word in _ENDING else ""
    return f"{_SHORT[word]}{end}"


_ENDING = {"etc", "jr", "sr", "inc", "ltd", "corp", "co", "ave", "blvd", "rd"}

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _rules() -> Iterator[Rule]:
    def rule(pattern: str, said: str | Callable[[re.Match[str]], str]) -> Rule:
        return re.compile(pattern, re.IGNORECASE), said

    yield rule(r"(?:https?://|www\.)[^\s<>\"')]+", _address)
    yield rule(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+", _address)
    yield rule(
        r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|io|ai|co\.uk|uk|de|fr)\b(?:/[^\s<>\"')]*)?",
        _address,
    )
    yield rule(r"\b(?P<a>\d{4})-(?P<b>\d{1,2})-(?P<c>\d{1,2})\b", _numeric_date)
    yield rule(r"\b(?P<a>\d{1,2})[/.](?P<b>\d{1,2})[/.](?P<c>\d{4}|\d\d)\b(?![.\d])", _numeric_date)
    yield rule(
        rf"\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>\d{{4}})\b)?(?!:)",
        _month_day,
    )
    yield rule(
        rf"\b(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b\.?"
        r"(?:,?\s+(?P<year>\d{4})\b)?",
        _day_month,
    )
    yield rule(r"(?:\+\d{1,2}[\s.-]?)?(?:\(\d{3}\)\s?|\b\d{3}[\s.-])\d{3}[\s.-]\d{4}\b", _phone)
    yield rule(r"\b\d{3}-\d{4}\b|\b[89]11\b|\+\d{8,14}\b", _phone)
    yield rule(
        r"\b(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?:\s*(?P<half>[ap])\.?m\b\.?)?", _clock
    )
    yield rule(r"\b(?P<hour>1[0-2]|[1-9])(?P<minute>)\s*(?P<half>[ap])\.?m\b(?:\.(?=\s+[a-z]))?", _clock)
    yield rule(
        r"(?P<sign>[$£€¥₹])\s?(?P<whole>\d[\d,]*)(?:\.(?P<cents>\d+))?"
        r"(?:\s?(?P<scale>million|billion|trillion|thousand|bn|tn|[kmbt])\b)?",
        _money,
    )
    yield rule(r"(?<![\w.])-(?=[\d.])", "minus ")
    yield rule(r"(?P<n>\d[\d,]*(?:\.\d+)?)\s?%", lambda m: f"{n.decimal(m['n'])} percent")
    yield rule(
        r"(?P<n>\d[\d,]*(?:\.\d+)?)\s?°\s?(?P<u>[cf])\b",
        lambda m: f"{n.decimal(m['n'])} {_unit(m['n'], '°' + m['u'])}",
    )
    yield rule(r"(?P<n>\d[\d,]*(?:\.\d+)?)\s?°", lambda m: f"{n.decimal(m['n'])} {_unit(m['n'], '°')}")
    units = "|".join(sorted((re.escape(u) for u in _UNITS if u[0] != "°"), key=len, reverse=True))
    yield rule(rf"(?<![\w.])(?P<n>\d[\d,]*(?:\.\d+)?)\s?(?P<u>{units})\b(?!['/])", _measure)
    yield rule(r"\b24/7\b", "twenty four seven")
    yield rule(
        r"\bv(?P<n>\d+(?:\.\d+)+)\b",
        lambda m: "version " + " point ".join(n.cardinal(p) for p in m["n"].split(".")),
    )
    yield rule(
        r"\b(?P<w>\d+)\s+(?P<a>\d+)/(?P<b>\d+)\b",
        lambda m: f"{n.cardinal(m['w'])} and {_part(m['a'], m['b'])}",
    )
    yield rule(r"(?<![\d/])\b(?P<a>[1-9]\d?)/(?P<b>[1-9]\d?)\b(?!/)", lambda m: n.fraction(m["a"], m["b"]))
    yield rule(r"(?P<w>\d+)\s?(?P<f>[½¼¾])", lambda m: f"{n.cardinal(m['w'])} and {_VULGAR[m['f']]}")
    yield rule(r"\b(?P<a>\d{4}|\d{1,3})\s?[-–]\s?(?P<b>\d+)\b(?![-–.]\d)", _range)
    yield rule(rf"(?P<n>{_NUMBER})(?:st|nd|rd|th)\b", lambda m: n.ordinal(m["n"]))
    yield rule(r"(?<!\w)'?(?P<n>\d{2}|\d{3}0|\d{1,2})(?:'?s)\b", lambda m: n.decade(m["n"]))
    yield rule(r"\b\d+(?:\.\d+){2,}\b", lambda m: " point ".join(n.cardinal(p) for p in m[0].split(".")))
    yield rule(r"(?<!\w)(?:\d[\d,]*)?\.\d+\b", lambda m: n.decimal(m[0]))
    yield rule(r"#\s?(?=\d)|\bno\.\s?(?=\d)", "number ")
    yield rule(rf"\b(?P<name>{_KINGS})\s+(?P<roman>(?-i:[IVXL]+))\b(?!')", _roman)
    yield rule("|".join(rf"\b{re.escape(k)}" for k in _LATIN), lambda m: _LATIN[m[0].lower()])
    yield rule(r"\b(?P<word>mon|tues?|wed|thurs?|thu|fri|sat)\.(?=\s|$)", lambda m: _DAYS[m["word"].lower()])
    yield rule(
        rf"\b(?-i:(?!May\b)(?P<word>{_MONTH.replace('(?:', '(?i:', 1)}))\.(?=\s+[a-z0-9])",
        lambda m: _month_name(m["word"]),
    )
    yield rule(r"\b(?P<word>[a-z]+)(?P<dot>\.)?(?![\w'])", _abbreviation)
    yield rule(r"\b(?:[a-z]\.){2,}(?![a-z])", _dotted)
    yield rule(r"(?<=\d)\s?x\s?(?=\d)", " by ")
    yield rule(r"\b(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]+\b", _code)
    yield rule(rf"{_NUMBER}", lambda m: f" {_integer(m)} ")
    yield rule(r"\bw/o\b", "without")
    yield rule(r"\bw/(?=\s)", "with")
    yield rule(r"\beither/or\b", "either or")
    yield rule(r"\band/or\b", "and or")
    yield rule(r"\b(?P<a>[a-z']+)/(?P<b>[a-z']+)\b", lambda m: f"{m['a']} or {m['b']}")


_VULGAR = {"½": "a half", "¼": "a quarter", "¾": "three quarters"}


def _part(above: str, below: str) -> str:
    said = n.fraction(above, below)
    return "a" + said[3:] if said.startswith("one ") else said


def _measure(match: re.Match[str]) -> str:
    value, unit = match["n"], match["u"]
    if " " in match[0] and (unit in ("in", "IN", "s", "a") or unit in ("K", "M", "G", "v", "w", "L", "H")):
        return match[0]
    if unit in ("M", "G", "S"):
        return match[0] if unit != "M" else f"{n.decimal(value)} million"
    if unit == "s" and re.fullmatch(r"\d{4}|\d0", value):
        return match[0]
    return f"{n.decimal(value)} {_unit(value, unit)}"


def _range(match: re.Match[str]) -> str:
    a, b = match["a"], match["b"]
    if len(a) == 4 and len(b) in (2, 4):
        return f"{n.year(a)} to {n.year(b) if len(b) == 4 else n.cardinal(b)}"
    return f"{n.cardinal(a)} to {n.cardinal(b)}"


_RULES = tuple(_rules())
_FOLDED = str.maketrans({
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "…": "...",
    "\u00a0": " ", "\u200b": "", "\u200d": "", "\ufeff": "", "‑": "-", "ß": "ss", "æ": "ae", "ø": "o",
    "œ": "oe",
    "ł": "l", "đ": "d", "−": "-", "Æ": "ae", "Ø": "o", "Ł": "l",
})  # fmt: skip
_KEPT = set("½¼¾²³™®©°×÷±≈≤≥→§µ√π£€¥₹")
_BREAKS = {
    "-": "",
    "–": ",",
    "—": ",",
    ";": ",",
    ":": ",",
    "(": ",",
    ")": ",",
    "[": ",",
    "]": ",",
    '"': "",
    "{": ",",
    "}": ",",
}
_A = "\ue000"  # the letter A, which is no article
_TOKEN = re.compile(r"\ue000|[A-Za-z']+|[.,!?;:–—()\[\]{}\"-]|\n+|[^\sA-Za-z'.,!?;:–—()\[\]{}\"-]")
_CAPITAL = re.compile(r"[B-HJ-Z]")
_RANK = {"": 0, ",": 1, ".": 2, "!": 3, "?": 4}


def folded(text: str) -> str:
    """Text in the letters that the rules know: accents and curly signs folded, other scripts and controls
    dropped.
    """
    text = "".join(c if c >= " " or c == "\n" else " " for c in text.translate(_FOLDED))
    if text.isascii():
        return text
    kept = []
    for c in text:
        if c in _KEPT or c in "–—":
            kept.append(c)
            continue
        plain = [p for p in unicodedata.normalize("NFKD", c) if " " <= p < "\x7f" or c == p == "\n"]
        kept.append("".join(plain) if plain else " ")
    return "".join(kept)


def spoken(text: str) -> list[Spoken]:
    """The words of `text` as they are said.

    >>> [(s.word, s.mark) for s in spoken("Dr. Lee paid $3.50, at 5:30 p.m.!")]
    [('doctor', ''), ('lee', ''), ('paid', ''), ('three', ''), ('dollars', ''), ('and', ''), ('fifty', ''), \
('cents', ','), ('at', ''), ('five', ''), ('thirty', ''), ('P', ''), ('M', '!')]
    """
    text = folded(text)
    for pattern, said in _RULES:
        text = pattern.sub(said, text)
    text = text.replace("µ", " micro ")  # what no unit has taken up
    found: list[Spoken] = []
    tokens = _TOKEN.findall(text)
    for i, token in enumerate(tokens):
        if token == _A or (
            token in ("A", "I") and any(map(_CAPITAL.fullmatch, (*tokens[i - 1 : i], *tokens[i + 1 : i + 2])))
        ):
            found.append(Spoken("A" if token == _A else token))
        elif token[0].isalpha() or (token[0] == "'" and len(token) > 1):
            found.extend(Spoken(word) for word in _word(token))
        elif token in _SYMBOLS:
            found.extend(Spoken(word) for word in _SYMBOLS[token].split())
        elif found:
            mark = "." if token[0] == "\n" and len(token) > 1 else _BREAKS.get(token, token)
            if mark in _RANK and _RANK[mark] > _RANK[found[-1].mark]:
                found[-1] = Spoken(found[-1].word, mark)
    return found


def _word(token: str) -> list[str]:
    if len(token) == 1 and token.isupper() and token not in "AI":
        return [token]
    if 2 <= len(token) <= 5 and token.isupper() and "'" not in token and not _sayable(token):
        return list(token)
    plural = re.fullmatch(r"([A-Z]{2,5})('?s)", token)
    if plural and not _sayable(plural[1]):
        return [*plural[1][:-1], plural[1][-1] + "'s"]
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", token) if not token.isupper() else token
    words = [w if w in _CLIPPED else w.strip("'") for w in split.lower().split()]
    return [w[i : i + LONGEST_WORD] for w in words if w.strip("'") for i in range(0, len(w), LONGEST_WORD)]


_CLIPPED = {"'em", "'til", "'cause", "'bout", "'round", "'n'", "'tis", "'twas", "'kay"}
_SAID = {
    "nasa", "nato", "aids", "ok", "laser", "radar", "scuba", "fifa", "unesco", "unicef", "opec", "asap",
    "pin", "sim",
    "ram", "lol", "gif", "jpeg", "zip", "the", "and", "a", "i", "no", "yes", "oh", "hi", "so", "we", "you",
    "he",
    "she", "it", "is", "in", "on", "to", "of", "at", "be", "do", "go", "my", "me", "us", "up", "if", "or",
    "as", "by",
    "an", "am", "are", "was", "for", "not", "but", "all", "can", "out", "now", "stop", "wait", "help",
    "very", "this",
    "that", "what", "who", "why", "how", "new", "old", "big", "one", "two", "ten", "day", "way", "pip",
    "covid", "cat",
    "dog", "wow", "hey", "bye", "yay", "ouch", "well", "love", "good", "great", "never", "always", "must",
    "will",
    "only", "more", "your", "have", "has", "had", "did", "does", "just", "like", "know", "here", "there",
    "when",
    "with", "from", "they", "them", "then", "than", "him", "her", "his", "our", "any", "some", "hello",
    "please",
}  # fmt: skip


def _sayable(token: str) -> bool:
    return token.lower() in _SAID
