# ruff: noqa: E501
"""The language model as a program: reads tokens into a state, and scores what could come next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.backends.backend import Backend, backend
from models.backends.counts import Counts
from models.lm.tokens import PAD, Tokens, TokensError
from models.program.graph import Program, ProgramError
from models.program.state import State

PROGRAM, VOCABULARY = "mind.safetensors", "mind_tokens.json"


@dataclass
class Reading:
    """Where a talk stands in the network: its state, and the logits (vocabulary,) of the next token."""

    state: State
    logits: np.ndarray

    def fork(self) -> Reading:
        """An independent copy: what is read into it leaves this one alone."""
        return Reading(self.state.fork(), self.logits)


@dataclass(frozen=True)
class Network:
    """A program with input `token` and output `logits`, its vocabulary, and the backend that runs it."""

    program: Program
    tokens: Tokens
    backend: Backend

    @classmethod
    def load(cls, folder: Path, name: str = "events") -> Network:
        """The network in a folder. `ProgramError` or `TokensError`, one line, when it is missing, damaged or no mind."""
        program, tokens = Program.load(folder / PROGRAM), Tokens.load(folder / VOCABULARY)
        where = folder / PROGRAM
        if set(program.inputs) != {"token"} or tuple(program.outputs) != ("logits",):
            raise ProgramError(
                f"{where}: expected a mind with input token and output logits, found {program.name}"
            )
        width = program.values["logits"].width
        if width != len(tokens):
            raise TokensError(
                f"{where}: has {width} outputs, but {folder / VOCABULARY} has {len(tokens)} tokens"
            )
        return cls(program, tokens, backend(name))

    def begin(self, counts: Counts | None = None) -> Reading:
        """A talk in which nothing was said."""
        reading = Reading(self.program.state(1), np.zeros(len(self.tokens), np.float32))
        self.read(reading, [PAD], counts)
        return reading

    def read(self, reading: Reading, ids: Sequence[int], counts: Counts | None = None) -> None:
        """Read tokens into a talk."""
        for token in ids:
            step = self.backend.step(
                self.program, reading.state, {"token": np.array([[token]], np.int32)}, counts
            )
            reading.logits = step["logits"][0]

    def log_probabilities(
        self, reading: Reading, ids: Sequence[int], counts: Counts | None = None
    ) -> np.ndarray:
        """Natural log of the probability of each of `ids`, one after the other; the reading stays as it is."""
        ahead, found = reading.fork(), np.zeros(len(ids))
        for i, token in enumerate(ids):
            top = float(ahead.logits.max())
            found[i] = ahead.logits[token] - top - np.log(np.exp(ahead.logits - top).sum())
            if i + 1 < len(ids):
                self.read(ahead, [token], counts)
        return found
