"""The items of a conversation, in order: what a client may put in, and how ours are cut to what was heard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent.clock import HEARING_HZ, SPEAKING_HZ, Samples
from agent.utterance import SpokenWord, Utterance
from server.protocol.errors import INVALID_VALUE, MISSING, NO_SUCH_ITEM, TOO_MUCH, UNSUPPORTED, Refusal
from server.protocol.orders import Key

MOST_ITEMS = 2_000
LONGEST_TEXT = 20_000
"""characters in one item"""
PARTS = {
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("output_text", "output_audio", "text", "audio"),
    "system": ("input_text",),
}


@dataclass(frozen=True, slots=True)
class Sounded:
    """What a client got of one answer: which of its samples carries which part of the utterance.

    After a false interruption we go on from the start of a word, so the two timelines drift apart; each seam
    is a pair (samples sent, position in the utterance), at 24 kHz.
    """

    sent: int = 0
    seams: tuple[tuple[int, int], ...] = ()
    next_position: int = -1

    def plus(self, count: int, position: int) -> Sounded:
        """With `count` more samples, whose last is at `position` of the utterance."""
        first = position - count
        seams = self.seams if first == self.next_position else (*self.seams, (self.sent, first))
        return Sounded(self.sent + count, seams, position)

    @property
    def sent_ms(self) -> int:
        """How much the client got."""
        return self.sent * 1000 // SPEAKING_HZ

    def position_at(self, ms: int) -> Samples:
        """The furthest position of the utterance, on the clock's scale, in the first `ms` of what was sent.

        >>> again = Sounded().plus(2_400, 2_400).plus(2_400, 3_600)
        >>> again.sent_ms, again.position_at(100), again.position_at(200)
        (200, 1600, 2400)
        """
        heard = ms * SPEAKING_HZ // 1000
        ends = [start for start, _ in self.seams[1:]] + [self.sent]
        reached = (
            position + min(heard, end) - start
            for (start, position), end in zip(self.seams, ends)
            if start < heard
        )
        return Samples(max(reached, default=0) * HEARING_HZ // SPEAKING_HZ)


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `key` is its line in the history, `words` and `sounded` are there for what we spoke."""

    id: str
    type: str = "message"
    role: str | None = None
    status: str = "completed"
    content: tuple[Mapping[str, Any], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    key: Key | None = None
    words: tuple[SpokenWord, ...] = ()
    sounded: Sounded | None = None

    def as_object(self) -> dict[str, Any]:
        """As events show it: without sound."""
        shown: dict[str, Any] = {"id": self.id, "object": "realtime.item", "type": self.type}
        shown |= {"status": self.status, **self.extra}
        if self.type == "message":
            content = [{k: v for k, v in part.items() if k != "audio"} for part in self.content]
            shown |= {"role": self.role, "content": content}
        return shown

    def text(self) -> str:
        """What it says."""
        said = (part.get("text") or part.get("transcript") or "" for part in self.content)
        return " ".join(str(one) for one in said if one)

    def cut(self, audio_end_ms: int) -> tuple[Item, tuple[str, ...]]:
        """The item with only the words heard within so much of its sound, and those words. Raises Refusal."""
        if self.sounded is None or self.role != "assistant":
            raise Refusal(INVALID_VALUE, "only spoken answers can be truncated", "item_id")
        if audio_end_ms < 0 or audio_end_ms > self.sounded.sent_ms:
            raise Refusal(
                INVALID_VALUE,
                f"audio_end_ms is {audio_end_ms}, but the item has {self.sounded.sent_ms} ms of sound",
                "audio_end_ms",
            )
        position = self.sounded.position_at(audio_end_ms)
        words = Utterance(1, self.words).played(position).heard()
        part = {**self.content[0], "transcript": " ".join(words)} if self.content else {}
        return replace(self, content=(part,) if part else ()), words


class Items:
    """The conversation as the protocol has it."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(list(self._items.values()))

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def get(self, item_id: str, code: str = NO_SUCH_ITEM) -> Item:
        """The item of that name. Raises Refusal."""
        if item_id not in self._items:
            raise Refusal(code, f"there is no item {item_id[:80]!r}", "item_id")
        return self._items[item_id]

    def last_id(self) -> str | None:
        """The last item's name."""
        return next(reversed(self._items), None)

    def before(self, item_id: str) -> str | None:
        """The name of the item before one."""
        previous = None
        for name in self._items:
            if name == item_id:
                return previous
            previous = name
        return None

    def put(self, item: Item, previous: str | None = None) -> None:
        """Add an item at the end, or behind `previous` ("root": first); one that is there is replaced."""
        if item.id in self._items:
            self._items[item.id] = item
            return
        if previous is None:
            self._items[item.id] = item
            return
        names = list(self._items)
        at = 0 if previous == "root" else names.index(self.get(previous).id) + 1
        ordered = [*names[:at], item.id, *names[at:]]
        self._items[item.id] = item
        self._items = {name: self._items[name] for name in ordered}

    def make_room(self) -> None:
        """Raise Refusal where no more items fit."""
        if len(self._items) >= MOST_ITEMS:
            raise Refusal(TOO_MUCH, f"a conversation holds {MOST_ITEMS} items: delete some", "item")

    def delete(self, item_id: str) -> Item:
        """Take an item out. Raises Refusal."""
        item = self.get(item_id)
        del self._items[item_id]
        return item

    def line_before(self, item_id: str) -> Key | None:
        """The nearest line of the history before an item."""
        found = None
        for name, item in self._items.items():
            if name == item_id:
                break
            found = item.key or found
        return found


def from_client(given: Mapping[str, Any], item_id: str) -> Item:
    """The item that a client wants to put in. Raises Refusal."""
    kind = given.get("type")
    if kind in ("function_call", "function_call_output"):
        keys = ("call_id", "name", "arguments") if kind == "function_call" else ("call_id", "output")
        missing = next((key for key in keys if not isinstance(given.get(key), str)), None)
        if missing is not None:
            raise Refusal(MISSING, f"a {kind} needs the text {missing}", f"item.{missing}")
        return Item(item_id, kind, extra={key: _bounded(given[key], f"item.{key}") for key in keys})
    if kind != "message":
        raise Refusal(UNSUPPORTED, f"item.type must be message; found {str(kind)[:40]!r}", "item.type")
    role = given.get("role")
    if role not in PARTS:
        raise Refusal(INVALID_VALUE, f"item.role must be one of {', '.join(PARTS)}", "item.role")
    content = given.get("content")
    if not isinstance(content, list) or len(content) > 64:
        raise Refusal(INVALID_VALUE, "item.content must be a list of at most 64 parts", "item.content")
    return Item(item_id, role=role, content=tuple(_part(part, role, i) for i, part in enumerate(content)))


def _part(part: object, role: str, index: int) -> dict[str, Any]:
    at = f"item.content[{index}]"
    if not isinstance(part, dict) or part.get("type") not in PARTS[role]:
        raise Refusal(INVALID_VALUE, f"{at}.type must be one of {', '.join(PARTS[role])}", f"{at}.type")
    kept: dict[str, Any] = {"type": part["type"]}
    for name in ("text", "transcript"):
        if part.get(name) is not None:
            kept[name] = _bounded(part[name], f"{at}.{name}")
    if part["type"] == "input_audio" and part.get("audio") is not None:
        if not isinstance(part["audio"], str):
            raise Refusal(INVALID_VALUE, f"{at}.audio must be base64", f"{at}.audio")
        kept["audio"] = part["audio"]
    return kept


def _bounded(value: object, param: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Refusal(INVALID_VALUE, f"{param} must be text of at most {LONGEST_TEXT} characters", param)
    # half a surrogate pair is legal in JSON and nowhere else
    return value.encode("utf-8", "replace").decode("utf-8")
