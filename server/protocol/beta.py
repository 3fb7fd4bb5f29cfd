"""The protocol's names from before its general release, for clients that still speak them.

Sessions were flat, items were announced once (`conversation.item.created`), and sound and text went by
shorter names. Everything else is the same, so it is renamed at the edge, both ways.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]

RENAMED = {
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "conversation.item.added": "conversation.item.created",
}
DROPPED = frozenset({"conversation.item.done"})
PARTS = {"output_text": "text", "output_audio": "audio"}
FORMATS = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
NAMES = {new: old for old, new in FORMATS.items()}


def from_beta(message: str) -> str:
    """A client's message in today's shape; what is no event stays as it is, to be refused."""
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        return message
    if not isinstance(event, dict):
        return message
    if isinstance(event.get("session"), dict):
        event["session"] = _nested(event["session"])
    if isinstance(event.get("response"), dict):
        _rename(event["response"], {"modalities": "output_modalities"})
    return json.dumps(event)


def to_beta(event: Event) -> Event | None:
    """A server event in the old shape, or None where there was none.

    >>> to_beta({"type": "response.output_audio.done", "response_id": "r"})
    {'type': 'response.audio.done', 'response_id': 'r'}
    """
    if event["type"] in DROPPED:
        return None
    event = {**event, "type": RENAMED.get(event["type"], event["type"])}
    if "session" in event:
        event["session"] = _flat(event["session"])
    if "item" in event:
        event["item"] = _item(event["item"])
    if "response" in event:
        response = dict(event["response"])
        _rename(response, {"output_modalities": "modalities"})
        response["modalities"] = _both(response.get("modalities", []))
        event["response"] = response | {"output": [_item(item) for item in response["output"]]}
    return event


def _nested(flat: Mapping[str, Any]) -> Event:
    given = dict(flat)
    if "audio" in given:
        return given
    _rename(given, {"modalities": "output_modalities", "max_response_output_tokens": "max_output_tokens"})
    given.pop("temperature", None)
    sides: dict[str, Event] = {"input": {}, "output": {}}
    for name, (side, inner) in _PLACES.items():
        if name in given:
            value = given.pop(name)
            wrapped = inner == "format" and isinstance(value, str)
            sides[side][inner] = {"type": FORMATS.get(value, value)} if wrapped else value
    return given | {"audio": sides}


_PLACES = {
    "input_audio_format": ("input", "format"),
    "input_audio_transcription": ("input", "transcription"),
    "input_audio_noise_reduction": ("input", "noise_reduction"),
    "turn_detection": ("input", "turn_detection"),
    "output_audio_format": ("output", "format"),
    "voice": ("output", "voice"),
    "speed": ("output", "speed"),
}


def _flat(session: Mapping[str, Any]) -> Event:
    flat = {name: value for name, value in session.items() if name not in ("audio", "type")}
    _rename(flat, {"output_modalities": "modalities", "max_output_tokens": "max_response_output_tokens"})
    flat["modalities"] = _both(flat["modalities"])
    for name, (side, inner) in _PLACES.items():
        value = session["audio"][side].get(inner)
        flat[name] = NAMES[value["type"]] if inner == "format" else value
    return flat | {"temperature": 0.8}


def _both(kinds: list[str]) -> list[str]:
    return ["text"] if kinds == ["text"] else ["audio", "text"]


def _item(item: Mapping[str, Any]) -> Event:
    if "content" not in item:
        return dict(item)
    content = [{**part, "type": PARTS.get(part["type"], part["type"])} for part in item["content"]]
    return {**item, "content": content}


def _rename(record: Event, names: Mapping[str, str]) -> None:
    for before, after in names.items():
        if before in record:
            record[after] = record.pop(before)
