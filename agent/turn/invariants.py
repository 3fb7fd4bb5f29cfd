"""Ten sentences that hold at every step of every conversation, as functions.

Each takes what was known before the step (`Ledger`) and the step, and gives None or what is wrong. `watch`
asks all ten and gives the ledger after the step. The ledger is kept from effects, never from the controller's
state, so that the two check each other; it does not grow with the conversation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from agent.clock import Samples
from agent.turn.effects import CloseTurn, Cut, Discard, Duck, Effect, End, OpenTurn, Prepare, Resume, Start
from agent.turn.events import CONTROL, Close, Event, Partial, Played, SpeechStarted, TalkPressed, Typed
from agent.turn.settings import Settings
from agent.turn.states import Closed, Ducked, Speaking, State, Thinking, active_response, open_turn


class InvariantError(Exception):
    """A sentence that must hold does not; the message names it, the state and the event."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the effects so far add up to."""

    active: int | None = None
    """the generation started and not ended"""
    drafts: frozenset[int] = frozenset()
    newest: int = 0
    """the newest generation prepared"""
    finished: int = 0
    """the newest generation that ended or was discarded"""
    turn: int | None = None
    """the turn opened and not closed"""
    turns: int = 0
    turn_settings: Settings | None = None
    response_settings: Settings | None = None
    at: Samples = Samples(0)
    position: Samples = Samples(0)


@dataclass(frozen=True, slots=True)
class Step:
    """One call of `decide`."""

    before: State
    event: Event
    after: State
    effects: tuple[Effect, ...]


def after(ledger: Ledger, step: Step) -> Ledger:
    """The ledger after the step."""
    for effect in step.effects:
        ledger = _entered(ledger, effect)
    turn, response = open_turn(step.after), active_response(step.after)
    position = Samples(0)
    if response and ledger.active == response.generation:
        position = ledger.position
        if isinstance(step.event, Played) and step.event.generation == response.generation:
            position = max(position, step.event.position)
    return replace(
        ledger,
        at=max(ledger.at, step.after.book.at),
        position=position,
        turn_settings=turn.settings if turn else None,
        response_settings=response.settings if response else None,
    )


def _entered(ledger: Ledger, effect: Effect) -> Ledger:
    match effect:
        case Prepare(generation=generation):
            return replace(ledger, drafts=ledger.drafts | {generation}, newest=max(ledger.newest, generation))
        case Discard(generation=generation):
            finished = max(ledger.finished, generation)
            return replace(ledger, drafts=ledger.drafts - {generation}, finished=finished)
        case Start(generation=generation):
            return replace(
                ledger, active=generation, drafts=ledger.drafts - {generation}, position=Samples(0)
            )
        case End(generation=generation):
            return replace(ledger, active=None, finished=max(ledger.finished, generation))
        case OpenTurn(turn=turn):
            return replace(ledger, turn=turn, turns=max(ledger.turns, turn))
        case CloseTurn():
            return replace(ledger, turn=None)
        case _:
            return ledger


def one_response_at_a_time(ledger: Ledger, step: Step) -> str | None:
    """At most one response is active, and at most one reply is drafted."""
    for effect in step.effects:
        if isinstance(effect, Start) and ledger.active is not None:
            return f"{effect} while generation {ledger.active} is active"
        if isinstance(effect, Prepare) and (ledger.active is not None or ledger.drafts):
            return f"{effect} beside {ledger.active or set(ledger.drafts)}"
        ledger = _entered(ledger, effect)
    response = active_response(step.after)
    if (response.generation if response else None) != ledger.active:
        return f"the effects left {ledger.active} active, the state has {response}"
    return None


def one_end_for_every_response(ledger: Ledger, step: Step) -> str | None:
    """Every response that started ends exactly once; every draft is started or thrown away."""
    for effect in step.effects:
        if isinstance(effect, End) and effect.generation != ledger.active:
            return f"{effect}, but {ledger.active} is active"
        if isinstance(effect, Start | Discard) and effect.generation not in ledger.drafts:
            return f"{effect}, but only {set(ledger.drafts)} are drafted"
        ledger = _entered(ledger, effect)
    turn = open_turn(step.after)
    held = {turn.draft.generation} if turn and turn.draft else set()
    return None if set(ledger.drafts) == held else f"drafts {set(ledger.drafts)} are nobody's; held: {held}"


def nothing_after_the_end(ledger: Ledger, step: Step) -> str | None:
    """Nothing of a response follows its end."""
    for effect in step.effects:
        if isinstance(effect, Prepare) and effect.generation <= ledger.newest:
            return f"{effect} uses a number again; the newest is {ledger.newest}"
        if isinstance(effect, Start) and effect.generation <= ledger.finished:
            return f"{effect} after its end"
        if isinstance(effect, Duck | Resume | Cut) and effect.generation != ledger.active:
            return f"{effect}, but {ledger.active} is active"
        ledger = _entered(ledger, effect)
    return None


def speech_opens_the_turn(ledger: Ledger, step: Step) -> str | None:
    """User speech started ⇔ a turn is open: one at a time, opened by the user, closed once."""
    for effect in step.effects:
        if isinstance(effect, OpenTurn):
            if ledger.turn is not None:
                return f"{effect} while turn {ledger.turn} is open"
            if effect.turn != ledger.turns + (0 if effect.reopened else 1):
                return f"{effect} out of order; the newest is {ledger.turns}"
            if not isinstance(step.event, SpeechStarted | Partial | TalkPressed | Typed):
                return f"{effect} though the user did nothing"
        if isinstance(effect, CloseTurn) and effect.turn != ledger.turn:
            return f"{effect}, but {ledger.turn} is open"
        ledger = _entered(ledger, effect)
    turn = open_turn(step.after)
    if (turn.number if turn else None) != ledger.turn:
        return f"the effects left turn {ledger.turn} open, the state has {turn}"
    speaks = isinstance(step.event, SpeechStarted) and step.event.source == "user"
    if speaks and turn is None and not isinstance(step.after, Closed):
        return "the user speaks and no turn is open"
    return None


def settings_stay(ledger: Ledger, step: Step) -> str | None:
    """The settings of a turn and of a response are those that it began with."""
    turn, response = open_turn(step.after), active_response(step.after)
    opened = any(isinstance(effect, OpenTurn) for effect in step.effects)
    if turn and not opened and turn.settings is not ledger.turn_settings:
        return f"turn {turn.number} changed its settings"
    started = any(isinstance(effect, Start) for effect in step.effects)
    if response and not started and response.settings is not ledger.response_settings:
        return f"response {response.generation} changed its settings"
    return None


def positions_only_grow(ledger: Ledger, step: Step) -> str | None:
    """Audio time and the position in what is being said never go back."""
    if step.after.book.at < ledger.at:
        return f"time went back from {ledger.at} to {step.after.book.at}"
    now = step.after
    if not isinstance(now, Speaking | Ducked) or now.response.generation != ledger.active:
        return None
    if now.position < ledger.position:
        return f"the position went back from {ledger.position} to {now.position}"
    return None


def control_is_answered(ledger: Ledger, step: Step) -> str | None:
    """What the user or the application asks for is done, or refused with a reason; never dropped."""
    if isinstance(step.before, Closed) or not isinstance(step.event, CONTROL):
        return None
    if step.effects or replace(step.after, book=step.before.book) != step.before:
        return None
    return "a control event changed nothing and was not refused"


def closing_leaves_nothing(ledger: Ledger, step: Step) -> str | None:
    """After the conversation is closed there is no turn, no response and no draft."""
    if not isinstance(step.after, Closed):
        return "close did not close" if isinstance(step.event, Close) else None
    left = after(ledger, step)
    if left.turn is None and left.active is None and not left.drafts:
        return None
    return f"left behind: turn {left.turn}, response {left.active}, drafts {set(left.drafts)}"


def closed_stays_closed(ledger: Ledger, step: Step) -> str | None:
    """A closed conversation answers nothing, a second close included."""
    if isinstance(step.before, Closed) and (step.effects or step.after is not step.before):
        return "something happened after the close"
    return None


def live_turn_is_kept(ledger: Ledger, step: Step) -> str | None:
    """A turn with words is never lost: it stays open, is answered, or is told apart from "mm-hm" and echo."""
    turn = open_turn(step.before)
    if isinstance(step.before, Thinking) and step.before.response.turn:
        turn = step.before.response.turn
    for effect in step.effects:
        if not isinstance(effect, CloseTurn):
            continue
        if effect.words and effect.outcome == "noise":
            return f"{effect} throws words away"
        if effect.outcome != "committed" or turn is None or effect.turn != turn.number:
            continue
        if effect.words[: len(turn.words)] != turn.words:
            return f"{effect} lost words of {turn.words}"
        if (turn.settings.reply or turn.asked) and not isinstance(step.after, Thinking):
            return f"{effect} is not answered"
    return None


INVARIANTS: tuple[Callable[[Ledger, Step], str | None], ...] = (
    one_response_at_a_time,
    one_end_for_every_response,
    nothing_after_the_end,
    speech_opens_the_turn,
    settings_stay,
    positions_only_grow,
    control_is_answered,
    closing_leaves_nothing,
    closed_stays_closed,
    live_turn_is_kept,
)


def watch(ledger: Ledger, before: State, event: Event, state: State, effects: tuple[Effect, ...]) -> Ledger:
    """The ledger after a step in which all ten sentences held; raises InvariantError where one did not."""
    step = Step(before, event, state, effects)
    for invariant in INVARIANTS:
        wrong = invariant(ledger, step)
        if wrong:
            sentence = (invariant.__doc__ or invariant.__name__).splitlines()[0]
            raise InvariantError(f"{sentence} But: {wrong} (in {type(before).__name__}, on {event})")
    return after(ledger, step)
