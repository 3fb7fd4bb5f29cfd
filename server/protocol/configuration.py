"""A session's settings: what a client may say of them, what they are, and which turn rules follow from them.

A `session.update` changes what it gives and nothing else; what is wrong in it is refused as a whole, by the
name of the field. Settings that a session can have but that change nothing here (instructions, tools, noise
reduction, tracing) are kept and shown, as clients expect of what they sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from agent.turn.patience import Patience
from agent.turn.settings import Settings
from server.protocol.audio import FORMATS, Format
from server.protocol.errors import INVALID_VALUE, Refusal

Object = Mapping[str, Any]
MODEL, VOICE = "spiketalk", "pip"
EXTENSION = "spiketalk"
"""in `include`, it asks for the events that only our own page knows"""
LARGEST = 256_000
"""so many characters may the settings have, written as JSON"""
LONGEST_WAIT_MS = {"low": 8_000, "medium": 4_000, "auto": 4_000, "high": 2_000}
RISK = {"low": 0.02, "medium": 0.05, "auto": 0.05, "high": 0.12}
"""the share of answers that may come too early"""
MANUAL_RELEASE_MS = 400


@dataclass(frozen=True, slots=True)
class TurnDetection:
    """When a turn of the user's is over."""

    type: Literal["server_vad", "semantic_vad"] = "server_vad"
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    idle_timeout_ms: int | None = None
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True

    def as_object(self) -> dict[str, Any]:
        """As sessions show it: the fields of its type."""
        own = (
            ("eagerness",)
            if self.type == "semantic_vad"
            else ("threshold", "prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms")
        )
        return {name: getattr(self, name) for name in ("type", *own, "create_response", "interrupt_response")}


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings of a session."""

    model: str = MODEL
    output_modalities: tuple[str, ...] = ("audio",)
    instructions: str = ""
    input_format: Format = FORMATS["audio/pcm"]
    transcription: Object | None = None
    noise_reduction: Object | None = None
    turn_detection: TurnDetection | None = field(default_factory=TurnDetection)
    output_format: Format = FORMATS["audio/pcm"]
    voice: str = VOICE
    speed: float = 1.0
    tools: tuple[Object, ...] = ()
    tool_choice: str | Object = "auto"
    max_output_tokens: int | str = "inf"
    truncation: str | Object = "auto"
    tracing: str | Object | None = None
    prompt: Object | None = None
    include: tuple[str, ...] | None = None

    @property
    def text_only(self) -> bool:
        """Whether answers are written, not spoken."""
        return self.output_modalities == ("text",)

    @property
    def extended(self) -> bool:
        """Whether the client knows our own events."""
        return self.include is not None and EXTENSION in self.include

    def updated(self, session: Object) -> Configuration:
        """With what a client gave. Raises Refusal.

        >>> Configuration().updated({"audio": {"output": {"speed": 1.2}}}).speed
        1.2
        """
        if len(json.dumps(session)) > LARGEST:
            raise _wrong("session", f"settings of at most {LARGEST} characters", "more")
        kind = session.get("type", "realtime")
        if kind != "realtime":
            raise _wrong("session.type", '"realtime"', kind)
        after = self
        for name, value in session.items():
            rule = _RULES.get(name)
            if rule is not None:
                after = replace(after, **rule(after, value))
        return after

    def as_object(self, session_id: str) -> dict[str, Any]:
        """As `session.created` and `session.updated` show it."""
        return {
            "type": "realtime",
            "object": "realtime.session",
            "id": session_id,
            "model": self.model,
            "output_modalities": list(self.output_modalities),
            "instructions": self.instructions,
            "tools": list(self.tools),
            "tool_choice": self.tool_choice,
            "max_output_tokens": self.max_output_tokens,
            "tracing": self.tracing,
            "truncation": self.truncation,
            "prompt": self.prompt,
            "expires_at": 0,
            "include": None if self.include is None else list(self.include),
            "audio": {
                "input": {
                    "format": self.input_format.as_object(),
                    "transcription": self.transcription,
                    "noise_reduction": self.noise_reduction,
                    "turn_detection": self.turn_detection and self.turn_detection.as_object(),
                },
                "output": self.output_object(),
            },
        }

    def output_object(self) -> dict[str, Any]:
        """How answers sound."""
        return {"format": self.output_format.as_object(), "voice": self.voice, "speed": self.speed}

    def turn_rules(self, known: Patience | None = None) -> Settings:
        """The turn controller's settings. `known` is what has been learnt of this speaker's pauses.

        Who speaks unasked is the client's choice: only `idle_timeout_ms`, or our own page, lets us break a
        silence; only our own page hears a "mm-hm", for the protocol has no sound outside a response.
        """
        rules = Settings(murmur=False, speak_up=self.extended, cut_in=self.extended)
        turns = self.turn_detection
        if turns is None:
            return replace(
                rules,
                reply=False,
                speculate=False,
                speak_up=False,
                release_ms=MANUAL_RELEASE_MS,
                cut_in=False,
            )
        rules = replace(rules, reply=turns.create_response, barge_in=turns.interrupt_response)
        if turns.type == "server_vad":
            wait = turns.silence_duration_ms
            rules = replace(rules, patience=Patience(shortest_ms=wait, longest_ms=wait))
            if turns.idle_timeout_ms is not None:
                rules = replace(rules, speak_up=True, silence_ms=turns.idle_timeout_ms)
            return rules
        patience = replace(
            known or Patience(), risk=RISK[turns.eagerness], shortest_ms=Patience().shortest_ms
        )
        return replace(rules, patience=replace(patience, longest_ms=LONGEST_WAIT_MS[turns.eagerness]))


def _wrong(param: str, wanted: str, found: object) -> Refusal:
    text = repr(found)
    return Refusal(INVALID_VALUE, f"{param} must be {wanted}; found {text[:60]}", param)


def _number(param: str, value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _wrong(param, f"a number from {least:g} to {most:g}", value)
    return float(value)


def _whole(param: str, value: object, least: int, most: int) -> int:
    number = _number(param, value, least, most)
    if number != int(number):
        raise _wrong(param, "a whole number", value)
    return int(number)


def _text(param: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(param, "text", value)
    return value


def _truth(param: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(param, "true or false", value)
    return value


def _one_of(param: str, value: object, choices: tuple[str, ...]) -> Any:
    if value not in choices:
        raise _wrong(param, f"one of {', '.join(choices)}", value)
    return value


def _object(param: str, value: object) -> Object:
    if not isinstance(value, dict):
        raise _wrong(param, "an object", value)
    return value


def _maybe_object(param: str, value: object) -> Object | None:
    return None if value is None else _object(param, value)


def modalities(param: str, value: object) -> tuple[str, ...]:
    """The kinds of answer asked for: sound (which brings its transcript along) or text."""
    if not isinstance(value, list) or sorted(map(str, value)) not in (["audio"], ["text"], ["audio", "text"]):
        raise _wrong(param, '["audio"] or ["text"]', value)
    return ("audio",) if "audio" in value else ("text",)


def _format(param: str, value: object) -> Format:
    given = _object(param, value)
    format = FORMATS[_one_of(f"{param}.type", given.get("type"), tuple(FORMATS))]
    if given.get("rate") not in (None, format.rate):
        raise _wrong(f"{param}.rate", str(format.rate), given["rate"])
    return format


def _turn_detection(before: TurnDetection | None, value: object) -> TurnDetection | None:
    if value is None:
        return None
    at = "session.audio.input.turn_detection"
    given = _object(at, value)
    kinds = ("server_vad", "semantic_vad")
    default = before.type if before else "server_vad"
    kind = _one_of(f"{at}.type", given.get("type", default), kinds)
    after = before if before is not None and before.type == kind else TurnDetection(type=kind)
    for name, check in _TURN_RULES.items():
        if name in given and (given[name] is not None or name == "idle_timeout_ms"):
            after = replace(after, **{name: check(f"{at}.{name}", given[name])})
    return after


_TURN_RULES: dict[str, Callable[[str, Any], Any]] = {
    "threshold": lambda p, v: _number(p, v, 0, 1),
    "prefix_padding_ms": lambda p, v: _whole(p, v, 0, 5_000),
    "silence_duration_ms": lambda p, v: _whole(p, v, 60, 10_000),
    "idle_timeout_ms": lambda p, v: None if v is None else _whole(p, v, 500, 600_000),
    "eagerness": lambda p, v: _one_of(p, v, tuple(LONGEST_WAIT_MS)),
    "create_response": _truth,
    "interrupt_response": _truth,
}


def _audio(before: Configuration, value: object) -> dict[str, Any]:
    given = _object("session.audio", value)
    found: dict[str, Any] = {}
    for name, part in _object("session.audio.input", given.get("input") or {}).items():
        at = f"session.audio.input.{name}"
        match name:
            case "format" if part is not None:
                found["input_format"] = _format(at, part)
            case "transcription" | "noise_reduction":
                found[name] = _maybe_object(at, part)
            case "turn_detection":
                found[name] = _turn_detection(before.turn_detection, part)
    for name, part in _object("session.audio.output", given.get("output") or {}).items():
        at = f"session.audio.output.{name}"
        match name:
            case "format" if part is not None:
                found["output_format"] = _format(at, part)
            case "voice" if part is not None:
                found["voice"] = voice(at, part)
            case "speed" if part is not None:
                found["speed"] = _number(at, part, 0.25, 1.5)
    return found


def voice(param: str, value: object) -> str:
    """The name of a voice; there is one, and it answers to any name."""
    return _text(f"{param}.id", value.get("id")) if isinstance(value, dict) else _text(param, value)


def _list_of_objects(param: str, value: object) -> tuple[Object, ...]:
    if not isinstance(value, list):
        raise _wrong(param, "a list", value)
    return tuple(_object(f"{param}[{i}]", one) for i, one in enumerate(value))


def output_tokens(param: str, value: object) -> int | str:
    """The limit on an answer: a number of tokens, or "inf"."""
    return "inf" if value in ("inf", None) else _whole(param, value, 1, 4096)


_RULES: dict[str, Callable[[Configuration, Any], dict[str, Any]]] = {
    "model": lambda c, v: {"model": _text("session.model", v)},
    "output_modalities": lambda c, v: {"output_modalities": modalities("session.output_modalities", v)},
    "instructions": lambda c, v: {"instructions": _text("session.instructions", v or "")},
    "audio": _audio,
    "tools": lambda c, v: {"tools": _list_of_objects("session.tools", v or [])},
    "tool_choice": lambda c, v: {
        "tool_choice": v if isinstance(v, dict) else _text("session.tool_choice", v or "auto")
    },
    "max_output_tokens": lambda c, v: {"max_output_tokens": output_tokens("session.max_output_tokens", v)},
    "truncation": lambda c, v: {
        "truncation": v if isinstance(v, dict) else _text("session.truncation", v or "auto")
    },
    "tracing": lambda c, v: {
        "tracing": v if v is None or isinstance(v, dict) else _text("session.tracing", v)
    },
    "prompt": lambda c, v: {"prompt": _maybe_object("session.prompt", v)},
    "include": lambda c, v: {
        "include": None
        if v is None
        else tuple(_text(f"session.include[{i}]", one) for i, one in enumerate(v))
        if isinstance(v, list)
        else _not_a_list(v)
    },
}


def _not_a_list(value: object) -> Any:
    raise _wrong("session.include", "a list", value)


assert {f.name for f in fields(TurnDetection)} == {"type", *_TURN_RULES}
