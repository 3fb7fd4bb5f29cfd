"""The configuration: a file and switches of the same names, and one line for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.configuration import Configuration, ConfigurationError, load


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "spiketalk.toml"
    path.write_text(text)
    return path


def test_what_is_printed_can_be_read_again() -> None:
    changed = Configuration().with_switches(
        ["turn.silence_ms=9000", "patience.risk=0.2", "sound.microphone=USB, the blue one", "sound.echo=none"]
    )
    assert changed.turn.silence_ms == 9000 and changed.turn.patience.risk == 0.2
    assert changed.sound.microphone == "USB, the blue one"


def test_the_printed_form_is_the_files_form(tmp_path: Path) -> None:
    changed = Configuration().with_switches(["turn.murmur=false", "sound.loudspeaker=3", "patience.prior=9"])
    assert load(written(tmp_path, changed.toml())) == changed


def test_switches_outweigh_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[turn]\nsilence_ms = 20000\nspeak_up = false\n")
    choice = load(path, ["turn.silence_ms=7000"])
    assert (choice.turn.silence_ms, choice.turn.speak_up) == (7000, False)


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKETALK_CONFIG", str(tmp_path / "none.toml"))
    assert load() == Configuration()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[turn]\nsilence = 1", "did you mean silence_ms"),
        ("[turns]\nmurmur = true", "did you mean turn"),
        ("[turn]\nmurmur = 1", "true or false"),
        ("[turn]\nsilence_ms = true", "a whole number"),
        ("[turn]\nsilence_ms = 1.5", "a whole number"),
        ("[turn]\nbackchannels = [1]", "a list of words"),
        ("[sound]\necho = 'loud'", "one of auto, webrtc"),
        ("murmur = true", "outside any section"),
        ("[turn", "no TOML"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as told:
        load(path)
    assert said in str(told.value) and str(path) in str(told.value)
    assert "\n" not in str(told.value).strip()


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize("switch", ["murmur=true", "turn.murmur", "turn.murmur=maybe"])
def test_a_switch_that_is_none_is_told(switch: str) -> None:
    with pytest.raises(ConfigurationError):
        load(None, [switch])
