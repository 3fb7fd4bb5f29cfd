from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from agent.options import call, command


@dataclass(frozen=True)
class Settings:
    updates: int = 10
    rate: float = 0.5


def trained(
    settings: Settings,
    folder: Path,
    dense: bool = False,
    device: str | None = None,
    extra: list[int] | None = None,
) -> tuple[Settings, Path, bool, str | None, list[int] | None]:
    """Gives back what it was called with.

    A second paragraph that the help leaves out.
    """
    return settings, folder, dense, device, extra


def run(*arguments: str) -> object:
    return command(trained, "trained").main(list(arguments), standalone_mode=False)


def test_parameters_and_fields_become_options() -> None:
    assert run("--folder", "a", "--updates", "3", "--dense", "--device", "cpu") == (
        Settings(3, 0.5), Path("a"), True, "cpu", None,
    )  # fmt: skip


def test_what_is_not_given_keeps_its_default() -> None:
    assert run("--folder", "a") == (Settings(), Path("a"), False, None, None)


def test_what_has_no_default_is_required_unless_one_is_handed_in() -> None:
    with pytest.raises(click.MissingParameter, match="folder"):
        run()
    result = call("tests.agent.test_options:trained", "trained", [], {"folder": "b"})
    assert isinstance(result, tuple)
    assert result[1] == Path("b")


def test_an_unknown_option_and_a_wrong_type_are_refused() -> None:
    with pytest.raises(click.NoSuchOption):
        run("--extra", "1")
    with pytest.raises(click.BadParameter, match="'x' is not a valid integer"):
        run("--updates", "x")
