"""The shipped networks with the inputs of a real exchange, as stages for `bench`.

    python -m models.chips.talk RECORDING [--backend loihi2,spinnaker2] [--text "What is said."] [--json]

prints the table of every stage on every backend, with the validation of the cost models in the JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from models.asr.decode import Vocabulary
from models.asr.ngram import Words
from models.asr.recogniser import Recogniser, Tuning
from models.backends.backend import BACKENDS, backend
from models.chips import bench, validation
from models.chips.accuracy import inputs_of
from models.lm.network import PROGRAM, Network
from models.lm.tokens import Tokens
from models.program.graph import Program
from models.program.ops import Array
from models.tts.context import PHONE_PORTS, STEP_PORTS, phone_tokens
from models.tts.phonemes import phones
from models.tts.voice import FRAMES_FILE, LENGTHS_FILE, SHIPPED, Voice, sentences

REPLY = "Yes, I would like that very much."
BUDGET_MS = {"ears": 40.0, "mind": 60.0, "mouth lengths": 5.0, "mouth": 20.0}
"""What a step may take: ears and mouth must keep up with their own sound; the others have a turn's share."""
TURN_STEPS = {"ears": 10, "mind": 8, "mouth lengths": 30, "mouth": 1}
"""Steps between the end of the user's turn and the first sound: 400 ms of quiet for the ears to finish in, a
reply of about eight tokens, the lengths of its first sentence's phones, one step of sound."""
MOST_STEPS = 60
Steps = list[Mapping[str, Array]]


def read(tokens: Tokens, talk: Sequence[tuple[str, str]]) -> Steps:
    """Give what the mind's network is fed while it reads a talk."""
    return [{"token": np.array([[token]], np.int32)} for token in tokens.talk(talk)]


def spoken(voice: Voice, text: str) -> tuple[Steps, Steps]:
    """Give what the two networks of the mouth are fed for the first sentence of a text."""
    sentence = next(iter(sentences(text)))
    line = phones(sentence)
    rows = phone_tokens(line, [s.word for s in sentence], sentence[-1].mark or ".")
    lengths: Steps = [{n: row[None, k : k + 1] for k, n in enumerate(PHONE_PORTS)} for row in rows]
    planned = voice.plan(sentence).tokens
    frames: Steps = [{n: row[None, k : k + 1] for k, n in enumerate(STEP_PORTS)} for row in planned]
    return lengths, frames


def stages(recording: Path, text: str = REPLY, folder: Path = SHIPPED) -> list[bench.Stage]:
    """Give the networks in the folder, four if all are there, with the inputs of one exchange."""
    made: list[bench.Stage] = []
    if (folder / "ears.safetensors").exists():
        samples, rate = soundfile.read(recording, dtype="float32")
        ears = _ears(folder)
        steps = inputs_of(ears, samples if samples.ndim == 1 else samples.mean(axis=1), rate)
        made.append(_stage("ears", ears.program, steps))
    if (folder / PROGRAM).exists():
        mind = Network.load(folder, "reference")
        made.append(_stage("mind", mind.program, read(mind.tokens, [("user", text), ("pip", text)])))
    if (folder / FRAMES_FILE).exists():
        frames, lengths = Program.load(folder / FRAMES_FILE), Program.load(folder / LENGTHS_FILE)
        phone_steps, sound_steps = spoken(Voice(frames, lengths, "reference"), text)
        made += [_stage("mouth lengths", lengths, phone_steps), _stage("mouth", frames, sound_steps)]
    return made


def _ears(folder: Path) -> Recogniser:
    words = folder / "words.safetensors"
    vocabulary = Vocabulary(Words.load(words if words.exists() else SHIPPED / words.name))
    tuning = Tuning.load(folder / "ears.json")
    return Recogniser(Program.load(folder / "ears.safetensors"), vocabulary, tuning, backend("reference"))


def _stage(name: str, program: Program, steps: Steps) -> bench.Stage:
    return bench.Stage(name, program, steps[:MOST_STEPS], BUDGET_MS[name])


def report(
    recording: Path, names: Sequence[str], text: str = REPLY, folder: Path = SHIPPED
) -> dict[str, Any]:
    """Give `backends` and `validation` as `spiketalk bench --json` prints them."""
    found = stages(recording, text, folder)
    steps = {stage.name: TURN_STEPS[stage.name] for stage in found}
    return {
        "backends": bench.report(found, names, steps),
        "validation": validation.as_json(validation.rows()),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0, or 2 for a usage error."""
    parser = argparse.ArgumentParser(
        prog="python -m models.chips.talk", description="Stages on every backend."
    )
    parser.add_argument("recording", type=Path)
    parser.add_argument("--backend", default=",".join(BACKENDS[1:]), help=f"of {', '.join(BACKENDS)}")
    parser.add_argument("--text", default=REPLY, help="what the voice says")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    given = parser.parse_args(arguments)
    names = [name.strip() for name in given.backend.split(",")]
    if unknown := [name for name in names if name not in BACKENDS]:
        parser.error(f"--backend: expected some of {', '.join(BACKENDS)}, found {unknown[0]!r}")
    if not given.recording.is_file():
        parser.error(f"{given.recording}: no such recording")
    made = report(given.recording, names, given.text)
    shown = json.dumps(made, indent=1) if given.json else bench.table(made["backends"])
    sys.stdout.write(shown + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
