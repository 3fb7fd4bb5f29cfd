"""The command line as a person meets it, with the shipped networks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import models
from agent.cli import main
from agent.clock import SPEAKING_HZ
from tests.recordings import QUESTION

SHIPPED = Path(models.__file__).parent / "shipped"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    with pytest.raises(SystemExit) as ended:
        main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line that a refusal says."""
    code, out, err = run(capsys, *arguments)
    assert code == 2, (out, err)
    assert out == ""
    said = [line for line in err.splitlines() if "compiling" not in line]
    assert len(said) == 1, err
    assert "Traceback" not in err
    return said[0]


def test_a_question_gets_words_a_reply_a_table_and_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = tmp_path / "answer.wav"
    code, out, err = run(capsys, "talk", QUESTION, "-o", answer)
    assert code == 0, err
    for expected in ("you", "agent", "first sample", "SynOps", str(answer)):
        assert expected in out.replace("\n", "")
    sound, rate = soundfile.read(answer)
    assert rate == SPEAKING_HZ and sound.ndim == 1
    assert len(sound) > 0.3 * rate and np.sqrt(np.mean(sound**2)) > 0.01


def test_json_is_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "talk", QUESTION, "--json")
    report = json.loads(out)
    assert code == 0 and report["question"] == str(QUESTION) and report["answer"] is None
    (turn,) = report["turns"]
    assert turn["heard"] and turn["reply"] and turn["answer_s"] > 0.3
    assert set(turn["spikes"]) >= {"ears", "mouth"}
    assert turn["latency_ms"]["ears"]["calls"] > 50
    times = [t for word in turn["words"] for t in (word["start_s"], word["end_s"])]
    assert times == sorted(times) and times[-1] <= turn["ended_s"]


def test_the_same_recording_gives_the_same_talk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / "one.wav", tmp_path / "two.wav"]
    reports = []
    for file in files:
        _, out, _ = run(capsys, "talk", QUESTION, "-o", file, "--json")
        (turn,) = json.loads(out)["turns"]
        reports.append({key: turn[key] for key in ("heard", "words", "phones", "reply", "spikes", "ended_s")})
    assert reports[0] == reports[1]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_stereo_has_the_question_left_and_the_answer_right_after_the_turns_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = tmp_path / "both.wav"
    code, out, _ = run(capsys, "talk", QUESTION, "-o", both, "--stereo", "--json")
    (turn,) = json.loads(out)["turns"]
    sound, rate = soundfile.read(both)
    question, question_rate = soundfile.read(QUESTION)
    assert code == 0 and rate == SPEAKING_HZ == question_rate
    left, right = sound.T
    assert np.abs(left[: len(question)] - question).max() < 0.01
    assert not left[len(question) + rate // 10 :].any()
    ended = round(turn["ended_s"] * rate)
    assert not right[:ended].any()
    assert len(right) - ended == pytest.approx(turn["answer_s"] * rate, abs=rate // 50)
    assert np.abs(right[ended:]).max() > 0.05


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"), [(8_000, 1, "PCM_U8"), (44_100, 2, "PCM_24"), (96_000, 6, "FLOAT")]
)
def test_any_rate_channel_count_and_width_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: int, channels: int, subtype: str
) -> None:
    import soxr

    sound, original = soundfile.read(QUESTION, dtype="float32")
    path = tmp_path / "question.wav"
    changed = soxr.resample(sound, original, rate)
    soundfile.write(path, np.repeat(changed[:, None], channels, axis=1), rate, subtype=subtype)
    code, out, _ = run(capsys, "talk", path, "--json")
    (turn,) = json.loads(out)["turns"]
    assert code == 0 and turn["heard"] and turn["reply"]


def test_files_that_cannot_be_heard_are_refused_by_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, empty = tmp_path / "text.wav", tmp_path / "empty.wav"
    text.write_text("not a recording")
    empty.touch()
    assert "there is no file" in refused(capsys, "talk", tmp_path / "missing.wav")
    assert "is not audio" in refused(capsys, "talk", text)
    assert "is empty" in refused(capsys, "talk", empty)
    assert "is a folder" in refused(capsys, "talk", tmp_path)


def test_places_that_cannot_be_written_are_refused_before_anything_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no such file or directory" in refused(capsys, "talk", QUESTION, "-o", tmp_path / "no" / "a.wav")
    assert "end it with .wav" in refused(capsys, "talk", QUESTION, "-o", tmp_path / "answer.docx")
    question = tmp_path / "question.flac"
    shutil.copy(QUESTION, question)
    assert "the question itself" in refused(capsys, "talk", question, "-o", question)
    assert question.read_bytes() == QUESTION.read_bytes()


@pytest.mark.parametrize("level", [0.0, 0.001])
def test_silence_is_no_error_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: float
) -> None:
    path, answer = tmp_path / "silence.wav", tmp_path / "answer.wav"
    noise = level * np.random.default_rng(1).standard_normal(48_000)
    soundfile.write(path, noise, 16_000)
    code, out, err = run(capsys, "talk", path, "-o", answer)
    assert (code, out.strip()) == (0, f"Nothing was said in {path}."), err
    assert not answer.exists()


def test_a_missing_or_damaged_program_is_named_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted(p for p in SHIPPED.iterdir() if p.suffix == ".safetensors")
    assert {p.stem for p in files} >= {"ears", "mind", "mouth"}
    empty = tmp_path / "empty"
    empty.mkdir()
    assert str(empty) in refused(capsys, "talk", QUESTION, "--models", empty)
    needed = {
        "ears.safetensors",
        "mind.safetensors",
        "mouth.safetensors",
        "mouth_lengths.safetensors",
        "memory.npz",
    }
    for file in sorted(
        p for p in SHIPPED.iterdir() if p.name in needed | {"words.safetensors", "mind_tokens.json"}
    ):
        folder = tmp_path / file.name.replace(".", "-")
        folder.mkdir()
        for other in SHIPPED.iterdir():
            if other.is_file() and other != file:
                (folder / other.name).symlink_to(other)
        if file.name in needed:
            assert str(folder) in refused(capsys, "talk", QUESTION, "--models", folder), (
                f"{file.name} missing"
            )
        (folder / file.name).write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        assert str(folder) in refused(capsys, "talk", QUESTION, "--models", folder), f"{file.name} cut short"


def test_an_hour_is_heard_in_little_memory(tmp_path: Path) -> None:
    rate, path = 8_000, tmp_path / "hour.wav"
    import soxr

    sound, original = soundfile.read(QUESTION, dtype="float32")
    said = soxr.resample(sound, original, rate)
    with soundfile.SoundFile(path, "w", rate, 1, "PCM_U8") as file:
        for minute in range(60):
            block = np.zeros(60 * rate, np.float32)
            if minute in (0, 59):
                block[rate : rate + len(said)] = said
            file.write(block)
    short, long = peak_megabytes(QUESTION, 1), peak_megabytes(path, 2)
    assert long < short + 60, f"{short:.0f} MB for a question, {long:.0f} MB for an hour"


def peak_megabytes(path: Path, turns: int) -> float:
    """The memory that a talk in a process of its own took at most."""
    code = (
        "import json, resource, sys\n"
        "from agent.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as ended:\n    assert not ended.code, ended.code\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "talk", str(path), "--json"], capture_output=True, text=True, check=True
    )
    report, peak = done.stdout.strip().splitlines()
    assert len([t for t in json.loads(report)["turns"] if t["reply"]]) == turns
    return float(peak)


def test_a_wrong_call_is_explained_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Missing argument 'QUESTION'" in refused(capsys, "talk")
    assert "--stereo needs a file" in refused(capsys, "talk", QUESTION, "--stereo")
    assert "No such command 'shout'" in refused(capsys, "shout")


def test_say_reply_and_transcribe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoken = tmp_path / "spoken.flac"
    code, out, _ = run(capsys, "say", "Good morning to you.", "-o", spoken)
    assert code == 0 and str(spoken) in out and soundfile.info(spoken).duration > 0.5
    assert "nothing to say" in refused(capsys, "say", " ?! ", "-o", spoken)
    code, out, _ = run(capsys, "say", "Good morning to you.", "-o", spoken, "--words")
    lines = [line.split() for line in out.splitlines()[:-1]]
    assert [word for _, word in lines] == ["good", "morning", "to", "you"]
    starts = [float(second) for second, _ in lines]
    assert starts == sorted(set(starts)) and starts[-1] < soundfile.info(spoken).duration
    code, out, _ = run(capsys, "reply", "how", "are", "you")
    assert code == 0 and out.strip()
    code, out, _ = run(capsys, "transcribe", QUESTION)
    assert code == 0 and out.strip()


def test_the_installed_command_runs_and_starts_fast_without_pytorch() -> None:
    command = Path(sys.executable).with_name("spiketalk")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("spiketalk 0.")
    code = "import sys; import agent.cli, agent.chat, agent.talk; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONWARNINGS": "error"})
