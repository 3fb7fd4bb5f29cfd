"""Make the words file from the data folder: python -m models.asr.build_words [OUT]."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np

from models.asr.kneser import NO_WORD, UNKNOWN, Model, estimate, mix, mixture_weights
from models.asr.lexicon import Pronunciation, build_tree, data_folder, read_cmudict
from models.asr.ngram import SPECIAL, Words, quantise
from models.asr.spelling import Spelling
from models.asr.text import KINDS, hold_out, lines

# What the mixture should foretell, in parts: mostly what people say to the agent, some read speech.
TARGET = {"user": 0.4, "talk": 0.1, "sentences": 0.12, "stories": 0.15, "books": 0.18, "short": 0.05}
SEEN_OUTSIDE_DICTIONARY = 3
MOST_PAIRS, MOST_TRIPLES = 620_000, 2_100_000
TARGET_WORDS = 40_000


def vocabulary(counts: Counter[str], known: dict[str, list[Pronunciation]]) -> list[str]:
    """Words that the dictionary has, and those that were seen often enough without it; commonest first."""
    chosen = [word for word, count in counts.items() if word in known or count >= SEEN_OUTSIDE_DICTIONARY]
    return sorted(chosen, key=lambda word: (-counts[word], word))[: NO_WORD - len(SPECIAL)]


def _repeated(held: list[list[int]], words: int) -> list[list[int]]:
    """Sentences taken in turn until they hold so many words."""
    taken: list[list[int]] = []
    total = 0
    while total < words and held:
        for sentence in held:
            taken.append(sentence)
            total += len(sentence)
            if total >= words:
                break
    return taken


def build(folder: Path) -> Words:
    """The vocabulary, its tree and its mixed trigram model, from all texts of a data folder."""
    known = read_cmudict(folder / "lexicon" / "cmudict.dict.xz")
    spelling = Spelling.learn(known, most=len(known))
    texts = {kind: hold_out(lines(folder, kind)) for kind in KINDS}
    counts = Counter(word for kept, _ in texts.values() for words in kept for word in words)
    names = vocabulary(counts, known)
    said = {name: known.get(name) or [spelling.pronounce(name)] for name in names}
    names = [*SPECIAL, *(name for name in names if all(said[name]))]
    number = {name: n for n, name in enumerate(names)}
    print(f"{len(names):,} words, {sum(name not in known for name in names[3:]):,} not in the dictionary")

    def numbered(sentences: list[list[str]]) -> list[list[int]]:
        return [[number.get(word, UNKNOWN) for word in words] for words in sentences]

    models: list[Model] = []
    held: list[list[int]] = []
    for kind, (kept, held_out) in texts.items():
        models.append(estimate(numbered(kept), len(names)))
        held += _repeated(numbered(held_out), int(TARGET.get(kind, 0) * TARGET_WORDS))
        print(f"{kind}: {sum(map(len, kept)):,} words, {len(models[-1].triples):,} triples")
    weights = mixture_weights(models, held)
    print("weights: " + ", ".join(f"{kind} {weight:.3f}" for kind, weight in zip(KINDS, weights)))
    ngram = quantise(mix(models, weights, MOST_TRIPLES, MOST_PAIRS))
    for kind, (_, held_out) in texts.items():
        some = [words for words in numbered(held_out[:2000]) if UNKNOWN not in words]
        total = sum(ngram.sentence_log_p(words) for words in some)
        print(f"{kind}: perplexity {np.exp(-total / sum(len(words) + 1 for words in some)):.0f}")
    pronunciations = [(number[name], phones) for name in names[3:] for phones in said[name]]
    return Words(tuple(names), build_tree(pronunciations), ngram, spelling.rules)


def main() -> None:
    """Write models/shipped/words.safetensors, or the file that is named."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "shipped/words.safetensors"
    words = build(data_folder())
    words.save(out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
