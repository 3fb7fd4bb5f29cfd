"""Accuracy on a chip: figures by hand, and side by side is one by one."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from models.asr.decode import Vocabulary
from models.asr.ngram import Words
from models.asr.recogniser import SHIPPED, Recogniser, Tuning
from models.backends import backend
from models.chips.accuracy import Said, Tape, bits_per_character, hearing, side_by_side, voice_distortion
from models.program import Program, ProgramBuilder
from tests.models.backends.programs import every_op, random_inputs
from tests.models.chips.test_emulated import quiet_dense

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "recordings"


def test_side_by_side_is_one_by_one() -> None:
    program, rng = every_op(), np.random.default_rng(0)
    sequences = [[random_inputs(program, 1, rng) for _ in range(n)] for n in (5, 2, 4)]
    together = side_by_side(program, sequences, backend("reference"))
    for sequence, found in zip(sequences, together, strict=True):
        state, machine = program.state(), backend("reference")
        alone = [machine.step(program, state, inputs) for inputs in sequence]
        assert len(found) == len(sequence)
        for a, b in zip(alone, found, strict=True):
            assert all(np.array_equal(a[key], b[key]) for key in a)


def test_a_tape_keeps_the_inputs_and_changes_nothing() -> None:
    program, rng = every_op(), np.random.default_rng(0)
    inputs = random_inputs(program, 1, rng)
    tape = Tape(backend("reference"))
    taped = tape.step(program, program.state(), inputs)
    plain = backend("reference").step(program, program.state(), inputs)
    assert all(np.array_equal(taped[key], plain[key]) for key in plain)
    assert [sorted(step) for step in tape.inputs] == [sorted(inputs)]


def unigram(logits: list[float]) -> Program:
    """A mind that expects the same whatever it reads: its logits are an embedding with equal rows."""
    build = ProgramBuilder("unigram", step_ms=1.0)
    token = build.add("input", "token", (), {"width": 1, "kind": "token"})
    weight = np.ones((len(logits), len(logits)), np.int8)
    tensors = {"weight": weight, "scale": np.array(logits)}
    return build.finish([build.add("embedding", "logits", (token,), {}, tensors)])


def test_bits_per_character_by_hand() -> None:
    # p = (1/2, 1/4, 1/4): the tokens 0 1 2 after the first cost 1 + 2 + 2 bits, over ten characters
    program = unigram([math.log(2), 0.0, 0.0])
    found = bits_per_character(program, [[0, 0, 1, 2]], 10, ["reference", "loihi2"])
    assert found["reference"] == pytest.approx(0.5, rel=1e-6)
    assert found["loihi2"] == pytest.approx(0.5, rel=1e-3)


def test_voice_distortion_is_zero_for_the_reference_and_in_decibels() -> None:
    program = quiet_dense(30, 8)
    membrane = replace(program, outputs=("matrix",))
    rng = np.random.default_rng(1)
    sentences = [[{"x": (rng.random((1, 30)) < 0.5).astype(np.float32)} for _ in range(6)]]
    found = voice_distortion(
        membrane, sentences, ["reference", "crossbar"], np.ones(8), slice(2, 8), points=24
    )
    assert found["reference"] == 0.0
    twice = voice_distortion(membrane, sentences, ["crossbar"], 2 * np.ones(8), slice(2, 8), points=24)
    assert twice["crossbar"] == pytest.approx(2 * found["crossbar"], rel=1e-6)


@pytest.fixture(scope="module")
def ears() -> Recogniser:
    program, words = SHIPPED / "ears.safetensors", SHIPPED / "words.safetensors"
    if not program.exists():
        pytest.skip("no ears are shipped yet")
    tuning = Tuning.load(SHIPPED / "ears.json")
    return Recogniser(Program.load(program), Vocabulary(Words.load(words)), tuning, backend("reference"))


def test_shipped_ears_hear_as_well_on_loihi_2_as_here(ears: Recogniser) -> None:
    """Fixed point costs at most five phones in a hundred on a recording."""
    said = []
    for line in (RECORDINGS / "texts.tsv").read_text(encoding="utf-8").splitlines()[1:5]:
        name, _, _, text, phones = line.split("\t")
        sound, rate = soundfile.read(RECORDINGS / name, dtype="float32")
        said.append(Said(soxr.resample(sound, rate, 16_000), text, tuple(phones.split())))
    found = hearing(ears, said, ["reference", "loihi2"])
    assert json.dumps(found)
    assert found["reference"]["phone_error_rate"] < 0.9
    off = abs(found["loihi2"]["phone_error_rate"] - found["reference"]["phone_error_rate"])
    assert off <= 0.05
