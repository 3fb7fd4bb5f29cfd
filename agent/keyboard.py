"""Keys into wishes: push to talk, typing, mute, stop, quit.

A terminal tells only that a key went down, so push to talk is pressed once to begin and once more to end.
Where standard input is no terminal, each of its lines is something typed, and its end is the wish to quit.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TextIO

Wish = Literal["press", "release", "type", "mute", "stop", "quit"]

HELP = "space push to talk · enter write · m mute · s stop the answer · q quit"
WRITING = "enter sends · esc gives up"
_ESCAPE, _ERASE = "\x1b", ("\x7f", "\b")


@dataclass(frozen=True, slots=True)
class Keys:
    """What the keyboard is at: a line being written, or None, and whether push to talk is down."""

    line: str | None = None
    talking: bool = False

    def after(self, key: str) -> tuple[Keys, Wish | None, str]:
        """The keys after one more, the wish that it makes, and what was typed.

        >>> keys = Keys()
        >>> for key in "\\nhi\\n":
        ...     keys, wish, text = keys.after(key)
        >>> wish, text
        ('type', 'hi')
        """
        if self.line is not None:
            return self._writing(key, self.line)
        match key:
            case "\n" | "\r":
                return replace(self, line=""), None, ""
            case " ":
                return replace(self, talking=not self.talking), "release" if self.talking else "press", ""
            case "m" | "M":
                return self, "mute", ""
            case "s" | "S":
                return self, "stop", ""
            case "q" | "Q" | "\x03" | "\x04":
                return self, "quit", ""
            case _:
                return self, None, ""

    def _writing(self, key: str, line: str) -> tuple[Keys, Wish | None, str]:
        if key in ("\n", "\r"):
            return replace(self, line=None), "type" if line.strip() else None, line.strip()
        if key == _ESCAPE:
            return replace(self, line=None), None, ""
        if key in ("\x03", "\x04"):
            return self, "quit", ""
        if key in _ERASE:
            return replace(self, line=line[:-1]), None, ""
        return replace(self, line=line + key if key.isprintable() else line), None, ""


class Keyboard:
    """Reads standard input while the context is open, and tells each wish in the event loop."""

    def __init__(self, wish: Callable[[Wish, str], None], source: TextIO | None = None) -> None:
        self.keys = Keys()
        self._wish = wish
        self._source = source or sys.stdin
        self._kept: Any = None

    def __enter__(self) -> Keyboard:
        self._loop = asyncio.get_running_loop()
        if self._source.isatty() and self._raw():
            self._loop.add_reader(self._source.fileno(), self._read)
        else:
            threading.Thread(target=self._read_lines, name="keyboard", daemon=True).start()
        return self

    def __exit__(self, *reason: object) -> None:
        if self._kept is not None:
            import termios

            self._loop.remove_reader(self._source.fileno())
            termios.tcsetattr(self._source.fileno(), termios.TCSADRAIN, self._kept)

    def _raw(self) -> bool:
        """Let keys come one by one, unechoed; False where a system has no such terminals."""
        try:
            import termios
            import tty
        except ImportError:
            return False
        self._kept = termios.tcgetattr(self._source.fileno())
        tty.setcbreak(self._source.fileno())
        return True

    def _read(self) -> None:
        typed = os.read(self._source.fileno(), 1_024).decode(errors="ignore")
        if not typed:
            self._wish("quit", "")
        if typed.startswith(_ESCAPE) and len(typed) > 1:
            return  # an arrow or the like
        for key in typed:
            self.keys, wish, text = self.keys.after(key)
            if wish is not None:
                self._wish(wish, text)

    def _read_lines(self) -> None:
        for line in self._source:
            if line.strip():
                self._tell("type", line.strip())
        self._tell("quit", "")

    def _tell(self, wish: Wish, text: str) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wish, wish, text)
