"""The diagram of `docs/turns.md`, drawn from the table: `python -m agent.turn.diagram`."""

from __future__ import annotations

from agent.turn.states import STATES, Closed
from agent.turn.table import TABLE


def mermaid() -> str:
    """A Mermaid state diagram: an arrow for every way between states, with the events that may take it.

    >>> print(mermaid().splitlines()[0])
    stateDiagram-v2
    """
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), entry in TABLE.items():
        for to in entry.to:
            if to is not state:
                arrows.setdefault((state.__name__, to.__name__), []).append(event.__name__)
    lines = ["stateDiagram-v2", "    [*] --> Idle"]
    lines += [f"    {source} --> {to}: {', '.join(events)}" for (source, to), events in arrows.items()]
    lines += [f"    {state.__name__} --> Closed: Close" for state in STATES if state is not Closed]
    return "\n".join(lines)


def cells() -> str:
    """A Markdown table of every cell: the rule's first line, or why there is none."""
    lines = ["| state | event | what follows |", "|---|---|---|"]
    for (state, event), entry in TABLE.items():
        text = (entry.rule.__doc__ or "").splitlines()[0] if entry.rule else f"*nothing: {entry.because}*"
        lines.append(f"| {state.__name__} | {event.__name__} | {text} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(f"```mermaid\n{mermaid()}\n```\n\n{cells()}")
