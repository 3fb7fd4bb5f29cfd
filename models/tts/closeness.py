"""How near the voice comes to its speaker, and how near the speaker comes to herself when she repeats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from models.tts.context import step_tokens
from models.tts.dataset import Utterance
from models.tts.spectrum import ENVELOPE_POINTS, FRAME_MS, Floats
from models.tts.voice import CEPSTRA_FROM, Voice

COMPARED = slice(CEPSTRA_FROM + 1, CEPSTRA_FROM + 25)
MCD = 10.0 / np.log(10.0) * np.sqrt(2.0) * np.sqrt(2.0 / ENVELOPE_POINTS) / 2.0
Pair = tuple[Floats, Floats, np.ndarray]


def closeness(voice: Voice, held: Sequence[Utterance]) -> dict[str, Any]:
    """Distances from the natural frames under natural lengths, and of the lengths themselves."""
    pairs: list[Pair] = []
    lengths = []
    for u in held:
        log_f0 = voice.melody(u.melody, [int(n) for n in u.lengths])
        frames = voice.frames(step_tokens(u.tokens, u.lengths), log_f0)
        n = min(len(frames), len(u.frames))
        pairs.append((frames[:n], u.frames[:n], ~np.repeat(u.silent, u.lengths)[:n]))
        said = np.array(voice.lengths(u.line, u.tokens))
        lengths.append(FRAME_MS * (said - u.lengths)[~u.silent])
    return distances(pairs) | {
        "duration_rmse_ms": float(np.sqrt(np.mean(np.concatenate(lengths) ** 2))),
        "variance_ratio": variance_ratio(pairs),
        "sentences": len(held),
    }


def distances(pairs: Sequence[Pair]) -> dict[str, float]:
    """Mel-cepstral distortion over speech, F0 over frames voiced in both, voicing over all; of (ours,
    natural, speaking) frames.
    """
    cepstral, wrong, f0 = [], [], []
    for ours, natural, speaking in pairs:
        difference = ours[speaking, COMPARED] - natural[speaking, COMPARED]
        cepstral.append(np.sqrt((difference**2).sum(1)))
        voiced = (ours[:, 1] > 0.5, natural[:, 1] > 0.5)
        wrong.append(voiced[0] != voiced[1])
        both = voiced[0] & voiced[1]
        f0.append(np.exp(np.stack([ours[both, 0], natural[both, 0]])))
    a, b = np.concatenate(f0, axis=1)
    return {
        "mcd_db": float(MCD * np.concatenate(cepstral).mean()),
        "f0_rmse_hz": float(np.sqrt(np.mean((a - b) ** 2))),
        "f0_corr": float(np.corrcoef(a, b)[0, 1]),
        "voicing_error": float(np.concatenate(wrong).mean()),
    }


def variance_ratio(pairs: Sequence[Pair]) -> float:
    """Variance of a sentence's coefficients, ours over natural, mean over coefficients."""
    ours = np.mean([a[speaking, COMPARED].var(0) for a, _, speaking in pairs], 0)
    natural = np.mean([b[speaking, COMPARED].var(0) for _, b, speaking in pairs], 0)
    return float(np.mean(ours / natural))


def repeated(held: Sequence[Utterance]) -> dict[str, float]:
    """The same distances between two recordings of one prompt, the second stretched phone by phone to the
    first: what chance leaves between two readings, and so about √2 times what the best prediction can reach.
    """
    by_prompt: dict[str, list[Utterance]] = defaultdict(list)
    for u in held:
        by_prompt[u.prompt].append(u)
    pairs, lengths = [], []
    for first, second in ((us[0], us[1]) for us in by_prompt.values() if len(us) > 1):
        if [p.symbol for p in first.line] != [p.symbol for p in second.line]:
            continue  # a rest in one of them only
        at = stretched(second.lengths, first.lengths)
        n = min(len(at), len(first.frames))
        frames = second.frames[np.minimum(at[:n], len(second.frames) - 1)]
        pairs.append((frames, first.frames[:n], ~np.repeat(first.silent, first.lengths)[:n]))
        lengths.append(FRAME_MS * (first.lengths - second.lengths)[~first.silent])
    if not pairs:
        return {}
    rmse = float(np.sqrt(np.mean(np.concatenate(lengths) ** 2)))
    return distances(pairs) | {"duration_rmse_ms": rmse, "sentences": len(pairs)}


def stretched(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Frame of the source for every frame of the target, linear within each phone."""
    first = np.cumsum(source) - source
    found = [
        start + np.arange(wanted) * max(int(long), 1) // max(int(wanted), 1)
        for start, long, wanted in zip(first, source, target, strict=True)
    ]
    return np.concatenate(found).astype(np.int64)
