"""Spoken words as phones with stress: dictionary, words whose sound depends on their neighbours, and the rest
by rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.tts.letters import sounded
from models.tts.lexicon import CONSONANTS, LETTERS, VOWELS, Pronunciation, look_up
from models.tts.words import Spoken

PAUSE, REST = "_", ","
SYMBOLS = (PAUSE, REST, *CONSONANTS, *(v + stress for v in VOWELS for stress in "012"))
SYMBOL_ID = {symbol: i for i, symbol in enumerate(SYMBOLS)}
FUNCTION_WORDS = frozenset(
    "a an the and or but nor so if than that as of to in on at by for from with into out up about i you he "
    "she it we they me him her us them my your his its our their this these those is am are was were be been "
    "do does did has have had will would can could shall should may might must not no there what who when "
    "where how which".split()
)
_AFTER_TO = frozenset(
    "to will would can could should may might must don't didn't i'll we'll you'll they'll i'd let's please "
    "cannot can't won't i we you they".split()
)
_NOUN_BEFORE = frozenset(
    "a an the my your his her its our their this that some any no of new old first last world".split()
)
_PAST_BEFORE = frozenset(
    "have has had i've we've you've they've he'd she'd was were been be is are well".split()
)


def _said(text: str) -> Pronunciation:
    return tuple(text.split())


_NOUN_VERB = {
    word: (_said(noun), _said(verb))
    for word, noun, verb in (
        ("record", "R EH1 K ER0 D", "R AH0 K AO1 R D"),
        ("object", "AA1 B JH EH0 K T", "AH0 B JH EH1 K T"),
        ("present", "P R EH1 Z AH0 N T", "P R IY0 Z EH1 N T"),
        ("project", "P R AA1 JH EH0 K T", "P R AH0 JH EH1 K T"),
        ("produce", "P R OW1 D UW0 S", "P R AH0 D UW1 S"),
        ("permit", "P ER1 M IH2 T", "P ER0 M IH1 T"),
        ("conduct", "K AA1 N D AH0 K T", "K AH0 N D AH1 K T"),
        ("contract", "K AA1 N T R AE2 K T", "K AH0 N T R AE1 K T"),
        ("desert", "D EH1 Z ER0 T", "D IH0 Z ER1 T"),
        ("increase", "IH1 N K R IY2 S", "IH0 N K R IY1 S"),
        ("conflict", "K AA1 N F L IH0 K T", "K AH0 N F L IH1 K T"),
        ("contest", "K AA1 N T EH0 S T", "K AH0 N T EH1 S T"),
        ("use", "Y UW1 S", "Y UW1 Z"),
        ("house", "HH AW1 S", "HH AW1 Z"),
        ("excuse", "IH0 K S K Y UW1 S", "IH0 K S K Y UW1 Z"),
        ("abuse", "AH0 B Y UW1 S", "AH0 B Y UW1 Z"),
        ("refuse", "R EH1 F Y UW2 Z", "R AH0 F Y UW1 Z"),
        ("live", "L AY1 V", "L IH1 V"),
        ("lead", "L IY1 D", "L IY1 D"),
        ("wind", "W IH1 N D", "W AY1 N D"),
        ("tear", "T IH1 R", "T EH1 R"),
        ("close", "K L OW1 S", "K L OW1 Z"),
        ("bow", "B OW1", "B AW1"),
        ("estimate", "EH1 S T AH0 M AH0 T", "EH1 S T AH0 M EY2 T"),
        ("separate", "S EH1 P ER0 AH0 T", "S EH1 P ER0 EY2 T"),
        ("duplicate", "D UW1 P L AH0 K AH0 T", "D UW1 P L AH0 K EY2 T"),
    )
}
_DEFAULT_VERB = frozenset({"live", "use", "lead", "close", "excuse", "refuse", "permit", "produce"})


@dataclass(frozen=True, slots=True)
class Phone:
    """One sound: its symbol, its word's number (−1 for a pause), whether it begins and ends the word."""

    symbol: str
    word: int
    first: bool = False
    last: bool = False


def is_vowel(symbol: str) -> bool:
    """Whether a symbol is the middle of a syllable."""
    return symbol[-1] in "012"


def pronounce(words: Sequence[str], at: int) -> Pronunciation:
    """How the word `words[at]` sounds among its neighbours (capitals are letters' names).

    >>> pronounce(["the", "apple"], 0), pronounce(["the", "tree"], 0)
    (('DH', 'IY0'), ('DH', 'AH0'))
    """
    word = words[at]
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if word[:1] in LETTERS:
        name = LETTERS[word[0]]
        return (
            name if len(word) == 1 else (*name, "IH0", "Z") if name[-1] in ("S", "CH", "JH") else (*name, "Z")
        )
    if word in ("the", "to") and after and after[0].islower():
        vowel_next = is_vowel(pronounce([after], 0)[0])
        if word == "the":
            return ("DH", "IY0") if vowel_next else ("DH", "AH0")
        return ("T", "UW0") if vowel_next else ("T", "AH0")
    if word == "a":
        return ("AH0",)
    if word == "read":
        return ("R", "EH1", "D") if before in _PAST_BEFORE else ("R", "IY1", "D")
    if word in _NOUN_VERB:
        noun, verb = _NOUN_VERB[word]
        if before in _NOUN_BEFORE:
            return noun
        if before in _AFTER_TO:
            return verb
        if word == "close" and after in ("to", "by", "enough", "friend", "friends"):
            return noun
        return verb if word in _DEFAULT_VERB else noun
    return look_up(word) or sounded(word)


def phones(sentence: Sequence[Spoken]) -> list[Phone]:
    """The phones of a stretch of speech, a REST after every word with a mark, a PAUSE at both ends."""
    words = [s.word for s in sentence]
    found = [Phone(PAUSE, -1)]
    for i, item in enumerate(sentence):
        sounds = pronounce(words, i)
        found.extend(Phone(p, i, k == 0, k == len(sounds) - 1) for k, p in enumerate(sounds))
        if item.mark and i + 1 < len(sentence):
            found.append(Phone(REST, -1))
    found.append(Phone(PAUSE, -1))
    return found
