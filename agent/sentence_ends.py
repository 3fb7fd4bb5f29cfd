"""Is what was said whole? The odds that a spoken sentence ends after its last two words.

    odds(b) = (ended(b) + k·base) / (seen(b) + k)          over the last word b, k = 5
    odds(a b) = (ended(a b) + m·odds(b)) / (seen(a b) + m)  over the last two, m = 8

Counts are of whole turns and sentences in spoken style: Common Voice, Tatoeba, CLINC150, the NLU evaluation
data, Microsoft's small talk and Pip's talks (licences in the data folder's README). `python -m
agent.sentence_ends` counts them anew.
"""

from __future__ import annotations

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from math import log
from pathlib import Path

TEXTS = ("common_voice", "tatoeba", "clinc150", "nlu_evaluation", "ms_chitchat", "pip_talks")
LONGEST = 25
"""words; what is longer was not said in one go"""
OFTEN, OFTEN_TOGETHER = 10, 12
WORD_PRIOR, PAIR_PRIOR = 5, 8
LEAST = -6.0
BEGIN = "<s>"
FILE = "sentence_ends.txt.xz"

Counts = dict[str, tuple[int, int]]
"""A word, or two with a space between → how often it was seen, and how often a sentence ended with it."""


@cache
def shipped() -> Counts:
    """The counts of this installation; the empty key holds the sums."""
    text = lzma.decompress((files("agent") / FILE).read_bytes()).decode()
    rows = (line.split("\t") for line in text.splitlines())
    return {key: (int(seen), int(ended)) for key, seen, ended in rows}


def log_odds(words: Sequence[str], counts: Counts | None = None) -> float:
    """ln(p / (1 − p)) that a sentence ends after `words`; of none, that it ends anywhere.

    >>> log_odds("what is a river".split()) > log_odds("what is a".split())
    True
    """
    counts = shipped() if counts is None else counts
    seen, ended = counts[""]
    p = ended / seen
    if words:
        last = words[-1].casefold()
        before = words[-2].casefold() if len(words) > 1 else BEGIN
        for key, prior in ((last, WORD_PRIOR), (f"{before} {last}", PAIR_PRIOR)):
            seen, ended = counts.get(key, (0, 0))
            p = (ended + prior * p) / (seen + prior)
    return max(log(p / (1 - p)), LEAST) if p < 1 else -LEAST


def counted(sentences: Iterator[str]) -> Counts:
    """The counts of whole sentences, less what is too rare to tell anything."""
    seen: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    for sentence in sentences:
        words = re.findall(r"[a-z']+", sentence.lower())
        if not 1 <= len(words) <= LONGEST:
            continue
        keys = list(zip(words, map(" ".join, zip([BEGIN, *words], words)), strict=False))
        for pair in keys:
            seen.update(pair)
        seen[""] += len(words)
        ended.update(keys[-1])
        ended[""] += 1
    least = {True: OFTEN_TOGETHER, False: OFTEN}
    return {key: (n, ended[key]) for key, n in sorted(seen.items()) if n >= least[" " in key]}


def read(folder: Path) -> Iterator[str]:
    """Every turn of the texts."""
    for name in TEXTS:
        with lzma.open(folder / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
            for line in lines:
                for _, text in json.loads(line):
                    yield text


def main() -> None:
    """Count and write."""
    from models.asr.lexicon import data_folder

    counts = counted(read(data_folder() / "text"))
    with lzma.open(Path(__file__).with_name(FILE), "wt", encoding="utf-8") as out:
        out.writelines(f"{key}\t{seen}\t{ended}\n" for key, (seen, ended) in counts.items())
    print(f"{len(counts)} words and pairs")


if __name__ == "__main__":
    main()
