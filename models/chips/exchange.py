"""One real exchange: a recording is heard, answered and spoken by the shipped networks, and what each network
was fed on the way is kept, so that every backend can be given the same steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import soundfile

from models.asr.decode import Vocabulary
from models.asr.ngram import Words
from models.asr.recogniser import Recogniser, Tuning
from models.backends.backend import Backend, backend
from models.backends.counts import Counts
from models.chips.accuracy import Tape
from models.chips.bench import Stage
from models.lm.mind import Mind
from models.lm.network import PROGRAM, Network
from models.lm.tokens import Tokens
from models.program.graph import Program
from models.program.ops import Array
from models.program.state import State
from models.tts.voice import FRAMES_FILE, LENGTHS_FILE, MELODY_FILE, SHIPPED, Voice

REPLY = "Yes, I would like that very much."
"""What is spoken where the mind has nothing to say."""
EARS, MIND, LENGTHS, MELODY, MOUTH = "ears", "mind", "mouth lengths", "mouth melody", "mouth"
Steps = list[Mapping[str, Array]]


@dataclass(frozen=True)
class Exchange:
    """What was heard and answered; the programs; the inputs of each; steps from the end of the turn to sound.

    turn: stage → its steps after the user's last word was in: the ears' last ones, all that the mind reads,
    lengths and melody of the first sentence's phones, one step of sound. Nothing is answered ahead of time.
    """

    heard: str
    said: str
    programs: Mapping[str, Program]
    inputs: Mapping[str, Steps]
    turn: Mapping[str, int]


def exchange(recording: Path, folder: Path = SHIPPED) -> Exchange:
    """Have a recording answered by the networks in a folder; those that are missing there are left out."""
    programs: dict[str, Program] = {}
    inputs: dict[str, Steps] = {}
    turn: dict[str, int] = {}
    heard, said = "", REPLY
    if (folder / "ears.safetensors").exists():
        tape = Tape(backend("events"))
        ears = recogniser(folder, tape)
        heard, turn[EARS] = _hear(ears, recording, tape)
        programs[EARS], inputs[EARS] = ears.program, list(tape.inputs)
    if (folder / PROGRAM).exists():
        tape = Tape(backend("events"))
        mind = Mind.load(folder)
        network = mind.network or Network.load(folder)
        said = replace(mind, network=replace(network, backend=tape)).talk().think(heard).text or REPLY
        # A reply that needs no network leaves nothing on the tape; it is counted as if it had been read.
        inputs[MIND] = list(tape.inputs) or read(network.tokens, [("user", heard), ("pip", said)])
        turn[MIND], programs[MIND] = len(inputs[MIND]), network.program
    if (folder / FRAMES_FILE).exists():
        mouth = spoken(folder, said)
        programs |= mouth.programs
        inputs |= mouth.inputs
        turn |= mouth.turn
    return Exchange(heard, said, programs, inputs, turn)


def stages(found: Sequence[Exchange], budgets: Mapping[str, float], most: int) -> list[Stage]:
    """The networks with the inputs of several exchanges, one behind the other, each from a fresh state.

    budgets: stage → milliseconds that a step may take;   most: steps taken of each exchange.
    """
    made = []
    for name, program in found[0].programs.items():
        parts = [one.inputs[name][:most] for one in found]
        edges = np.cumsum([0, *(len(part) for part in parts)])
        steps = [step for part in parts for step in part]
        made.append(Stage(name, program, steps, budgets[name], frozenset(int(e) for e in edges[:-1])))
    return made


def longest(found: Sequence[Exchange]) -> dict[str, int]:
    """The most steps that a turn took of each stage."""
    return {name: max(one.turn[name] for one in found) for name in found[0].turn}


def recogniser(folder: Path, runner: Backend) -> Recogniser:
    """The ears in a folder on a backend; words that it does not have are the shipped ones."""
    words = folder / "words.safetensors"
    vocabulary = Vocabulary(Words.load(words if words.exists() else SHIPPED / words.name))
    tuning = Tuning.load(folder / "ears.json")
    return Recogniser(Program.load(folder / "ears.safetensors"), vocabulary, tuning, runner)


def _hear(ears: Recogniser, recording: Path, tape: Tape) -> tuple[str, int]:
    """The words of a recording, and the steps that came after its end."""
    samples, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    stream = ears.stream(rate)
    stream.feed(samples.mean(axis=1))
    before = len(tape.inputs)
    text = stream.finish().text
    return text, len(tape.inputs) - before


def read(tokens: Tokens, talk: Sequence[tuple[str, str]]) -> Steps:
    """Give what the mind's network is fed while it reads a talk."""
    return [{"token": np.array([[token]], np.int32)} for token in tokens.talk(talk)]


@dataclass
class Tapes:
    """A tape for every program that one backend runs."""

    inner: Backend
    tapes: dict[str, Tape] = field(default_factory=dict)
    name: str = "tapes"

    def step(
        self,
        program: Program,
        state: State,
        inputs: Mapping[str, Array],
        counts: Counts | None = None,
        rows: Array | None = None,
    ) -> dict[str, Array]:
        """See `Backend.step`."""
        tape = self.tapes.setdefault(program.digest, Tape(self.inner))
        return tape.step(program, state, inputs, counts, rows)

    def of(self, program: Program) -> Steps:
        """What went into a program so far."""
        tape = self.tapes.get(program.digest)
        return [] if tape is None else list(tape.inputs)


def spoken(folder: Path, text: str) -> Exchange:
    """Have a text spoken by the mouth in a folder; its turn ends with the first sound."""
    files = {LENGTHS: LENGTHS_FILE, MELODY: MELODY_FILE, MOUTH: FRAMES_FILE}
    programs = {name: Program.load(folder / file) for name, file in files.items() if (folder / file).exists()}
    tapes = Tapes(backend("events"))
    sound = Voice(programs[MOUTH], programs[LENGTHS], tapes, programs.get(MELODY)).speak(text)
    next(sound, None)
    turn = {name: len(tapes.of(program)) for name, program in programs.items()}
    for _ in sound:
        pass
    return Exchange("", text, programs, {name: tapes.of(p) for name, p in programs.items()}, turn)
