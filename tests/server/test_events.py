"""Whatever a client sends: an event, or one error that says what is wrong."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.protocol.beta import from_beta, to_beta
from server.protocol.errors import Refusal
from server.protocol.events import EVENTS, AudioAppend, ItemTruncate, parse
from tests.server.dialogue import Dialogue

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    "event_id", "session", "audio", "item", "item_id", "previous_item_id", "content_index", "audio_end_ms",
    "response", "response_id",
]  # fmt: skip
INNER = [
    "type", "role", "content", "text", "id", "audio", "input", "output", "format", "rate", "turn_detection",
    "speed", "voice", "transcription", "include", "output_modalities", "metadata", "call_id", "name",
    "arguments", "silence_duration_ms", "threshold", "eagerness", "tools", "instructions",
]  # fmt: skip
WORDS = [
    "message",
    "user",
    "assistant",
    "input_text",
    "server_vad",
    "semantic_vad",
    "audio/pcm",
    "root",
    "realtime",
]
SHAPED = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10_000) | st.sampled_from(WORDS) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER), inner, max_size=5),
    max_leaves=15,
)
EVENT = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from(sorted(EVENTS)),
    st.dictionaries(st.sampled_from(FIELDS), SHAPED, max_size=5),
)


def test_an_event_has_its_fields() -> None:
    event = parse('{"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 5, "more": 1}')
    assert event == ItemTruncate(item_id="i", audio_end_ms=5)
    assert parse('{"type": "input_audio_buffer.append", "audio": ""}') == AudioAppend(audio="")


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("no json", "invalid_json", None),
        ("[]", "invalid_json", None),
        ('{"type": "session.update", "session": NaN}', "invalid_json", None),
        ("[" * 100_000, "invalid_json", None),
        ('{"type": "sing"}', "unknown_event", "type"),
        ("{}", "unknown_event", "type"),
        ('{"type": "session.update"}', "missing_required_parameter", "session"),
        ('{"type": "input_audio_buffer.append", "audio": 5}', "invalid_value", "audio"),
        (
            '{"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": true}',
            "invalid_value",
            "audio_end_ms",
        ),
    ],
)
def test_what_is_no_event_is_refused_by_name(message: str, code: str, param: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        parse(message)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_refusal_repeats_the_event_id() -> None:
    with pytest.raises(Refusal) as refused:
        parse('{"type": "sing", "event_id": "mine"}')
    assert refused.value.event_id == "mine"


@given(st.text() | JSON.map(json.dumps))
def test_no_message_breaks_the_parser(message: str) -> None:
    for text in (message, from_beta(message)):
        with suppress(Refusal):
            assert type(parse(text)) in EVENTS.values()


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENT, max_size=12))
def test_no_run_of_events_breaks_a_session(events: list[dict[str, Any]]) -> None:
    talk = Dialogue()
    for event in events:
        try:
            parsed = parse(json.dumps(event))
        except Refusal:
            continue
        talk._do(talk.session.receive(parsed))
        talk.wait(40)
    for sent in talk.sent:
        json.dumps(sent)
        if (old := to_beta(sent)) is not None:
            json.dumps(old)
    answers = [e["type"] for e in talk.sent]
    assert answers.count("response.created") - answers.count("response.done") in (0, 1)
    assert "session.updated" in [e["type"] for e in talk.client("session.update", session={})]
