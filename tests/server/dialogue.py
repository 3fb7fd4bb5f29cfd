"""A session played against the real turn controller: no sound, no sockets, no time but audio's.

talk = Dialogue()
talk.client("response.create")
talk.speaks("hello there")          # our answer sounds, word by word
assert talk.types() == […]
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from agent.clock import FRAME, SPEAKING_HZ, Samples, samples
from agent.history import History
from agent.player import on_clock
from agent.turn.controller import decide
from agent.turn.effects import End, Prepare
from agent.turn.events import (
    Cancel,
    EndGuess,
    Event,
    Partial,
    Played,
    PlayEnded,
    Say,
    SpeechStarted,
    SpeechStopped,
    TalkPressed,
    TalkReleased,
    Tick,
)
from agent.turn.settings import Settings
from agent.turn.states import Idle, State, active_response
from agent.utterance import SpokenWord, Utterance
from server.lines import changed
from server.protocol.configuration import Configuration
from server.protocol.events import parse
from server.protocol.ids import counted
from server.protocol.orders import Ask, Configure, Heard, HearTurn, Insert, Order, Remove, Stop
from server.protocol.session import Out, Session

WORD_MS = 300
STEP = SPEAKING_HZ // 50


class Dialogue:
    """Both sides of a session; `sent` is all that the client got."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self.orders: list[Order] = []
        self.session = Session(self._utterance, configuration=configuration, ids=counted())
        self.state: State = Idle()
        self.now = Samples(0)
        self.history = History()
        self._settings = self.session.configuration.turn_rules()
        self._utterances: dict[int, Utterance] = {}
        self._position = 0

    # what the client does

    def client(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Send an event; gives what came back."""
        before = len(self.sent)
        self._do(self.session.receive(parse(json.dumps({"type": kind, **fields}))))
        return self.sent[before:]

    # what the user does

    def user_speaks(self, words: str, ms: int = 800) -> None:
        """The user says something and pauses."""
        onset = self.now
        self.wait(60)
        self.tell(SpeechStarted(self.now, onset))
        self.wait(ms)
        self.tell(Partial(self.now, tuple(words.split()), onset, stable=True))
        self.tell(SpeechStopped(self.now, self.now))
        self.tell(EndGuess(self.now, 0.95))

    def tell_words(self, words: str) -> None:
        """The ears have these words of the turn that is open."""
        since = self.state.book.words_since
        self.tell(Partial(self.now, tuple(words.split()), since, stable=True))

    def user_coughs(self) -> None:
        """A sound without words."""
        onset = self.now
        self.wait(60)
        self.tell(SpeechStarted(self.now, onset))
        self.wait(100)
        self.tell(SpeechStopped(self.now, self.now))
        self.wait(400)

    def wait(self, ms: int) -> None:
        """Time passes."""
        until = Samples(self.now + samples(ms))
        while self.now < until:
            self.now = Samples(self.now + FRAME)
            self.tell(Tick(self.now))

    # what we do

    def agent_says(self, words: str, ms: int | None = None) -> None:
        """The active response sounds: all of it, or its first `ms`."""
        response = active_response(self.state)
        assert response is not None, f"nothing is being said in {self.state}"
        spoken = [
            SpokenWord(word, samples(i * WORD_MS), samples((i + 1) * WORD_MS))
            for i, word in enumerate(words.split())
        ]
        generation, length = response.generation, SPEAKING_HZ * WORD_MS // 1000 * len(spoken)
        until = length if ms is None else SPEAKING_HZ * ms // 1000
        known = self._utterances.get(generation, Utterance(generation))
        self._utterances[generation] = Utterance(generation, tuple(spoken), known.heard_to)
        while self._position < until:
            self._position += STEP
            self.now = Samples(self.now + FRAME)
            at = on_clock(self._position)
            self._utterances[generation] = self._utterances[generation].played(at)
            self._do(self.session.sounded(generation, np.full(STEP, 0.1, np.float32), self._position))
            saying = tuple(word.text for word in spoken if word.start <= at)
            self.tell(Played(self.now, generation, at, saying))
        if ms is None:
            self.tell(PlayEnded(self.now, generation))

    def tell(self, event: Event) -> None:
        """One step of the turn controller."""
        before = self.state
        self.state, effects = decide(before, event, self._settings)
        outs = list(self.session.decided(before, event, self.state, effects))
        for effect in effects:
            generation = getattr(effect, "generation", 0)
            self.history = self.history.after(effect, self._utterance(generation), self.now)
            if isinstance(effect, Prepare):
                self._position = 0
            if isinstance(effect, End):
                self._utterances.pop(generation, None)
        self._do(outs)

    # what the client got

    def types(self) -> list[str]:
        """The types of all events that were sent, deltas said once in a row."""
        found: list[str] = []
        for event in self.sent:
            if not (found and found[-1] == event["type"] and event["type"].endswith("delta")):
                found.append(event["type"])
        return found

    def last(self, kind: str) -> dict[str, Any]:
        """The last event of a type."""
        return next(event for event in reversed(self.sent) if event["type"] == kind)

    def lines(self) -> list[str]:
        """The history as the mind reads it."""
        return [f"{line.speaker}: {line.text()}" for line in self.history.messages()]

    def _utterance(self, generation: int) -> Utterance | None:
        return self._utterances.get(generation)

    def _do(self, outs: Any) -> None:
        out: Out
        for out in outs:
            if isinstance(out, dict):
                self.sent.append(out)
                continue
            self.orders.append(out)
            match out:
                case Ask():
                    self.tell(Say(self.now))
                case Stop():
                    self.tell(Cancel(self.now))
                case Configure():
                    self._settings = self.session.configuration.turn_rules()
                case HearTurn():
                    self.tell(TalkPressed(self.now))
                    self.tell(TalkReleased(self.now))
                case Insert() | Remove() | Heard():
                    self.history = changed(self.history, out)

    def settings(self) -> Settings:
        """The rules of the next turn."""
        return self._settings
