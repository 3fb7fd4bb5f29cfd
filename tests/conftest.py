"""A chat endpoint for the tests, in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port where `chat_server.py` listens."""
    server = [sys.executable, str(Path(__file__).parent / "models" / "lm" / "chat_server.py")]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.terminate()
