"""What a client did wrong, as it is told: a code, one sentence, and the field it concerns."""

from __future__ import annotations

from typing import Any, Literal

Kind = Literal["invalid_request_error", "server_error"]

INVALID_JSON = "invalid_json"
UNKNOWN_EVENT = "unknown_event"
MISSING = "missing_required_parameter"
INVALID_VALUE = "invalid_value"
UNSUPPORTED = "unsupported"
TOO_MUCH = "limit_exceeded"
COMMIT_EMPTY = "input_audio_buffer_commit_empty"
ALREADY_ACTIVE = "conversation_already_has_active_response"
NOT_ACTIVE = "response_cancel_not_active"
NO_SUCH_ITEM = "item_not_found"
RETRIEVE_INVALID = "item_retrieve_invalid_item_id"


class Refusal(Exception):
    """A client event that cannot be followed; the session goes on as if it had not come."""

    def __init__(
        self, code: str, message: str, param: str | None = None, event_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.param, self.event_id = code, message, param, event_id


def error_event(refusal: Refusal, kind: Kind = "invalid_request_error") -> dict[str, Any]:
    """The server event that tells of it.

    >>> error_event(Refusal(UNKNOWN_EVENT, "no such event"))["error"]["code"]
    'unknown_event'
    """
    return {
        "type": "error",
        "error": {
            "type": kind,
            "code": refusal.code,
            "message": refusal.message,
            "param": refusal.param,
            "event_id": refusal.event_id,
        },
    }
