# ruff: noqa: E501
"""What Pip can work out by itself: the time, small sums, and the spelling of a word."""

from __future__ import annotations

import re
from datetime import datetime

from models.lm.spoken import number_words, ordinal_words, user_form

_HOURS = "twelve one two three four five six seven eight nine ten eleven".split()
_UNITS = {w: i for i, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve thirteen "
          "fourteen fifteen sixteen seventeen eighteen nineteen".split())}  # fmt: skip
_TENS = {w: 10 * i for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_NUMBER = (
    r"(?:(?:minus |a |one )?(?:"
    + "|".join([*_UNITS, *_TENS, "hundred", "thousand", "million", "and", "a"])
    + r")\s?)+"
)
_SIGNS = (
    (r"(?:plus|and|added to)", "plus"), (r"(?:minus|take away|less)", "minus"),
    (r"(?:times|multiplied by|by)", "times"), (r"(?:divided by|over|shared by)", "divided by"),
)  # fmt: skip
_SPELL = re.compile(
    r"\b(?:spell|spelled|spelling of|spelt)(?: out)?(?: (?:the|me|us|word|for))* ([a-z']+)(?: (?:for me|please|pip|again))*$"
)
_ASKS_SPELLING = re.compile(
    r"\b(?:how (?:do|would|can|is) (?:you |i |one |we )?|can you |could you |please |^|what's the |pip )(?:spell|spelling)"
)
_NOT_WORDS = frozenset("it that this something words a an them him her check my your with for please".split())


def clock_words(hour: int, minute: int) -> str:
    """A time of day as people say it, to five minutes past the half hour by quarters and minutes.

    >>> clock_words(16, 10), clock_words(0, 0), clock_words(9, 45), clock_words(13, 30)
    ('ten past four', "twelve o'clock", 'quarter to ten', 'half past one')
    """
    now, later = _HOURS[hour % 12], _HOURS[(hour + 1) % 12]
    if minute == 0:
        return f"{now} o'clock"
    if minute == 30:
        return f"half past {now}"
    away = minute if minute < 30 else 60 - minute
    words = (
        "quarter"
        if away == 15
        else number_words(away) + ("" if away % 5 == 0 else " minute" + "s" * (away > 1))
    )
    return f"{words} past {now}" if minute < 30 else f"{words} to {later}"


def fill(text: str, now: datetime) -> str:
    """The text with its placeholders {time}, {day} and {date} filled in.

    >>> fill("It's {time} on {day}, {date}.", datetime(2026, 5, 3, 16, 10))
    "It's ten past four on Sunday, the third of May."
    """
    if "{" not in text:
        return text
    date = f"the {ordinal_words(now.day)} of {now:%B}"
    return (
        text.replace("{time}", clock_words(now.hour, now.minute))
        .replace("{day}", f"{now:%A}")
        .replace("{date}", date)
    )


def number(words: str) -> int | None:
    """The number that words say, or None.

    >>> number("two hundred and four"), number("a thousand"), number("cat")
    (204, 1000, None)
    """
    total = part = 0
    seen = False
    for word in words.split():
        if word in _UNITS and (part % 10 or (part % 100 and _UNITS[word] > 9)):
            return None
        if word in _TENS and part % 100:
            return None
        if word in _UNITS:
            part += _UNITS[word]
        elif word in _TENS:
            part += _TENS[word]
        elif word == "hundred":
            part = max(1, part) * 100
        elif word in ("thousand", "million"):
            total, part = total + max(1, part) * (1000 if word == "thousand" else 10**6), 0
        elif word not in ("and", "a"):
            return None
        seen = seen or word not in ("and", "a")
    return total + part if seen else None


def _result(first: int, sign: str, second: int) -> str | None:
    if sign == "plus":
        return number_words(first + second)
    if sign == "minus":
        return number_words(first - second)
    if sign == "times":
        return number_words(first * second)
    if second == 0:
        return None
    whole, rest = divmod(first, second)
    if rest == 0:
        return number_words(whole)
    if rest * 2 == second:
        return f"{number_words(whole)} and a half"
    return f"{number_words(whole)}, with {number_words(rest)} left over"


def total(line: str) -> str | None:
    """The answer to a small sum, or None when the line asks for none.

    >>> total("what's seven times eight"), total("what is ten divided by four")
    ('Seven times eight is fifty six.', 'Ten divided by four is two and a half.')
    """
    said = user_form(line)
    asked = re.search(
        r"\b(?:what's|what is|how much is|what does|calculate|work out|add|whats|and|is)\b", said
    ) or re.match(_NUMBER, said)
    if not asked:
        return None
    if len(re.findall(r"\b(?:plus|minus|times|multiplied|divided|take away|added)\b", said)) != 1:
        return None
    for pattern, sign in _SIGNS:
        found = re.search(rf"({_NUMBER}?){pattern} ({_NUMBER})(?:equal|make|please|pip|$)", said + " ")
        if not found:
            continue
        if " by " in found.group(0) and sign == "times" and "multipl" not in found.group(0):
            continue
        first, second = number(found.group(1).strip()), number(found.group(2).strip())
        if first is None or second is None or max(first, second) > 10**9:
            continue
        result = _result(first, sign, second)
        if result is None:
            return "Nobody can share by zero, not even a clever computer."
        return f"{number_words(first)} {sign} {number_words(second)} is {result}.".capitalize()
    return None


def spelled(line: str) -> str | None:
    """The letters of a word, when the line asks for them, or None.

    >>> spelled("how do you spell cat please"), spelled("i can't spell")
    ('C, A, T.', None)
    """
    said = user_form(line)
    found = _SPELL.search(said)
    if not found or not _ASKS_SPELLING.search(said) or found.group(1) in _NOT_WORDS:
        return None
    return ", ".join(c.upper() for c in found.group(1) if c != "'") + "."


_OR = re.compile(
    r"^(?:um |uh |so |well |hey |pip |okay |tell me |hm )*(?:should i|shall i|shall we|should we|do i|would i rather|is it better to|what's better|which is better|what do you prefer|would you rather|which one) (.+?) or (?:should i |shall i |rather |just )*(.+?)(?: then| today| tonight| now)?$"
)
_TO_YOU = {
    "my": "your",
    "i": "you",
    "me": "you",
    "mine": "yours",
    "myself": "yourself",
    "i'm": "you're",
    "our": "your",
}


def chosen(line: str, choice: int = 0) -> str:
    """One of two things that the user asks to decide between, or "".

    >>> chosen("should i call him or wait", 1)
    "Wait, I'd say. What does your own gut tell you?"
    """
    found = _OR.match(user_form(line))
    if (
        not found
        or "you" in line.split()
        or len(found.group(2).split()) > 6
        or len(found.group(1).split()) > 8
    ):
        return ""
    first, second = (" ".join(_TO_YOU.get(w, w) for w in side.split()) for side in found.groups())
    if second in ("not", "no"):
        first, second = "yes", "no"
    pick = (first, second)[choice % 2]
    return f"{pick.capitalize()}, I'd say. What does your own gut tell you?"
