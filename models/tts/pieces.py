"""What a piece of written text says: one function for each kind of piece that a rule finds."""

from __future__ import annotations

import re

from models.tts import numbers as n
from models.tts.signs import BARE_SHORT, DAYS, MONARCHS, MONEY, MONTHS, NO_PLURAL, SCALE, SHORT, UNITS

_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
LETTER_A = "\ue000"  # the name of the letter, which is no article


def unit_name(value: str, unit: str) -> str:
    """A unit in words, many unless the value is 1: "km²" → "square kilometers"."""
    name = UNITS[unit.lower()]
    if value == "1" or name in NO_PLURAL:
        return name
    first, _, rest = name.partition(" ")
    if first in ("square", "cubic", "kilowatt"):
        return f"{first} {n.plural_of(rest)}"
    return f"{n.plural_of(first)} {rest}".strip()


def money(match: re.Match[str]) -> str:
    """"$3.50" → "three dollars and fifty cents", "£2m" → "two million pounds"."""
    sign, whole, cents, scale = (
        match["sign"],
        match["whole"].replace(",", ""),
        match["cents"] or "",
        match["scale"],
    )
    large, small = MONEY[sign]
    many = large if large == "yen" else n.plural_of(large)
    if scale:
        said = n.decimal(whole + ("." + cents if cents else ""))
        return f"{said} {SCALE.get(scale.lower(), scale.lower())} {many}"
    if len(cents) not in (0, 2):
        return f"{n.decimal(f'{whole}.{cents}')} {many}"
    said = f"{n.cardinal(whole)} {large if int(whole) == 1 else many}"
    if cents and int(cents):
        coins = small if int(cents) == 1 or small == "pence" else n.plural_of(small)
        small_part = f"{n.cardinal(cents)} {'penny' if small == 'pence' and int(cents) == 1 else coins}"
        return small_part if int(whole) == 0 else f"{said} and {small_part}"
    return said


def clock(match: re.Match[str]) -> str:
    """"7:05 pm" → "seven oh five P M", "12:00" → "twelve o'clock"."""
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
    suffix = f" {half[0].upper()} M" if half else ""
    if minute == 0:
        if half:
            return f"{n.cardinal(str(hour))}{suffix}"
        if hour > 12 or hour == 0:
            return f"{n.cardinal(str(hour))} hundred" if hour else "midnight"
        return f"{n.cardinal(str(hour))} o'clock"
    later = "".join(f" {two_digits(part)}" for part in (match["minute"], match["second"]) if part)
    return f"{n.cardinal(str(hour))}{later}{suffix}"


def two_digits(digits: str) -> str:
    """Minutes or the end of a year: "05" → "oh five"."""
    return f"{'oh ' if digits[0] == '0' else ''}{n.cardinal(digits)}"


def month_name(text: str) -> str:
    """"Sept" → "september"."""
    return next(m for m in MONTHS if m.startswith(text.lower()[:3]))


def month_day(match: re.Match[str]) -> str:
    """"May 3, 1999" → "may third, nineteen ninety nine"."""
    said = f"{month_name(match['month'])} {n.ordinal(match['day'])}"
    return f"{said}, {n.year(match['year'])}" if match["year"] else said


def day_month(match: re.Match[str]) -> str:
    """"3 May 1999" → "the third of may, nineteen ninety nine"."""
    said = f"the {n.ordinal(match['day'])} of {month_name(match['month'])}"
    return f"{said}, {n.year(match['year'])}" if match["year"] else said


def numeric_date(match: re.Match[str]) -> str:
    """"5/3/1999" and "1999-05-03" → month, day, year; numbers where no date fits."""
    a, b, c = match["a"], match["b"], match["c"]
    year, month, day = (a, b, c) if len(a) == 4 else (c, a, b)
    if int(month) > 12 and int(day) <= 12:
        month, day = day, month
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return " ".join(n.cardinal(part) for part in (a, b, c))
    if len(year) == 2:
        year = ("20" if int(year) < 50 else "19") + year
    return f"{MONTHS[int(month) - 1]} {n.ordinal(day)}, {n.year(year)}"


def phone(match: re.Match[str]) -> str:
    """A telephone number, figure by figure, with a pause between its groups."""
    groups = re.findall(r"\d+", match[0])
    return ", ".join("eight hundred" if g == "800" else n.one_by_one(g, "oh") for g in groups)


def roman(match: re.Match[str]) -> str:
    """"Henry VIII" → "Henry the eighth", "Chapter IV" → "Chapter four"."""
    values = [_ROMAN[c] for c in match["roman"].lower()]
    total = sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
    crowned = re.fullmatch(MONARCHS, match["name"], re.IGNORECASE)
    return f"{match['name']} {'the ' + n.ordinal(str(total)) if crowned else n.cardinal(str(total))}"


def power(match: re.Match[str]) -> str:
    """An exponent: "²" → "squared", "10^6" → "to the sixth"."""
    exponent = match["n"]
    said = {"2": "squared", "3": "cubed"}.get(exponent)
    return " " + (said or f"to the {'minus ' if match['minus'] else ''}{n.ordinal(exponent)}")


def file(match: re.Match[str]) -> str:
    """"notes.txt" → "notes dot T X T"."""
    ending = match["ending"]
    said = ending if ending.lower() in ("zip", "json", "doc", "gif") else letters(ending)
    return f"{match['name']} dot {said}"


def street(match: re.Match[str]) -> str:
    """St. and Dr. behind a name, where no name follows."""
    end = "." if not match.string[match.end() :].strip() else ""
    return f"{match['name']} {'street' if match['kind'].lower() == 'st' else 'drive'}{end}"


def letters(text: str) -> str:
    """The names of the letters of a text: "USB" → "U S B"."""
    return " ".join(LETTER_A if c in "aA" else c.upper() for c in text if c.isascii() and c.isalpha())


def address(match: re.Match[str]) -> str:
    """A web or mail address: "a.b@c.org" → "a dot b at c dot org"."""
    text = re.sub(r"^(?:https?://)?(?:www\.)?", "", match[0], flags=re.I).split("?")[0].rstrip("/")
    tail = ""
    while text and text[-1] in ".,!;:":
        text, tail = text[:-1], text[-1] + tail
    said = []
    for part in re.findall(r"[A-Za-z]+|\d+|[.@/_-]", text):
        said.append({".": "dot", "@": "at", "/": "slash", "_": "underscore", "-": "dash"}.get(part, part))
    return " ".join(said) + tail


def code(match: re.Match[str]) -> str:
    """Letters and digits in one piece, such as B2 or 4K or R2D2."""
    said = []
    for piece in re.findall(r"[A-Za-z]+|\d+", match[0]):
        if piece.isdigit():
            said.append(n.cardinal(piece) if len(piece) < 3 else grouped(piece))
        else:
            said.append(letters(piece) if len(piece) < 4 or piece.isupper() else piece)
    return " ".join(said)


def grouped(digits: str) -> str:
    """Digits of a number that is a name: four as a year is said, longer ones one by one."""
    return (
        n.one_by_one(digits)
        if digits[0] == "0" or len(digits) > 4
        else n.year(digits)
        if len(digits) == 4
        else n.cardinal(digits)
    )


def integer(match: re.Match[str]) -> str:
    """A whole number; four digits without a comma as a year, long ones figure by figure."""
    digits = match[0]
    if "," not in digits:
        if len(digits) == 4 and 1100 <= int(digits) < 2100 and digits != "2000":
            return n.year(digits)
        if len(digits) > 1 and digits[0] == "0":
            return n.one_by_one(digits)
        if len(digits) > 9:
            return n.one_by_one(digits)
    return n.cardinal(digits)


def dotted(match: re.Match[str]) -> str:
    """"U.S." → "U S"."""
    return letters(match[0])


def abbreviation(match: re.Match[str]) -> str:
    """"Mr." → "mister", with the sentence's full stop kept where it was both."""
    word, dot = match["word"].lower(), match["dot"] or ""
    if word not in (SHORT if dot else BARE_SHORT):
        return match[0]
    end = "." if dot and re.match(r"\s*$|\s+[A-Z\"]", match.string[match.end() :]) and word in _ENDING else ""
    return f"{SHORT[word]}{end}"


_ENDING = {"etc", "jr", "sr", "inc", "ltd", "corp", "co", "ave", "blvd", "rd"}


def span(match: re.Match[str]) -> str:
    """From one number to another of the same unit, the second left as digits for the rules of units."""
    a, b, sign, again = match["a"], match["b"], match["sign"], match["again"]
    if not (sign or match["more"]):
        return match[0]
    return f"{sign}{a} to {again}{b}" if sign and again else f"{n.decimal(a)} to {sign}{b}"


def until(match: re.Match[str]) -> str:
    """The dash of a range of times: "9 am–5 pm" → "9 am to 5 pm"."""
    return f"{match['half'] or ''} to "


def secret(match: re.Match[str]) -> str:
    """Digits of a code, a flight or a PIN, one by one."""
    digits = re.search(r"\d+", match[0])
    assert digits is not None
    return match[0][: digits.start()] + n.one_by_one(digits[0], "oh")


def height(match: re.Match[str]) -> str:
    """6'2" → "six foot two"."""
    return f"{n.cardinal(match['a'])} foot {n.cardinal(match['b'])}"


def day_name(text: str) -> str:
    """"Tue" → "tuesday"."""
    return next(day for short, day in DAYS.items() if text.lower().startswith(short[:3]))


def old_year(match: re.Match[str]) -> str:
    """A year behind a word that tells it is one, three digits too: "in 476"."""
    return f"{match['before']} {n.year(match['n'])}"


def part_of_one(above: str, below: str) -> str:
    """A fraction: "1/2" → "a half", "3/4" → "three quarters"."""
    said = n.fraction(above, below)
    return "a" + said[3:] if said.startswith("one ") else said


def measure(match: re.Match[str]) -> str:
    """A number with its unit: "5 kg" → "five kilograms"; left alone where the unit may be a word."""
    value, unit = match["n"], match["u"]
    if " " in match[0] and (unit in ("in", "IN", "s", "a") or unit in ("K", "M", "G", "v", "w", "L", "H")):
        return match[0]
    if unit in ("M", "G", "S"):
        return match[0] if unit != "M" else f"{n.decimal(value)} million"
    if unit == "s" and re.fullmatch(r"\d{4}|\d0", value):
        return match[0]
    return f"{n.decimal(value)} {unit_name(value, unit)}"


def reach(match: re.Match[str]) -> str:
    """"1914–18" → "nineteen fourteen to eighteen", "3–5" → "three to five"."""
    a, b = match["a"], match["b"]
    if len(a) == 4 and len(b) in (2, 4):
        return f"{n.year(a)} to {n.year(b) if len(b) == 4 else n.cardinal(b)}"
    return f"{n.cardinal(a)} to {n.cardinal(b)}"
