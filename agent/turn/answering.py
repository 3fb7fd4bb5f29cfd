"""Rules for the states in which the turn is ours: Thinking, Speaking, Ducked."""

from __future__ import annotations

from dataclasses import replace

from agent.clock import Samples
from agent.turn.barge_in import verdict
from agent.turn.effects import Duck, Effect, Learn, OpenTurn, Refuse, ResponseEnd, Resume, TurnEnd
from agent.turn.events import (
    Cancel,
    EndGuess,
    Failed,
    Partial,
    Played,
    PlayEnded,
    Say,
    SpeechStarted,
    TalkPressed,
    TalkReleased,
    Tick,
    Typed,
)
from agent.turn.settings import Settings
from agent.turn.states import Book, Ducked, Idle, Pausing, Speaking, Thinking, Turn, UserSpeaking
from agent.turn.steps import Step, answer, closed, ended, heard, is_late, listening, opened, overdue, unasked

INTERRUPTS = ("stop", "words")
ACTIVE = "a response is active: wait for its end or cancel it"
NO_TURN = "nobody has spoken: there is no turn to end"


def too_slow(state: Thinking, event: Tick, settings: Settings) -> Step:
    """A reply that does not come has failed."""
    if not overdue(state.since, state.response.settings.reply_limit_ms, event.at):
        return state, ()
    return _fail(state)


def broken(state: Thinking, event: Failed, settings: Settings) -> Step:
    """Say sorry; if even that fails, be silent."""
    return _fail(state)


def _fail(state: Thinking) -> Step:
    effects = ended(state.response, "failed")
    if state.response.why == "apology":
        return Idle(state.book, state.book.at), effects
    after, more = unasked(state.book, state.response.settings, "apology")
    return after, effects + more


def first_sample(state: Thinking, event: Played, settings: Settings) -> Step:
    """From now on it can be heard, and no more be taken back."""
    return Speaking(state.book, state.response, event.position, event.at, event.saying), ()


def nothing_to_say(state: Thinking, event: PlayEnded, settings: Settings) -> Step:
    """A reply without a sound."""
    return Idle(state.book, event.at), ended(state.response, "heard")


def take_back(state: Thinking, event: SpeechStarted, settings: Settings) -> Step:
    """The user goes on: the reply, unheard, is withdrawn, and the turn it answered is open again."""
    if event.source != "user":
        return state, ()
    pause = Samples(max(0, event.onset - state.book.voice_last))
    book, turn, effects = _reopened(state, event.onset, settings)
    learnt = (Learn(pause),) if state.response.turn else ()
    return UserSpeaking(book, turn, book.at), (*effects, *learnt)


def take_back_for_words(state: Thinking, event: Partial, settings: Settings) -> Step:
    """More words of the turn that is being answered, or words where none were expected."""
    asked = state.response.turn
    known = event.words == asked.words if asked else is_late(state.book)
    if known or not event.words or event.source != "user":
        return state, ()
    book, turn, effects = _reopened(state, event.since, settings)
    return listening(book, replace(turn, words=event.words)), effects


def press_while_thinking(state: Thinking, event: TalkPressed, settings: Settings) -> Step:
    """As if the user went on, and held."""
    book, turn, effects = _reopened(state, event.at, settings)
    return UserSpeaking(book, replace(turn, held=True), book.at), effects


def typed_while_thinking(state: Thinking, event: Typed, settings: Settings) -> Step:
    """What was typed joins the turn that is being answered."""
    book, turn, effects = _reopened(state, event.at, settings)
    after, more = answer(book, replace(turn, words=turn.words + event.words, asked=True))
    return after, effects + more


def _reopened(state: Thinking, onset: Samples, settings: Settings) -> tuple[Book, Turn, tuple[Effect, ...]]:
    effects = ended(state.response, "withdrawn")
    turn = state.response.turn
    if turn is None:
        book, turn, more = opened(state.book, onset, settings)
        return book, turn, effects + more
    return state.book, turn, (*effects, OpenTurn(turn.number, turn.onset, reopened=True))


def release_nothing(state: Thinking, event: TalkReleased, settings: Settings) -> Step:
    """Refused."""
    return state, (Refuse(NO_TURN),)


def one_at_a_time(state: Thinking | Speaking | Ducked, event: Say, settings: Settings) -> Step:
    """Refused: at most one response is active."""
    return state, (Refuse(ACTIVE),)


def cancel_unheard(state: Thinking, event: Cancel, settings: Settings) -> Step:
    """Stop before anything sounds."""
    return Idle(state.book, event.at), ended(state.response, "cancelled")


def stalled(state: Speaking, event: Tick, settings: Settings) -> Step:
    """A voice that stands still has failed; a sound beside it that brought no words is over."""
    if overdue(state.moved, state.response.settings.stall_limit_ms, event.at):
        return _finish(state, "failed")
    turn, book = state.overlap, state.book
    if turn is None or turn.held or not _may_interrupt(state) or book.voiced:
        return state, ()
    if not overdue(book.voice_last, turn.settings.resume_after_ms, event.at):
        return state, ()
    book, effects = closed(book, turn, _unmeant(turn, state.saying))
    return replace(state, book=book, overlap=None), effects


def sounding(state: Speaking, event: Played, settings: Settings) -> Step:
    """The voice moves on."""
    position = max(state.position, event.position)
    return replace(state, position=position, moved=event.at, saying=event.saying), ()


def said(state: Speaking, event: PlayEnded, settings: Settings) -> Step:
    """All is said."""
    return _finish(state, "heard")


def broke_off(state: Speaking, event: Failed, settings: Settings) -> Step:
    """What is said is said."""
    return _finish(state, "failed")


def cancel(state: Speaking, event: Cancel, settings: Settings) -> Step:
    """Stop in mid-word."""
    return _finish(state, "cancelled")


def _finish(state: Speaking, outcome: ResponseEnd) -> Step:
    """Our turn ended; one of the user's that ran beside it is taken up, unless it only meant "go on"."""
    effects = ended(state.response, outcome)
    turn = state.overlap
    if turn is None:
        return Idle(state.book, state.book.at, state.saying), effects
    meant = verdict(turn.words, state.saying, turn.settings)
    over = meant == "own" or (meant == "backchannel" and not state.book.voiced)
    if over and not turn.held:
        book, more = closed(state.book, turn, _unmeant(turn, state.saying))
        return Idle(book, book.at, state.saying), effects + more
    return listening(state.book, turn), effects


def _unmeant(turn: Turn, saying: tuple[str, ...]) -> TurnEnd:
    """What a turn was that was none."""
    meant = verdict(turn.words, saying, turn.settings)
    if meant == "nothing":
        return "noise"
    return "echo" if meant == "own" else "backchannel"


def duck(state: Speaking, event: SpeechStarted, settings: Settings) -> Step:
    """Somebody sounds: hold still at once and see; unless we may not, or were held for nothing too often."""
    if event.source != "user" or state.overlap:
        return state, ()
    book, turn, effects = opened(state.book, event.onset, settings)
    if not _may_interrupt(state) or state.response.alarms >= settings.false_alarms:
        return replace(state, book=book, overlap=turn), effects
    held = Ducked(book, state.response, turn, state.position, state.saying)
    return held, (*effects, Duck(state.response.generation))


def _may_interrupt(state: Speaking) -> bool:
    return state.response.interruptible and state.response.settings.barge_in


def words_over_ours(state: Speaking, event: Partial, settings: Settings) -> Step:
    """Words without an onset (it was let pass as noise, or as a "mm-hm") interrupt.

    Those of an echo do not, whatever they are: ears that mishear make foreign words of our own. Whether
    somebody speaks over it the guard tells by its level (`agent.echo`), which makes it an onset.
    """
    turn = state.overlap
    if turn:
        turn = heard(turn, event.words)
        if not _may_interrupt(state) or verdict(turn.words, state.saying, turn.settings) not in INTERRUPTS:
            return replace(state, overlap=turn), ()
        return listening(state.book, turn), ended(state.response, "cut")
    if event.source != "user" or is_late(state.book) or not _may_interrupt(state):
        return state, ()
    if verdict(event.words, state.saying, settings) not in INTERRUPTS:
        return state, ()
    book, turn, effects = opened(state.book, event.since, settings)
    turn = heard(turn, event.words)
    return listening(book, turn), (*effects, *ended(state.response, "cut"))


def guess_overlap(state: Speaking, event: EndGuess, settings: Settings) -> Step:
    """Kept for when we have finished."""
    if state.overlap is None:
        return state, ()
    return replace(state, overlap=replace(state.overlap, finished=event.probability)), ()


def press_over_ours(state: Speaking, event: TalkPressed, settings: Settings) -> Step:
    """Push to talk interrupts whatever it is."""
    book, turn, effects = _turn_beside(state, event.at, settings)
    after = UserSpeaking(book, replace(turn, held=True, released=False), book.at)
    return after, (*effects, *ended(state.response, "cut"))


def typed_over_ours(state: Speaking, event: Typed, settings: Settings) -> Step:
    """Writing interrupts whatever it is."""
    book, turn, effects = _turn_beside(state, event.at, settings)
    after, more = answer(book, replace(turn, words=turn.words + event.words, asked=True))
    return after, (*effects, *ended(state.response, "cut"), *more)


def _turn_beside(
    state: Speaking, onset: Samples, settings: Settings
) -> tuple[Book, Turn, tuple[Effect, ...]]:
    if state.overlap:
        return state.book, state.overlap, ()
    return opened(state.book, onset, settings)


def release_beside(state: Speaking, event: TalkReleased, settings: Settings) -> Step:
    """The turn beside ours is over; it is answered when we have finished."""
    if state.overlap is None:
        return state, (Refuse(NO_TURN),)
    if state.overlap.released:
        return state, (Refuse("the turn is ending already"),)
    return replace(state, overlap=replace(state.overlap, held=False, released=True)), ()


def resolve(state: Ducked, event: Tick, settings: Settings) -> Step:
    """Go on after a cough or a "mm-hm"; give way to a voice that goes on."""
    turn, rules, book = state.turn, state.turn.settings, state.book
    meant = verdict(turn.words, state.saying, rules)
    if meant == "own":
        return _resume(state, "echo")
    if meant == "backchannel":
        if not book.voiced or overdue(turn.onset, rules.backchannel_limit_ms, event.at):
            return _resume(state, "backchannel")
        return state, ()
    if not book.voiced and overdue(book.voice_last, rules.resume_after_ms, event.at):
        return _resume(state, "noise")
    if book.voiced and overdue(turn.onset, rules.commit_after_ms, event.at):
        return _give_way(state, turn)
    return state, ()


def words_while_ducked(state: Ducked, event: Partial, settings: Settings) -> Step:
    """Words that are neither ours nor "mm-hm" decide at once."""
    turn = heard(state.turn, event.words)
    if verdict(turn.words, state.saying, turn.settings) in INTERRUPTS:
        return _give_way(state, turn)
    return replace(state, turn=turn), ()


def judged_anew(state: Ducked, event: SpeechStarted, settings: Settings) -> Step:
    """It was not the user after all."""
    if event.source == "user":
        return state, ()
    return _resume(state, "echo" if event.source == "echo" else "background")


def guess_while_ducked(state: Ducked, event: EndGuess, settings: Settings) -> Step:
    """Kept in case the turn goes on."""
    return replace(state, turn=replace(state.turn, finished=event.probability)), ()


def fading(state: Ducked, event: Played, settings: Settings) -> Step:
    """The end of the fade."""
    return replace(state, position=max(state.position, event.position), saying=event.saying), ()


def over_while_ducked(state: Ducked, event: PlayEnded | Failed | Cancel, settings: Settings) -> Step:
    """Our turn is over anyway; what the user makes of theirs is heard out."""
    outcome: ResponseEnd = "failed"
    if not isinstance(event, Failed):
        outcome = "heard" if isinstance(event, PlayEnded) else "cancelled"
    return listening(state.book, state.turn), ended(state.response, outcome)


def press_while_ducked(state: Ducked, event: TalkPressed, settings: Settings) -> Step:
    """It was meant."""
    return UserSpeaking(state.book, replace(state.turn, held=True), event.at), ended(state.response, "cut")


def release_while_ducked(state: Ducked, event: TalkReleased, settings: Settings) -> Step:
    """It was meant, and it is over."""
    return Pausing(state.book, replace(state.turn, released=True), event.at), ended(state.response, "cut")


def typed_while_ducked(state: Ducked, event: Typed, settings: Settings) -> Step:
    """What was said and what was typed are one turn."""
    after, more = answer(state.book, replace(state.turn, words=state.turn.words + event.words, asked=True))
    return after, (*ended(state.response, "cut"), *more)


def _resume(state: Ducked, outcome: TurnEnd) -> Step:
    book, effects = closed(state.book, state.turn, outcome)
    response = replace(state.response, alarms=state.response.alarms + (outcome != "backchannel"))
    after = Speaking(book, response, state.position, book.at, state.saying)
    return after, (*effects, Resume(state.response.generation))


def _give_way(state: Ducked, turn: Turn) -> Step:
    effects: tuple[Effect, ...] = ended(state.response, "cut")
    return listening(state.book, turn), effects
