"""One session's conversation: the pipeline between a client's wire and the protocol's session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ, milliseconds
from agent.listening import Microphone
from agent.pipeline import Conversation
from agent.spans import Span
from agent.trace import wall_ms
from agent.turn.effects import Effect
from agent.turn.events import Cancel, Close, Say, TalkPressed, TalkReleased
from agent.turn.events import Event as TurnEvent
from agent.turn.states import Idle, State, UserSpeaking, active_response
from agent.utterance import Utterance
from agent.vad import VoiceActivity
from server.lines import changed
from server.protocol.answer import Event
from server.protocol.configuration import Configuration
from server.protocol.errors import TOO_MUCH, Refusal, error_event
from server.protocol.events import ClientEvent
from server.protocol.orders import (
    Ask,
    Configure,
    Forget,
    Hear,
    Heard,
    HearTurn,
    Insert,
    Order,
    Remove,
    Stop,
)
from server.protocol.session import Out, Session
from server.spikes import nobody
from server.stages import Stages
from server.wire import MOST, Wire

Floats = NDArray[np.float32]
Send = Callable[[Event], None]

MOST_BEHIND = 10 * FRAME
"""a backlog is fed no further ahead of the ears than this"""


class Talk:
    """A conversation and what the client is told of it. `send` takes the server events, in order."""

    def __init__(
        self,
        stages: Stages,
        send: Send,
        configuration: Configuration | None = None,
        measure: Callable[[Span], None] = lambda span: None,
        wall_ms: Callable[[], float] = wall_ms,
    ) -> None:
        self._send, self._measure = send, measure
        self._manner = stages.manner
        self._loop = asyncio.get_running_loop()
        self._ears = stages.ears
        self.wire = Wire(wall_ms, self._eager, self._play)
        self.session = Session(self._utterance, stages.spelling.shown, configuration)
        self._voice = Sensitivity()
        self._said_to: tuple[int, int] = (0, 0)
        self._too_fast = False
        self.conversation = Conversation(
            self.wire,
            self._ears,
            stages.mind,
            stages.mouth,
            self.session.configuration.turn_rules(),
            microphone=Microphone(voice=self._voice),
            watch=self._decided,
            measure=self._measured,
        )

    async def run(self) -> None:
        """Talk until `close`."""
        await self.conversation.converse()

    def open(self) -> None:
        """Greet the client."""
        self._send(self.session.opening())

    def receive(self, event: ClientEvent) -> None:
        """The client sent something."""
        self._do(self.session.receive(event))

    def close(self) -> None:
        """The talk is over."""
        self.wire.close()
        self.conversation.tell(Close)

    def _utterance(self, generation: int) -> Utterance | None:
        return self.conversation.player.utterance(generation)

    def _eager(self) -> bool:
        """Whether a backlog may be heard faster than it was spoken."""
        state = self.conversation.state
        if isinstance(state, Idle):
            return True
        if not isinstance(state, UserSpeaking):
            return False
        return self.conversation.clock.now() - self._ears.heard_to < MOST_BEHIND

    def _play(self, frame: Floats) -> None:
        """The loudspeaker's next 20 ms; what belongs to no answer is not sent."""
        response = active_response(self.conversation.state)
        if response is None:
            return
        reply = self.conversation.player.replies.get(response.generation)
        if reply is None or not reply.started:
            return
        position = reply.position
        moved = position > 0 and self._said_to != (response.generation, position)
        if not moved and not np.any(frame):
            return
        self._said_to = (response.generation, position)
        self._emit(self.session.sounded(response.generation, frame, position))

    def _decided(self, before: State, event: TurnEvent, after: State, effects: tuple[Effect, ...]) -> None:
        self._do(self.session.decided(before, event, after, effects), later=True)

    def _measured(self, span: Span) -> None:
        self._measure(span)
        if self.session.configuration.extended and span.work != "voice activity":
            self._send(_shown(span))

    def _fired(self, network: str, layers: list[float]) -> None:
        """A network fired, in one of the threads that compute."""
        event = {"type": "spiketalk.spikes", "network": network, "layers": layers}
        with suppress(RuntimeError):  # the loop may have ended meanwhile
            self._loop.call_soon_threadsafe(self._send, event)

    def _emit(self, events: Iterable[Event]) -> None:
        for event in events:
            self._send(event)

    def _do(self, outs: Iterable[Out], later: bool = False) -> None:
        """Send the events and carry out the orders; those of a decision, after its own effects."""
        for out in outs:
            if isinstance(out, dict):
                self._send(out)
            elif later:
                asyncio.get_running_loop().call_soon(self._carry_out, out)
            else:
                self._carry_out(out)

    def _carry_out(self, order: Order) -> None:
        conversation = self.conversation
        match order:
            case Hear(sound=sound):
                self._feed(sound, live=True)
            case HearTurn(sound=sound):
                self.wire.mark(partial(conversation.tell, TalkPressed))
                self._feed(sound, live=False)
                self.wire.mark(partial(conversation.tell, TalkReleased))
            case Forget():
                self.wire.forget()
            case Ask(text_only=text_only):
                self.wire.mark(partial(self._ask, text_only))
            case Stop():
                conversation.tell(Cancel)
            case Configure():
                self._configure()
            case Insert() | Remove() | Heard():
                conversation.history = changed(conversation.history, order)

    def _feed(self, sound: Floats, live: bool) -> None:
        fits = self.wire.feed(sound, live)
        if not fits and not self._too_fast:
            kept = MOST // HEARING_HZ
            self._send(error_event(Refusal(TOO_MUCH, f"{kept} s of sound wait to be heard: send no faster")))
        self._too_fast = not fits

    def _ask(self, text_only: bool) -> None:
        self._manner.text_only = text_only
        self.conversation.tell(Say)

    def _configure(self) -> None:
        configuration = self.session.configuration
        self._manner.speed = configuration.speed
        self._manner.text_only = configuration.text_only
        self._manner.watch = self._fired if configuration.extended else nobody
        turns = configuration.turn_detection
        if turns is not None:
            self._voice.set(turns.threshold)
        self.conversation.configure(configuration.turn_rules(self.conversation.settings.patience))


class Sensitivity(VoiceActivity):
    """Voice activity that can be made harder to convince, by the protocol's threshold (0…1)."""

    def set(self, threshold: float) -> None:
        """Ask for more of a voice the higher the threshold is; 0.5 is as without it."""
        self._detector.set_mode(1 if threshold < 0.35 else 3 if threshold > 0.65 else 2)


def _shown(span: Span) -> Event:
    """A piece of work as our own page shows it."""
    event: Event = {
        "type": "spiketalk.span",
        "work": span.work,
        "began_ms": int(milliseconds(span.began)),
        "wall_ms": round(span.wall_ms, 2),
        "compute_ms": round(span.compute_ms, 2),
        "generation": span.generation,
    }
    if span.account is not None and span.account.spent.chances:
        spent = span.account.spent
        event |= {"rate": round(spent.firing_rate, 4), "fired": spent.fired, "synops": spent.synops}
    return event
