"""Which phones make which word: the dictionary, and the prefix tree that the search walks.

The 39 ARPAbet phones without stress, in alphabetical order, are numbered 1…39; 0 is the CTC blank.
The tree's nodes are numbered breadth first, so that a node's children lie side by side, and its entries
(one per pronunciation) are sorted by their phones, so that the entries below a node lie side by side too:

    children of n:              first_child[n] … first_child[n + 1]
    entries that end at n:      first_end[n] … first_end[n + 1]     (as ends[…] → entry)
    entries at or below n:      low[n] … high[n]
"""

from __future__ import annotations

import lzma
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PHONES = tuple(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K "
    "L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)
PHONE_ID: Mapping[str, int] = {phone: number for number, phone in enumerate(PHONES, 1)}
BLANK = 0

Pronunciation = tuple[int, ...]


def data_folder() -> Path:
    """Where recordings and texts lie: $SPIKETALK_DATA, else ../shared/data beside the repository."""
    given = os.environ.get("SPIKETALK_DATA")
    return Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "data"


def read_cmudict(path: Path | None = None) -> dict[str, list[Pronunciation]]:
    """All pronunciations of every plain word ([a-z'] only), most usual first, stress removed."""
    path = path or data_folder() / "lexicon" / "cmudict.dict.xz"
    words: dict[str, list[Pronunciation]] = {}
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            name, *phones = line.split("#")[0].split()
            word = re.sub(r"\(\d\)$", "", name)
            if not re.fullmatch(r"[a-z']+", word):
                continue
            said = tuple(PHONE_ID[phone.rstrip("012")] for phone in phones)
            if said not in words.setdefault(word, []):
                words[word].append(said)
    return words


def phone_names(phones: Iterable[int]) -> list[str]:
    """The phones' ARPAbet names; blanks are left out."""
    return [PHONES[phone - 1] for phone in phones if phone != BLANK]


def collapse(labels: Iterable[int]) -> list[int]:
    """A CTC labelling's phones: runs merged, blanks dropped."""
    kept: list[int] = []
    last = BLANK
    for label in labels:
        if label not in (last, BLANK):
            kept.append(int(label))
        last = label
    return kept


@dataclass(frozen=True)
class Tree:
    """The prefix tree in flat arrays; see the top of this file."""

    phone: NDArray[np.uint8]  # (nodes,) the phone that leads to the node; the root's is 0
    parent: NDArray[np.int32]
    first_child: NDArray[np.int32]  # (nodes + 1,)
    first_end: NDArray[np.int32]  # (nodes + 1,)
    ends: NDArray[np.int32]  # (entries,)
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    entry_word: NDArray[np.int32]  # (entries,) which word of the vocabulary an entry is

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def nodes(self) -> int:
        """How many nodes, the root among them."""
        return len(self.phone)


def build_tree(pronunciations: Iterable[tuple[int, Pronunciation]]) -> Tree:
    """The prefix tree of (word, phones) pairs; a word may come with several pronunciations."""
    entries = sorted({(phones, word) for word, phones in pronunciations})
    if not entries or not all(phones for phones, _ in entries):
        raise ValueError("a lexicon needs at least one word, and every word at least one phone")
    # One depth at a time: the groups of entries that share their first phones.
    phone, parent, low, high = [BLANK], [-1], [0], [len(entries)]
    ends: list[list[int]] = [[]]
    first_child: list[int] = []
    node = depth = 0
    level_end = 1
    while node < len(phone):
        if node == level_end:
            depth, level_end = depth + 1, len(phone)
        first_child.append(len(phone))
        previous = -1
        for entry in range(low[node], high[node]):
            phones = entries[entry][0]
            if len(phones) == depth:
                ends[node].append(entry)
            elif phones[depth] != previous:
                previous = phones[depth]
                phone.append(previous)
                parent.append(node)
                low.append(entry)
                high.append(entry + 1)
                ends.append([])
            else:
                high[-1] = entry + 1
        node += 1
    first_child.append(len(phone))
    return Tree(
        phone=np.array(phone, np.uint8),
        parent=np.array(parent, np.int32),
        first_child=np.array(first_child, np.int32),
        first_end=np.cumsum([0, *map(len, ends)]).astype(np.int32),
        ends=np.array([entry for here in ends for entry in here], np.int32),
        low=np.array(low, np.int32),
        high=np.array(high, np.int32),
        entry_word=np.array([word for _, word in entries], np.int32),
    )
