"""One conversation, from frames of sound to messages: voice activity → ears → turn rule → mind → mouth.

It has no clock but the samples it is given, and opens nothing: what it hears is handed in, what it says is
handed out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, Clock, Samples
from agent.ears import Ears, Listening
from agent.endpoint import Decision, Settings, State, Waiting, decide
from agent.messages import Message, PartialWords, Replied, Sound, TurnDone, TurnStarted
from agent.mind import Mind
from agent.mouth import Mouth
from agent.trace import Trace, now
from agent.vad import VoiceActivity

_BEFORE_ONSET = 15  # frames handed to the ears from before the onset was sure: 300 ms


class Conversation:
    """Feed it frames of 20 ms at 16 kHz with `hear`; each call gives what happened."""

    def __init__(self, ears: Ears, mind: Mind, mouth: Mouth, settings: Settings | None = None) -> None:
        self._ears, self._mind, self._mouth = ears, mind.talk(), mouth
        self._settings = settings or Settings()
        self._detector = VoiceActivity()
        self._clock = Clock()
        self._state: State = Waiting()
        self._before: deque[NDArray[np.float32]] = deque(maxlen=_BEFORE_ONSET)
        self._turn: tuple[Listening, Trace] | None = None

    @property
    def waiting(self) -> bool:
        """Whether no turn is open."""
        return self._turn is None

    def hear(self, frame: NDArray[np.float32]) -> Iterator[Message]:
        """What one more frame brought about; take all of it before the next frame."""
        trace = self._turn[1] if self._turn else Trace()
        with trace.timed("voice activity"):
            voiced = self._detector.voiced(frame)
            self._clock.advance(FRAME)
            self._state, decision = decide(self._state, voiced, self._settings)

        if self._turn is None:
            self._before.append(frame)
            if decision is Decision.STARTED:
                yield from self._open()
            return
        listening, trace = self._turn
        if (words := listening.hear([frame])) is not None:
            yield PartialWords(self._clock.now(), words)
        if decision is Decision.ENDED:
            self._turn = None
            yield from self._answer(listening, trace)

    def _open(self) -> Iterator[Message]:
        """A turn begins: the ears get what was heard just before it was sure."""
        trace = Trace()
        since = Samples(self._clock.now() - FRAME * len(self._before))
        listening = self._ears.listen(since, trace)
        self._turn = (listening, trace)
        yield TurnStarted(since)
        if (words := listening.hear(list(self._before))) is not None:
            yield PartialWords(self._clock.now(), words)
        self._before.clear()

    def _answer(self, listening: Listening, trace: Trace) -> Iterator[Message]:
        """A turn ended: its words, the reply, and the reply's sound, its first piece as early as can be."""
        at, start = self._clock.now(), now()
        heard = listening.finish(at)
        if not heard.text:
            yield heard
            yield TurnDone(at, trace)
            return
        reply = self._mind.reply(heard.text, trace)
        sound = self._mouth.speak(reply.text, trace)
        first = next(sound, None)
        trace.since("first sample", start)

        yield heard
        yield Replied(at, reply.text, reply.source)
        if first is not None:
            yield Sound(at, first)
        for piece in sound:
            yield Sound(at, piece)
        yield TurnDone(at, trace)
