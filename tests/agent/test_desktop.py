"""`spiketalk chat` as somebody at a desk meets it: terminal, microphone, loudspeaker, the real networks."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
import soxr

from agent.replay import replay
from tests.pulse import INSTALLABLE, recorded, recorder, server, sounded_s, speak_into
from tests.recordings import QUESTION

CHAT = [str(Path(sys.executable).with_name("spiketalk")), "chat"]
LONG_S = 900.0
"""on a busy machine, kernels take minutes to compile"""


@dataclass
class Terminal:
    """A terminal of 100 × 40 characters that a program runs in."""

    socket: Path
    env: dict[str, str]

    def start(self, command: list[str]) -> None:
        line = f"{shlex.join(command)}; echo ended with code $?; sleep 1000"
        self._tmux("new-session", "-d", "-x", "100", "-y", "40", "sh", "-c", line)

    def type(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def text(self) -> str:
        return self._tmux("capture-pane", "-p", "-S", "-200")

    def until(self, shown: Callable[[str], bool], what: str) -> str:
        """The screen once it shows what it should."""
        deadline = time.monotonic() + LONG_S
        while time.monotonic() < deadline:
            text = self.text()
            if shown(text):
                return text
            assert "Traceback" not in text and "ended with code" not in text, text
            time.sleep(0.2)
        pytest.fail(f"{what} was not seen:\n{self.text()}")

    def ended(self) -> int:
        """The exit code, once the program has ended."""
        deadline = time.monotonic() + LONG_S
        while "ended with code" not in self.text():
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.2)
        return int(self.text().split("ended with code")[1].split()[0])

    def close(self) -> None:
        subprocess.run(["tmux", "-S", str(self.socket), "kill-server"], check=False, env=self.env)

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-f", "/dev/null", "-S", str(self.socket), *arguments]
        return subprocess.run(command, env=self.env, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None and not INSTALLABLE:
        pytest.skip("tmux is missing")
    with server(tmp_path) as env:
        terminal = Terminal(tmp_path / "tmux", env | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        try:
            yield terminal
        finally:
            terminal.close()


def lines(screen: str, who: str) -> list[str]:
    """What the screen has somebody saying."""
    found = (line.split() for line in screen.splitlines())
    return [" ".join(words[3:]) for words in found if words[1:3] == ["s", who] and words[-1] != "…"]


def test_a_question_is_answered_aloud_and_all_of_it_is_shown(desk: Terminal, tmp_path: Path) -> None:
    question, answer = tmp_path / "question.wav", tmp_path / "answer.raw"
    sound, rate = soundfile.read(QUESTION, dtype="float32")
    soundfile.write(question, soxr.resample(sound, rate, 48_000), 48_000)
    with recorder(desk.env, answer):
        desk.start([*CHAT, "--echo", "none", "--set", "turn.speak_up=false", "--set", "sound.latency_s=0.2"])
        desk.until(lambda text: "● listening" in text, "the microphone's state")
        for _ in range(5):  # on a machine that is too busy to listen, somebody would say it again
            speak_into(desk.env, question)
            deadline = time.monotonic() + 40
            while time.monotonic() < deadline and not lines(desk.text(), "agent"):
                time.sleep(0.2)
            if lines(desk.text(), "agent"):
                break
        screen = desk.until(lambda text: bool(lines(text, "agent")), "an answer")
        assert lines(screen, "you")[0], screen
        desk.until(lambda text: "● listening" in text and "first sample" in text, "the end of the answer")
    assert sounded_s(recorded(answer)) > 0.3, "nothing was to be heard"
    desk.type("q")
    assert desk.ended() == 0


def test_what_is_typed_is_answered_and_the_session_is_kept(desk: Terminal, tmp_path: Path) -> None:
    session = tmp_path / "session.zip"
    desk.start([*CHAT, "--echo", "none", "--record", str(session), "--set", "turn.speak_up=false"])
    desk.until(lambda text: "● listening" in text, "the microphone's state")
    desk.type("m")
    desk.until(lambda text: "mic off" in text, "the closed microphone")
    desk.type("Enter")
    desk.type("-l", "what is your name")
    desk.until(lambda text: "write: what is your name" in text, "what is typed")
    desk.type("Enter")
    desk.until(lambda text: "what is your name" in lines(text, "you"), "what was typed")
    desk.until(lambda text: bool(lines(text, "agent")), "its answer")
    desk.type("q")
    assert desk.ended() == 0
    again = replay(session)
    assert again.effects > 5, "the session on record holds what was decided"


def test_a_chat_in_writing_needs_no_devices(tmp_path: Path) -> None:
    process = subprocess.Popen([*CHAT, "--text"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write("hello\n")
        process.stdin.flush()
        seen = []
        for line in process.stdout:
            seen.append(line)
            if " agent " in line:
                break
        process.stdin.close()
        assert process.wait(LONG_S) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait(10)
    assert any(" you " in line and "hello" in line for line in seen)
