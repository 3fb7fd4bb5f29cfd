"""The turn controller: a pure function from a state and an event to the next state and what to do.

All state lives in `states`; all that is done is listed in `effects`; nothing here waits, reads a clock or
plays a sound. What follows on what stands in `table`, by state and event; its rules are in `listening` (the
user's turn) and `answering` (ours). Three things are settled before the table is asked: a closed conversation
stays closed, stale events of earlier replies and transcripts change nothing, and the book (time, last voice)
is brought up to date.
"""

from __future__ import annotations

from dataclasses import replace

from agent.clock import Samples
from agent.turn.effects import CloseTurn, Discard, Effect, HearAfresh
from agent.turn.events import (
    Close,
    Event,
    Failed,
    Partial,
    Played,
    PlayEnded,
    SpeechStarted,
    SpeechStopped,
    TalkPressed,
    Typed,
)
from agent.turn.settings import Settings
from agent.turn.states import (
    Book,
    Closed,
    Idle,
    Speaking,
    State,
    Thinking,
    active_response,
    open_turn,
)
from agent.turn.steps import Step, ended
from agent.turn.table import TABLE


def decide(state: State, event: Event, settings: Settings) -> Step:
    """The state after `event`, and the effects to carry out, in order.

    `settings` are those for turns that begin now; an open turn keeps the ones that it began with.

    >>> from agent.turn.events import SpeechStarted
    >>> state, effects = decide(Idle(), SpeechStarted(Samples(640), Samples(0)), Settings())
    >>> type(state).__name__, effects
    ('UserSpeaking', (HearAfresh(since=0), OpenTurn(turn=1, onset=0, reopened=False)))
    """
    if isinstance(state, Closed) or is_stale(state, event):
        return state, ()
    if event.at < state.book.at:
        event = replace(event, at=state.book.at)
    if isinstance(event, Close):
        return close(replace(state, book=noted(state.book, event)))
    afresh: tuple[Effect, ...] = ()
    if starts_transcript(state, event):
        since = event.onset if isinstance(event, SpeechStarted) else event.at
        state = replace(state, book=replace(state.book, words_since=max(since, state.book.words_since)))
        afresh = (HearAfresh(state.book.words_since),)
    state = replace(state, book=noted(state.book, event))
    rule = TABLE[type(state), type(event)].rule
    if rule is None:
        return state, afresh
    after, effects = rule(state, event, settings)
    return after, afresh + effects


def is_stale(state: State, event: Event) -> bool:
    """Whether the event speaks of a reply or a transcript that is no longer alive."""
    match event:
        case Played() | PlayEnded() | Failed():
            response, turn = active_response(state), open_turn(state)
            alive = {response.generation} if response else set()
            if turn and turn.draft:
                alive.add(turn.draft.generation)
            return event.generation not in alive
        case Partial():
            return event.since < state.book.words_since
        case _:
            return False


def starts_transcript(state: State, event: Event) -> bool:
    """Whether the words from here on are new: no turn is open or to be reopened, or the user typed."""
    if isinstance(event, Typed):
        return True
    if not isinstance(event, SpeechStarted | TalkPressed):
        return False
    match state:
        case Idle():
            return True
        case Thinking():
            return state.response.turn is None
        case Speaking():
            return state.overlap is None
        case _:
            return False


def noted(book: Book, event: Event) -> Book:
    """The book brought up to `event`."""
    match event:
        case SpeechStarted():
            over = book.voiced and book.source == "user" and event.source != "user"
            last = event.at if over else book.voice_last
            voiced = event.source != "background"
            return replace(book, at=event.at, voiced=voiced, source=event.source, voice_last=last)
        case SpeechStopped() if book.voiced:
            last = max(book.voice_last, min(event.last, event.at))
            return replace(book, at=event.at, voiced=False, voice_last=Samples(last))
        case _:
            return replace(book, at=event.at)


def close(state: State) -> Step:
    """The end of it all: what is open is closed, what sounds is silenced, what is drafted is thrown away."""
    effects: list[Effect] = []
    turn, response = open_turn(state), active_response(state)
    if response:
        effects += ended(response, "closed")
    if turn:
        if turn.draft:
            effects.append(Discard(turn.draft.generation))
        effects.append(CloseTurn(turn.number, "closed", turn.words))
    return Closed(state.book), tuple(effects)
