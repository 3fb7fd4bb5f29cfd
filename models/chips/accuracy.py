"""What the networks still do on a chip: words and phones heard, bits per character, how far the voice moves.

Every figure is of the same inputs on every backend, so that only the arithmetic differs. Recordings and texts
run side by side as streams of one state, which a backend steps together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from models.asr.errors import edits
from models.backends.backend import Backend, backend
from models.backends.counts import Counts
from models.program.graph import Program
from models.program.ops import Array
from models.program.state import State

if TYPE_CHECKING:
    from models.asr.recogniser import Recogniser, Transcript

DECIBELS = 10 / math.log(10)
BLANK_LOGIT = 20.0
"""Sure enough of silence that a search over words has nothing to do."""


@dataclass
class Tape:
    """A backend that keeps what went into it: port → array, one entry per step."""

    inner: Backend
    inputs: list[Mapping[str, Array]] = field(default_factory=list)
    name: str = "tape"

    def step(
        self,
        program: Program,
        state: State,
        inputs: Mapping[str, Array],
        counts: Counts | None = None,
        rows: Array | None = None,
    ) -> dict[str, Array]:
        """See `Backend.step`."""
        self.inputs.append({port: np.array(value) for port, value in inputs.items()})
        return self.inner.step(program, state, inputs, counts, rows)


@dataclass
class Replay:
    """A backend that gives outputs which were computed before, whatever the inputs are."""

    outputs: Iterator[Mapping[str, Array]]
    name: str = "replay"

    def step(
        self,
        program: Program,
        state: State,
        inputs: Mapping[str, Array],
        counts: Counts | None = None,
        rows: Array | None = None,
    ) -> dict[str, Array]:
        """The next of the outputs."""
        return dict(next(self.outputs))


@dataclass(frozen=True, slots=True)
class Said:
    """A recording at 16 kHz, its words, and its phones without stress."""

    samples: Array
    text: str
    phones: tuple[str, ...]


def side_by_side(
    program: Program, sequences: Sequence[Sequence[Mapping[str, Array]]], machine: Backend
) -> list[list[dict[str, Array]]]:
    """Give the outputs of several sequences of inputs, run as streams of one state.

    A stream that has come to its end is left out of the further steps.
    """
    state = program.state(len(sequences))
    made: list[list[dict[str, Array]]] = [[] for _ in sequences]
    for t in range(max(len(s) for s in sequences)):
        rows = np.array([i for i, s in enumerate(sequences) if t < len(s)])
        inputs = {
            port: np.concatenate([sequences[i][t][port] for i in rows]) for port in sequences[rows[0]][t]
        }
        out = machine.step(program, state, inputs, rows=rows)
        for place, i in enumerate(rows):
            made[i].append({name: value[place : place + 1] for name, value in out.items()})
    return made


def _transcribe(ears: Recogniser, samples: Array, rate: int, runner: Backend) -> Transcript:
    from models.asr.recogniser import Recogniser

    stream = Recogniser(ears.program, ears.vocabulary, ears.tuning, runner).stream(rate)
    stream.feed(samples)
    return stream.finish()


def inputs_of(ears: Recogniser, samples: Array, rate: int = 16_000) -> list[Mapping[str, Array]]:
    """Give what the ears' network is fed while a recording plays; that does not depend on what it answers."""
    output = ears.program.outputs[0]
    blank = np.zeros((1, ears.program.values[output].width), np.float32)
    blank[0, 0] = BLANK_LOGIT
    tape = Tape(Replay(repeat({output: blank})))
    _transcribe(ears, samples, rate, tape)
    return tape.inputs


def hearing(ears: Recogniser, said: Sequence[Said], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Give phone and word error rates over recordings, by backend; `ears` lends network and search."""
    heard = [inputs_of(ears, one.samples) for one in said]
    made = {}
    for name in names:
        outputs = side_by_side(ears.program, heard, backend(name))
        replayed = (Replay(iter(out)) for out in outputs)
        found = [_transcribe(ears, one.samples, 16_000, run) for one, run in zip(said, replayed, strict=True)]
        made[name] = _errors(said, found)
    return made


def _errors(said: Sequence[Said], found: Sequence[Transcript]) -> dict[str, float]:
    phones = sum(edits(f.phones, s.phones) for f, s in zip(found, said))
    words = sum(edits(f.text.lower().split(), s.text.lower().split()) for f, s in zip(found, said))
    return {
        "phone_error_rate": phones / max(1, sum(len(s.phones) for s in said)),
        "word_error_rate": words / max(1, sum(len(s.text.split()) for s in said)),
    }


def bits_per_character(
    program: Program, texts: Sequence[Sequence[int]], characters: int, names: Sequence[str]
) -> dict[str, float]:
    """Give −log2 p of token sequences over their characters, by backend; the first token of each is given."""
    (port,), (output,) = program.inputs, program.outputs
    sequences = [[{port: np.array([[token]], np.int32)} for token in text[:-1]] for text in texts]
    made = {}
    for name in names:
        nats = 0.0
        for text, steps in zip(texts, side_by_side(program, sequences, backend(name)), strict=True):
            for token, step in zip(text[1:], steps, strict=True):
                logits = step[output][0].astype(np.float64)
                top = logits.max()
                nats -= logits[token] - top - math.log(np.exp(logits - top).sum())
        made[name] = nats / math.log(2) / characters
    return made


def voice_distortion(
    program: Program,
    sentences: Sequence[Sequence[Mapping[str, Array]]],
    names: Sequence[str],
    scale: Array,
    cepstra: slice,
    points: int,
) -> dict[str, float]:
    """Give the root-mean-square distance of log spectra from the reference's, in dB, by backend.

    scale: what an output is multiplied by to become acoustic;   cepstra: where in a frame an orthonormal
    cosine transform of `points` log powers lies. By Parseval the spectra are as far apart as the cepstra.
    """
    width = len(scale)

    def frames(name: str) -> Array:
        out = side_by_side(program, sentences, backend(name))
        flat = np.concatenate([step[program.outputs[0]] for one in out for step in one])
        return np.asarray(flat.reshape(-1, width) * scale)[:, cepstra]

    truth = frames("reference")
    return {
        name: float(DECIBELS * np.sqrt(((frames(name) - truth) ** 2).sum(axis=1).mean() / points))
        for name in names
    }
