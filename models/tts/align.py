"""Which phone sounds when: an aligner trained from a flat start on the recordings themselves.

Every phone (stress aside) is three states in a row, every state a mixture of diagonal Gaussians over 13 mel-
cepstra with their first and second differences, every 5 ms. Training alternates between the best path
(Viterbi) and the states' statistics (Rabiner 1989, segmental k-means). Between words a silence may stand or
not; the path decides.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit

from models.tts.corpus import held_out, level, recordings, sentences
from models.tts.phonemes import PAUSE, REST, SYMBOLS, Phone, phones
from models.tts.spectrum import RATE, Floats, hertz, mel
from models.tts.words import spoken

HOP = RATE // 200
WINDOW = RATE // 50
BANDS, COEFFICIENTS = 26, 13
STATES = 3
ROUNDS = (1,) * 6 + (2,) * 5 + (4,) * 5
SILENT = "sil"


@dataclass(frozen=True, slots=True)
class Segment:
    """One sound of a recording: symbol (with stress; "_" silence), word number (−1: none), start, end in 5
    ms.
    """

    symbol: str
    word: int
    start: int
    end: int


def base(symbol: str) -> str:
    """The aligner's unit for a symbol: the phone without stress, or silence."""
    return SILENT if symbol in (PAUSE, REST) else symbol.rstrip("012")


UNITS = tuple(dict.fromkeys(base(s) for s in SYMBOLS))
UNIT_ID = {unit: i for i, unit in enumerate(UNITS)}


def observations(samples: Floats) -> Floats:
    """(frames, 39) mel-cepstra and differences every 5 ms, frame t around sample 120·t; mean of each taken
    off.
    """
    half = WINDOW // 2
    padded = np.pad(samples, (half, half + HOP))
    emphasised = np.append(padded[:1], padded[1:] - 0.95 * padded[:-1])
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, WINDOW)[::HOP][: len(samples) // HOP + 1]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), 512, axis=1)) ** 2
    edges = hertz(np.linspace(float(mel(80.0)), float(mel(8000.0)), BANDS + 2))
    hz = np.arange(257) * RATE / 512
    up = (hz[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    down = (edges[2:] - hz[:, None]) / np.diff(edges)[1:]
    logs = np.log(power @ np.clip(np.minimum(up, down), 0.0, None) + 1e-6)
    k, n = np.arange(COEFFICIENTS), np.arange(BANDS)
    cepstra = logs @ np.cos(np.pi * (n[:, None] + 0.5) * k / BANDS)
    cepstra[:, 1:] -= cepstra[:, 1:].mean(0)
    cepstra[:, 0] -= np.quantile(cepstra[:, 0], 0.9)
    slope = _differences(cepstra)
    return np.hstack([cepstra, slope, _differences(slope)]).astype(np.float32)


def _differences(x: np.ndarray) -> np.ndarray:
    p = np.pad(x, ((3, 3), (0, 0)), mode="edge")
    weighted = sum(d * (p[3 + d : len(p) - 3 + d] - p[3 - d : len(p) - 3 - d]) for d in (1, 2, 3))
    return np.asarray(weighted) / 28.0


@njit(cache=True)  # type: ignore[untyped-decorator]
def _best_path(scores, state, skip, first_skip, last_skip):  # type: ignore[no-untyped-def]
    """Position in the chain at each frame; `skip[j]` is a second predecessor of j, or −1."""
    frames, length = len(scores), len(state)
    best = np.full(length, -1e30)
    came = np.zeros((frames, length), np.int32)
    best[0] = scores[0, state[0]]
    if first_skip < length:
        best[first_skip] = scores[0, state[first_skip]]
    for t in range(1, frames):
        for j in range(length - 1, -1, -1):
            value, source = best[j], j
            if j > 0 and best[j - 1] > value:
                value, source = best[j - 1], j - 1
            if skip[j] >= 0 and best[skip[j]] > value:
                value, source = best[skip[j]], skip[j]
            best[j] = value + scores[t, state[j]]
            came[t, j] = source
    path = np.zeros(frames, np.int32)
    j = length - 1
    if last_skip >= 0 and best[last_skip] > best[j]:
        j = last_skip
    total = best[j]
    for t in range(frames - 1, -1, -1):
        path[t] = j
        j = came[t, j]
    return path, total


@dataclass(frozen=True, slots=True)
class Chain:
    """The states that a sentence may pass through: positions' states, phones, second predecessors."""

    phones: tuple[Phone, ...]
    state: np.ndarray
    phone: np.ndarray
    skip: np.ndarray


def chain(found: Sequence[Phone]) -> Chain:
    """States of a sentence's phones, an optional silence at each word's end."""
    line: list[Phone] = []
    for i, phone in enumerate(found):
        if phone.symbol == REST:
            continue
        line.append(phone)
        if phone.last and i + 1 < len(found) - 1:
            line.append(Phone(REST, -1))
    state = np.concatenate([np.arange(STATES) + STATES * UNIT_ID[base(p.symbol)] for p in line])
    phone_of = np.repeat(np.arange(len(line)), STATES)
    skip = np.full(len(state), -1, np.int64)
    for i in range(2, len(line)):
        if line[i - 1].symbol == REST:
            skip[i * STATES] = (i - 1) * STATES - 1
    return Chain(tuple(line), state, phone_of, skip)


@dataclass(slots=True)
class Mixtures:
    """Diagonal Gaussian mixtures of every state: (states, m), (states, m, 39), (states, m, 39)."""

    weight: np.ndarray
    mean: np.ndarray
    variance: np.ndarray

    def scores(self, x: Floats) -> np.ndarray:
        """(frames, states) log likelihoods, the best component of each."""
        s, m, d = self.mean.shape
        precision = (1.0 / self.variance).reshape(s * m, d)
        mean = self.mean.reshape(s * m, d)
        constant = -0.5 * (np.log(self.variance).sum(2).reshape(-1) + (mean**2 * precision).sum(1))
        logs = (
            x @ (mean * precision).T - 0.5 * (x**2) @ precision.T + constant + np.log(self.weight).reshape(-1)
        )
        return np.asarray(logs.reshape(len(x), s, m).max(2))


def estimate(frames: Floats, labels: np.ndarray, components: int, floor: np.ndarray) -> Mixtures:
    """Mixtures from frames and the state of each, by a few rounds of k-means within the state."""
    states, width = STATES * len(UNITS), frames.shape[1]
    weight = np.full((states, components), 1.0 / components)
    mean = np.zeros((states, components, width))
    variance = np.ones((states, components, width))
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.arange(states + 1))
    overall_mean, overall_variance = frames.mean(0), frames.var(0)
    for s in range(states):
        x = frames[order[bounds[s] : bounds[s + 1]]]
        mean[s], variance[s] = overall_mean, overall_variance
        if len(x) < 10:
            continue
        deviation = x.std(0) + 1e-3
        spread = np.linspace(-0.7, 0.7, components) if components > 1 else np.zeros(1)
        direction = np.linalg.eigh(np.cov((x / deviation).T))[1][:, -1] if components > 1 else np.zeros(width)
        centre = x.mean(0) + spread[:, None] * 3.0 * direction * deviation
        nearest = np.zeros(len(x), np.int64)
        for _ in range(6 if components > 1 else 1):
            distance = (((x[:, None] - centre) / deviation) ** 2).sum(2)
            nearest = distance.argmin(1)
            for k in range(components):
                if (nearest == k).any():
                    centre[k] = x[nearest == k].mean(0)
        for k in range(components):
            chosen = x[nearest == k]
            weight[s, k] = max(len(chosen), 1) / len(x)
            mean[s, k] = centre[k]
            variance[s, k] = np.maximum(chosen.var(0) if len(chosen) > 5 else x.var(0), floor)
    return Mixtures(weight, mean, variance)


def flat(chain_: Chain, x: Floats) -> np.ndarray:
    """A first path: quiet edges are silence, the rest is shared out evenly, no silence between words."""
    loud = np.flatnonzero(x[:, 0] > np.median(x[:, 0]) - 15.0)
    start, end = (int(loud[0]), int(loud[-1]) + 1) if len(loud) > len(x) // 3 else (0, len(x))
    spoken_at = np.array([j for j in range(len(chain_.state)) if chain_.phones[chain_.phone[j]].word >= 0])
    path = np.empty(len(x), np.int64)
    path[:start] = np.minimum(np.arange(start) * STATES // max(start, 1), STATES - 1)
    path[start:end] = spoken_at[np.arange(end - start) * len(spoken_at) // max(end - start, 1)]
    path[end:] = len(chain_.state) - STATES + np.arange(len(x) - end) * STATES // max(len(x) - end, 1)
    return path


def align(folder: Path, shard: str = "cathy") -> Path:
    """Trains the aligner on the shard's training sentences, aligns all; gives the file of segments (JSON
    lines).
    """
    target = folder / f"alignment-{shard}.jsonl"
    if target.exists():
        return target
    every = sentences(shard)
    kept_out = held_out(every)
    features = {name: observations(level(x)) for name, x in recordings(shard, {s.name for s in every})}
    every = [s for s in every if s.name in features]
    chains = {s.name: chain(phones(spoken(s.text))) for s in every}
    training = [s.name for s in every if s.prompt not in kept_out]
    frames = np.concatenate([features[name] for name in training])
    floor = 0.01 * frames.var(0)
    paths = {name: flat(chains[name], features[name]) for name in training}
    mixtures = None
    for number, components in enumerate(ROUNDS):
        labels = np.concatenate([chains[name].state[paths[name]] for name in training])
        mixtures = estimate(frames, labels, components, floor)
        total = 0.0
        for name in training:
            paths[name], score = path_of(mixtures, chains[name], features[name])
            total += score
        print(f"alignment round {number + 1}/{len(ROUNDS)}: {total / len(frames):.3f} per frame", flush=True)
    assert mixtures is not None
    np.savez(
        folder / f"aligner-{shard}.npz",
        weight=mixtures.weight,
        mean=mixtures.mean,
        variance=mixtures.variance,
    )
    partial = target.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as out:
        for s in every:
            path, score = path_of(mixtures, chains[s.name], features[s.name])
            parts = segments(chains[s.name], path)
            row = {
                "name": s.name,
                "score": score / len(path),
                "segments": [[p.symbol, p.word, p.start, p.end] for p in parts],
            }
            out.write(json.dumps(row) + "\n")
    partial.replace(target)
    return target


def path_of(mixtures: Mixtures, chain_: Chain, x: Floats) -> tuple[np.ndarray, float]:
    """The best path of a recording through its chain, and its log likelihood."""
    scores = mixtures.scores(x)
    path, total = _best_path(scores, chain_.state, chain_.skip, STATES, len(chain_.state) - STATES - 1)
    return path, float(total)


def segments(chain_: Chain, path: np.ndarray) -> list[Segment]:
    """Sounds with their bounds, from the positions along a path."""
    phone = chain_.phone[path]
    starts = np.flatnonzero(np.diff(phone, prepend=-1))
    ends = np.append(starts[1:], len(path))
    found = []
    for start, end in zip(starts, ends, strict=True):
        p = chain_.phones[phone[start]]
        found.append(Segment(PAUSE if p.word < 0 else p.symbol, p.word, int(start), int(end)))
    return found


def load_alignment(path: Path) -> dict[str, tuple[float, list[Segment]]]:
    """Score per frame and segments of every recording."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found[row["name"]] = (row["score"], [Segment(*part) for part in row["segments"]])
    return found


if __name__ == "__main__":
    align(Path("runs/mouth"))
