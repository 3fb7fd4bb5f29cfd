"""Rules for the states in which the turn is nobody's or the user's: Idle, UserSpeaking, Pausing."""

from __future__ import annotations

from dataclasses import replace

from agent.clock import Samples, samples
from agent.initiative import breaks_silence, cuts_in, murmurs
from agent.turn.barge_in import verdict
from agent.turn.effects import Attend, Discard, Learn, Murmur, Refuse
from agent.turn.events import (
    Cancel,
    EndGuess,
    Failed,
    Partial,
    Say,
    SpeechStarted,
    SpeechStopped,
    TalkPressed,
    TalkReleased,
    Tick,
    Typed,
)
from agent.turn.settings import Settings
from agent.turn.states import Idle, Pausing, Turn, UserSpeaking
from agent.turn.steps import (
    Step,
    answer,
    closed,
    draft,
    heard,
    is_late,
    listening,
    opened,
    overdue,
    unasked,
    undrafted,
)

NO_RESPONSE = "no response is active: there is nothing to cancel"
NO_TURN = "nobody has spoken: there is no turn to end"


def speak_up(state: Idle, event: Tick, settings: Settings) -> Step:
    """Break a long silence."""
    quiet = Samples(event.at - max(state.quiet_since, state.book.voice_last))
    if state.book.voiced or not breaks_silence(quiet, state.book.spoken_up, settings):
        return state, ()
    book = replace(state.book, spoken_up=state.book.spoken_up + 1)
    return unasked(book, settings, "silence")


def begin_turn(state: Idle, event: SpeechStarted, settings: Settings) -> Step:
    """The user begins; others' voices and our own tail are let pass."""
    if event.source != "user":
        return state, ()
    book, turn, effects = opened(state.book, event.onset, settings)
    return UserSpeaking(book, turn, book.at), effects


def begin_turn_by_words(state: Idle, event: Partial, settings: Settings) -> Step:
    """Words for a sound that was not taken for speech, or was taken for noise."""
    fresh = not overdue(state.quiet_since, settings.tail_ms, event.at)
    tail = fresh and verdict(event.words, state.said, settings) == "own"
    if event.source != "user" or not event.words or tail or is_late(state.book):
        return state, ()
    book, turn, effects = opened(state.book, event.since, settings)
    return listening(book, replace(turn, words=event.words)), effects


def press(state: Idle, event: TalkPressed, settings: Settings) -> Step:
    """A turn that stays open until it is released."""
    book, turn, effects = opened(state.book, event.at, settings)
    return UserSpeaking(book, replace(turn, held=True), book.at), effects


def typed(state: Idle, event: Typed, settings: Settings) -> Step:
    """A whole turn at once."""
    book, turn, effects = opened(state.book, event.at, settings)
    after, more = answer(book, replace(turn, words=event.words, asked=True))
    return after, effects + more


def say(state: Idle, event: Say, settings: Settings) -> Step:
    """A response at the application's request."""
    return unasked(state.book, settings, "asked", event.interruptible)


def release_nothing(state: Idle, event: TalkReleased, settings: Settings) -> Step:
    """Refused."""
    return state, (Refuse(NO_TURN),)


def cancel_nothing(state: Idle | UserSpeaking | Pausing, event: Cancel, settings: Settings) -> Step:
    """Refused."""
    return state, (Refuse(NO_RESPONSE),)


def endless_noise(state: UserSpeaking, event: Tick, settings: Settings) -> Step:
    """A fan is no turn."""
    turn = state.turn
    if turn.held or turn.words or not overdue(state.since, turn.settings.noise_limit_ms, event.at):
        return state, ()
    book, effects = closed(state.book, turn, "noise")
    return Idle(book, book.at), effects


def others_remain(state: UserSpeaking, event: SpeechStarted, settings: Settings) -> Step:
    """The sound goes on, but it is no longer the user's: a pause."""
    if event.source == "user" or state.turn.held:
        return state, ()
    return Pausing(state.book, state.turn, event.at), ()


def pause(state: UserSpeaking, event: SpeechStopped, settings: Settings) -> Step:
    """Silence: a pause inside the turn or its end."""
    if state.turn.held:
        return state, ()
    return Pausing(state.book, state.turn, event.last), ()


def follow(state: UserSpeaking, event: Partial, settings: Settings) -> Step:
    """The words grow; stable ones are read ahead."""
    if event.source == "background":
        return state, ()
    turn = heard(state.turn, event.words)
    dropped: tuple[Discard, ...] = ()
    if turn.draft and turn.draft.words != turn.words:
        dropped = (Discard(turn.draft.generation),)
        turn = replace(turn, draft=None)
    ahead = event.stable and turn.settings.speculate and turn.words != state.turn.words
    return replace(state, turn=turn), (*dropped, *((Attend(turn.number, turn.words),) if ahead else ()))


def guess(state: UserSpeaking, event: EndGuess, settings: Settings) -> Step:
    """The latest guess counts."""
    return replace(state, turn=replace(state.turn, finished=event.probability)), ()


def guess_in_pause(state: Pausing, event: EndGuess, settings: Settings) -> Step:
    """The words are in: a reply is drafted, in case this is the end."""
    book, turn, effects = draft(state.book, replace(state.turn, finished=event.probability))
    return replace(state, book=book, turn=turn), effects


def draft_failed(state: UserSpeaking | Pausing, event: Failed, settings: Settings) -> Step:
    """A draft that broke is forgotten: the answer will be tried once more."""
    turn, effects = undrafted(state.turn)
    return replace(state, turn=turn), effects


def hold(state: UserSpeaking | Pausing, event: TalkPressed, settings: Settings) -> Step:
    """From here on pauses do not end the turn."""
    if state.turn.held:
        return state, (Refuse("push to talk is down already"),)
    return UserSpeaking(state.book, replace(state.turn, held=True, released=False), event.at), ()


def release(state: UserSpeaking | Pausing, event: TalkReleased, settings: Settings) -> Step:
    """The turn is over as soon as its last words are in."""
    if state.turn.released:
        return state, (Refuse("the turn is ending already"),)
    book, turn, effects = draft(state.book, replace(state.turn, held=False, released=True))
    return Pausing(book, turn, event.at), effects


def typed_too(state: UserSpeaking | Pausing, event: Typed, settings: Settings) -> Step:
    """What was said so far and what was typed are one turn."""
    return answer(state.book, replace(state.turn, words=state.turn.words + event.words, asked=True))


def ask(state: UserSpeaking | Pausing, event: Say, settings: Settings) -> Step:
    """The response is to come when the turn is over."""
    if state.turn.asked:
        return state, (Refuse("a response has been asked for already"),)
    return replace(state, turn=replace(state.turn, asked=True)), ()


def end_turn(state: Pausing, event: Tick, settings: Settings) -> Step:
    """Answer at the end of patience, sooner after a very long turn; murmur where the user will go on."""
    turn, rules = state.turn, state.turn.settings
    silence = Samples(event.at - state.since)
    if not turn.words:
        if not overdue(state.since, rules.words_limit_ms, event.at):
            return state, ()
        book, effects = closed(state.book, turn, "noise")
        return Idle(book, book.at), effects
    if silence >= _patience(turn):
        return answer(state.book, turn)
    if cuts_in(Samples(event.at - turn.onset), silence, rules):
        return answer(state.book, turn, "long turn")
    if cuts_in(Samples(event.at - turn.onset), samples(rules.cut_in_pause_ms), rules):
        return state, ()
    talked = Samples(event.at - (turn.onset if turn.murmured is None else turn.murmured))
    if murmurs(talked, silence, turn.finished, rules):
        return replace(state, turn=replace(turn, murmured=event.at)), (Murmur(turn.number),)
    return state, ()


def _patience(turn: Turn) -> Samples:
    """The silence after which this turn is over."""
    if turn.released:
        return samples(turn.settings.release_ms)
    return turn.settings.patience.wait(turn.finished)


def go_on(state: Pausing, event: SpeechStarted, settings: Settings) -> Step:
    """The user had only paused. The draft is kept until a new word is heard: it may have been a cough."""
    if event.source != "user":
        return state, ()
    turn = replace(state.turn, released=False)
    pause = Samples(max(0, event.onset - state.since))
    return UserSpeaking(state.book, turn, event.at), (Learn(pause),) if turn.words else ()


def last_words(state: Pausing, event: Partial, settings: Settings) -> Step:
    """Words that come in after their sound; the draft follows them."""
    if event.source == "background":
        return state, ()
    turn = heard(state.turn, event.words)
    if not turn.words:
        turn, dropped = undrafted(turn)
        return replace(state, turn=turn), dropped
    book, turn, effects = draft(state.book, turn)
    return replace(state, book=book, turn=turn), effects
