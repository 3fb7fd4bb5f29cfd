"""What a person sees of a talk: the words as they come, the reply, and what each stage cost."""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.table import Table
from rich.text import Text

from agent.budgets import BUDGETS
from agent.clock import Samples, seconds
from agent.messages import Message, PartialWords, Replied, ReplyEnded, TurnDone, TurnEnded
from agent.trace import Trace

_NAME_WIDTH = 6
_CLEAR = Control((ControlType.ERASE_IN_LINE, 2), ControlType.CARRIAGE_RETURN)


class Screen:
    """Prints messages as they come; on a terminal the words grow in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._partial = ""

    def show(self, message: Message) -> None:
        """Print one message."""
        match message:
            case PartialWords(at, text) if text and text != self._partial:
                self._partial = text
                self._words(at, f"{text} …", "dim", keep=False)
            case TurnEnded(at, text) if text or message.outcome == "noise":
                self._partial = ""
                said = text or "(a sound, but no words that I know)"
                self._words(at, said, "bold" if text else "dim", keep=True)
            case Replied(at, text, _):
                self._line(at, "agent", text, "bold cyan")
            case ReplyEnded(at, heard, outcome) if outcome not in ("heard", "closed"):
                self._line(at, "", f"({outcome}; heard: {heard or 'nothing'})", "dim")
            case TurnDone(trace=trace) if set(trace.timings) - {"voice activity", "ears"}:
                self._console.print(costs(trace))

    def note(self, text: str) -> None:
        """Print a line that is nobody's."""
        self._console.print(Text(text, "yellow"))

    def follow(self, talk: object) -> None:
        """What a chat shows beside its messages is for terminals."""

    def _words(self, at: Samples, text: str, style: str, keep: bool) -> None:
        if not self._console.is_terminal:
            self._line(at, "you", text, style)
            return
        room = self._console.width - _NAME_WIDTH - 10
        self._console.control(_CLEAR)
        shown = text if keep or len(text) <= room else f"…{text[1 - room :]}"
        self._line(at, "you", shown, style, end="\n" if keep else "\r")

    def _line(self, at: Samples, who: str, text: str, style: str, end: str = "\n") -> None:
        when = f"{seconds(at):7.2f} s "
        self._console.print(
            Text.assemble((when, "dim"), (who.ljust(_NAME_WIDTH), "green"), (text, style)), end=end
        )


def costs(trace: Trace) -> Table:
    """Each piece of work with its milliseconds, its budget, and the spikes of its stage.

    wall: what a person waits, the mean over the calls; compute: processor time alone.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("stage", style="dim", no_wrap=True)
    for name in ("wall ms", "worst", "compute", "budget", "spikes", "SynOps", "firing"):
        table.add_column(name, justify="right", no_wrap=True)
    slow = trace.over_budget()
    for work, budget in BUDGETS.items():
        timing = trace.timings.get(work)
        if timing is None:
            continue
        spent = trace.activities.get(work)
        activity = (f"{spent.spikes:,}", f"{spent.synops:,}", f"{spent.firing_rate:.1%}") if spent else ()
        table.add_row(
            work,
            Text(f"{timing.mean_ms:.2f}", "red" if work in slow else "default"),
            f"{timing.worst_ms:.2f}" if timing.calls > 1 else "",
            f"{timing.compute_ms / timing.calls:.2f}",
            f"{budget.limit_ms:g}",
            *activity,
        )
    return table
