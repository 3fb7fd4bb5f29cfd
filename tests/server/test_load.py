"""The load generator: its questions have no pauses, and its short form measures what it says."""

from __future__ import annotations

import pytest

from server.load import CHUNK_MS, load, read
from tests.server.live import RECORDINGS


def test_questions_are_said_in_one_breath() -> None:
    questions = read(RECORDINGS)
    assert len(questions) == 10
    assert all(10 * 24 * CHUNK_MS < question.voiced_to <= len(question.pcm) for question in questions)


def test_a_folder_without_recordings_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(FileNotFoundError, match="holds no recordings"):
        read(tmp_path_factory.mktemp("empty"))


def test_two_talks_are_measured() -> None:
    figures = load(sessions=2, seconds=10, recordings=RECORDINGS, alone_seconds=8, cycles=2)
    assert figures["answers_alone"] >= 1 and figures["answers"] >= 1
    assert figures["frames"] > 0
    assert figures["memory_mb"] > 50
    assert figures["added_latency_ms_p95"] > 0
    assert {"voice_to_voice_p95_ratio", "dropped_frames", "memory_mb_per_session"} <= set(figures)
