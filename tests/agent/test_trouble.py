"""What goes wrong around a conversation, and that it lives on, or leaves nothing behind when it cannot."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import agent.trace
from agent.clock import Samples, samples
from agent.pipeline import Conversation
from agent.replay import SessionLog, replay, steps
from agent.stages import Hearing, Piece
from agent.trace import Moment
from agent.turn.events import Cancel, Close
from agent.turn.settings import Settings
from agent.turn.states import Closed
from tests.room import Room, ScriptedEars, ScriptedHearing, ScriptedMind, ScriptedMouth, play
from tests.scene import Scene, differences, read
from tests.virtual_loop import run

Floats = NDArray[np.float32]


@dataclass
class Tripwire:
    """Calls `act` in the middle of the `number`th piece of work of one kind; the work itself goes on."""

    kind: str
    number: int
    act: Callable[[], None] = lambda: None
    seen: int = 0

    def pass_by(self, kind: str) -> None:
        if kind == self.kind:
            self.seen += 1
            if self.seen == self.number:
                self.act()


class WatchedHearing:
    def __init__(self, hearing: Hearing, wire: Tripwire) -> None:
        self._hearing, self._wire = hearing, wire

    def hear(self, frames: Sequence[Floats]) -> str | None:
        self._wire.pass_by("hear")
        return self._hearing.hear(frames)

    def so_far(self) -> str:
        self._wire.pass_by("so far")
        return self._hearing.so_far()


class WatchedStages:
    """Ears, mind and mouth of a scene, each of whose calls passes the wire."""

    def __init__(self, scene: Scene, wire: Tripwire) -> None:
        self._ears, self._wire = ScriptedEars(scene), wire
        self._mind, self._mouth = ScriptedMind(scene, Counter()), ScriptedMouth()

    def listen(self, since: object) -> WatchedHearing:
        self._wire.pass_by("listen")
        return WatchedHearing(self._ears.listen(since), self._wire)  # type: ignore[arg-type]

    def reply(self, talk: object, words: str, why: object) -> str:
        self._wire.pass_by("reply")
        return self._mind.reply(talk, words, why)  # type: ignore[arg-type]

    def speak(self, text: str) -> Iterator[Piece]:
        self._wire.pass_by("speak")
        for piece in self._mouth.speak(text):
            self._wire.pass_by("piece")
            yield piece


class Slow(Room):
    """A room in which time passes, so that threads get their turn: a millisecond for each frame."""

    async def hear(self) -> Floats | None:
        await asyncio.sleep(0.001)
        return await super().hear()


AWAITS = [
    ("listen", 1), ("listen", 2), ("hear", 1), ("hear", 30), ("so far", 1), ("reply", 1), ("speak", 1),
    ("piece", 1), ("piece", 2), ("piece", 9), ("so far", 2), ("reply", 2),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "number"), AWAITS)
def test_cancelled_while_a_stage_computes_nothing_is_left(kind: str, number: int) -> None:
    """`run` fails where a task is left; each stage call is one await of the pipeline."""
    wire = Tripwire(kind, number)
    stages = WatchedStages(scene := read("barge_in"), wire)

    async def live() -> Conversation:
        conversation = Conversation(Slow(scene), stages, stages, stages)
        task = asyncio.create_task(conversation.converse())
        loop = asyncio.get_running_loop()

        def cancel() -> None:
            loop.call_soon_threadsafe(task.cancel)

        wire.act = cancel
        with pytest.raises(asyncio.CancelledError):
            await task
        return conversation

    conversation = run(live())
    assert wire.seen >= number, "the scene does not go that far"
    conversation.tell(Cancel)  # does nothing any more


@pytest.mark.parametrize("step", range(1, 60, 4))
def test_cancelled_between_any_two_steps_of_the_loop_nothing_is_left(step: int) -> None:
    """The first frames of a talk hold every wait of the pipeline for its own channels."""
    scene = read("clean_turn")

    async def live() -> None:
        stages = WatchedStages(scene, Tripwire("", 0))
        task = asyncio.create_task(Conversation(Room(scene), stages, stages, stages, pace="file").converse())
        for _ in range(step):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(live())


def twice(scene: Scene, later_ms: int) -> Scene:
    """The scene's sounds, and all of them once more."""
    by = samples(later_ms)
    for sound in list(scene.sounds):
        words = tuple(replace(w, start=Samples(w.start + by), end=Samples(w.end + by)) for w in sound.words)
        start, end = Samples(sound.start + by), Samples(sound.end + by)
        scene.sounds.append(replace(sound, start=start, end=end, words=words))
    scene.until = Samples(scene.sounds[-1].end + samples(4_000))
    scene.rules = {}
    return scene


class HangingOnce:
    """Ears whose first transcript never begins."""

    def __init__(self, scene: Scene) -> None:
        self._ears, self.released, self._first = ScriptedEars(scene), threading.Event(), True

    def listen(self, since: object) -> ScriptedHearing:
        first, self._first = self._first, False
        if first:
            self.released.wait(60)
        return self._ears.listen(since)  # type: ignore[arg-type]


def test_ears_that_hang_until_their_queue_is_full_are_left_behind_and_begin_afresh() -> None:
    scene = twice(read("clean_turn"), 8_000)
    ears = HangingOnce(scene)

    async def live() -> list[str]:
        conversation = Conversation(
            Slow(scene), ears, ScriptedMind(scene, Counter()), ScriptedMouth(), Settings(speak_up=False)
        )
        return [line.text() for line in (await conversation.converse()).messages()]

    try:
        said = asyncio.run(live())
    finally:
        ears.released.set()
    assert said[0] == "what is a river", f"the second question is heard; there was {said}"


class Lost(Room):
    """A microphone that is gone for a while: silence comes in its place, in step with time."""

    gone = (samples(1_600), samples(5_000))

    async def hear(self) -> Floats | None:
        frame = await super().hear()
        if frame is not None and self.gone[0] <= self.at < self.gone[1]:
            frame[:] = 0
        return frame


def test_a_device_that_is_lost_in_mid_sentence_ends_the_turn_and_the_talk_goes_on() -> None:
    scene = twice(read("clean_turn"), 7_000)

    async def live() -> tuple[list[str], Conversation]:
        conversation = Conversation(
            Lost(scene),
            ScriptedEars(scene),
            ScriptedMind(scene, Counter()),
            ScriptedMouth(),
            Settings(speak_up=False),
            pace="file",
        )
        history = await conversation.converse()
        return [f"{line.speaker}: {line.text()}" for line in history.messages()], conversation

    said, conversation = run(live())
    assert isinstance(conversation.state, Closed)
    assert said.count("user: what is a river") >= 1 and said[-1].startswith("agent:"), said


def test_a_clock_that_jumps_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decisions know no time but the samples heard; what is measured may come out absurd, never wrong."""
    jumps = itertools.cycle([0.0, 3_600_000.0, -3_600_000.0, 5.0])
    monkeypatch.setattr(agent.trace, "now", lambda: Moment(next(jumps), next(jumps)))
    monkeypatch.setattr("agent.spans.now", agent.trace.now)
    monkeypatch.setattr("agent.replying.now", agent.trace.now)
    monkeypatch.setattr("agent.pipeline.wall_ms", lambda: next(jumps))
    scene = read("barge_in")
    outcome, _, _ = run(play(scene))
    assert not (wrong := differences(scene, outcome)), "\n".join(wrong)


def test_settings_that_change_in_mid_talk_are_on_record_and_are_decided_by_again(tmp_path: Path) -> None:
    scene, path = read("barge_in"), tmp_path / "session.zip"
    later = replace(Settings(), commit_after_ms=900, speak_up=False)

    async def live() -> None:
        with SessionLog(path, Settings(), "file", Room(scene)) as log:
            frames = 0

            class Changing:
                async def hear(self) -> Floats | None:
                    nonlocal frames
                    frames += 1
                    if frames == 40:
                        conversation.configure(later)
                    return await log.sound.hear()

                def say(self, frame: Floats) -> None:
                    log.sound.say(frame)

            conversation = Conversation(
                Changing(),
                ScriptedEars(scene),
                ScriptedMind(scene, Counter()),
                ScriptedMouth(),
                pace="file",
                watch=log.watch,
                configured=log.configured,
            )
            await conversation.converse()

    run(live())
    assert [event for event, _ in steps(path) if isinstance(event, Settings)] == [later]
    assert replay(path).effects > 5


class Deafened(Room):
    """A sound whose wait swallows the cancellation, as `asyncio.wait_for` can."""

    async def hear(self) -> Floats | None:
        try:
            await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            return np.zeros(320, np.float32)
        return await super().hear()


def test_a_sound_that_swallows_its_cancellation_holds_nobody_up() -> None:
    scene = read("clean_turn")

    async def live() -> Conversation:
        stages = WatchedStages(scene, Tripwire("", 0))
        conversation = Conversation(Deafened(scene), stages, stages, stages)
        asyncio.get_running_loop().call_later(0.3, conversation.tell, Close)
        await asyncio.wait_for(conversation.converse(), 60)
        return conversation

    assert isinstance(asyncio.run(live()).state, Closed)
