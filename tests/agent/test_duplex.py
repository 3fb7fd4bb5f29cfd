"""Full-Duplex-Bench's layout: answers lie beside their questions, as long as they and at their moments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from agent.cli import spiketalk
from agent.clock import SPEAKING_HZ
from agent.duplex import INPUT, OUTPUT, duplex
from agent.sound.wav import SoundError

QUESTION = Path(__file__).parents[2] / "examples" / "question.flac"
AFTERWARDS_S = 6


def asked(folder: Path) -> float:
    """Put a question with time for an answer, and mere noise, into the layout; how long the question is."""
    sound, rate = soundfile.read(QUESTION, dtype="float32")
    quiet = 1e-4 * np.random.default_rng(0).standard_normal(AFTERWARDS_S * rate).astype(np.float32)
    for place, content in (
        ("turn_taking/1", np.concatenate([sound, quiet])),
        ("pause_handling/1", quiet),
    ):
        (folder / place).mkdir(parents=True)
        soundfile.write(folder / place / INPUT, content, rate)
    return len(sound) / rate


def test_answers_lie_beside_their_questions_aligned_in_time(tmp_path: Path) -> None:
    question_s = asked(tmp_path)
    found = duplex(tmp_path)
    assert found["recordings"] == 2
    assert found["tasks"]["pause_handling"] == {"spoke": 0.0, "first_sound_s": None}
    assert found["tasks"]["turn_taking"]["spoke"] == 1.0
    first = found["tasks"]["turn_taking"]["first_sound_s"]
    for task in found["tasks"]:
        answer, rate = soundfile.read(tmp_path / task / "1" / OUTPUT)
        question = soundfile.info(tmp_path / task / "1" / INPUT)
        assert rate == SPEAKING_HZ and answer.ndim == 1
        assert len(answer) == pytest.approx(question.duration * rate, abs=1)
    answer, rate = soundfile.read(tmp_path / "turn_taking/1" / OUTPUT)
    loud = np.flatnonzero(np.abs(answer) > 1e-3) / rate
    assert loud[0] == pytest.approx(first, abs=0.02)
    assert question_s - 1 < first < question_s + 3, (
        "it speaks when the question is over, not before, not late"
    )
    assert len(loud) / rate > 0.1


def test_what_is_not_in_that_layout_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match=r"expected folders with an input\.wav each, found none"):
        duplex(tmp_path)
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / INPUT).write_text("no sound")
    with pytest.raises(SoundError, match="not audio"):
        duplex(tmp_path)


def test_the_command_says_what_it_wants() -> None:
    result = CliRunner().invoke(spiketalk, ["bench", "duplex", "--help"])
    assert result.exit_code == 0 and "output.wav beside every input.wav" in " ".join(result.output.split())
