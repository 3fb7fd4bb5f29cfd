"""A recording in, a spoken answer out: a conversation fed from a file, in audio time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, FRAME_MS, HEARING_HZ, SPEAKING_HZ, Samples, seconds
from agent.conversation import Conversation
from agent.messages import Message, Replied, Sound, TurnDone, TurnEnded, TurnStarted, Word
from agent.sound.aligned import Aligned
from agent.sound.wav import Recording, SoundError, SoundWriter
from agent.trace import Trace

_SHOWN_FRAME = SPEAKING_HZ * FRAME_MS // 1000
_BETWEEN_ANSWERS = SPEAKING_HZ * 300 // 1000

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as it was heard and answered; `reply` is empty where no words were recognised."""

    started: Samples
    ended: Samples
    text: str
    words: tuple[Word, ...]
    phones: tuple[str, ...]
    reply: str
    source: str
    answer_s: float
    trace: Trace


@dataclass
class _Answer:
    """Where the answers go: nowhere, one after the other, or beside the recording."""

    writer: SoundWriter | None
    aligned: Aligned | None
    said: int = 0

    def take(self, message: Message) -> None:
        match message:
            case TurnStarted() if self.aligned:
                self.aligned.hush()
            case Replied() if self.said and self.writer and not self.aligned:
                self.writer.write(np.zeros(_BETWEEN_ANSWERS, np.float32))
            case Sound(samples=samples):
                self.said += len(samples)
                if self.aligned:
                    self.aligned.say(samples)
                elif self.writer:
                    self.writer.write(samples)

    def finish(self) -> None:
        if self.writer is None:
            return
        if not self.said:
            self.writer.discard()
        elif self.aligned:
            self.aligned.finish()
        else:
            self.writer.finish()


@dataclass
class _Open:
    """A turn that is being heard or answered."""

    started: Samples
    ended: TurnEnded | None = None
    replied: Replied | None = None
    said: int = 0

    def done(self, trace: Trace) -> Turn:
        ended = self.ended
        assert ended is not None, "a turn is over only after its end"
        return Turn(
            self.started,
            ended.at,
            ended.text,
            ended.words,
            ended.phones,
            self.replied.text if self.replied else "",
            self.replied.source if self.replied else "",
            self.said / SPEAKING_HZ,
            trace,
        )


@dataclass
class Turns:
    """Collects whole turns from messages."""

    done: list[Turn] = field(default_factory=list)
    _open: _Open | None = None

    def take(self, message: Message) -> None:
        """Note one more message."""
        if isinstance(message, TurnStarted):
            self._open = _Open(message.at)
        elif self._open is not None:
            match message:
                case TurnEnded():
                    self._open.ended = message
                case Replied():
                    self._open.replied = message
                case Sound(samples=sound):
                    self._open.said += len(sound)
                case TurnDone(trace=trace):
                    self.done.append(self._open.done(trace))
                    self._open = None


def talk(
    question: Path,
    answer: Path | None,
    begin: Callable[[], Conversation],
    tell: Callable[[Message], None] = lambda message: None,
    stereo: bool = False,
) -> list[Turn]:
    """Put the recording `question` to a conversation, write its answers to `answer`, and give the turns.

    The recording goes on as silence until its last turn is over. Neither file is held in memory. No file is
    written where nothing was said. `begin` is called once both files are known to be usable.
    Raises SoundError where one of them is not.
    """
    with ExitStack() as files:
        recording = files.enter_context(Recording(question))
        writer = None
        if answer is not None:
            if answer.exists() and answer.samefile(question):
                raise SoundError(f"{answer} is the question itself: choose another name for the answer")
            writer = SoundWriter(answer, SPEAKING_HZ, 2 if stereo else 1)
            files.callback(writer.discard)
        sink = _Answer(writer, Aligned(writer) if writer and stereo else None)
        shown: Iterator[Floats] = iter(())
        if sink.aligned:
            shown = files.enter_context(Recording(question)).pieces(SPEAKING_HZ, _SHOWN_FRAME)

        conversation, turns = begin(), Turns()
        for frame in _then_silence(recording.pieces(HEARING_HZ, FRAME), conversation):
            if sink.aligned:
                sink.aligned.heard(next(shown, np.zeros(_SHOWN_FRAME, np.float32)))
            for message in conversation.hear(frame):
                sink.take(message)
                turns.take(message)
                tell(message)
        sink.finish()
    return turns.done


def _then_silence(frames: Iterator[Floats], conversation: Conversation) -> Iterator[Floats]:
    """The frames, then silence for as long as a turn is open."""
    yield from frames
    for silence in repeat(np.zeros(FRAME, np.float32)):
        if conversation.waiting:
            return
        yield silence


def as_dictionary(turn: Turn) -> dict[str, object]:
    """A turn for programs: plain numbers and texts, times in seconds of the recording."""
    return {
        "started_s": round(seconds(turn.started), 3),
        "ended_s": round(seconds(turn.ended), 3),
        "heard": turn.text,
        "words": [
            {"text": w.text, "start_s": round(seconds(w.start), 3), "end_s": round(seconds(w.end), 3)}
            for w in turn.words
        ],
        "phones": list(turn.phones),
        "reply": turn.reply,
        "source": turn.source,
        "answer_s": round(turn.answer_s, 3),
        "latency_ms": {
            work: {
                "mean": round(t.mean_ms, 3),
                "worst": round(t.worst_ms, 3),
                "compute": round(t.compute_ms / t.calls, 3),
                "calls": t.calls,
            }
            for work, t in turn.trace.timings.items()
        },
        "spikes": {
            stage: {
                "steps": a.steps,
                "spikes": a.spikes,
                "synaptic_operations": a.synops,
                "firing_rate": round(a.firing_rate, 4),
            }
            for stage, a in turn.trace.activities.items()
        },
        "over_budget": sorted(turn.trace.over_budget()),
    }
