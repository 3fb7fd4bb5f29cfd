"""A recording in, a spoken answer out: a conversation fed from a file, in audio time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, FRAME_MS, HEARING_HZ, SPEAKING_HZ, Samples, seconds
from agent.messages import Message, Replied, ReplyEnded, TurnDone, TurnEnded, TurnStarted, Word
from agent.networks import Networks
from agent.pipeline import Conversation, both
from agent.replay import Recorded, ReplayError, SessionLog, about
from agent.sound.wav import Recording, SoundError, SoundWriter
from agent.telling import Telling
from agent.trace import Trace
from agent.turn.settings import Settings
from agent.turn.states import Idle

FOR_FILES = Settings(speak_up=False)
"""a recording does not go on when it is spoken to"""

_SHOWN_FRAME = SPEAKING_HZ * FRAME_MS // 1000
_BETWEEN_ANSWERS = SPEAKING_HZ * 300 // 1000
_AFTERWARDS = 15
"""frames of silence after the recording, in which its last sound may yet be taken for speech"""

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


class _Sink:
    """Where the answers go: nowhere, one after the other, or beside the recording."""

    def __init__(self, writer: SoundWriter | None, beside: Iterator[Floats] | None) -> None:
        self._writer, self._beside = writer, beside
        self._said = False
        self._quiet = 0

    def say(self, frame: Floats) -> None:
        """What the loudspeaker plays in one frame."""
        sounds = bool(frame.any())
        if self._writer is None:
            return
        if self._beside is not None:
            heard = next(self._beside, np.zeros_like(frame))
            self._writer.write(np.stack([heard, frame], axis=1))
        elif sounds:
            if self._said:
                self._writer.write(np.zeros(min(self._quiet, _BETWEEN_ANSWERS), np.float32))
            self._writer.write(frame)
        self._said = self._said or sounds
        self._quiet = 0 if sounds else self._quiet + len(frame)

    def finish(self) -> None:
        """Complete the file; none where nothing was said."""
        if self._writer is not None:
            (self._writer.finish if self._said else self._writer.discard)()


class _Played:
    """The recording as microphone, going on as silence until the conversation has nothing left to do."""

    def __init__(self, frames: Iterator[Floats], sink: _Sink) -> None:
        self._frames, self._sink = frames, sink
        self._silent = 0
        self.busy: Callable[[], bool] = lambda: False

    async def hear(self) -> Floats | None:
        """The next frame."""
        frame = next(self._frames, None)
        if frame is None:
            self._silent += 1
            if self._silent > _AFTERWARDS and not self.busy():
                return None
            return np.zeros(FRAME, np.float32)
        return frame

    def say(self, frame: Floats) -> None:
        """To the file."""
        self._sink.say(frame)


@dataclass
class _Open:
    """A turn that has ended and may be being answered."""

    started: Samples
    ended: TurnEnded
    replied: Replied | None = None
    over: ReplyEnded | None = None

    def done(self, trace: Trace) -> Turn:
        return Turn(
            self.started,
            self.ended.at,
            self.ended.text,
            self.ended.words,
            self.ended.phones,
            self.replied.text if self.replied else "",
            self.replied.source if self.replied else "",
            seconds(self.over.lasted) if self.over else 0.0,
            trace,
        )


@dataclass
class Turns:
    """Collects whole turns from messages; one may be heard while another is answered."""

    done: list[Turn] = field(default_factory=list)
    _started: Samples = Samples(0)
    _open: list[_Open] = field(default_factory=list)

    def take(self, message: Message) -> None:
        """Note one more message."""
        match message:
            case TurnStarted(at=at):
                self._started = at
            case TurnEnded():
                self._open.append(_Open(self._started, message))
            case Replied() if self._open:
                self._open[-1].replied = message
            case ReplyEnded() if self._open:
                self._open[0].over = message
            case TurnDone(trace=trace) if self._open:
                over = [turn for turn in self._open if turn.over] or self._open[-1:]
                self._open.remove(over[0])
                self.done.append(over[0].done(trace))


def talk(
    question: Path,
    answer: Path | None,
    begin: Callable[[], Networks],
    tell: Callable[[Message], None] = lambda message: None,
    stereo: bool = False,
    settings: Settings = FOR_FILES,
    record: Path | None = None,
) -> list[Turn]:
    """Put the recording `question` to a conversation, write its answers to `answer`, and give the turns.

    The recording goes on as silence until the last answer is over. Neither file is held in memory. No file is
    written where nothing was said. `begin` is called once both files are known to be usable. `record` keeps
    the session for `agent.replay`. Raises SoundError where a file is not usable.
    """
    with ExitStack() as files:
        recording = files.enter_context(Recording(question))
        writer = None
        if answer is not None:
            if answer.exists() and answer.samefile(question):
                raise SoundError(f"{answer} is the question itself: choose another name for the answer")
            writer = SoundWriter(answer, SPEAKING_HZ, 2 if stereo else 1)
            files.callback(writer.discard)
        beside = None
        if stereo:
            beside = files.enter_context(Recording(question)).pieces(SPEAKING_HZ, _SHOWN_FRAME)
        sink = _Sink(writer, beside)
        played = _Played(recording.pieces(HEARING_HZ, FRAME), sink)
        networks, turns = begin(), Turns()

        def told(message: Message) -> None:
            turns.take(message)
            tell(message)

        telling = Telling(told)
        log = SessionLog(record, settings, "file", played) if record else None
        if log:
            files.enter_context(log)

        async def converse() -> None:
            conversation = Conversation(
                log.sound if log else played, networks.ears, networks.mind, networks.mouth, settings,
                pace="file", watch=both(telling.watch, log.watch) if log else telling.watch,
                measure=telling.measure,
            )  # fmt: skip
            played.busy = lambda: not isinstance(conversation.state, Idle)
            telling.utterance = conversation.player.utterance
            await conversation.converse()

        asyncio.run(converse())
        sink.finish()
    return turns.done


def talk_again(session: Path, record: Path, models: Path | None = None) -> None:
    """Put the sound of a recorded session to a new conversation, recorded in turn."""
    settings, pace = about(session)
    if pace != "file":
        raise ReplayError(
            f"{session} was live, where time waited for nobody: only its decisions come out the same"
        )
    networks = Networks.load(models)

    async def converse() -> None:
        with SessionLog(record, settings, pace, Recorded(session)) as log:
            stages = (networks.ears, networks.mind, networks.mouth)
            await Conversation(log.sound, *stages, settings, pace=pace, watch=log.watch).converse()

    asyncio.run(converse())


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
