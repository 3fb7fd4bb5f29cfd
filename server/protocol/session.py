"""One session of the protocol, without I/O: client events and turns in, server events and orders out.

`receive` takes what the client sent, `decided` every step of the turn controller, `sounded` every piece of
sound that leaves the loudspeaker. Server events are dictionaries, still without their event ids; orders are
data for whoever owns the conversation. What is told of a turn, and when, stands in `turns`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.clock import HEARING_HZ
from agent.history import Line
from agent.turn.effects import Effect
from agent.turn.events import Event as TurnEvent
from agent.turn.states import State
from agent.utterance import Utterance
from server.protocol import events as client
from server.protocol.answer import Event, Wish, Written
from server.protocol.audio import Inlet, from_base64
from server.protocol.configuration import Configuration, modalities
from server.protocol.errors import (
    ALREADY_ACTIVE,
    COMMIT_EMPTY,
    INVALID_VALUE,
    NOT_ACTIVE,
    RETRIEVE_INVALID,
    UNSUPPORTED,
    Refusal,
    error_event,
)
from server.protocol.ids import Ids, random_id
from server.protocol.items import Item, Items, from_client
from server.protocol.orders import (
    Ask,
    Configure,
    Forget,
    Hear,
    Heard,
    HearTurn,
    Insert,
    Order,
    Remove,
    Stop,
)
from server.protocol.turns import Turns

Out = Event | Order

SHORTEST_COMMIT = HEARING_HZ // 10
LONGEST_BUFFER = 60 * HEARING_HZ
"""of sound that is not committed, so much is kept"""
LONGEST_ID = 256


class Session:
    """Give it what happens; send what it gives."""

    def __init__(
        self,
        utterance: Callable[[int], Utterance | None],
        written: Written = lambda words: words,
        configuration: Configuration | None = None,
        ids: Ids = random_id,
    ) -> None:
        self.id = ids("sess")
        self.configuration = configuration or Configuration()
        self.items = Items()
        self._ids = ids
        self._inlet = Inlet(self.configuration.input_format)
        self._buffer: list[NDArray[np.float32]] = []
        self._lines = 0
        self._turns = Turns(self.items, utterance, written, ids, lambda: self.configuration)

    def opening(self) -> Event:
        """The first event."""
        return {"type": "session.created", "session": self.configuration.as_object(self.id)}

    def receive(self, event: client.ClientEvent) -> list[Out]:
        """What follows from a client event; one that cannot be followed gives an error event."""
        try:
            return list(self._follow(event))
        except Refusal as refusal:
            refusal.event_id = event.event_id
            return [error_event(refusal)]

    def decided(
        self, before: State, event: TurnEvent, after: State, effects: tuple[Effect, ...]
    ) -> Iterator[Out]:
        """What follows from a step of the turn controller."""
        return self._turns.decided(before, event, after, effects)

    def sounded(self, generation: int, samples: NDArray[np.float32], position: int) -> Iterator[Event]:
        """What follows from a piece of sound of an answer that ends at `position` of it, at 24 kHz."""
        return self._turns.sounded(generation, samples, position)

    def _follow(self, event: client.ClientEvent) -> Iterator[Out]:
        match event:
            case client.SessionUpdate(session=session):
                yield from self._update(session)
            case client.AudioAppend(audio=audio):
                yield from self._append(audio)
            case client.AudioCommit():
                yield from self._commit(event)
            case client.AudioClear():
                self._buffer.clear()
                yield Forget()
                yield {"type": "input_audio_buffer.cleared"}
            case client.ItemCreate():
                yield from self._create(event)
            case client.ItemDelete(item_id=item_id):
                item = self.items.delete(item_id)
                if item.key is not None:
                    yield Remove(item.key)
                yield {"type": "conversation.item.deleted", "item_id": item_id}
            case client.ItemRetrieve(item_id=item_id):
                shown = self.items.get(item_id, RETRIEVE_INVALID).as_object()
                yield {"type": "conversation.item.retrieved", "item": shown}
            case client.ItemTruncate():
                yield from self._truncate(event)
            case client.ResponseCreate():
                yield from self._answer(event)
            case client.ResponseCancel(response_id=response_id):
                if response_id is not None and not self._turns.is_active(response_id):
                    raise Refusal(NOT_ACTIVE, f"response {response_id[:80]} is not active", "response_id")
                self._turns.stopping(event.event_id)
                yield Stop()
            case client.OutputClear():
                if (active := self._turns.active_id()) is not None:
                    self._turns.stopping(event.event_id)
                    yield Stop()
                    yield {"type": "output_audio_buffer.cleared", "response_id": active}

    def _update(self, session: dict[str, Any]) -> Iterator[Out]:
        before, self.configuration = self.configuration, self.configuration.updated(session)
        if self.configuration.input_format != before.input_format:
            self._inlet = Inlet(self.configuration.input_format)
        if (self.configuration.turn_detection is None) != (before.turn_detection is None):
            self._buffer.clear()
        yield Configure()
        yield {"type": "session.updated", "session": self.configuration.as_object(self.id)}

    def _append(self, audio: str) -> Iterator[Out]:
        sound = self._inlet.feed(from_base64(audio))
        if self.configuration.turn_detection is not None:
            yield Hear(sound)
            return
        self._buffer.append(sound)
        kept = sum(map(len, self._buffer))
        while kept > LONGEST_BUFFER:
            kept -= len(self._buffer.pop(0))

    def _commit(self, event: client.AudioCommit) -> Iterator[Out]:
        if self.configuration.turn_detection is not None:
            raise Refusal(COMMIT_EMPTY, "the server detects turns here: there is nothing to commit")
        sound = np.concatenate([np.zeros(0, np.float32), *self._buffer])
        if len(sound) < SHORTEST_COMMIT:
            found = 1000 * len(sound) // HEARING_HZ
            raise Refusal(COMMIT_EMPTY, f"a turn has at least 100 ms of sound; the buffer holds {found}")
        self._buffer.clear()
        self.items.make_room()
        item = Item(self._ids("item"), role="user", content=({"type": "input_audio", "transcript": None},))
        previous = self.items.last_id()
        self.items.put(item)
        yield {"type": "input_audio_buffer.committed", "previous_item_id": previous, "item_id": item.id}
        yield from self._shown(item)
        self._turns.committing(item.id)
        yield HearTurn(sound)

    def _create(self, event: client.ItemCreate) -> Iterator[Out]:
        self.items.make_room()
        given = event.item.get("id")
        item_id = given if isinstance(given, str) and 0 < len(given) <= LONGEST_ID else self._ids("item")
        if item_id in self.items:
            raise Refusal(INVALID_VALUE, f"there is an item {item_id!r} already", "item.id")
        if event.previous_item_id not in (None, "root"):
            self.items.get(event.previous_item_id or "")
        item = from_client(event.item, item_id)
        words = tuple(item.text().split())
        if item.type == "message" and item.role in ("user", "assistant") and words:
            self._lines -= 1
            item = replace(item, key=("user" if item.role == "user" else "agent", self._lines))
        sound = self._sound_of(item)
        self.items.put(item, event.previous_item_id)
        yield from self._shown(item)
        if item.key is not None:
            line = Line(item.key[0], item.key[1], words, self._turns.now)
            yield Insert(line, self.items.line_before(item_id))
        elif sound is not None:
            self._turns.committing(item_id)
            yield HearTurn(sound)

    def _sound_of(self, item: Item) -> NDArray[np.float32] | None:
        """The sound of an item that comes without words."""
        if item.text() or not any("audio" in part for part in item.content):
            return None
        inlet = Inlet(self.configuration.input_format)
        return np.concatenate(
            [inlet.feed(from_base64(str(part["audio"]))) for part in item.content if "audio" in part]
        )

    def _shown(self, item: Item) -> Iterator[Event]:
        previous = self.items.before(item.id)
        for done in ("added", "done"):
            yield {
                "type": f"conversation.item.{done}",
                "previous_item_id": previous,
                "item": item.as_object(),
            }

    def _truncate(self, event: client.ItemTruncate) -> Iterator[Out]:
        if event.content_index != 0:
            raise Refusal(INVALID_VALUE, "our items have one part: content_index is 0", "content_index")
        item = self._turns.current(self.items.get(event.item_id))
        cut, words = item.cut(event.audio_end_ms)
        self.items.put(cut)
        if not self._turns.limited(event.item_id, event.audio_end_ms) and item.key is not None:
            yield Heard(item.key, words)
        yield {
            "type": "conversation.item.truncated",
            "item_id": event.item_id,
            "content_index": 0,
            "audio_end_ms": event.audio_end_ms,
        }

    def _answer(self, event: client.ResponseCreate) -> Iterator[Out]:
        wanted = event.response or {}
        if wanted.get("conversation") not in (None, "auto"):
            raise Refusal(
                UNSUPPORTED,
                "there is one conversation: response.conversation is auto",
                "response.conversation",
            )
        if wanted.get("input"):
            raise Refusal(UNSUPPORTED, "put items into the conversation instead", "response.input")
        kinds = wanted.get("output_modalities")
        text_only = None if kinds is None else modalities("response.output_modalities", kinds) == ("text",)
        metadata = wanted.get("metadata")
        if metadata is not None and not (isinstance(metadata, dict) and len(metadata) <= 16):
            raise Refusal(
                INVALID_VALUE, "response.metadata must be an object of at most 16 keys", "response.metadata"
            )
        if self._turns.asked():
            raise Refusal(ALREADY_ACTIVE, "a response has been asked for already")
        wish = Wish(event.event_id, metadata, text_only)
        self._turns.asking(wish)
        yield Ask(self.configuration.text_only if text_only is None else text_only)
