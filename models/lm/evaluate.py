# ruff: noqa: E501
"""Figures of the mind: bits per character, firing rate, time per token, and how many openers get a fitting reply.

Verdicts are people's: `openers/*.verdicts.tsv` holds opener, reply and whether it fits, as judged by reading. A
verdict counts for the reply it was given for; a reply that nobody judged yet counts as not fitting. Only the list
`JUDGED` was never used to make replies better; the others show what was looked at on the way.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np

from models.backends.counts import Counts
from models.lm.data import held_mix, held_out, pip_talks
from models.lm.mind import SHIPPED, Mind
from models.lm.misheard import mishear
from models.lm.network import Network
from models.lm.spoken import pip_form, user_form
from models.lm.tokens import PAD

# written after the last change before it to memory, talks and rules; its replies were judged once
JUDGED = "fifteenth"
MIX_TALKS = (
    100  # talks of the mix that bits per character are taken from; those held out are the stream's last
)
LONGEST = 256  # tokens of one talk that count
DENSE = (
    "mind_dense.json"  # what the dense twin of the same size and training reached, written by its training
)
OPENERS = Path(__file__).parent / "openers"
NOON = datetime(2026, 5, 5, 12, 0)


def openers(name: str) -> list[str]:
    """The openers of one list."""
    return [line for line in (OPENERS / f"{name}.txt").read_text(encoding="utf-8").splitlines() if line]


def answers(mind: Mind, lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """(opener, reply, where it came from), each in a talk of its own."""
    for line in lines:
        reply = mind.talk(clock=lambda: NOON).reply(line)
        yield line, reply.text, reply.source


def verdicts(name: str) -> dict[tuple[str, str], bool]:
    """(opener, reply) → whether it fits, from `openers/NAME.verdicts.tsv`."""
    path = OPENERS / f"{name}.verdicts.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:] if line]
    return {(opener, reply): fits == "yes" for opener, reply, fits in rows}


def openers_fit(mind: Mind, name: str) -> dict[str, int]:
    """How many of a list's openers get a reply that was judged to fit, or not, or that is new to the judges."""
    judged = verdicts(name)
    found = [judged.get((opener, reply)) for opener, reply, _ in answers(mind, openers(name))]
    return {
        "fit": found.count(True),
        "misfit": found.count(False),
        "unjudged": found.count(None),
        "of": len(found),
    }


def misheard(mind: Mind, lines: list[str], rate: float, seed: int = 0) -> list[str]:
    """Lines with about `rate` of their words misheard as words that sound like them (see `misheard.mishear`)."""
    memory, random = mind.memory, Random(seed)
    alike = {
        word: [memory.words[j] for j in memory.sounding[memory.number[word]].tolist()[:8] if j != 0xFFFF]
        for line in lines
        for word in line.split()
        if word in memory.number
    }
    return [mishear(line, rate, alike, random) for line in lines]


def _bits(network: Network, talks: list[list[int]], characters: int, counts: Counts) -> tuple[float, float]:
    """(bits per character, perplexity per token) of talks, each from an empty state."""
    nats, tokens = 0.0, 0
    for ids in talks:
        reading = network.begin(counts)
        assert ids[0] == PAD
        for _, token in pairwise(ids):
            top = float(reading.logits.max())
            nats += top + math.log(float(np.exp(reading.logits - top).sum())) - float(reading.logits[token])
            network.read(reading, [token], counts)
        tokens += len(ids) - 1
    return nats / math.log(2) / characters, math.exp(nats / tokens)


def bits_per_character(network: Network, talks: int = 200, streams: Path | None = None) -> dict[str, float]:
    """Bits per character, perplexity per token and firing rate on talks that were held out whole.

    bits = Σ −log2 p(token | talk so far) / characters; a character more for the end of each turn. The mix is
    measured where `streams` holds it in the network's own vocabulary (`spiketalk train mind` prepares it).
    """
    held, _ = held_out(pip_talks())
    held, counts = held[:talks], Counts(network.program)
    forms = {"user": user_form, "pip": pip_form}
    characters = sum(len(forms[who](text)) + 1 for talk in held for who, text in talk)
    bits, perplexity = _bits(network, [network.tokens.talk(talk) for talk in held], characters, counts)
    rates = counts.rates
    figures = {
        "bits_per_character.pip_talks": bits,
        "perplexity.pip_talks": perplexity,
        "rate": sum(rates.values()) / len(rates),
    }
    mixed = held_mix(streams, network.tokens, MIX_TALKS * talks // 200) if streams else []
    if mixed:
        mixed = [ids[:LONGEST] for ids in mixed]
        text = sum(network.tokens.characters(ids) for ids in mixed)
        bits, perplexity = _bits(network, mixed, text, counts)
        figures |= {"bits_per_character.mix": bits, "perplexity.mix": perplexity}
    return figures


def dense_gap(bits: float, folder: Path | None) -> dict[str, float]:
    """How many per cent more bits per character the spiking network needs than its dense twin, where that is known."""
    home = SHIPPED if folder is None or not (folder / DENSE).exists() else folder
    if not (home / DENSE).exists():
        return {}
    return {"dense_gap": 100 * (bits / json.loads((home / DENSE).read_text())["bits_per_character"] - 1)}


def speed(network: Network, steps: int = 300) -> dict[str, float]:
    """Milliseconds per token, and from the user's last word to the first token of the reply (medians)."""
    reading, times = network.begin(), []
    ids = [
        t
        for t in network.tokens.encode("so yesterday we went to the sea and it was really lovely there")
        if t
    ]
    for i in range(steps):
        start = time.perf_counter()
        network.read(reading, [ids[i % len(ids)]])
        times.append(time.perf_counter() - start)
    firsts = []
    for _ in range(20):
        start = time.perf_counter()
        network.read(reading, network.tokens.turn("user", "lovely")[-2:])
        network.read(reading, network.tokens.turn("pip", "", closed=False))
        int(reading.logits.argmax())
        firsts.append(time.perf_counter() - start)
    return {"token_ms": 1000 * float(np.median(times)), "first_token_ms": 1000 * float(np.median(firsts))}


def recall_time(mind: Mind) -> float:
    """Milliseconds that a reply takes (median over the first list of openers)."""
    times = []
    for line in openers("first")[:40]:
        talk = mind.talk()
        start = time.perf_counter()
        talk.reply(line)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def evaluate(
    folder: Path | None = None, talks: int = 200, streams: Path = Path("runs/mind"), replies: bool = True
) -> dict[str, float | int]:
    """Everything that can be measured without a judge, and the openers that fit by the verdicts kept here.

    `replies` are all lists of openers answered anew; without, only the network is measured, and without a trained
    network its figures are left out. `talks` are so many of those held out, `streams` where the mix is.
    """
    mind = Mind.load(folder)
    report: dict[str, float | int] = {"reply_ms": recall_time(mind)}
    for path in sorted(OPENERS.glob("*.verdicts.tsv")) if replies else ():
        name = path.name.removesuffix(".verdicts.tsv")
        result = openers_fit(mind, name)
        report |= {f"openers_fit.{name}": result["fit"], f"openers_unjudged.{name}": result["unjudged"]}
    if f"openers_fit.{JUDGED}" in report:
        report["openers_fit"] = report[f"openers_fit.{JUDGED}"]
    if mind.network is not None:
        report |= speed(mind.network) | bits_per_character(mind.network, talks, streams)
        report |= dense_gap(report["bits_per_character.pip_talks"], folder)
    return report
