# ruff: noqa: E501
"""Figures of the mind: bits per character, firing rate, time per token, and how many openers get a fitting reply.

Verdicts are people's: `openers/*.verdicts.tsv` holds opener, reply and whether it fits, as judged by reading. A
verdict counts for the reply it was given for; a reply that nobody judged yet counts as not fitting.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.backends.counts import Counts
from models.lm.data import held_out, pip_talks
from models.lm.mind import Mind
from models.lm.network import Network
from models.lm.spoken import pip_form, user_form
from models.lm.tokens import PAD

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


def bits_per_character(network: Network, talks: int = 200) -> dict[str, float]:
    """Bits per character, perplexity per token and firing rate on talks that were held out whole.

    bits = Σ −log2 p(token | talk so far) / characters; a character more for the end of each turn.
    """
    held, _ = held_out(pip_talks())
    counts = Counts(network.program)
    nats, tokens, characters = 0.0, 0, 0
    for talk in held[:talks]:
        ids = network.tokens.talk(talk)
        reading = network.begin(counts)
        assert ids[0] == PAD
        for _, token in pairwise(ids):
            top = float(reading.logits.max())
            nats += top + math.log(float(np.exp(reading.logits - top).sum())) - float(reading.logits[token])
            network.read(reading, [token], counts)
        tokens += len(ids) - 1
        characters += sum(len((user_form if who == "user" else pip_form)(text)) + 1 for who, text in talk)
    rates = counts.rates
    return {
        "bits_per_character.pip_talks": nats / math.log(2) / characters,
        "perplexity.pip_talks": math.exp(nats / tokens),
        "rate": sum(rates.values()) / len(rates),
    }


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


def evaluate(folder: Path | None = None, talks: int = 200) -> dict[str, float | int]:
    """Everything that can be measured without a judge, and the openers that fit by the verdicts kept here.

    Without a trained network its figures are left out.
    """
    mind = Mind.load(folder)
    report: dict[str, float | int] = {"reply_ms": recall_time(mind)}
    for path in sorted(OPENERS.glob("*.verdicts.tsv")):
        name = path.name.removesuffix(".verdicts.tsv")
        result = openers_fit(mind, name)
        report |= {f"openers_fit.{name}": result["fit"], f"openers_unjudged.{name}": result["unjudged"]}
    if report_names := [n for n in report if n.startswith("openers_fit.")]:
        report["openers_fit"] = report[report_names[0]]
    if mind.network is not None:
        report |= speed(mind.network) | bits_per_character(mind.network, talks)
    return report
