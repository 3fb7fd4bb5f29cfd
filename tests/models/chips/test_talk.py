"""The command that lays the shipped networks on every backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.chips.talk import SHIPPED, main, stages

RECORDING = next((Path(__file__).parents[2] / "fixtures" / "recordings").glob("*.opus"))


def test_usage_errors_are_two(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        ([str(RECORDING), "--backend", "abacus"], "expected some of reference, events, loihi2"),
        (["nowhere.wav"], "nowhere.wav: no such recording"),
    ):
        with pytest.raises(SystemExit) as error:
            main(arguments)
        assert error.value.code == 2 and said in capsys.readouterr().err


def test_a_folder_without_networks_gives_no_stages(tmp_path: Path) -> None:
    assert stages(RECORDING, folder=tmp_path) == []


@pytest.mark.skipif(not (SHIPPED / "mouth.safetensors").exists(), reason="no mouth is shipped yet")
def test_the_mouth_is_fed_phones_and_steps(tmp_path: Path) -> None:
    for name in ("mouth.safetensors", "mouth_lengths.safetensors"):
        (tmp_path / name).symlink_to(SHIPPED / name)
    lengths, frames = stages(RECORDING, "Hello there.", tmp_path)
    assert (lengths.name, frames.name) == ("mouth lengths", "mouth")
    for stage in (lengths, frames):
        assert stage.steps and set(stage.steps[0]) == set(stage.program.inputs)
