"""Who may come in."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from server.command import options
from server.door import Door, KeyFileError, read_keys

KEY = "a-key-of-enough-characters"


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:8765", None, None),
        ("localhost:8765", "http://localhost:8765", None),
        ("localhost:8765", "https://allowed.example", None),
        ("localhost:8765", "https://evil.example", 403),
        ("localhost:8765", "null", 403),
        ("rebound.example:8765", "http://rebound.example:8765", 403),
        (None, None, 403),
        ("[", None, 403),
    ],
)
def test_pages_of_others_stay_outside(host: str | None, origin: str | None, status: int | None) -> None:
    refusal = Door(origins=frozenset({"https://allowed.example"})).refusal(host, origin, None, [])
    assert (refusal[0] if refusal else None) == status


@pytest.mark.parametrize(
    ("authorization", "protocols", "known"),
    [
        (f"Bearer {KEY}", [], True),
        (f"bearer {KEY}", [], True),
        (None, ["realtime", f"openai-insecure-api-key.{KEY}"], True),
        ("Bearer wrong", [], False),
        (KEY, [], False),
        ("Bearer ", ["openai-insecure-api-key."], False),
        ("Bearer ключ", [], False),
        (None, [], False),
    ],
)
def test_a_key_opens(authorization: str | None, protocols: list[str], known: bool) -> None:
    refusal = Door(keys=(KEY,), local=False).refusal("talk.example", None, authorization, protocols)
    assert (refusal is None) == known


def test_keys_are_read_and_short_ones_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# ours\n{KEY}\n\n")
    assert read_keys(path) == (KEY,)
    path.write_text("short\n")
    with pytest.raises(KeyFileError, match="16 characters"):
        read_keys(path)
    with pytest.raises(KeyFileError, match="cannot be read"):
        read_keys(tmp_path / "nowhere")


def test_an_open_address_needs_a_key() -> None:
    with pytest.raises(click.UsageError, match="--api-key-file"):
        options("0.0.0.0", 8765, None, None, "", None, None, 60)
    assert options(
        "127.0.0.1", 8765, 4, None, "https://a.example, https://b.example", None, None, 60
    ).door == (Door((), frozenset({"https://a.example", "https://b.example"}), True))


@pytest.mark.parametrize("changes", [{"port": 70_000}, {"sessions": 0}, {"idle_s": 0}])
def test_numbers_out_of_range_are_refused(changes: dict[str, int]) -> None:
    given = {"port": 1, "sessions": 1, "idle_s": 1} | changes
    with pytest.raises(click.UsageError):
        options("localhost", given["port"], given["sessions"], None, "", None, None, given["idle_s"])
