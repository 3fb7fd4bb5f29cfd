import io
import re

from rich.console import Console

from agent.budgets import BUDGETS
from agent.clock import Samples
from agent.messages import PartialWords, Replied, TurnDone, TurnEnded, TurnStarted
from agent.screen import Screen
from agent.trace import Activity, Trace


def shown(terminal: bool) -> str:
    out = io.StringIO()
    screen = Screen(Console(file=out, width=120, force_terminal=terminal, highlight=False))
    trace = Trace()
    trace.took("ears", 1.5, 1.2)
    trace.took("mind", BUDGETS["mind"].limit_ms + 1)
    trace.fired("ears", Activity(steps=10, spikes=5_000, fired=4_000, chances=40_000, synops=1_234_567))
    now = Samples(16_000)
    for message in (
        TurnStarted(Samples(0)),
        PartialWords(now, "what"),
        PartialWords(now, "what"),
        PartialWords(now, "what part"),
        TurnEnded(now, "what part", (), ()),
        Replied(now, "The north.", "memory"),
        TurnDone(now, trace),
    ):
        screen.show(message)
    return out.getvalue()


def test_words_come_as_lines_where_there_is_no_terminal() -> None:
    lines = shown(terminal=False).splitlines()
    assert [line.split("s ", 1)[1].strip() for line in lines[:4]] == [
        "you   what …", "you   what part …", "you   what part", "agent The north.",
    ]  # fmt: skip


def test_the_table_has_time_budget_and_spikes_and_fits_80_columns() -> None:
    table = shown(terminal=False)
    assert all(len(line.rstrip()) <= 80 for line in table.splitlines())
    ears = next(line for line in table.splitlines() if line.startswith("ears"))
    assert ears.split() == ["ears", "1.50", "1.20", "20", "5,000", "1,234,567", "10.0%"]


def test_words_grow_in_place_on_a_terminal_and_slow_work_is_red() -> None:
    text = shown(terminal=True)
    assert text.count("\x1b[2K\r") == 3, "each new line of words takes the place of the one before"
    slow = f"{BUDGETS['mind'].limit_ms + 1:.2f}"
    assert re.search(rf"\x1b\[31m +{slow}", text)
