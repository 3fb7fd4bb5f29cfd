"""How far a long measurement is, on standard error; and what of it is done, kept in a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

T = TypeVar("T")


def each(what: str, items: Iterable[T], total: int, out: TextIO | None = None) -> Iterator[T]:
    """The items, one after the other, telling how many are done: in place on a terminal, else by tenths.

    >>> import sys
    >>> list(each("pauses", "ab", 2, sys.stdout))
    pauses: 1 of 2
    pauses: 2 of 2
    ['a', 'b']
    """
    out = out or sys.stderr
    live = out.isatty()
    for number, item in enumerate(items, 1):
        yield item
        if live:
            end = "\n" if number == total else ""
            print(f"\r\033[K{what}: {number} of {total}", end=end, file=out, flush=True)
        elif 10 * number // total > 10 * (number - 1) // total:
            print(f"{what}: {number} of {total}", file=out, flush=True)


class Kept:
    """Parts of a measurement by name, each written to a file as soon as it is made, and not made again.

    Without a path nothing is kept. What was made with other parameters, or is not readable, is made again.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._parts: dict[str, Any] = {}
        if path is not None and path.is_file():
            try:
                self._parts = dict(json.loads(path.read_text(encoding="utf-8")))
            except ValueError:
                self._parts = {}

    def get(self, name: str, made_with: dict[str, Any]) -> Any:
        """The part of this name, or None where there is none that was made with these parameters."""
        known = self._parts.get(name)
        return known["found"] if known and known["made_with"] == _plain(made_with) else None

    def put(self, name: str, made_with: dict[str, Any], found: Any) -> None:
        """Keep a part, plain enough for JSON."""
        self._parts[name] = {"made_with": _plain(made_with), "found": _plain(found)}
        if self._path is not None:
            draft = self._path.with_name(f".{self._path.name}.part")
            draft.write_text(json.dumps(self._parts) + "\n", encoding="utf-8")
            draft.replace(self._path)

    def part(self, name: str, made_with: dict[str, Any], make: Callable[[], Any]) -> Any:
        """The part of this name, made where it is not there."""
        if (known := self.get(name, made_with)) is not None:
            return known
        self.put(name, made_with, make())
        return self.get(name, made_with)


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
