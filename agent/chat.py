"""A conversation over microphone and loudspeaker, or in writing, with a screen and a keyboard."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Protocol

from agent.clock import Samples
from agent.configuration import Configuration, Echo
from agent.echo import Canceller, EchoCanceller, NoEcho, WebRtc
from agent.keyboard import Keyboard, Wish
from agent.listening import Microphone
from agent.messages import Message
from agent.networks import Networks
from agent.pipeline import Conversation, Watcher, both
from agent.replay import SessionLog
from agent.sound.duplex import Devices, Duplex
from agent.sound.gauge import Gauge
from agent.sound.silent import Silent
from agent.spans import Measure, each
from agent.stages import Sound
from agent.telemetry import Telemetry
from agent.telling import Telling
from agent.turn.effects import Effect, Refuse
from agent.turn.events import Cancel, Close, Event, TalkPressed, TalkReleased, Typed
from agent.turn.states import Closed, Idle, State


class Face(Protocol):
    """Where a chat is shown."""

    def show(self, message: Message) -> None:
        """Show one message."""

    def note(self, text: str) -> None:
        """Show a line that is nobody's: a lost device, a wish that cannot be followed."""

    def follow(self, talk: Chat) -> None:
        """Take levels, states and keys from this chat from now on."""


class Chat:
    """One chat: `run` is all of it."""

    def __init__(
        self,
        networks: Networks,
        choice: Configuration,
        face: Face,
        *,
        in_writing: bool = False,
        push_to_talk: bool = False,
        record: Path | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._networks, self._choice, self._face = networks, choice, face
        self._in_writing, self._push_to_talk, self._record = in_writing, push_to_talk, record
        self._telemetry = telemetry
        self._conversation: Conversation | None = None
        self.keyboard = Keyboard(self.wish)
        self.gauge = Gauge(Silent())
        self.muted = in_writing

    @property
    def state(self) -> State:
        """Where the conversation is."""
        return self._conversation.state if self._conversation else Idle()

    async def run(self) -> None:
        """Talk until the user quits. Raises NoDeviceError where there is no sound device."""
        async with AsyncExitStack() as open_things:
            sound: Sound = Silent()
            if not self._in_writing:
                sound = await open_things.enter_async_context(self._duplex())
            log = None
            if self._record:
                log = SessionLog(self._record, self._choice.turn, "live", sound)
                open_things.enter_context(log)
            self.gauge = Gauge(log.sound if log else sound)
            self._listen_or_not()
            telling = Telling(self._face.show)
            watch: Watcher = both(telling.watch, self._refused)
            measure: Measure = telling.measure
            if self._telemetry is not None:
                watch = both(watch, self._telemetry.watch)
                measure = each(measure, self._telemetry.measure)
            self._conversation = Conversation(
                self.gauge,
                self._networks.ears,
                self._networks.mind,
                self._networks.mouth,
                self._choice.turn,
                microphone=Microphone(NoEcho() if self._in_writing else canceller(self._choice.sound.echo)),
                watch=both(watch, log.watch) if log else watch,
                measure=measure,
                configured=log.configured if log else lambda settings: None,
            )
            telling.utterance = self._conversation.player.utterance
            self._face.follow(self)
            open_things.enter_context(self.keyboard)
            await self._conversation.converse()

    def wish(self, wish: Wish, text: str = "") -> None:
        """Do what a key asked for."""
        talk = self._conversation
        if talk is None or isinstance(talk.state, Closed):
            return
        match wish:
            case "press":
                talk.tell(TalkPressed)
            case "release":
                talk.tell(TalkReleased)
            case "type":
                talk.tell(partial(_typed, tuple(text.split())))
            case "mute":
                self.muted = not self.muted
            case "stop":
                talk.tell(Cancel)
            case "quit":
                talk.tell(Close)
        self._listen_or_not()

    def _listen_or_not(self) -> None:
        talking = self.keyboard.keys.talking
        self.gauge.open = talking or not (self.muted or self._push_to_talk)

    def _duplex(self) -> Duplex:
        chosen = self._choice.sound
        devices = Devices(chosen.microphone, chosen.loudspeaker, chosen.latency_s)
        return Duplex(devices, self._face.note)

    def _refused(self, before: State, event: Event, after: State, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, Refuse):
                self._face.note(effect.reason)


def canceller(choice: Echo) -> EchoCanceller:
    """The canceller of that name; "auto" takes WebRTC's where it is installed."""
    makers: dict[Echo, Callable[[], EchoCanceller]] = {"numpy": Canceller, "none": NoEcho, "webrtc": WebRtc}
    if choice != "auto":
        return makers[choice]()
    try:
        return WebRtc()
    except RuntimeError:
        return Canceller()


def _typed(words: tuple[str, ...], at: Samples) -> Typed:
    return Typed(at, words)
