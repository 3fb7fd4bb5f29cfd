"""What clients may change of a conversation's history."""

from __future__ import annotations

from dataclasses import replace

from agent.history import History
from server.protocol.orders import Heard, Insert, Remove


def changed(history: History, order: Insert | Remove | Heard) -> History:
    """The history after an order; a line that is not there any more cannot be changed.

    >>> from agent.history import Line
    >>> changed(History(), Insert(Line("user", -1, ("hello",), 0), None)).lines[0].text()
    'hello'
    """
    lines = list(history.lines)
    match order:
        case Insert(line=line, behind=behind):
            keys = [(one.speaker, one.number) for one in lines]
            at = keys.index(behind) + 1 if behind in keys else (0 if behind is None else len(lines))
            lines.insert(at, line)
        case Remove(key=key):
            lines = [one for one in lines if (one.speaker, one.number) != key]
        case Heard(key=key, words=words):
            lines = [
                replace(one, words=words, cut=len(words) < len(one.words) or one.cut)
                if (one.speaker, one.number) == key
                else one
                for one in lines
                if words or (one.speaker, one.number) != key
            ]
    return replace(history, lines=tuple(lines)[-history.most :])
