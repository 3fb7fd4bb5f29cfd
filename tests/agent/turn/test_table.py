"""Every cell of the table: it is there, it leads where it says, and what is ignored changes only the book."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.clock import Samples
from agent.turn.controller import decide
from agent.turn.effects import HearAfresh
from agent.turn.events import (
    EVENTS,
    Cancel,
    Close,
    EndGuess,
    Event,
    Failed,
    Partial,
    Played,
    PlayEnded,
    Say,
    SpeechStarted,
    SpeechStopped,
    TalkPressed,
    TalkReleased,
    Tick,
    Typed,
)
from agent.turn.settings import Settings
from agent.turn.states import (
    STATES,
    Book,
    Closed,
    Draft,
    Ducked,
    Idle,
    Pausing,
    Response,
    Speaking,
    State,
    Thinking,
    Turn,
    UserSpeaking,
)
from agent.turn.table import TABLE

NOW, LONG = Samples(160_000), Samples(10**7)
SETTINGS = Settings()
BOOK = Book(at=NOW, turns=1, generations=2, voice_last=Samples(150_000), settled=Samples(150_000))
TURN = Turn(1, SETTINGS, Samples(140_000), ("hello", "there"))
RESPONSE = Response(2, SETTINGS, turn=TURN)

STATES_TO_TRY: tuple[State, ...] = (
    Idle(BOOK),
    Idle(replace(BOOK, settled=Samples(0))),
    Idle(replace(BOOK, voiced=True, settled=Samples(0))),
    UserSpeaking(replace(BOOK, voiced=True), TURN, NOW),
    UserSpeaking(replace(BOOK, voiced=True), replace(TURN, words=()), NOW),
    UserSpeaking(BOOK, replace(TURN, held=True, draft=Draft(2, ("hello",))), NOW),
    Pausing(BOOK, TURN, NOW),
    Pausing(BOOK, replace(TURN, words=()), NOW),
    Pausing(BOOK, replace(TURN, draft=Draft(2, TURN.words), released=True), NOW),
    Thinking(BOOK, RESPONSE, NOW),
    Thinking(replace(BOOK, voiced=True, settled=Samples(0)), replace(RESPONSE, turn=None), NOW),
    Thinking(replace(BOOK, settled=Samples(0)), replace(RESPONSE, why="apology", turn=None), NOW),
    Speaking(BOOK, RESPONSE, Samples(10), NOW, ("good", "day")),
    Speaking(replace(BOOK, settled=Samples(0)), RESPONSE, Samples(10), NOW, ("good", "day")),
    Speaking(replace(BOOK, voiced=True), RESPONSE, Samples(10), NOW, ("good", "day")),
    Speaking(BOOK, replace(RESPONSE, interruptible=False), Samples(10), NOW, overlap=TURN),
    Speaking(replace(BOOK, voiced=True), RESPONSE, Samples(10), NOW, overlap=replace(TURN, words=("mm",))),
    Ducked(replace(BOOK, voiced=True), RESPONSE, replace(TURN, words=()), Samples(10)),
    Ducked(BOOK, RESPONSE, replace(TURN, words=()), Samples(10), ("good", "day")),
    Ducked(replace(BOOK, voice_last=NOW), RESPONSE, replace(TURN, words=()), Samples(10)),
    Ducked(BOOK, RESPONSE, replace(TURN, words=("uh-huh",)), Samples(10)),
)

EVENTS_TO_TRY: tuple[Event, ...] = (
    Tick(NOW),
    Tick(LONG),
    SpeechStarted(NOW, Samples(159_000)),
    SpeechStarted(NOW, Samples(159_000), "echo"),
    SpeechStarted(NOW, Samples(159_000), "background"),
    SpeechStopped(NOW, Samples(159_000)),
    Partial(NOW, ("which", "river"), Samples(0)),
    Partial(NOW, ("which", "river"), Samples(0), stable=True, source="background"),
    Partial(NOW, (), Samples(0)),
    Partial(NOW, ("mm-hm",), Samples(0)),
    EndGuess(NOW, 0.9),
    Played(NOW, 2, Samples(100), ("good",)),
    PlayEnded(NOW, 2),
    Failed(NOW, 2, "no reason"),
    TalkPressed(NOW),
    TalkReleased(NOW),
    Typed(NOW, ("hi",)),
    Say(NOW),
    Cancel(NOW),
)


def tried(state: type[State], event: type[Event]) -> list[tuple[State, Event]]:
    return [(s, e) for s in STATES_TO_TRY for e in EVENTS_TO_TRY if type(s) is state and type(e) is event]


def test_every_cell_is_in_the_table_once() -> None:
    expected = {(s, e) for s in STATES if s is not Closed for e in EVENTS if e is not Close}
    assert set(TABLE) == expected


def test_a_cell_has_a_rule_or_a_reason() -> None:
    for cell, entry in TABLE.items():
        assert (entry.rule is None) == bool(entry.because), cell
        assert (entry.rule is None) == (not entry.to), cell
        if entry.rule:
            assert entry.rule.__doc__, f"{entry.rule.__name__} has no sentence for docs/turns.md"


@pytest.mark.parametrize("cell", TABLE, ids=lambda cell: f"{cell[0].__name__}-{cell[1].__name__}")
def test_a_cell_leads_only_where_it_says_and_to_all_of_it(cell: tuple[type[State], type[Event]]) -> None:
    entry = TABLE[cell]
    reached = set()
    for state, event in tried(*cell):
        after, effects = decide(state, event, SETTINGS)
        if entry.rule is None:
            assert replace(after, book=state.book) == state
            assert all(isinstance(effect, HearAfresh) for effect in effects)
        reached.add(type(after))
    assert reached, "no example of this cell is tried: add one to STATES_TO_TRY or EVENTS_TO_TRY"
    assert reached == set(entry.to or (cell[0],))


@pytest.mark.parametrize("state", STATES_TO_TRY, ids=lambda state: type(state).__name__)
def test_close_closes_from_everywhere_and_only_once(state: State) -> None:
    closed, _ = decide(state, Close(NOW), SETTINGS)
    assert isinstance(closed, Closed)
    for event in (*EVENTS_TO_TRY, Close(LONG)):
        assert decide(closed, event, SETTINGS) == (closed, ())


def test_words_of_our_own_echo_do_not_interrupt_us_though_they_were_misheard() -> None:
    speaking = Speaking(replace(BOOK, settled=Samples(0)), RESPONSE, Samples(10), NOW, ("good", "day"))
    misheard = Partial(NOW, ("who", "is", "this"), Samples(0), source="echo")
    assert decide(speaking, misheard, SETTINGS) == (speaking, ())
    after, _ = decide(speaking, replace(misheard, source="user"), SETTINGS)
    assert not isinstance(after, Speaking)
