# ruff: noqa: E501
"""Fits the weights of likeness: which wording speaks for its intent, learnt from wordings left out.

Every wording written by hand is asked as if it were not known, clean and misheard; the other wordings of its intent
should win over all else. Now and then all of its intent is hidden too, and "none of them" should win; so it should for
sentences that were read aloud and are addressed to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from models.lm.data import data_folder, read_lines
from models.lm.intents import alarms, written
from models.lm.likeness import FILE, NAMES, Scale
from models.lm.memory import SHIPPED, Memory
from models.lm.misheard import mishear
from models.lm.spoken import user_form
from models.lm.wordings import SAME, Wordings

RATES = (0.0, 0.0, 0.1, 0.25, 0.45)
HIDDEN = 0.15  # of the queries have their whole intent hidden
ASKED = 0.8  # of the wordings are asked
STRANGERS = 500  # sentences that mean no intent
HELD = 5  # every so-manyth intent is held out, to measure
INNER = 16


@dataclass(frozen=True)
class Query:
    """One line asked: its nearest wordings, their features and intents, and the intent that is right (−1: none)."""

    chosen: np.ndarray
    features: np.ndarray
    intents: np.ndarray
    right: int
    of: int  # the intent that it was written for, whether hidden or not
    rate: float
    said: str


def alike(memory: Memory, words: Sequence[str]) -> dict[str, list[str]]:
    """What each word may be misheard as."""
    return {
        w: [memory.words[j] for j in memory.sounding[memory.number[w]].tolist()[:8] if j != 0xFFFF]
        for w in words
        if w in memory.number
    }


def ask(
    wordings: Wordings, said: str, of: int, rate: float, hide: bool, own: int | None, heard: str
) -> Query:
    """One query with its own wording, or its whole intent, left out."""
    out = (
        np.flatnonzero(wordings.intents == of)
        if hide
        else np.array([own] if own is not None else [], np.int64)
    )
    chosen, features = wordings.look(heard.split(), out)
    if len(chosen):
        features[:, SAME] = 0
    intents = wordings.intents[chosen].astype(np.int64) if len(chosen) else np.zeros(0, np.int64)
    right = of if not hide and of in intents else -1
    return Query(chosen, features, intents, right, of, rate, said)


def queries(memory: Memory, seed: int = 0, say: Callable[[str], None] = print) -> list[Query]:
    """Wordings written by hand, asked in one of the ways of `RATES`, and strangers."""
    random, wordings = Random(seed), memory.wordings
    place = {wordings.text(i): i for i in range(len(wordings.intents))}
    found = []
    for intent in [*written(), *alarms()]:
        for wording in intent.wordings:
            if random.random() > ASKED or wording not in place:
                continue
            own = place[wording]
            of = int(wordings.intents[own])
            rate = random.choice(RATES)
            heard = mishear(wording, rate, alike(memory, wording.split()), random) if rate else wording
            query = ask(wordings, wording, of, rate, random.random() < HIDDEN, own, heard)
            if len(query.chosen):
                found.append(query)
    read = [
        user_form(t) for talk in read_lines(data_folder() / "text" / "common_voice.jsonl.xz") for _, t in talk
    ]
    for said in random.sample([r for r in read if 3 <= len(r.split()) <= 14], STRANGERS):
        query = ask(wordings, said, -1, 0.0, False, None, said)
        if len(query.chosen):
            found.append(query)
    say(f"likeness: {len(found)} queries")
    return found


def fit(asked: Sequence[Query], rounds: int = 20, say: Callable[[str], None] = print) -> Scale:
    """Weights that make the right intents most likely (cross-entropy over intents and none), by Adam."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    every = np.concatenate([q.features for q in asked])
    mean, spread = every.mean(0), every.std(0) + 1e-3
    many, longest = len(NAMES), max(len(q.chosen) for q in asked)
    first = torch.nn.Parameter(torch.randn(many, INNER) * 0.2)
    first_bias, second = torch.nn.Parameter(torch.zeros(INNER)), torch.nn.Parameter(torch.zeros(INNER))
    straight, bias = torch.nn.Parameter(torch.full((many,), 0.1)), torch.nn.Parameter(torch.tensor(-3.0))
    parameters = [first, first_bias, second, straight, bias]
    adam = torch.optim.AdamW(parameters, lr=0.01, weight_decay=1e-3)
    x = torch.zeros(len(asked), longest, many)
    there = torch.zeros(len(asked), longest, dtype=torch.bool)
    good = torch.zeros(len(asked), longest, dtype=torch.bool)
    for i, q in enumerate(asked):
        x[i, : len(q.chosen)] = torch.from_numpy((q.features - mean) / spread)
        there[i, : len(q.chosen)] = True
        good[i, : len(q.chosen)] = torch.from_numpy((q.intents == q.right) & (q.right >= 0))
    steps = rounds * (len(asked) // 64)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for step in range(steps):
        some = torch.randint(0, len(asked), (64,))
        score = torch.tanh(x[some] @ first + first_bias) @ second + x[some] @ straight + bias
        score = score.masked_fill(~there[some], -1e9)
        total = torch.logsumexp(torch.cat([torch.zeros(64, 1), score], 1), 1)
        right = torch.logsumexp(score.masked_fill(~good[some], -1e9), 1)
        loss = (total - torch.where(good[some].any(1), right, torch.zeros(64))).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        rate.step()
        if step % 500 == 0:
            say(f"likeness: step {step} of {steps}, {loss.item():.3f} nats")
    f, s = (p.detach().numpy() for p in (first, straight))
    return Scale(
        (f / spread[:, None]).astype(np.float32),
        (first_bias.detach().numpy() - (mean / spread) @ f).astype(np.float32),
        second.detach().numpy().astype(np.float32),
        (s / spread).astype(np.float32),
        np.array(bias.item() - float((mean / spread) @ s), np.float32),
    )


def measure(wordings: Wordings, scale: Scale, asked: Sequence[Query], least: float = 0.5) -> dict[str, float]:
    """Share of queries that get the right intent, at each rate of misheard words; of those it takes at all, how many
    are wrong; and how many it takes although their intent is hidden, or they are nobody's."""
    right: dict[float, list[bool]] = {}
    wrong: dict[float, list[bool]] = {}
    fooled: dict[str, list[bool]] = {"hidden": [], "stranger": []}
    for q in asked:
        best = wordings.weigh(q.chosen, scale.score(q.features))[0]
        taken = best.chance >= least
        if q.right >= 0:
            right.setdefault(q.rate, []).append(best.intent == q.right)
            wrong.setdefault(q.rate, []).append(taken and best.intent != q.right)
        else:
            fooled["stranger" if q.of < 0 else "hidden"].append(taken)
    figures = {f"right.{rate:g}": float(np.mean(v)) for rate, v in sorted(right.items())}
    figures |= {f"wrong.{rate:g}": float(np.mean(v)) for rate, v in sorted(wrong.items())}
    return figures | {f"taken.{name}": float(np.mean(v)) for name, v in fooled.items() if v}


def train(
    output: Path = FILE, memory: Path = SHIPPED, say: Callable[[str], None] = print
) -> dict[str, float]:
    """Fit on most intents, measure on the rest, write the weights to `output`."""
    known = Memory.load(memory)
    asked = queries(known, say=say)
    held = [q for q in asked if q.of % HELD == 0 or (q.of < 0 and len(q.said) % HELD == 0)]
    kept = [q for q in asked if not (q.of % HELD == 0 or (q.of < 0 and len(q.said) % HELD == 0))]
    before = measure(known.wordings, Scale.plain(), held)
    scale = fit(kept, say=say)
    after = measure(known.wordings, scale, held)
    scale.save(output)
    for name in after:
        say(f"likeness: {name}: {before.get(name, 0):.3f} by the plain mean, {after[name]:.3f} fitted")
    return after
