# ruff: noqa: E501
"""Training of the sense for danger, on phrasings written for it and ordinary lines of the text sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np

from models.lm import danger
from models.lm.alarm import BUCKETS, FILE, KINDS, Alarm, features
from models.lm.data import data_folder, pip_talks, read_lines, written_talks
from models.lm.intents import harmless, phrasings, written
from models.lm.misheard import confusions, mishear, pronunciations
from models.lm.spoken import user_form

SETS = (
    "self_dialogue",
    "ms_chitchat",
    "clinc150",
    "nlu_evaluation",
    "common_voice",
    "synthetic_persona_chat",
)
EACH = 1500  # lines of each set
HELD = 5  # every so-manyth ordinary line is held out, to set the limit on
ALARMS = 1 / 155  # of them raise an alarm; every second of these, read by hand, does speak of danger
SMALL = 1e-4  # of the squared weights is paid
_SERIOUS = re.compile(r"emergency|crisis|doctor|hospital|police|ambulance")


def talk_lines() -> Iterator[tuple[str, str]]:
    """(kind, user's line) of the talks written for Pip; what was answered seriously is a danger
    where a pattern says so too, and is left out where none does."""
    for talk in [*pip_talks(), *written_talks()]:
        for (who, line), (_, answer) in pairwise(talk):
            if who != "user":
                continue
            if not _SERIOUS.search(answer.lower()):
                yield "ordinary", user_form(line)
            elif alarm := danger.by_pattern(line):
                yield alarm.training_kind, user_form(line)


def set_lines(random: Random) -> Iterator[str]:
    """Ordinary lines of other text sets, as the ears would deliver them; those that match a pattern are left out."""
    for name in SETS:
        lines = [text for talk in read_lines(data_folder() / "text" / f"{name}.jsonl.xz") for _, text in talk]
        for line in random.sample(lines, min(EACH, len(lines))):
            said = user_form(line)
            if 0 < len(said.split()) <= 25 and danger.by_pattern(said) is None:
                yield said


def train(output: Path = FILE, rounds: int = 120, say: Callable[[str], None] = print) -> Path:
    """Fit the alarm, set its limit on ordinary lines that it never saw, and write it to `output`."""
    random = Random(0)
    dangers = [(k, danger.without_figures(line)) for k, line in phrasings()]
    ordinary = [danger.without_figures(line) for line in harmless()]
    wordings = [w for intent in written() for w in intent.wordings if danger.by_pattern(w) is None]
    talks = list(talk_lines())
    common = random.sample([line for kind, line in talks if kind == "ordinary"], 16000)
    common += list(set_lines(random)) + wordings
    random.shuffle(common)
    held, common = common[::HELD], [line for i, line in enumerate(common) if i % HELD]
    dangers += [(kind, line) for kind, line in talks if kind != "ordinary"]
    words = {w for _, line in dangers for w in line.split()}
    alike = confusions(pronunciations(data_folder() / "lexicon" / "cmudict.dict.xz", words | {"the"}))
    noisy = [(kind, mishear(line, 0.15, alike, random)) for kind, line in dangers]
    rows = [*((k, line, 1.0) for k, line in dangers), *((k, line, 0.4) for k, line in noisy)]
    rows += [("ordinary", line, 3.0) for line in ordinary] + [("ordinary", line, 1.0) for line in common]
    weights, bias = _fit(rows, rounds)
    scale = np.maximum(np.abs(weights).max(0) / 127, 1e-9)
    alarm = Alarm(np.round(weights / scale).astype(np.int8), scale, bias, 1.0)
    chances = np.sort([1 - alarm.chances(danger.without_figures(line).split())[0] for line in held])
    limit = float(chances[-1 - int(ALARMS * len(chances))])
    Alarm(alarm.weights, alarm.scale.astype(np.float32), bias.astype(np.float32), limit).save(output)
    say(f"alarm: {len(dangers)} dangers, {len(common)} ordinary lines; limit {limit:.3f}; {output}")
    return output


def _fit(rows: list[tuple[str, str, float]], rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """(weights (BUCKETS, kinds), bias): weighted softmax regression, each kind counting as much, by L-BFGS."""
    from scipy.optimize import minimize
    from scipy.sparse import csr_matrix

    found = [features(line.split()) for _, line, _ in rows]
    starts = np.concatenate([[0], np.cumsum([len(f) for f in found])])
    x = csr_matrix((np.ones(starts[-1]), np.concatenate(found), starts), (len(rows), BUCKETS))
    kinds = np.array([KINDS.index(kind) for kind, _, _ in rows])
    weight = np.array([w for _, _, w in rows])
    share = np.array([weight[kinds == k].sum() for k in range(len(KINDS))])
    weight = weight / share[kinds] * np.where(kinds == 0, 2.0, 1.0)
    target = np.eye(len(KINDS))[kinds]
    shape = (BUCKETS, len(KINDS))

    def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w, b = flat[: -shape[1]].reshape(shape), flat[-shape[1] :]
        logits = x @ w + b
        logits -= logits.max(1, keepdims=True)
        p = np.exp(logits)
        p /= p.sum(1, keepdims=True)
        value = -(weight * np.log(np.maximum((p * target).sum(1), 1e-12))).sum() + SMALL * (w**2).sum()
        off = (p - target) * weight[:, None]
        return float(value), np.concatenate([(x.T @ off + 2 * SMALL * w).ravel(), off.sum(0)])

    best = minimize(cost, np.zeros(shape[0] * shape[1] + shape[1]), jac=True, method="L-BFGS-B",
                    options={"maxiter": rounds}).x  # fmt: skip
    return best[: -shape[1]].reshape(shape), best[-shape[1] :]
