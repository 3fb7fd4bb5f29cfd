"""Random conversations: whatever happens in whatever order, the ten sentences of `invariants` hold."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.clock import Samples
from agent.turn.controller import decide
from agent.turn.events import (
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
from agent.turn.invariants import Ledger, watch
from agent.turn.settings import Settings
from agent.turn.states import Closed, Ducked, Idle, Pausing, Speaking, State, Thinking, UserSpeaking
from agent.turn.table import TABLE

WORDS = st.lists(st.sampled_from(["mm-hm", "stop", "which", "river", "good", "day"]), max_size=4).map(tuple)
SOURCES = st.sampled_from(["user", "user", "user", "echo", "background"])
GENERATIONS = st.integers(0, 2)
"""How far behind the newest generation an event is: stale ones are part of life."""


@st.composite
def settings_of_a_talk(draw: st.DrawFn) -> Settings:
    return Settings(
        speculate=draw(st.booleans()),
        reply=draw(st.booleans()),
        barge_in=draw(st.booleans()),
        silence_ms=draw(st.sampled_from([500, 12_000])),
        long_turn_ms=draw(st.sampled_from([1_000, 60_000])),
        murmur_after_ms=draw(st.sampled_from([500, 6_000])),
    )


ANY = ["tick", "started", "stopped", "partial", "guess", "played", "ended", "failed", "pressed", "released"]
ANY += ["typed", "say", "cancel"]
LIKELY: dict[type[State], list[str]] = {
    Idle: ["say", "started", "started"],
    UserSpeaking: ["partial", "partial", "stopped", "stopped"],
    Pausing: ["partial", "tick", "tick", "tick"],
    Thinking: ["played", "played", "tick"],
    Speaking: ["played", "tick", "started", "started", "stopped"],
    Ducked: ["partial", "tick", "stopped"],
    Closed: ["tick"],
}
"""What mostly happens next: a walk on which everything were equally probable would never get far."""
WAITS = [0, 20, 20, 100, 300, 700, 2_500, 20_000, -400]


def happenings(most: int) -> st.SearchStrategy[list]:
    """Steps of a walk: milliseconds to wait (a clock may also jump back), what happens, and its detail."""
    detail = st.tuples(WORDS, SOURCES, GENERATIONS, st.booleans())
    step = st.tuples(st.sampled_from(WAITS), st.integers(0, 999), detail)
    return st.lists(step, min_size=most // 3, max_size=most)


def kind_of(number: int, state: State) -> str:
    likely = LIKELY[type(state)]
    return likely[number // 3 % len(likely)] if number % 3 else ANY[number // 3 % len(ANY)]


def event_of(kind: str, detail: tuple, now: Samples, state: State) -> Event:
    words, source, behind, flag = detail
    generation = max(0, state.book.generations - behind)
    match kind:
        case "started":
            return SpeechStarted(now, Samples(max(0, now - 1_600)), source)
        case "stopped":
            return SpeechStopped(now, Samples(max(0, now - 960)))
        case "partial":
            since = state.book.words_since if flag else Samples(0)
            return Partial(now, words, since, stable=flag, source=source)
        case "guess":
            return EndGuess(now, behind / 2)
        case "played":
            return Played(now, generation, Samples(now % 20_000), words)
        case "ended":
            return PlayEnded(now, generation)
        case "failed":
            return Failed(now, generation, "the stage stopped")
        case "pressed":
            return TalkPressed(now)
        case "released":
            return TalkReleased(now)
        case "typed":
            return Typed(now, words or ("hello",))
        case "say":
            return Say(now, interruptible=flag)
        case "cancel":
            return Cancel(now)
        case _:
            return Tick(now)


@settings(max_examples=40, deadline=None)
@given(settings_of_a_talk(), settings_of_a_talk(), happenings(60))
def test_the_ten_sentences_hold_on_every_walk(first: Settings, later: Settings, walk: list) -> None:
    state: State = Idle()
    ledger = Ledger()
    now = Samples(0)
    for number, (wait_ms, choice, detail) in enumerate(walk):
        now = Samples(max(0, now + wait_ms * 16))
        event = event_of(kind_of(choice, state), detail, now, state)
        before = state
        state, effects = decide(before, event, first if number < len(walk) // 2 else later)
        ledger = watch(ledger, before, event, state, effects)
    for _ in range(2):
        before, event = state, Close(now)
        state, effects = decide(before, event, first)
        ledger = watch(ledger, before, event, state, effects)
    assert isinstance(state, Closed)


def test_long_walks_take_every_way_in_the_table() -> None:
    walk = random.Random(7)
    ways = {(state, event, to) for (state, event), entry in TABLE.items() for to in entry.to}
    words = ["mm-hm", "stop", "which", "river", "good", "day"]
    for _ in range(40):
        rules = Settings(speculate=walk.random() < 0.5, barge_in=walk.random() < 0.8)
        state: State = Idle()
        ledger, now = Ledger(), Samples(0)
        for _ in range(500):
            now = Samples(max(0, now + walk.choice(WAITS) * 16))
            said = tuple(walk.choices(words, k=walk.randrange(4)))
            source = walk.choice(["user", "user", "user", "echo", "background"])
            detail = (said, source, walk.choice([0, 0, 0, 1]), walk.random() < 0.7)
            before, event = state, event_of(kind_of(walk.randrange(999), state), detail, now, state)
            state, effects = decide(before, event, rules)
            ledger = watch(ledger, before, event, state, effects)
            ways.discard((type(before), type(event), type(state)))
    assert not ways, f"no walk took these ways: lengthen the walks or mend the table: {ways}"


@settings(max_examples=10, deadline=None)
@given(settings_of_a_talk(), happenings(60))
def test_a_walk_walked_again_gives_the_same(rules: Settings, walk: list) -> None:
    def walked() -> list:
        state: State = Idle()
        now, steps = Samples(0), []
        for wait_ms, choice, detail in walk:
            now = Samples(max(0, now + wait_ms * 16))
            state, effects = decide(state, event_of(kind_of(choice, state), detail, now, state), rules)
            steps.append((state, effects))
        return steps

    assert walked() == walked()
