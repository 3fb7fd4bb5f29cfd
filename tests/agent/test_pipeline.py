"""Scenes through the whole pipeline: real sound, real voice detection, real tasks and threads; audio time."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ, SPEAKING_HZ, Samples, samples
from agent.echo import Canceller
from agent.history import History
from agent.pipeline import Conversation
from agent.replying import APOLOGY
from agent.turn.events import Cancel, Close
from agent.turn.settings import Settings
from agent.turn.states import Closed, State
from tests.room import Room, Said, ScriptedEars, ScriptedHearing, ScriptedMind, ScriptedMouth, play
from tests.scene import differences, read
from tests.virtual_loop import run

SCENES = [
    "clean_turn", "hesitation", "barge_in", "cough", "cough_alone", "uh_huh", "stop", "uninterruptible",
    "silence", "long_turn", "push_to_talk", "typed", "background_later", "both_at_once",
]  # fmt: skip


@pytest.mark.parametrize("name", SCENES)
def test_the_scene_comes_out_as_it_says(name: str) -> None:
    scene = read(name)
    outcome, _, _ = run(play(scene))
    assert not (wrong := differences(scene, outcome)), "\n".join(wrong)


@pytest.mark.parametrize("echo_db", [-10, -15, -30])
def test_our_own_voice_in_the_room_does_not_interrupt_us(echo_db: float) -> None:
    scene = read("echo")
    outcome, _, _ = run(play(scene, echo_db, Canceller()))
    assert not (wrong := differences(scene, outcome)), "\n".join(wrong)


def test_without_a_canceller_we_stumble_but_say_it_all() -> None:
    scene = read("echo_mistaken")
    outcome, _, _ = run(play(scene, -15))
    assert not (wrong := differences(scene, outcome)), "\n".join(wrong)


def test_an_interruption_over_our_own_echo_is_heard() -> None:
    scene = read("echo_barge_in")
    outcome, _, _ = run(play(scene, -15, Canceller()))
    lines = [f"{line.speaker}: {line.text()}" for line in outcome.history.messages()]
    assert lines[1].endswith("—"), "we were not interrupted"
    assert lines[2:] == scene.heard[2:]


def test_the_same_scene_gives_the_same_talk_to_the_sample() -> None:
    first, second = (run(play(read("barge_in"))) for _ in range(2))
    assert first[0] == second[0]
    assert np.array_equal(np.concatenate(first[2].said), np.concatenate(second[2].said))


def test_the_voice_is_silent_within_100_ms_of_a_barge_in_and_never_clicks() -> None:
    scene = read("barge_in")
    _, _, room = run(play(scene))
    said = np.concatenate(room.said)
    onset = scene.sounds[1].start * SPEAKING_HZ // HEARING_HZ
    duck = SPEAKING_HZ // 10
    assert np.abs(said[onset - 2400 : onset]).max() > 0.01
    assert np.abs(said[onset + duck : onset + 10 * duck]).max() == 0
    # a synthetic vowel moves by less than this from sample to sample; a hard cut would jump
    assert np.abs(np.diff(said[onset : onset + duck])).max() < 0.15


class Broken:
    """A stage that raises, for as long as it is told to."""

    def __init__(self, times: int = 99) -> None:
        self.times = times

    def _break(self) -> None:
        if self.times:
            self.times -= 1
            raise RuntimeError("no spikes today")

    def reply(self, talk: object, words: str, why: str) -> str:
        self._break()
        return "all is well"

    def speak(self, text: str) -> Iterator[Said]:
        self._break()
        return ScriptedMouth().speak(text)

    def listen(self, since: Samples) -> ScriptedHearing:
        self._break()
        return ScriptedHearing(read("clean_turn"), since)


def test_a_mind_that_raises_is_apologised_for() -> None:
    outcome, _, _ = run(play(read("clean_turn"), mind=Broken()))
    lines = [f"{line.speaker}: {line.text()}" for line in outcome.history.messages()]
    assert lines == ["user: what is a river", f"agent: {APOLOGY}"]


def test_a_mind_that_raises_once_answers_after_all() -> None:
    outcome, _, _ = run(play(read("clean_turn"), mind=Broken(1)))
    assert outcome.history.messages()[-1].text() == "all is well"


def test_a_mouth_that_raises_is_silence_and_the_session_lives() -> None:
    scene = read("clean_turn")
    outcome, conversation, _ = run(play(scene, mouth=Broken()))
    assert [line.text() for line in outcome.history.messages()] == ["what is a river"]
    assert outcome.sounding == []
    assert isinstance(conversation.state, Closed)
    assert conversation.clock.now() >= scene.until


def test_ears_that_raise_hear_nothing_and_the_session_lives() -> None:
    outcome, _, _ = run(play(read("clean_turn"), ears=Broken()))
    assert outcome.history.lines == ()
    assert outcome.counts["CloseTurn"] == outcome.counts["OpenTurn"] == 1


class Hanging:
    """A mind that does not come back until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def reply(self, talk: object, words: str, why: str) -> str:
        self.released.wait(30)
        return "too late"


def test_a_mind_that_hangs_is_apologised_for_and_leaves_no_task() -> None:
    mind = Hanging()
    scene = replace(read("clean_turn"), until=samples(12_000), rules={"speak_up": False})

    async def live() -> list[str]:
        conversation = Conversation(
            room := Paced(scene), ScriptedEars(scene), mind, ScriptedMouth(), Settings(speak_up=False)
        )
        history = await conversation.converse()
        assert room.at >= scene.until
        return [line.text() for line in history.messages()]

    try:
        said = asyncio.run(live())
    finally:
        mind.released.set()
    assert said == ["what is a river", APOLOGY]


class Paced(Room):
    """A room in which time passes: a millisecond for each frame, so that threads get their turn."""

    async def hear(self) -> NDArray[np.float32] | None:
        await asyncio.sleep(0.001)
        return await super().hear()


class Dirty(Room):
    """A microphone that sends what is no sound."""

    async def hear(self) -> NDArray[np.float32] | None:
        frame = await super().hear()
        if frame is not None and self.at % 9_600 == 0:
            frame[::7] = np.nan
            frame[::11] = np.inf
        return frame


def test_what_is_no_number_is_silence() -> None:
    scene = read("clean_turn")

    async def live() -> list[str]:
        conversation = Conversation(
            Dirty(scene), ScriptedEars(scene), ScriptedMind(scene, Counter()), ScriptedMouth(), pace="file"
        )
        return [line.text() for line in (await conversation.converse()).messages()]

    assert run(live())[0] == "what is a river"


@pytest.mark.parametrize("after", [1, 3, 10, 40, 90, 119, 120, 125, 130, 131, 140, 160, 200])
def test_a_conversation_cancelled_at_any_frame_leaves_nothing(after: int) -> None:
    """`run` fails where a task is left; the threads' channels are closed."""
    scene = read("barge_in")

    tasks: list[asyncio.Task[History]] = []

    class Stopped(Room):
        async def hear(self) -> NDArray[np.float32] | None:
            if self.at >= after * FRAME:
                tasks[0].cancel()
                await asyncio.sleep(0)
            return await super().hear()

    async def live() -> None:
        conversation = Conversation(
            Stopped(scene), ScriptedEars(scene), ScriptedMind(scene, Counter()), ScriptedMouth(), pace="file"
        )
        tasks.append(asyncio.create_task(conversation.converse()))
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        conversation.tell(Cancel)

    run(live())


def test_closing_by_hand_ends_the_talk() -> None:
    scene = read("clean_turn")

    async def live() -> State:
        conversation = Conversation(
            Paced(scene), ScriptedEars(scene), ScriptedMind(scene, Counter()), ScriptedMouth(), pace="file"
        )
        conversing = asyncio.create_task(conversation.converse())
        await asyncio.sleep(0.05)
        conversation.tell(Close)
        conversation.tell(Close)
        await conversing
        return conversation.state

    assert isinstance(run(live()), Closed)
