"""The protocol's older names, both ways."""

from __future__ import annotations

import json

from server.protocol.beta import from_beta, to_beta
from server.protocol.configuration import Configuration
from server.protocol.events import SessionUpdate, parse
from tests.server.dialogue import Dialogue


def test_flat_settings_are_understood() -> None:
    old = {
        "modalities": ["text", "audio"],
        "voice": "alloy",
        "input_audio_format": "g711_ulaw",
        "output_audio_format": "pcm16",
        "input_audio_transcription": {"model": "whisper-1"},
        "turn_detection": {"type": "server_vad", "silence_duration_ms": 700},
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
    }
    event = parse(from_beta(json.dumps({"type": "session.update", "session": old})))
    assert isinstance(event, SessionUpdate)
    after = Configuration().updated(event.session)
    assert after.input_format.name == "audio/pcmu"
    assert after.turn_detection is not None and after.turn_detection.silence_duration_ms == 700
    shown = to_beta({"type": "session.updated", "session": after.as_object("sess_1")})
    assert shown is not None
    assert {name: shown["session"][name] for name in ("voice", "input_audio_format", "modalities")} == {
        "voice": "alloy",
        "input_audio_format": "g711_ulaw",
        "modalities": ["audio", "text"],
    }


def test_events_have_their_old_names_and_items_are_told_once() -> None:
    talk = Dialogue()
    talk.user_speaks("hello")
    talk.wait(600)
    talk.agent_says("hello to you")
    old = [event for sent in talk.sent if (event := to_beta(sent)) is not None]
    types = {event["type"] for event in old}
    assert {"conversation.item.created", "response.audio.delta", "response.audio_transcript.done"} <= types
    assert not any(
        "output_audio" in kind or kind.endswith(("item.added", "item.done"))
        for kind in types - {"response.output_item.added", "response.output_item.done"}
    )
    created = [event for event in old if event["type"] == "conversation.item.created"]
    assert len(created) == 2
    done = next(event for event in old if event["type"] == "response.done")
    assert done["response"]["output"][0]["content"][0]["type"] == "audio"
    assert done["response"]["modalities"] == ["audio", "text"]
