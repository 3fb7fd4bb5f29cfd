"""Client events: eleven frozen dataclasses, and `parse`, which makes one of a message or says what is wrong.

Field names are those of the protocol. What is checked here is form: that it is JSON, an event there is, with
its required fields, each of its type. What the values mean is the session's business.
"""

from __future__ import annotations

import json
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import dataclass, fields
from types import UnionType
from typing import Any, NoReturn, Union, get_args, get_origin, get_type_hints

from server.protocol.errors import INVALID_JSON, INVALID_VALUE, MISSING, UNKNOWN_EVENT, Refusal

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientEvent:
    """Whatever a client sends may carry an id, which errors about it repeat."""

    event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUpdate(ClientEvent):
    """Change what is given of the session's settings."""

    session: Object


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioAppend(ClientEvent):
    """More sound from the microphone, base64."""

    audio: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioCommit(ClientEvent):
    """The sound so far is a turn of the user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioClear(ClientEvent):
    """Forget the sound so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputClear(ClientEvent):
    """Stop what is being said (for transports that play on the server's side)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCreate(ClientEvent):
    """Put an item into the conversation, behind `previous_item_id` ("root": at its head)."""

    item: Object
    previous_item_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDelete(ClientEvent):
    """Take an item out."""

    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRetrieve(ClientEvent):
    """Show an item."""

    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTruncate(ClientEvent):
    """Of an item of ours, only the first `audio_end_ms` were heard."""

    item_id: str
    audio_end_ms: int
    content_index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseCreate(ClientEvent):
    """Answer now."""

    response: Object | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseCancel(ClientEvent):
    """Stop answering."""

    response_id: str | None = None


EVENTS: dict[str, type[ClientEvent]] = {
    "session.update": SessionUpdate,
    "input_audio_buffer.append": AudioAppend,
    "input_audio_buffer.commit": AudioCommit,
    "input_audio_buffer.clear": AudioClear,
    "output_audio_buffer.clear": OutputClear,
    "conversation.item.create": ItemCreate,
    "conversation.item.delete": ItemDelete,
    "conversation.item.retrieve": ItemRetrieve,
    "conversation.item.truncate": ItemTruncate,
    "response.create": ResponseCreate,
    "response.cancel": ResponseCancel,
}


def parse(message: str) -> ClientEvent:
    """The event of a message. Raises Refusal.

    >>> parse('{"type": "response.cancel", "event_id": "e1"}')
    ResponseCancel(event_id='e1', response_id=None)
    """
    record = _object(message)
    given = record.get("event_id")
    event_id = given if isinstance(given, str) else None
    kind = EVENTS.get(record["type"]) if isinstance(record.get("type"), str) else None
    try:
        if kind is None:
            known = ", ".join(EVENTS)
            raise Refusal(
                UNKNOWN_EVENT, f"type must be one of {known}; found {_short(record.get('type'))}", "type"
            )
        return kind(**_values(kind, record))
    except Refusal as refusal:
        refusal.event_id = event_id
        raise


def _object(message: str) -> Object:
    try:
        record = json.loads(message, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refusal(INVALID_JSON, f"a message must be one JSON object: {_short(str(error))}") from error
    if not isinstance(record, dict):
        raise Refusal(INVALID_JSON, f"a message must be one JSON object, not {type(record).__name__}")
    return record


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _values(kind: type[ClientEvent], record: Object) -> Object:
    values = {}
    for name, needed, allowed in _FORMS[kind]:
        value = record.get(name)
        if value is None:
            if needed:
                raise Refusal(MISSING, f"{record['type']} needs {name}", name)
            continue
        if not isinstance(value, allowed) or isinstance(value, bool):
            wanted = "an object" if dict in allowed else "text" if str in allowed else "a whole number"
            raise Refusal(INVALID_VALUE, f"{name} must be {wanted}; found {_short(value)}", name)
        values[name] = value
    return values


def _form(kind: type[ClientEvent]) -> tuple[tuple[str, bool, tuple[type, ...]], ...]:
    """Each field: its name, whether it is required, the types it may have."""
    hints = get_type_hints(kind)
    return tuple((f.name, f.default is NO_DEFAULT, _plain(hints[f.name])) for f in fields(kind))


def _plain(hint: Any) -> tuple[type, ...]:
    """The types that a value may have, without None and parameters."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(get_origin(m) or m for m in members if m is not type(None))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


_FORMS = {kind: _form(kind) for kind in EVENTS.values()}
