"""Clients that others wrote, unmodified, hold a whole talk: speech in, speech out, interrupted, cancelled."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.server.clients import environment
from tests.server.live import Live, recording

SCRIPTS = Path(environment.__file__).parent


@pytest.fixture(scope="module")
def python() -> Path:
    """Where the clients are installed."""
    return environment.python()


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of real speech, with silence behind it."""
    path = tmp_path_factory.mktemp("speech") / "question.wav"
    soundfile.write(path, recording(), 24_000, subtype="PCM_16")
    return path


def hold_a_talk(script: str, python: Path, server: Live, question: Path) -> dict[str, Any]:
    """What the script reports."""
    done = subprocess.run(
        [str(python), str(SCRIPTS / f"{script}.py"), f"{server.http}/v1", str(question)],
        capture_output=True,
        text=True,
        timeout=400,
        env={**os.environ, "OPENAI_AGENTS_DISABLE_TRACING": "1", "PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_openai(python: Path, server: Live, question: Path) -> None:
    found = hold_a_talk("openai_client", python, server, question)
    assert len(found["heard"].split()) >= 3
    assert found["audio"] > 0
    assert (found["first"], found["reason"]) == ("cancelled", "turn_detected")
    assert found["last"] == "cancelled"


def test_openai_agents(python: Path, server: Live, question: Path) -> None:
    found = hold_a_talk("agents_client", python, server, question)
    assert found["errors"] == []
    assert found["audio"] > 24_000
    assert found["history"].count("user") >= 2 and "assistant" in found["history"]
    assert "audio_interrupted" in found["events"]


def test_livekit(python: Path, server: Live, question: Path) -> None:
    found = hold_a_talk("livekit_client", python, server, question)
    assert found["errors"] == []
    assert {"input_speech_started", "input_speech_stopped"} <= set(found["events"])
    assert len(found["heard"].split()) >= 3
    assert found["said"] and found["audio_ms"] > 300
    assert found["items"][-1] == "user"


def test_pipecat(python: Path, server: Live, question: Path) -> None:
    found = hold_a_talk("pipecat_client", python, server, question)
    assert found["errors"] == []
    assert found["audio"] > 24_000
    assert len(found["heard"].split()) >= 3
    assert found["interruptions"] >= 1
