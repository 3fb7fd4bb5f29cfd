"""Numbers as the words that say them."""

from __future__ import annotations

from functools import lru_cache

from num2words import num2words

_LONGEST = 15
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def _plain(words: str) -> str:
    return words.replace("-", " ").replace(",", "").replace(" and ", " ")


@lru_cache(maxsize=4096)
def cardinal(digits: str) -> str:
    """A whole number, with or without commas; more than fifteen digits are read one by one.

    >>> cardinal("1,204"), cardinal("007")
    ('one thousand two hundred four', 'seven')
    """
    digits = digits.replace(",", "")
    return one_by_one(digits) if len(digits) > _LONGEST else _plain(num2words(int(digits)))


@lru_cache(maxsize=4096)
def ordinal(digits: str) -> str:
    """A rank.

    >>> ordinal("22")
    'twenty second'
    """
    digits = digits.replace(",", "")
    return one_by_one(digits) if len(digits) > _LONGEST else _plain(num2words(int(digits), to="ordinal"))


def one_by_one(digits: str, zero: str = "zero") -> str:
    """Each digit for itself.

    >>> one_by_one("407", zero="oh")
    'four oh seven'
    """
    return " ".join(zero if d == "0" else DIGITS[int(d)] for d in digits if d in "0123456789")


def decimal(digits: str) -> str:
    """A number with or without a fraction after a point.

    >>> decimal("3.05"), decimal(".5"), decimal("1,000")
    ('three point zero five', 'point five', 'one thousand')
    """
    whole, _, fraction = digits.partition(".")
    said = cardinal(whole) if whole else ""
    return f"{said} point {one_by_one(fraction)}".strip() if fraction else said


@lru_cache(maxsize=1024)
def year(digits: str) -> str:
    """A year of four digits as people say it.

    >>> year("1984"), year("2007"), year("1900"), year("1805")
    ('nineteen eighty four', 'two thousand seven', 'nineteen hundred', 'eighteen oh five')
    """
    value = int(digits)
    high, low = divmod(value, 100)
    if value < 1000 or 2000 <= value < 2010 or (high % 10 == 0 and low == 0):
        return cardinal(digits)
    if low == 0:
        return f"{cardinal(str(high))} hundred"
    return f"{cardinal(str(high))} {'oh ' if low < 10 else ''}{cardinal(str(low))}"


def decade(digits: str) -> str:
    """Digits followed by s.

    >>> decade("1980"), decade("90"), decade("5")
    ('nineteen eighties', 'nineties', 'fives')
    """
    said = year(digits) if len(digits) == 4 else cardinal(digits)
    return plural_of(said)


def plural_of(word: str) -> str:
    """Plural of a spoken number or unit.

    >>> plural_of("twenty"), plural_of("six"), plural_of("foot")
    ('twenties', 'sixes', 'feet')
    """
    if word.endswith("foot"):
        return word[:-4] + "feet"
    if word.endswith("inch") or word.endswith("x"):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("ty") or word.endswith("ury") else word + "s"


def fraction(above: str, below: str) -> str:
    """A common fraction.

    >>> fraction("1", "2"), fraction("3", "4"), fraction("2", "3"), fraction("7", "16")
    ('one half', 'three quarters', 'two thirds', 'seven sixteenths')
    """
    names = {2: "half", 4: "quarter"}
    n = int(below)
    if n in (0, 1):
        return f"{cardinal(above)} over {cardinal(below)}"
    name = names.get(n) or ordinal(below)
    if int(above) == 1:
        return f"one {name}"
    return f"{cardinal(above)} {'halves' if n == 2 else name + 's'}"
