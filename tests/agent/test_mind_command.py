"""The mind's commands, as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.commands.mind import convert, generate, reply
from tests.models.lm.test_spikegpt import VOCABULARY, released

torch = pytest.importorskip("torch")


def test_another_mind_answers(port: int) -> None:
    ran = CliRunner().invoke(reply, ["hello", "--mind", f"http://127.0.0.1:{port}/good"])
    assert ran.exit_code == 0
    assert ran.output.splitlines() == ["Hello there.", "It's three o'clock!", "Bye"]


def test_another_mind_is_told_the_whole_talk(port: int) -> None:
    url = f"http://127.0.0.1:{port}/echo"
    ran = CliRunner().invoke(reply, ["--mind", url, "--json"], input="one\n\ntwo\n")
    said = [json.loads(line) for line in ran.output.splitlines()]
    assert [s["source"] for s in said] == ["endpoint", "endpoint"]
    assert said[1]["reply"].lower().startswith("user one")
    assert said[1]["reply"].lower().endswith("user two")


def test_danger_is_answered_here(port: int) -> None:
    ran = CliRunner().invoke(reply, ["i want to die", "--mind", f"http://127.0.0.1:{port}/good"])
    assert "Hello there" not in ran.output
    assert any(word in ran.output for word in ("emergency", "crisis", "trust"))


@pytest.mark.parametrize(("mode", "message"), [("refuses", "no such key"), ("rubbish", "no chat stream")])
def test_a_bad_endpoint_gives_one_line(port: int, mode: str, message: str) -> None:
    ran = CliRunner().invoke(reply, ["hello", "--mind", f"http://127.0.0.1:{port}/{mode}"])
    assert ran.exit_code == 1
    assert message in ran.output
    assert len(ran.output.splitlines()) == 1


def test_no_address_gives_one_line() -> None:
    ran = CliRunner().invoke(reply, ["hello", "--mind", "nowhere"])
    assert ran.exit_code == 1
    assert "no address" in ran.output


def test_a_released_checkpoint_is_converted_and_goes_on(tmp_path: Path) -> None:
    path, made = str(tmp_path / "a.pth"), str(tmp_path / "m.safetensors")
    torch.save(released(2), path)
    ran = CliRunner().invoke(convert, [path, "-o", made])
    assert ran.exit_code == 0
    assert f"2 layers, width 32, {VOCABULARY} tokens" in ran.output
    ran = CliRunner().invoke(generate, [made, "1 2 3", "--length", "5"])
    assert ran.exit_code == 0
    assert len(ran.output.split()) == 5
    assert ran.output == CliRunner().invoke(generate, [made, "1 2 3", "--length", "5"]).output


@pytest.mark.parametrize(
    ("text", "message"),
    [("one two", "numbers of tokens"), ("", "empty"), ("99999", "tokens: expected")],
)
def test_what_cannot_be_gone_on_with_gives_one_line(tmp_path: Path, text: str, message: str) -> None:
    path, made = str(tmp_path / "a.pth"), str(tmp_path / "m.safetensors")
    torch.save(released(1), path)
    CliRunner().invoke(convert, [path, "-o", made])
    ran = CliRunner().invoke(generate, [made, text])
    assert ran.exit_code == 1
    assert message in ran.output


def test_what_cannot_be_converted_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(b"rubbish")
    ran = CliRunner().invoke(convert, [str(tmp_path / "a.pth"), "-o", str(tmp_path / "m.safetensors")])
    assert ran.exit_code == 1
    assert "no PyTorch checkpoint" in ran.output
    assert len(ran.output.splitlines()) == 1
