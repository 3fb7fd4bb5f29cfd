"""The table of what follows on what: a rule for each pair of state and event, or why there is none.

Two things are the same everywhere and stand in `controller`: `Close` closes, and what is closed stays so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from agent.turn import answering, listening
from agent.turn.events import (
    Cancel,
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
from agent.turn.states import Ducked, Idle, Pausing, Speaking, State, Thinking, UserSpeaking
from agent.turn.steps import Step

Rule = Callable[[Any, Any, Settings], Step]
"""(state, event, settings for new turns) → (state, effects)"""

Cell = tuple[type[State], type[Event]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell of the table: its rule and the states that may follow, or why there is no rule."""

    rule: Rule | None
    to: tuple[type[State], ...]
    because: str = ""


def leads(rule: Rule, *to: type[State]) -> Entry:
    """The entry of a rule that leads to one of these states."""
    return Entry(rule, to)


def stays(because: str) -> Entry:
    """The entry of an event that changes nothing but the book."""
    return Entry(None, (), because)


# fmt: off
_CELLS: dict[Cell, Entry] = {
    # Idle
    (Idle, Tick): leads(listening.speak_up, Idle, Thinking),
    (Idle, SpeechStarted): leads(listening.begin_turn, Idle, UserSpeaking),
    (Idle, SpeechStopped): stays("no turn is open"),
    (Idle, Partial): leads(listening.begin_turn_by_words, Idle, UserSpeaking, Pausing),
    (Idle, EndGuess): stays("no turn is open"),
    (Idle, Played): stays("no response is active"),
    (Idle, PlayEnded): stays("no response is active"),
    (Idle, Failed): stays("no response is active"),
    (Idle, TalkPressed): leads(listening.press, UserSpeaking),
    (Idle, TalkReleased): leads(listening.release_nothing, Idle),
    (Idle, Typed): leads(listening.typed, Thinking),
    (Idle, Say): leads(listening.say, Thinking),
    (Idle, Cancel): leads(listening.cancel_nothing, Idle),
    # UserSpeaking
    (UserSpeaking, Tick): leads(listening.endless_noise, UserSpeaking, Idle),
    (UserSpeaking, SpeechStarted): leads(listening.others_remain, UserSpeaking, Pausing),
    (UserSpeaking, SpeechStopped): leads(listening.pause, UserSpeaking, Pausing),
    (UserSpeaking, Partial): leads(listening.follow, UserSpeaking),
    (UserSpeaking, EndGuess): leads(listening.guess, UserSpeaking),
    (UserSpeaking, Played): stays("no response is active"),
    (UserSpeaking, PlayEnded): stays("no response is active"),
    (UserSpeaking, Failed): leads(listening.draft_failed, UserSpeaking),
    (UserSpeaking, TalkPressed): leads(listening.hold, UserSpeaking),
    (UserSpeaking, TalkReleased): leads(listening.release, Pausing),
    (UserSpeaking, Typed): leads(listening.typed_too, Thinking),
    (UserSpeaking, Say): leads(listening.ask, UserSpeaking),
    (UserSpeaking, Cancel): leads(listening.cancel_nothing, UserSpeaking),
    # Pausing
    (Pausing, Tick): leads(listening.end_turn, Pausing, Idle, Thinking),
    (Pausing, SpeechStarted): leads(listening.go_on, Pausing, UserSpeaking),
    (Pausing, SpeechStopped): stays("the user is silent already"),
    (Pausing, Partial): leads(listening.last_words, Pausing),
    (Pausing, EndGuess): leads(listening.guess_in_pause, Pausing),
    (Pausing, Played): stays("no response is active"),
    (Pausing, PlayEnded): stays("no response is active"),
    (Pausing, Failed): leads(listening.draft_failed, Pausing),
    (Pausing, TalkPressed): leads(listening.hold, UserSpeaking),
    (Pausing, TalkReleased): leads(listening.release, Pausing),
    (Pausing, Typed): leads(listening.typed_too, Thinking),
    (Pausing, Say): leads(listening.ask, Pausing),
    (Pausing, Cancel): leads(listening.cancel_nothing, Pausing),
    # Thinking
    (Thinking, Tick): leads(answering.too_slow, Thinking, Idle),
    (Thinking, SpeechStarted): leads(answering.take_back, Thinking, UserSpeaking),
    (Thinking, SpeechStopped): stays("no turn is open"),
    (Thinking, Partial): leads(answering.take_back_for_words, Thinking, UserSpeaking, Pausing),
    (Thinking, EndGuess): stays("no turn is open"),
    (Thinking, Played): leads(answering.first_sample, Speaking),
    (Thinking, PlayEnded): leads(answering.nothing_to_say, Idle),
    (Thinking, Failed): leads(answering.broken, Thinking, Idle),
    (Thinking, TalkPressed): leads(answering.press_while_thinking, UserSpeaking),
    (Thinking, TalkReleased): leads(answering.release_nothing, Thinking),
    (Thinking, Typed): leads(answering.typed_while_thinking, Thinking),
    (Thinking, Say): leads(answering.one_at_a_time, Thinking),
    (Thinking, Cancel): leads(answering.cancel_unheard, Idle),
    # Speaking
    (Speaking, Tick): leads(answering.stalled, Speaking, Idle, UserSpeaking, Pausing),
    (Speaking, SpeechStarted): leads(answering.duck, Speaking, Ducked),
    (Speaking, SpeechStopped): stays("the book has it, to be read when we finish"),
    (Speaking, Partial): leads(answering.words_over_ours, Speaking, UserSpeaking, Pausing),
    (Speaking, EndGuess): leads(answering.guess_overlap, Speaking),
    (Speaking, Played): leads(answering.sounding, Speaking),
    (Speaking, PlayEnded): leads(answering.said, Idle, UserSpeaking, Pausing),
    (Speaking, Failed): leads(answering.broke_off, Idle, UserSpeaking, Pausing),
    (Speaking, TalkPressed): leads(answering.press_over_ours, UserSpeaking),
    (Speaking, TalkReleased): leads(answering.release_beside, Speaking),
    (Speaking, Typed): leads(answering.typed_over_ours, Thinking),
    (Speaking, Say): leads(answering.one_at_a_time, Speaking),
    (Speaking, Cancel): leads(answering.cancel, Idle, UserSpeaking, Pausing),
    # Ducked
    (Ducked, Tick): leads(answering.resolve, Ducked, Speaking, UserSpeaking),
    (Ducked, SpeechStarted): leads(answering.judged_anew, Ducked, Speaking),
    (Ducked, SpeechStopped): stays("the book has it, which the next tick reads"),
    (Ducked, Partial): leads(answering.words_while_ducked, Ducked, UserSpeaking, Pausing),
    (Ducked, EndGuess): leads(answering.guess_while_ducked, Ducked),
    (Ducked, Played): leads(answering.fading, Ducked),
    (Ducked, PlayEnded): leads(answering.over_while_ducked, UserSpeaking, Pausing),
    (Ducked, Failed): leads(answering.over_while_ducked, UserSpeaking, Pausing),
    (Ducked, TalkPressed): leads(answering.press_while_ducked, UserSpeaking),
    (Ducked, TalkReleased): leads(answering.release_while_ducked, Pausing),
    (Ducked, Typed): leads(answering.typed_while_ducked, Thinking),
    (Ducked, Say): leads(answering.one_at_a_time, Ducked),
    (Ducked, Cancel): leads(answering.over_while_ducked, UserSpeaking, Pausing),
}
# fmt: on

TABLE: Mapping[Cell, Entry] = MappingProxyType(_CELLS)
"""The turn controller's one table."""
