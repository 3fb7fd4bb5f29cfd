"""Text as it is spoken: numbers as words, no symbols, and only marks that a voice can follow.

Two forms are in use. The *user's* form is what ears deliver: lower case, words and apostrophes only.
*Pip's* form keeps ``. , ? !`` as well, and the placeholders ``{time} {day} {date}``. The language model
reads both in lower case; `sentence_case` gives written text its capitals back.
"""

from __future__ import annotations

import re
import unicodedata

PLACEHOLDERS = ("{time}", "{day}", "{date}")
CUT = "—"
SILENCE = "..."
LONGEST = 4000  # characters of one turn that are read; longer turns keep their end

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_SYMBOLS = {
    "&": " and ", "%": " percent ", "+": " plus ", "=": " equals ", "@": " at ", "#": " number ",
    "°": " degrees ", "×": " times ", "÷": " divided by ", "*": " times ",
}  # fmt: skip
_NAMES = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february",
    "april", "june", "july", "august", "september", "october", "november", "december", "christmas",
    "easter", "halloween", "english", "french", "spanish", "german", "italian", "chinese", "japanese",
    "america", "american", "england", "britain", "british", "london", "paris", "france", "spain",
    "germany", "italy", "china", "japan", "india", "africa", "europe", "australia", "canada", "pip",
}  # fmt: skip


def number_words(value: int) -> str:
    """Words for a whole number.

    >>> number_words(1204), number_words(-7)
    ('one thousand two hundred and four', 'minus seven')
    """
    if value < 0:
        return "minus " + number_words(-value)
    if value < 20:
        return _ONES[value]
    if value < 100:
        ten, one = divmod(value, 10)
        return _TENS[ten] + (" " + _ONES[one] if one else "")
    for scale, word in _SCALES:
        if value >= scale:
            head, rest = divmod(value, scale)
            if head >= 10**6:
                break
            join = " and " if rest and rest < 100 else " "
            return f"{number_words(head)} {word}" + (join + number_words(rest) if rest else "")
    return " ".join(_ONES[int(digit)] for digit in str(value))


def ordinal_words(value: int) -> str:
    """Words for a rank.

    >>> ordinal_words(3), ordinal_words(20), ordinal_words(31)
    ('third', 'twentieth', 'thirty first')
    """
    head, _, last = number_words(value).rpartition(" ")
    rank = _IRREGULAR.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return f"{head} {rank}".strip()


def _digits(match: re.Match[str]) -> str:
    text = match.group(0).replace(",", "")
    if len(text) > 15:
        return " " + " ".join(_ONES[int(c)] for c in text) + " "
    value = int(text)
    if len(text) == 4 and 1100 <= value < 2000 and value % 100 and match.group(0) == text:
        high, low = divmod(value, 100)
        return f" {number_words(high)} {'oh ' if low < 10 else ''}{number_words(low)} "
    return f" {number_words(value)} "


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match.group(1)), int(match.group(2))
    if minute == 0:
        return f" {number_words(hour)} o'clock "
    return f" {number_words(hour)} {'oh ' if minute < 10 else ''}{number_words(minute)} "


def spell_numbers(text: str) -> str:
    """The text with clock times, ranks, sums of money, decimals and numbers as words.

    >>> spell_numbers("at 6:30 I paid $20 for the 2nd").split()
    ['at', 'six', 'thirty', 'I', 'paid', 'twenty', 'dollars', 'for', 'the', 'second']
    """
    if not any(c.isdigit() for c in text):
        return text
    text = re.sub(r"\b([01]?\d|2[0-3]):([0-5]\d)\b", _clock, text)
    text = re.sub(r"\$\s?(\d[\d,]*)", r"\1 dollars", text)
    text = re.sub(r"£\s?(\d[\d,]*)", r"\1 pounds", text)
    text = re.sub(r"€\s?(\d[\d,]*)", r"\1 euros", text)
    text = re.sub(r"\b(\d{1,4})(?:st|nd|rd|th)\b", lambda m: " " + ordinal_words(int(m.group(1))) + " ", text)
    text = re.sub(r"(?<=\d)\.(?=\d)", " point ", text)
    return re.sub(r"\d{1,3}(?:,\d{3})+|[0-9]+", _digits, text)


def _plain(text: str) -> str:
    """Lower-case ASCII: accents folded, curly quotes straightened, symbols named, controls dropped."""
    if not text.isascii():
        text = text.replace("’", "'").replace("‘", "'").replace("–", " ").replace("…", ".")
        kept = (c for c in unicodedata.normalize("NFKD", text) if ord(c) < 128 or c in "—°×÷£€")
        text = "".join(kept)
    text = spell_numbers(text).lower()
    for symbol, word in _SYMBOLS.items():
        if symbol in text:
            text = text.replace(symbol, word)
    return text


def user_form(text: str) -> str:
    """What the ears would have delivered for `text`: lower-case words with apostrophes, one space apart.

    >>> user_form("Hello, Pip! It's 5 o'clock")
    "hello pip it's five o'clock"
    """
    words = re.sub(r"[^a-z' ]", " ", _plain(text[-LONGEST:])).split()
    return " ".join(w for w in words if w.strip("'"))


def pip_form(text: str) -> str:
    """What Pip says, as the language model reads it: lower case, ``. , ? ! '`` and placeholders kept.

    >>> pip_form("Hi — I'm Pip!  It's {time}, 2 p.m.")
    "hi, i'm pip! it's {time}, two pm"
    """
    text = _plain(text[-LONGEST:].replace(" — ", ", ").replace(CUT, " ").replace(";", ",").replace(":", ","))
    text = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text)
    text = re.sub(r"\{(?!(?:time|day|date)\})|(?<!\{time)(?<!\{day)(?<!\{date)\}", " ", text)
    text = re.sub(r"[^a-z' ,.?!{}]", " ", text)
    text = re.sub(r"([.,?!])(?:\s*[.,?!])+", r"\1", text)
    text = re.sub(r"(\{[a-z]+\})", r" \1 ", text)
    text = re.sub(r"([.,?!])(?=[a-z'])", r"\1 ", text)
    return re.sub(r"\s+", " ", re.sub(r"\s+([.,?!])", r"\1", text)).strip(" ,")


def sentence_case(text: str, names: frozenset[str] = frozenset()) -> str:
    """Lower-case text with capitals where a writer puts them; `names` are lower-case names met in the talk.

    >>> sentence_case("hi! i'm pip. it's monday, anna.", frozenset({"anna"}))
    "Hi! I'm Pip. It's Monday, Anna."
    """
    capital = _NAMES | names

    def word(match: re.Match[str]) -> str:
        found = match.group(0)
        stem = found.split("'")[0]
        return found[0].upper() + found[1:] if stem == "i" or stem in capital else found

    text = re.sub(r"[a-z][a-z']*", word, text)
    return re.sub(r"(^|[.?!]\s+)([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)
