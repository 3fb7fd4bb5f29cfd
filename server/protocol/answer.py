"""One answer of ours as the protocol tells it, from `response.created` to `response.done`.

It is announced no sooner than somebody can hear it: until then it may be taken back, and nobody need know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.clock import HEARING_HZ, SPEAKING_HZ
from agent.turn.effects import ResponseEnd
from agent.utterance import SpokenWord, Utterance
from server.protocol.audio import Outlet, to_base64
from server.protocol.configuration import Configuration
from server.protocol.items import Item, Sounded

Event = dict[str, Any]
Written = Callable[[tuple[str, ...]], tuple[str, ...]]
"""words as they are spoken → each as it was written, with its marks; "" for one that is part of the last"""

DELTA = SPEAKING_HZ * 60 // 1000
"""so much sound goes into one delta after the first, which goes out at once"""
WHY: Mapping[ResponseEnd, str] = {
    "cut": "turn_detected",
    "withdrawn": "turn_detected",
    "cancelled": "client_cancelled",
    "closed": "client_cancelled",
}
INPUT_TOKEN_MS, OUTPUT_TOKEN_MS = 100, 50
"""a token of sound is so long, as OpenAI counts them"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client said of the answer that it asked for."""

    event_id: str | None = None
    metadata: Mapping[str, Any] | None = None
    text_only: bool | None = None


class Answer:
    """The events of one response, in their order."""

    def __init__(
        self,
        generation: int,
        response_id: str,
        item_id: str,
        configuration: Configuration,
        written: Written,
        wish: Wish = Wish(),
    ) -> None:
        self.generation, self.id, self.item_id = generation, response_id, item_id
        self.text_only = configuration.text_only if wish.text_only is None else wish.text_only
        self.limit_ms: int | None = None
        self.sounded = Sounded()
        self.announced = self.opened = False
        self._configuration, self._written, self._wish = configuration, written, wish
        self._outlet = Outlet(configuration.output_format)
        self._waiting: list[NDArray[np.float32]] = []
        self._told = 0

    def announce(self) -> Iterator[Event]:
        """There is a response."""
        if not self.announced:
            self.announced = True
            yield {"type": "response.created", "response": self._object("in_progress")}

    def open(self, previous: str | None) -> Iterator[Event]:
        """It has an item, and the item a part."""
        yield from self.announce()
        if self.opened:
            return
        self.opened = True
        item = self.item("in_progress").as_object() | {"content": []}
        yield {**self._at(), "type": "response.output_item.added", "item": item}
        yield {"type": "conversation.item.added", "previous_item_id": previous, "item": item}
        yield {**self._in_part(), "type": "response.content_part.added", "part": self._part("")}

    def sound(self, samples: NDArray[np.float32], position: int) -> Iterator[Event]:
        """More of it sounds; `position` in the utterance is behind these samples, at 24 kHz."""
        first = self.sounded.sent == 0
        self.sounded = self.sounded.plus(len(samples), position)
        self._waiting.append(samples)
        if first or sum(map(len, self._waiting)) >= DELTA:
            yield from self._flush(last=False)

    def words(self, words: tuple[SpokenWord, ...]) -> Iterator[Event]:
        """The words that have begun to sound; those that were told already are not told again."""
        shown = self._written(tuple(word.text for word in words))
        for index in range(self._told, len(words)):
            if shown[index]:
                delta = shown[index] if not any(shown[:index]) else f" {shown[index]}"
                kind = (
                    "response.output_text.delta"
                    if self.text_only
                    else "response.output_audio_transcript.delta"
                )
                event = {**self._in_part(), "type": kind, "delta": delta}
                yield event if self.text_only else event | {"start_time": self._start_time(words[index])}
        self._told = max(self._told, len(words))

    def finish(
        self, outcome: ResponseEnd, utterance: Utterance | None, reason: str, asked_ms: int
    ) -> Iterator[Event]:
        """It is over; nothing of it follows. `utterance` is what was heard of it."""
        yield from self.announce()
        output = []
        if self.opened:
            yield from self._flush(last=True)
            item = self.item("completed" if outcome == "heard" else "incomplete", utterance)
            output = [item.as_object()]
            text = item.text()
            if self.text_only:
                yield {**self._in_part(), "type": "response.output_text.done", "text": text}
            else:
                yield {**self._in_part(), "type": "response.output_audio.done"}
                done = {"type": "response.output_audio_transcript.done", "transcript": text}
                yield {**self._in_part(), **done}
            yield {**self._in_part(), "type": "response.content_part.done", "part": self._part(text)}
            yield {**self._at(), "type": "response.output_item.done", "item": output[0]}
            yield {"type": "conversation.item.done", "item": output[0]}
        yield {"type": "response.done", "response": self._done(outcome, reason, output, asked_ms)}

    def item(self, status: str, utterance: Utterance | None = None) -> Item:
        """The item that holds it, as the history has it: the words that were heard."""
        text = ""
        words: tuple[SpokenWord, ...] = ()
        if utterance is not None:
            heard = utterance.heard()
            words = utterance.words
            shown = self._written(tuple(word.text for word in words))[: len(heard)]
            text = " ".join(one for one in shown if one)
        part = {"type": "output_text", "text": text} if self.text_only else _spoken(text)
        return Item(
            self.item_id,
            role="assistant",
            status=status,
            content=(part,),
            key=("agent", self.generation),
            words=words,
            sounded=None if self.text_only else self.sounded,
        )

    def cut_item(self, utterance: Utterance | None) -> Item:
        """The item cut where the client said that it was heard to, if it did."""
        item = self.item("incomplete", utterance)
        if self.limit_ms is not None and item.sounded is not None:
            item, _ = item.cut(min(self.limit_ms, item.sounded.sent_ms))
        return item

    def _flush(self, last: bool) -> Iterator[Event]:
        samples = np.concatenate([np.zeros(0, np.float32), *self._waiting])
        self._waiting.clear()
        data = self._outlet.feed(samples, last) if len(samples) or last else b""
        if data:
            yield {**self._in_part(), "type": "response.output_audio.delta", "delta": to_base64(data)}

    def _start_time(self, word: SpokenWord) -> float:
        drift = max(0, self.sounded.sent - max(0, self.sounded.next_position))
        return round(word.start / HEARING_HZ + drift / SPEAKING_HZ, 3)

    def _at(self) -> Event:
        return {"response_id": self.id, "output_index": 0}

    def _in_part(self) -> Event:
        return {**self._at(), "item_id": self.item_id, "content_index": 0}

    def _part(self, text: str) -> Event:
        return {"type": "text", "text": text} if self.text_only else {"type": "audio", "transcript": text}

    def _object(self, status: str) -> Event:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": None,
            "output": [],
            "conversation_id": None,
            "output_modalities": ["text"] if self.text_only else ["audio"],
            "max_output_tokens": self._configuration.max_output_tokens,
            "audio": {"output": self._configuration.output_object()},
            "metadata": self._wish.metadata,
            "usage": None,
        }

    def _done(self, outcome: ResponseEnd, reason: str, output: list[Event], asked_ms: int) -> Event:
        response = self._object("completed") | {"output": output, "usage": self._usage(output, asked_ms)}
        if outcome == "failed":
            error = {"type": "server_error", "code": "stage_failed", "message": reason}
            return response | {"status": "failed", "status_details": {"type": "failed", "error": error}}
        if outcome != "heard":
            details = {"type": "cancelled", "reason": WHY[outcome]}
            return response | {"status": "cancelled", "status_details": details}
        return response | {"status_details": {"type": "completed"}}

    def _usage(self, output: list[Event], asked_ms: int) -> Event:
        text = sum(len(str(part.get("text", "")).split()) for item in output for part in item["content"])
        sound = -(-self.sounded.sent_ms // OUTPUT_TOKEN_MS)
        heard = -(-asked_ms // INPUT_TOKEN_MS)
        return {
            "total_tokens": heard + text + sound,
            "input_tokens": heard,
            "output_tokens": text + sound,
            "input_token_details": {"text_tokens": 0, "audio_tokens": heard, "cached_tokens": 0},
            "output_token_details": {"text_tokens": text, "audio_tokens": sound},
        }


def _spoken(text: str) -> Event:
    return {"type": "output_audio", "transcript": text}


def with_heard(item: Item, text: str) -> Item:
    """The item with another transcript."""
    return replace(item, content=(_spoken(text),))
