"""How words are pronounced: the shipped dictionary, looked up without being parsed.

The dictionary is one sorted text, a line `word PHONE PHONE …` per word with stress on the vowels (ARPAbet,
from cmudict, first pronunciations); a word is found by a search for "\\nword " in its bytes.
"""

from __future__ import annotations

import lzma
import re
from functools import cache, lru_cache
from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "shipped" / "pronunciations.txt.xz"
VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
CONSONANTS = (
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH",
    "V", "W",
    "Y", "Z", "ZH",
)  # fmt: skip
Pronunciation = tuple[str, ...]

LETTERS: dict[str, Pronunciation] = {
    letter: tuple(said.split())
    for letter, said in {
        "A": "EY1", "B": "B IY1", "C": "S IY1", "D": "D IY1", "E": "IY1", "F": "EH1 F", "G": "JH IY1",
        "H": "EY1 CH",
        "I": "AY1", "J": "JH EY1", "K": "K EY1", "L": "EH1 L", "M": "EH1 M", "N": "EH1 N", "O": "OW1",
        "P": "P IY1",
        "Q": "K Y UW1", "R": "AA1 R", "S": "EH1 S", "T": "T IY1", "U": "Y UW1", "V": "V IY1",
        "W": "D AH1 B AH0 L Y UW0", "X": "EH1 K S", "Y": "W AY1", "Z": "Z IY1",
    }.items()
}  # fmt: skip
OURS: dict[str, Pronunciation] = {
    word: tuple(said.split())
    for word, said in {
        "spiketalk": "S P AY1 K T AO2 K", "pip": "P IH1 P", "miz": "M IH1 Z", "ok": "OW2 K EY1",
        "okay": "OW2 K EY1",
        "missus": "M IH1 S IH0 Z", "hmm": "HH AH1 M", "mm": "M", "mhm": "AH0 M HH AH1 M", "uh": "AH1",
        "um": "AH1 M",
        "an": "AE1 N", "wifi": "W AY1 F AY2", "emoji": "IH0 M OW1 JH IY0", "blog": "B L AA1 G",
        "gonna": "G AA1 N AH0",
        "shh": "SH AH0", "psst": "P S T", "brr": "B ER1", "grr": "G ER1", "tsk": "T IH1 S K", "pfft": "F T",
        "hm": "HH AH1 M", "nth": "EH1 N TH", "mhmm": "AH0 M HH AH1 M", "zzz": "Z",
        "covid": "K OW1 V IH0 D", "lol": "L AO1 L", "yay": "Y EY1", "haha": "HH AA2 HH AA1", "aww": "AO1",
    }.items()
}  # fmt: skip


def build(dictionary: Path, target: Path = SHIPPED) -> int:
    """Writes the shipped dictionary from cmudict's own file; gives the number of words."""
    lines: dict[str, str] = {}
    with lzma.open(dictionary, "rt", encoding="utf-8") as stored:
        for line in stored:
            word, *phones = line.split("#")[0].split()
            if re.fullmatch(r"[a-z']+", word):
                lines.setdefault(word, f"{word} {' '.join(phones)}")
    target.parent.mkdir(parents=True, exist_ok=True)
    text = "\n" + "\n".join(lines[word] for word in sorted(lines)) + "\n"
    target.write_bytes(lzma.compress(text.encode("ascii"), preset=9))
    return len(lines)


@cache
def _text() -> bytes:
    return lzma.decompress(SHIPPED.read_bytes())


@lru_cache(maxsize=20_000)
def look_up(word: str) -> Pronunciation | None:
    """The dictionary's pronunciation of a word in lower case, or None.

    >>> look_up("tomato")
    ('T', 'AH0', 'M', 'EY1', 'T', 'OW2')
    """
    if word in OURS:
        return OURS[word]
    text = _text()
    at = text.find(b"\n" + word.encode("ascii", "ignore") + b" ")
    if at < 0 or not word:
        return None
    start = at + len(word) + 2
    return tuple(text[start : text.index(b"\n", start)].decode("ascii").split())
