"""The terminal during a chat: the talk scrolls by; below it who speaks, levels, latencies, spike rates.

Drawn in a thread of its own, since drawing takes longer than the event loop may stand still.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from agent.budgets import BUDGETS
from agent.clock import milliseconds, seconds
from agent.keyboard import HELP, WRITING
from agent.messages import (
    Held,
    Message,
    PartialWords,
    Replied,
    ReplyEnded,
    TurnDone,
    TurnEnded,
    WentOn,
)
from agent.trace import Trace
from agent.turn.states import Closed, Ducked, Idle, Pausing, Speaking, State, Thinking, UserSpeaking

if TYPE_CHECKING:
    from agent.chat import Chat

REDRAWN_S = 0.12
BAR = 24
LOUDEST_DB, QUIETEST_DB = -6.0, -60.0
SHOWN = ("ears", "ears, last words", "mind", "mouth", "first sample")

STATES: dict[type[State], tuple[str, str]] = {
    Idle: ("listening", "green"),
    UserSpeaking: ("you speak", "bold green"),
    Pausing: ("you pause", "green"),
    Thinking: ("about to answer", "yellow"),
    Speaking: ("speaking", "bold cyan"),
    Ducked: ("holding still", "magenta"),
    Closed: ("bye", "dim"),
}


class Dashboard:
    """A `Face` on a terminal. Use it as a context manager around the chat."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: deque[Text] = deque()
        self._partial = ""
        self._trace = Trace()
        self._gap_ms: float | None = None
        self._chat: Chat | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="screen", daemon=True)

    def __enter__(self) -> Dashboard:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._over.set()
        self._thread.join(5)

    def follow(self, talk: Chat) -> None:
        """Take levels, states and keys from this chat from now on."""
        self._chat = talk

    def note(self, text: str) -> None:
        """A line that is nobody's."""
        self._lines.append(Text(f"          {text}", "yellow"))

    def show(self, message: Message) -> None:
        """Keep what a message changes for the next drawing."""
        match message:
            case PartialWords(text=text):
                self._partial = text
            case TurnEnded(text=text, outcome="committed"):
                self._partial = ""
                self._line(message, "you", text, "bold")
            case TurnEnded():
                self._partial = ""
            case Replied(text=text, gap=gap):
                self._gap_ms = None if gap is None else milliseconds(gap)
                self._line(message, "agent", text, "bold cyan")
            case ReplyEnded(heard=heard, outcome=outcome) if outcome not in ("heard", "closed"):
                self._line(message, "", f"({outcome}; heard: {heard or 'nothing'})", "dim")
            case Held():
                self._line(message, "", "(holding still)", "dim")
            case WentOn():
                self._line(message, "", "(going on)", "dim")
            case TurnDone(trace=trace) if trace.timings.get("mouth"):
                self._trace = trace

    def _line(self, message: Message, who: str, text: str, style: str) -> None:
        when = f"{seconds(message.at):7.1f} s "
        self._lines.append(Text.assemble((when, "dim"), (who.ljust(6), "green"), (text, style)))

    def _draw(self) -> None:
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while not self._over.wait(REDRAWN_S):
                self._print_lines()
                live.update(self.picture(), refresh=True)
            self._print_lines()

    def _print_lines(self) -> None:
        while self._lines:
            self._console.print(self._lines.popleft())

    def picture(self) -> RenderableType:
        """What stands below the talk."""
        parts: list[RenderableType] = []
        if self._partial:
            parts.append(Text(f"          you   {self._partial} …", "dim"))
        if self._chat is None:
            return Group(*parts, Text("getting ready …", "dim"))
        name, style = STATES[type(self._chat.state)]
        gauge = self._chat.gauge
        bar = Table.grid(padding=(0, 2, 0, 0))
        bar.add_row(
            Text(f"● {name}", style),
            Text(f"mic {meter(gauge.heard_db)}" if gauge.open else "mic off".ljust(14), "green"),
            Text(f"voice {meter(gauge.said_db)}", "cyan"),
        )
        parts += [Text("─" * min(self._console.width, 78), "dim"), bar]
        if self._trace.timings:
            parts.append(latencies(self._trace, self._gap_ms))
        keys = self._chat.keyboard.keys
        if keys.line is not None:
            parts.append(
                Text.assemble(("write: ", "bold"), keys.line, ("▏", "blink"), (f"   {WRITING}", "dim"))
            )
        else:
            parts.append(Text(("TALK · " if keys.talking else "") + HELP, "dim"))
        return Group(*parts)


def meter(level_db: float, width: int = 10) -> str:
    """A level as a bar.

    >>> meter(-60.0), meter(-33.0), meter(0.0)
    ('··········', '▮▮▮▮▮·····', '▮▮▮▮▮▮▮▮▮▮')
    """
    share = (level_db - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB)
    full = round(width * min(max(share, 0.0), 1.0))
    return "▮" * full + "·" * (width - full)


def latencies(trace: Trace, gap_ms: float | None) -> Table:
    """The last answer: each stage's time as a bar against its budget, and how much its neurons fired."""
    table = Table.grid(padding=(0, 2, 0, 0))
    if gap_ms is not None:
        table.add_row(Text("silence before it", "dim"), Text(f"{gap_ms:.0f} ms"), "", "")
    over = trace.over_budget()
    for work in SHOWN:
        timing = trace.timings.get(work)
        if timing is None:
            continue
        limit = BUDGETS[work].limit_ms
        full = min(BAR, round(BAR * timing.mean_ms / limit))
        style = "red" if work in over else "green"
        spent = trace.activities.get(work)
        table.add_row(
            Text(work, "dim"),
            Text(f"{timing.mean_ms:6.1f} of {limit:.0f} ms", style),
            Text("█" * full + "░" * (BAR - full), style),
            Text(f"{spent.firing_rate:.0%} fire" if spent else "", "dim"),
        )
    return table
