"""A whole conversation: microphone → perception → ears → turn controller → mind → mouth → loudspeaker.

Four kinds of task, all in one group: `listen` follows the microphone and moves the loudspeaker with it,
`recognise` makes words, `take_turns` is the only one that decides, and each reply, drafted or said, is a task
of its own. They talk through bounded channels. Everything that computes does so in a worker thread, but for
talks from files, where one thing happens after the other (`agent.pace`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from agent.channel import Channel, ChannelClosedError
from agent.clock import FRAME, Clock, Samples
from agent.finished import by_words, judged
from agent.hearing import Afresh, Heard, Recogniser
from agent.history import History
from agent.listening import Microphone
from agent.pace import Pace, Work
from agent.player import Player, on_clock
from agent.replying import Replies
from agent.spans import Measure, Span, unmeasured
from agent.stages import Ears, Mind, Mouth, Sound
from agent.trace import Moment, wall_ms
from agent.turn.controller import decide
from agent.turn.effects import (
    CloseTurn,
    Cut,
    Discard,
    Duck,
    Effect,
    End,
    HearAfresh,
    Learn,
    Murmur,
    Prepare,
    Resume,
    Start,
)
from agent.turn.events import Close, Event, Played, PlayEnded, Tick
from agent.turn.settings import Settings
from agent.turn.states import Closed, Idle, State, open_turn

Watcher = Callable[[State, Event, State, tuple[Effect, ...]], None]
"""Told of every step of the turn controller: a session log, a screen, a server, the invariants."""


def both(first: Watcher, second: Watcher) -> Watcher:
    """A watcher that tells two."""

    def watch(before: State, event: Event, after: State, effects: tuple[Effect, ...]) -> None:
        first(before, event, after, effects)
        second(before, event, after, effects)

    return watch


class Conversation:
    """One conversation: `converse` runs it, `tell` reaches into it, `history` is what was said."""

    def __init__(
        self,
        sound: Sound,
        ears: Ears,
        mind: Mind,
        mouth: Mouth,
        settings: Settings | None = None,
        *,
        pace: Pace = "live",
        microphone: Microphone | None = None,
        guess: Callable[[Sequence[str]], float] | None = None,
        watch: Watcher = lambda before, event, after, effects: None,
        measure: Measure = unmeasured,
        configured: Callable[[Settings], None] = lambda settings: None,
    ) -> None:
        self.clock = Clock()
        self.state: State = Idle()
        self.history = History()
        self.settings = settings or Settings()
        self.player = Player()
        self._work = Work(pace)
        self._sound = sound
        self._microphone = microphone or Microphone()
        self._watch, self._measure, self._configured = watch, measure, configured
        self._events: Channel[Event] = Channel(512, "drop oldest", keep=lambda e: not isinstance(e, Tick))
        self._frames: Channel[Heard | Afresh] = Channel(
            100, "drop oldest", keep=lambda item: isinstance(item, Afresh)
        )
        judge = judged if guess is None else by_words(guess)
        self._recogniser = Recogniser(ears, self._frames, self._work, self._happen, judge, measure)
        self._replies = Replies(mind, mouth, self.player, self._work, self.clock, self._happen, measure)

    async def converse(self) -> History:
        """Talk until the microphone ends or somebody tells it to `Close`."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._replies.tasks = tasks
                listening = tasks.create_task(self._listen(), name="listen")
                recognising = tasks.create_task(self._recogniser.recognise(), name="recognise")
                await self._take_turns()
                for task in (listening, recognising, *self._replies.running()):
                    task.cancel()
        finally:
            self._events.close()
            self._frames.close()
            self._recogniser.close()
            self._replies.close()
        return self.history

    @property
    def first(self) -> tuple[Moment, ...]:
        """The time from words to the first piece of sound, waited for and computed, of the latest replies."""
        return tuple(self._replies.first)

    @property
    def waited_ms(self) -> tuple[float, ...]:
        """How long the latest replies' first sound was waited for after the commit; 0: it was there."""
        return tuple(self._replies.waited)

    def configure(self, settings: Settings) -> None:
        """Other rules, from the next turn on; an open turn and an active response keep theirs."""
        self.settings = settings
        self._configured(settings)

    def tell(self, make: Callable[[Samples], Event]) -> None:
        """Let the user or the application do something now: `tell(Cancel)`. After the end it does nothing."""
        with suppress(ChannelClosedError):
            self._happen(make(self.clock.now()))

    def _happen(self, event: Event) -> None:
        if not self._events.closed:
            self._work.begin()
            dropped = self._events.counters.dropped
            self._events.put(event)
            for _ in range(self._events.counters.dropped - dropped):
                self._work.done()

    async def _listen(self) -> None:
        """Follow the microphone; for each frame heard, one is played."""
        while (frame := await self._sound.hear()) is not None:
            if isinstance(self.state, Closed):
                return  # a sound may have swallowed the cancellation
            self.clock.advance(FRAME)
            self._play()
            # Not `now`: on a busy machine, who asks the system for processor time gives the processor away.
            at, start_ms = self.clock.now(), wall_ms()
            clean, event = self._microphone.frame(at, frame)
            took_ms = wall_ms() - start_ms
            self._measure(Span("voice activity", at, at, took_ms, took_ms))
            if event is not None:
                self._happen(event)
            awake = self._microphone.sounding or open_turn(self.state) is not None
            self._recogniser.take(
                Heard(at, clean, event, awake, self._microphone.source, self._microphone.voiced)
            )
            self._happen(Tick(at))
            await self._work.settled()
        self._happen(Close(self.clock.now()))

    def _play(self) -> None:
        """Let the loudspeaker play 20 ms, and tell what was said."""
        out, reply = self.player.frame()
        self._sound.say(out)
        self._replies.room()
        self._microphone.played(out)
        if reply is None:
            return
        at, generation = self.clock.now(), reply.utterance.generation
        position = on_clock(reply.position)
        if position:
            saying = tuple(word.text for word in reply.utterance.words if word.start <= position)
            self._happen(Played(at, generation, position, saying))
        if reply.complete and reply.position >= reply.made:
            self._happen(PlayEnded(at, generation))

    async def _take_turns(self) -> None:
        """Decide, one event after the other, and carry out what was decided."""
        while not isinstance(self.state, Closed):
            event = await self._events.receive()
            try:
                before = self.state
                self.state, effects = decide(before, event, self.settings)
                self._watch(before, event, self.state, effects)
                for effect in effects:
                    self._carry_out(effect)
            finally:
                self._work.done()

    def _carry_out(self, effect: Effect) -> None:
        generation = getattr(effect, "generation", 0)
        self.history = self.history.after(effect, self.player.utterance(generation), self.clock.now())
        match effect:
            case HearAfresh(since=since):
                self._recogniser.take(Afresh(since))
            case Prepare(words=words, why=why):
                self._replies.prepare(generation, self.history, words, why)
            case Start():
                self.player.start(generation)
                self._replies.gate(generation)
            case Duck():
                self.player.hold(generation)
            case Resume():
                self.player.resume(generation)
            case Cut():
                self.player.hold(generation)
            case Discard():
                self._replies.stop(generation)
            case End(outcome=outcome):
                self._replies.stop(generation, failed=outcome == "failed")
            case Murmur():
                self._replies.murmur()
            case Learn(pause=pause):
                self.settings = replace(self.settings, patience=self.settings.patience.after(pause))
            case CloseTurn(outcome="committed"):
                self._microphone.settle()


async def converse(
    sound: Sound,
    ears: Ears,
    mind: Mind,
    mouth: Mouth,
    settings: Settings | None = None,
    *,
    pace: Pace = "live",
) -> History:
    """A conversation from its first sample to its last; gives what was said and heard."""
    return await Conversation(sound, ears, mind, mouth, settings, pace=pace).converse()
