"""The moves that rules are made of: opening and closing turns, starting and ending responses."""

from __future__ import annotations

from dataclasses import replace

from agent.clock import Samples, samples
from agent.turn.effects import (
    CloseTurn,
    Cut,
    Discard,
    Effect,
    End,
    OpenTurn,
    Prepare,
    ResponseEnd,
    Start,
    TurnEnd,
)
from agent.turn.events import Why
from agent.turn.settings import Settings
from agent.turn.states import Book, Draft, Idle, Pausing, Response, State, Thinking, Turn, UserSpeaking

Step = tuple[State, tuple[Effect, ...]]
"""What a rule gives: the next state, and the effects to carry out in order."""


def opened(book: Book, onset: Samples, settings: Settings) -> tuple[Book, Turn, tuple[Effect, ...]]:
    """A new turn of the user's from `onset` on."""
    number = book.turns + 1
    turn = Turn(number, settings, onset)
    return replace(book, turns=number), turn, (OpenTurn(number, onset),)


def listening(book: Book, turn: Turn) -> UserSpeaking | Pausing:
    """The user's open turn, sounding or silent as the book has it."""
    if book.voiced or turn.held:
        return UserSpeaking(book, turn, book.at)
    return Pausing(book, turn, min(book.voice_last, book.at))


def draft(book: Book, turn: Turn) -> tuple[Book, Turn, tuple[Effect, ...]]:
    """The turn with a draft of a reply to its present words; an older one is thrown away."""
    if not turn.settings.speculate or not turn.words or (turn.draft and turn.draft.words == turn.words):
        return book, turn, ()
    _, dropped = undrafted(turn)
    book = replace(book, generations=book.generations + 1)
    new = Draft(book.generations, turn.words)
    return book, replace(turn, draft=new), (*dropped, Prepare(new.generation, new.words))


def undrafted(turn: Turn) -> tuple[Turn, tuple[Effect, ...]]:
    """The turn without its draft."""
    if turn.draft is None:
        return turn, ()
    return replace(turn, draft=None), (Discard(turn.draft.generation),)


def settle(book: Book) -> Book:
    """The book in which all sounds so far have been dealt with."""
    return replace(book, settled=book.at if book.voiced else book.voice_last)


def closed(book: Book, turn: Turn, outcome: TurnEnd) -> tuple[Book, tuple[Effect, ...]]:
    """The turn closed without an answer. Noise leaves its sound unsettled: words may still arrive for it."""
    _, dropped = undrafted(turn)
    book = book if outcome == "noise" else settle(book)
    return book, (*dropped, CloseTurn(turn.number, outcome, turn.words))


def answer(book: Book, turn: Turn, why: Why = "reply") -> Step:
    """The user's turn committed and, unless replies wait to be asked for, ours begun."""
    book = replace(settle(book), spoken_up=0)
    close = CloseTurn(turn.number, "committed", turn.words)
    if not (turn.settings.reply or turn.asked):
        _, dropped = undrafted(turn)
        return Idle(book, book.at), (*dropped, close)
    prepared: tuple[Effect, ...] = ()
    if turn.draft and turn.draft.words == turn.words and why == "reply":
        generation = turn.draft.generation
    else:
        _, dropped = undrafted(turn)
        book = replace(book, generations=book.generations + 1)
        generation = book.generations
        prepared = (*dropped, Prepare(generation, turn.words, why))
    kept = replace(turn, draft=None, held=False, released=False)
    response = Response(generation, turn.settings, why, kept)
    return Thinking(book, response, book.at), (*prepared, close, Start(generation, turn.number, why))


def unasked(book: Book, settings: Settings, why: Why, interruptible: bool = True) -> Step:
    """A response to nobody's turn begun."""
    book = replace(book, generations=book.generations + 1)
    response = Response(book.generations, settings, why, None, interruptible)
    effects = (Prepare(book.generations, (), why), Start(book.generations, None, why))
    return Thinking(book, response, book.at), effects


def ended(response: Response, outcome: ResponseEnd) -> tuple[Effect, ...]:
    """The effects that end a response; whatever still sounds is silenced first."""
    end = End(response.generation, outcome)
    return (end,) if outcome == "heard" else (Cut(response.generation), end)


def heard(turn: Turn, words: tuple[str, ...]) -> Turn:
    """The turn with the words of the transcript."""
    return replace(turn, words=words)


def is_late(book: Book) -> bool:
    """Whether words that arrive now belong to a sound that has been dealt with."""
    return not book.voiced and book.voice_last <= book.settled


def overdue(since: Samples, limit_ms: int, now: Samples) -> bool:
    """Whether `limit_ms` have passed since `since`."""
    return now >= since + samples(limit_ms)
