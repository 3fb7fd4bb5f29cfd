"""What clients are told of turns, theirs and ours, and when.

Three rules differ from a literal translation of the turn controller's steps:

- A sound over our voice holds us still at once, but clients hear of it (`speech_started`) only when it is
  clear that it was no cough: they throw away what they have of our answer at that event, and could not go on.
- A turn that was answered may be opened again while nothing of the answer has sounded. Until then neither its
  commit nor the answer is told, so that nothing has to be taken back.
- An answer that the client asked for is told at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.clock import Samples, milliseconds
from agent.turn.effects import CloseTurn, Duck, Effect, End, OpenTurn, Refuse, Resume, Start
from agent.turn.events import Cancel, Failed, Partial, Played, Say, TalkPressed
from agent.turn.events import Event as TurnEvent
from agent.turn.states import Ducked, Speaking, State
from agent.utterance import Utterance
from server.protocol.answer import Answer, Event, Wish, Written
from server.protocol.configuration import Configuration
from server.protocol.errors import ALREADY_ACTIVE, NOT_ACTIVE, Refusal, error_event
from server.protocol.ids import Ids
from server.protocol.items import Item, Items
from server.protocol.orders import Ask, Heard, Key, Order


@dataclass
class UserTurn:
    """The user's open turn. `told`: the client knows of it; `manual`: it was the client who committed it."""

    number: int
    item_id: str
    onset: Samples
    told: bool = False
    manual: bool = False


@dataclass(frozen=True, slots=True)
class Committed:
    """A turn that is over, but not told yet."""

    turn: UserTurn
    words: tuple[str, ...]
    end_ms: int


class Turns:
    """Follows the turn controller for one client."""

    def __init__(
        self,
        items: Items,
        utterance: Callable[[int], Utterance | None],
        written: Written,
        ids: Ids,
        configuration: Callable[[], Configuration],
    ) -> None:
        self.now = Samples(0)
        self._items, self._utterance, self._written = items, utterance, written
        self._ids, self._configuration = ids, configuration
        self._turn: UserTurn | None = None
        self._untold: Committed | None = None
        self._answers: dict[int, Answer] = {}
        self._manual: deque[str] = deque()
        self._asked: deque[Wish] = deque()
        self._granted: Wish | None = None
        self._stops: deque[str | None] = deque()
        self._heard_ms = 0
        self._reason = ""

    # what the client does

    def committing(self, item_id: str) -> None:
        """The next turn is one that the client commits as this item."""
        self._manual.append(item_id)

    def asking(self, wish: Wish) -> None:
        """The client asks for an answer."""
        self._asked.append(wish)

    def asked(self) -> bool:
        """Whether an answer has been asked for and not begun."""
        return bool(self._asked) or self._granted is not None

    def stopping(self, event_id: str | None) -> None:
        """The client stops the answer."""
        self._stops.append(event_id)

    def is_active(self, response_id: str) -> bool:
        """Whether this response has begun and not ended."""
        return self.active_id() == response_id

    def active_id(self) -> str | None:
        """The response that the client knows to be active."""
        return next((a.id for a in self._answers.values() if a.announced), None)

    def current(self, item: Item) -> Item:
        """An item of ours as it is now, even while it sounds."""
        answer = next((a for a in self._answers.values() if a.item_id == item.id), None)
        return item if answer is None else answer.item("in_progress", self._utterance(answer.generation))

    def limited(self, item_id: str, audio_end_ms: int) -> bool:
        """Whether the item still sounds; then it will be cut there when it ends."""
        answer = next((a for a in self._answers.values() if a.item_id == item_id), None)
        if answer is None:
            return False
        answer.limit_ms = min(audio_end_ms, answer.limit_ms or audio_end_ms)
        return True

    # what the conversation does

    def sounded(self, generation: int, samples: NDArray[np.float32], position: int) -> Iterator[Event]:
        """A piece of an answer sounds."""
        answer = self._answers.get(generation)
        if answer is None or answer.text_only:
            return
        yield from self._tell_commit()
        yield from self._open(answer)
        yield from answer.sound(samples, position)

    def decided(
        self, before: State, event: TurnEvent, after: State, effects: tuple[Effect, ...]
    ) -> Iterator[Event | Order]:
        """A step of the turn controller."""
        self.now = event.at
        extended = self._configuration().extended
        if isinstance(event, Failed):
            self._reason = event.reason
        if isinstance(event, Played) and (playing := self._answers.get(event.generation)):
            yield from self._words(playing, len(event.saying))
        refusal = next((e.reason for e in effects if isinstance(e, Refuse)), None)
        if isinstance(event, Say):
            yield from self._said(refusal, effects)
        if isinstance(event, Cancel):
            event_id = self._stops.popleft() if self._stops else None
            if refusal is not None:
                yield error_event(Refusal(NOT_ACTIVE, refusal, event_id=event_id))
        starts = any(isinstance(effect, Start) for effect in effects)
        for effect in effects:
            match effect:
                case OpenTurn():
                    yield from self._opened(effect, isinstance(event, TalkPressed), after)
                case End():
                    unmeant = any(isinstance(e, CloseTurn) and e.outcome != "committed" for e in effects)
                    yield from self._ended(effect, tell=not unmeant)
                case CloseTurn():
                    yield from self._closed(effect, before, starts)
                case Start():
                    yield from self._started(effect)
                case Duck() | Resume() if extended:
                    name = "ducked" if isinstance(effect, Duck) else "resumed"
                    yield {"type": f"spiketalk.{name}"}
        if extended:
            yield from self._shown(before, event, after)

    def _shown(self, before: State, event: TurnEvent, after: State) -> Iterator[Event]:
        """What our own page wants to see."""
        if type(before) is not type(after):
            yield {"type": "spiketalk.state", "state": type(after).__name__, "at_ms": _ms(self.now)}
        if isinstance(event, Partial) and event.source == "user" and self._turn and self._turn.told:
            words = {"item_id": self._turn.item_id, "text": " ".join(event.words), "stable": event.stable}
            yield {"type": "spiketalk.words", **words}

    def _said(self, refusal: str | None, effects: tuple[Effect, ...]) -> Iterator[Event]:
        wish = self._asked.popleft() if self._asked else Wish()
        if refusal is not None:
            yield error_event(Refusal(ALREADY_ACTIVE, refusal, event_id=wish.event_id))
            return
        self._granted = wish

    def _opened(self, effect: OpenTurn, pressed: bool, after: State) -> Iterator[Event]:
        if effect.reopened:
            if self._untold is not None:
                self._turn, self._untold = self._untold.turn, None
                return
            self._turn = UserTurn(effect.turn, self._ids("item"), effect.onset)
        elif pressed:
            item_id = self._manual.popleft() if self._manual else self._ids("item")
            self._turn = UserTurn(effect.turn, item_id, effect.onset, told=True, manual=True)
            return
        else:
            self._turn = UserTurn(effect.turn, self._ids("item"), effect.onset)
        turns = self._configuration().turn_detection
        if not isinstance(after, Ducked | Speaking) or (turns and not turns.interrupt_response):
            yield from self._tell_start()

    def _tell_start(self) -> Iterator[Event]:
        turn, rules = self._turn, self._configuration().turn_detection
        if turn is None or turn.told:
            return
        turn.told = True
        padding = rules.prefix_padding_ms if rules and rules.type == "server_vad" else 0
        yield {
            "type": "input_audio_buffer.speech_started",
            "audio_start_ms": max(0, _ms(turn.onset) - padding),
            "item_id": turn.item_id,
        }

    def _closed(self, effect: CloseTurn, before: State, starts: bool) -> Iterator[Event | Order]:
        turn, self._turn = self._turn, None
        if turn is None or effect.outcome == "closed":
            return
        self._heard_ms = max(0, _ms(Samples(self.now - turn.onset)))
        voice_ended = _ms(before.book.voice_last) if not turn.manual else _ms(self.now)
        over = Committed(turn, effect.words, max(voice_ended, _ms(turn.onset)))
        if turn.manual:
            yield from self._transcribed(over)
        elif effect.outcome == "committed":
            self._untold = over
            if not starts or self._configuration().text_only or self.asked():
                yield from self._tell_commit()
        elif turn.told:
            yield _stopped(over)
        if effect.outcome != "committed" and self._granted is not None:
            wish, self._granted = self._granted, None
            self._asked.append(wish)
            yield Ask(self._configuration().text_only if wish.text_only is None else wish.text_only)

    def _tell_commit(self) -> Iterator[Event]:
        over, self._untold = self._untold, None
        if over is None:
            return
        self._turn, turn = over.turn, self._turn
        yield from self._tell_start()
        self._turn = turn
        yield _stopped(over)
        item_id, previous = over.turn.item_id, self._items.last_id()
        part = {"type": "input_audio", "transcript": " ".join(over.words)}
        item = Item(item_id, role="user", content=(part,), key=("user", over.turn.number))
        yield {"type": "input_audio_buffer.committed", "previous_item_id": previous, "item_id": item_id}
        self._items.put(item)
        shown = item.as_object() | {"content": [{"type": "input_audio", "transcript": None}]}
        for done in ("added", "done"):
            yield {"type": f"conversation.item.{done}", "previous_item_id": previous, "item": shown}
        yield from self._transcribed(over)

    def _transcribed(self, over: Committed) -> Iterator[Event]:
        text = " ".join(over.words)
        if over.turn.item_id in self._items:
            item = self._items.get(over.turn.item_id)
            content = ({"type": "input_audio", "transcript": text},)
            key: Key | None = ("user", over.turn.number) if over.words else None
            self._items.put(replace(item, content=content, key=key))
        if self._configuration().transcription is None:
            return
        at = {"item_id": over.turn.item_id, "content_index": 0}
        kind = "conversation.item.input_audio_transcription"
        if text:
            yield {"type": f"{kind}.delta", **at, "delta": text}
        usage = {"type": "duration", "seconds": self._heard_ms / 1000}
        yield {"type": f"{kind}.completed", **at, "transcript": text, "usage": usage}

    def _started(self, effect: Start) -> Iterator[Event]:
        wish, self._granted = self._granted or Wish(), None
        names = (self._ids("resp"), self._ids("item"))
        asked = wish != Wish() or effect.why == "asked"
        answer = Answer(effect.generation, *names, self._configuration(), self._written, wish)
        self._answers[effect.generation] = answer
        turns = self._configuration().turn_detection
        if effect.why == "silence" and turns is not None and turns.idle_timeout_ms is not None:
            at_ms = _ms(self.now)
            yield {
                "type": "input_audio_buffer.timeout_triggered",
                "audio_start_ms": max(0, at_ms - turns.idle_timeout_ms),
                "audio_end_ms": at_ms,
                "item_id": self._ids("item"),
            }
        if asked or effect.turn is None or answer.text_only:
            yield from self._tell_commit()
            yield from answer.announce()

    def _open(self, answer: Answer) -> Iterator[Event]:
        if answer.opened:
            return
        yield from answer.open(self._items.last_id())
        self._items.put(answer.item("in_progress"))

    def _words(self, answer: Answer, count: int) -> Iterator[Event]:
        utterance = self._utterance(answer.generation)
        if utterance is not None and answer.opened:
            yield from answer.words(utterance.words[:count])

    def _ended(self, effect: End, tell: bool) -> Iterator[Event | Order]:
        answer = self._answers.pop(effect.generation, None)
        if self._turn is not None and tell:
            yield from self._tell_start()
        if answer is None or (effect.outcome == "withdrawn" and not answer.announced):
            return
        yield from self._tell_commit()
        utterance = self._utterance(effect.generation)
        if utterance is not None and utterance.words and (answer.text_only or answer.opened):
            yield from self._open(answer)
            if answer.text_only:
                yield from answer.words(utterance.words)
        yield from answer.finish(effect.outcome, utterance, self._reason, self._heard_ms)
        if answer.opened:
            item = answer.cut_item(utterance)
            self._items.put(item)
            if answer.limit_ms is not None and item.key is not None:
                _, words = item.cut(min(answer.limit_ms, answer.sounded.sent_ms))
                yield Heard(item.key, words)


def _stopped(over: Committed) -> Event:
    return {
        "type": "input_audio_buffer.speech_stopped",
        "audio_end_ms": over.end_ms,
        "item_id": over.turn.item_id,
    }


def _ms(at: Samples) -> int:
    return int(milliseconds(at))
