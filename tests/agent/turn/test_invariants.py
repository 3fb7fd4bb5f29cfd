"""Each of the ten sentences is seen to fail on a step that breaks it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.clock import Samples
from agent.turn.effects import CloseTurn, Cut, Discard, Effect, End, OpenTurn, Prepare, Start
from agent.turn.events import Cancel, Close, Event, SpeechStarted, Tick
from agent.turn.invariants import INVARIANTS, InvariantError, Ledger, watch
from agent.turn.settings import Settings
from agent.turn.states import Book, Closed, Idle, Response, Speaking, State, Thinking, Turn, UserSpeaking

AT = Samples(16_000)
BOOK = Book(at=AT)
RULES = Settings()
TURN = Turn(1, RULES, Samples(0), ("hello",))
USER = UserSpeaking(BOOK, TURN, AT)
THINKING = Thinking(BOOK, Response(1, RULES), AT)
SPEAKING = Speaking(BOOK, Response(1, RULES), Samples(5), AT)
CLOSED = Closed(BOOK)
ACTIVE = Ledger(active=1, newest=1, response_settings=RULES, at=AT, position=Samples(9))
OPEN = Ledger(turn=1, turns=1, turn_settings=RULES, at=AT)

Broken = tuple[str, Ledger, State, Event, State, tuple[Effect, ...]]

BROKEN: list[Broken] = [
    ("At most one", ACTIVE, THINKING, Tick(AT), THINKING, (Start(2, None),)),
    ("At most one", Ledger(), Idle(), Tick(AT), THINKING, ()),
    ("Every response", ACTIVE, THINKING, Tick(AT), Idle(BOOK), (End(1, "heard"), End(1, "cut"))),
    ("Every response", Ledger(newest=1), Idle(), Tick(AT), Idle(BOOK), (Discard(1),)),
    ("Nothing of", Ledger(newest=1, finished=1), Idle(), Tick(AT), Idle(BOOK), (Cut(1),)),
    ("Nothing of", Ledger(newest=1, finished=1), Idle(), Tick(AT), Idle(BOOK), (Prepare(1, ()), Discard(1))),
    ("User speech", Ledger(), Idle(), SpeechStarted(AT, AT), Idle(BOOK), ()),
    ("User speech", Ledger(), Idle(), Tick(AT), USER, (OpenTurn(1, AT),)),
    ("User speech", OPEN, USER, Tick(AT), Idle(BOOK), ()),
    (
        "The settings",
        OPEN,
        USER,
        Tick(AT),
        replace(USER, turn=replace(TURN, settings=Settings(reply=False))),
        (),
    ),
    ("Audio time", Ledger(at=Samples(AT + 1)), Idle(BOOK), Tick(AT), Idle(BOOK), ()),
    ("Audio time", ACTIVE, SPEAKING, Tick(AT), SPEAKING, ()),
    ("What the user", Ledger(at=AT), Idle(BOOK), Cancel(AT), Idle(BOOK), ()),
    ("After the conversation", Ledger(), Idle(BOOK), Close(AT), Idle(BOOK), ()),
    ("After the conversation", replace(OPEN, turn=1), USER, Close(AT), CLOSED, ()),
    ("A closed", Ledger(), CLOSED, Close(AT), replace(CLOSED), ()),
    ("A turn with words", OPEN, USER, Tick(AT), Idle(BOOK), (CloseTurn(1, "noise", ("hello",)),)),
    ("A turn with words", OPEN, USER, Tick(AT), Idle(BOOK), (CloseTurn(1, "committed", ("hello",)),)),
    ("A turn with words", OPEN, USER, Tick(AT), Idle(BOOK), (CloseTurn(1, "committed", ("hi",)),)),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken[0])
def test_the_sentence_fails_where_it_is_broken(broken: Broken) -> None:
    sentence, ledger, before, event, state, effects = broken
    step = (before, event, state, effects)
    wrong = [
        invariant
        for invariant in INVARIANTS
        if (invariant.__doc__ or "").startswith(sentence) and invariant(ledger, _step(*step))
    ]
    assert wrong, f"{sentence}… holds, though it was broken"
    with pytest.raises(InvariantError):
        watch(ledger, *step)


def _step(before: State, event: Event, state: State, effects: tuple[Effect, ...]):  # type: ignore[no-untyped-def]
    from agent.turn.invariants import Step

    return Step(before, event, state, effects)


def test_there_are_ten_and_each_is_broken_once() -> None:
    assert len(INVARIANTS) == 10
    for invariant in INVARIANTS:
        assert any((invariant.__doc__ or "").startswith(broken[0]) for broken in BROKEN), invariant
