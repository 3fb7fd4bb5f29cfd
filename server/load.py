"""`spiketalk bench load`: many people talk to one server at once, and what each of them notices is measured.

Each talker says a breath of a recording, waits for the answer, and is silent so long that speech is 40 % of
the time. Three times are taken at the client's end of the socket: from the last voiced sample that was sent
to the first sound of the answer (voice to voice), how late each piece of the answer came for a player that
waits 80 ms, and how long the smallest event takes there and back: what the server adds to a pipeline without.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import click
import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect

from agent.clock import SPEAKING_HZ
from agent.sound.wav import Recording
from agent.trace import wall_ms

CHUNK_MS = 20
SPEAKS = 0.4
CUSHION_MS = 80.0
ANSWER_S = 20.0
"""an answer that takes longer has failed"""
PROBE_S = 1.0
VOICED_DB = -35.0

Pcm = NDArray[np.int16]


PAUSE_FRAMES = 15
"""a question has no pause of 300 ms: it would be taken for its end"""


@dataclass(frozen=True, slots=True)
class Question:
    """What was said in one breath, and where its last voiced sample is."""

    pcm: Pcm
    voiced_to: int


@dataclass
class Noted:
    """What all talkers noticed, in milliseconds and frames of 20 ms."""

    waited: list[float] = field(default_factory=list)
    added: list[float] = field(default_factory=list)
    frames: int = 0
    late_frames: int = 0
    unanswered: int = 0


def load(
    sessions: int = 30,
    seconds: float = 30.0,
    recordings: Path = Path("tests/fixtures/recordings"),
    alone_seconds: float = 60.0,
    cycles: int = 0,
    models: Path | None = None,
) -> dict[str, Any]:
    """Let so many sessions talk at once for so many seconds, after one alone; gives the figures.

    The one alone asks every question once, in at most alone_seconds: all are to be compared with all.

    cycles: afterwards, connect, write a line, hear the answer's first sound and drop, so many times.
    A soak is `--sessions 10 --seconds 3600`: look at memory_mb_grown and dropped_frames.
    """
    if sessions < 1 or seconds <= 0 or alone_seconds <= 0 or cycles < 0:
        raise click.UsageError("sessions, seconds and alone-seconds are more than 0, cycles 0 or more")
    try:
        questions = read(recordings)
    except FileNotFoundError as error:
        raise click.UsageError(str(error)) from error
    return asyncio.run(_measure(questions, sessions, seconds, alone_seconds, cycles, models))


def read(folder: Path) -> list[Question]:
    """The recordings of a folder. Raises SoundError."""
    found = []
    for path in sorted(folder.glob("*.opus")) + sorted(folder.glob("*.wav")):
        with Recording(path) as recording:
            sound = np.concatenate(list(recording.blocks(SPEAKING_HZ)))
        step = SPEAKING_HZ * CHUNK_MS // 1000
        whole = sound[: len(sound) // step * step].reshape(-1, step)
        voiced = np.flatnonzero(10 * np.log10(np.mean(whole**2, axis=1) + 1e-10) > VOICED_DB)
        breaths = np.split(voiced, np.flatnonzero(np.diff(voiced) >= PAUSE_FRAMES) + 1)
        longest = max(breaths, key=len)
        if not len(longest):
            continue
        first, last = max(0, int(longest[0]) - 2) * step, int(longest[-1] + 1) * step
        pcm = np.clip(32_767 * sound[first:last], -32_768, 32_767).astype("<i2")
        found.append(Question(pcm, len(pcm)))
    if not found:
        raise FileNotFoundError(f"{folder} holds no recordings (.opus, .wav)")
    return found


async def _measure(
    questions: Sequence[Question],
    sessions: int,
    seconds: float,
    alone_seconds: float,
    cycles: int,
    models: Path | None,
) -> dict[str, Any]:
    async with _server(sessions + 2, models) as url:
        alone = await _talk(url, questions, 1, alone_seconds, once=True)
        before, worked = _resident_mb(url), _processor_s(url)
        peak: list[float] = []
        watching = asyncio.create_task(_watch_memory(url, peak))
        began = wall_ms()
        many = await _talk(url, questions, sessions, seconds)
        took_s = (wall_ms() - began) / 1000
        worked = _processor_s(url) - worked
        watching.cancel()
        for number in range(cycles):
            await _connect_and_drop(url, number)
        after = _resident_mb(url)
    settled = peak[len(peak) // 4 :] or [before]
    return {
        "sessions": sessions,
        "seconds": seconds,
        "answers_alone": len(alone.waited),
        "answers": len(many.waited),
        "unanswered": many.unanswered,
        "voice_to_voice_ms_alone_p50": _percentile(alone.waited, 50),
        "voice_to_voice_ms_alone_p95": _percentile(alone.waited, 95),
        "voice_to_voice_ms_p50": _percentile(many.waited, 50),
        "voice_to_voice_ms_p95": _percentile(many.waited, 95),
        "voice_to_voice_p95_ratio": _ratio(_percentile(many.waited, 95), _percentile(alone.waited, 95)),
        "frames": many.frames,
        "dropped_frames": many.late_frames,
        "added_latency_ms_alone_p95": _percentile(alone.added, 95),
        "added_latency_ms_p95": _percentile(many.added, 95),
        "processor_ms_per_talk_second": round(1000 * worked / took_s / sessions, 1),
        "memory_mb": round(max(settled), 1),
        "memory_mb_per_session": round((max(settled) - before) / sessions, 2),
        "memory_mb_grown": round(max(settled) - min(settled), 1),
        "memory_mb_after": round(after, 1),
        "cycles": cycles,
        "cores": os.cpu_count(),
    }


@asynccontextmanager
async def _server(sessions: int, models: Path | None) -> AsyncIterator[str]:
    """A server of our own, in a process of its own: its address."""
    command = [sys.executable, "-c", "from agent.cli import main; main()", "serve", "--port", "0"]
    command += ["--sessions", str(sessions), *(["--models", str(models)] if models else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None, "its output is piped"
        while line := await asyncio.to_thread(process.stdout.readline):
            if at := re.search(r"http://[0-9.]+:\d+", line):
                yield at.group()
                return
        raise RuntimeError("the server did not start: see above")
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)
        if process.stdout is not None:
            process.stdout.close()


async def _talk(
    url: str, questions: Sequence[Question], sessions: int, seconds: float, once: bool = False
) -> Noted:
    noted = Noted()
    until = wall_ms() + 1000 * seconds
    async with asyncio.TaskGroup() as talkers:
        for number in range(sessions):
            talkers.create_task(_talker(url, questions, number, sessions, until, noted, once))
    return noted


async def _talker(
    url: str,
    questions: Sequence[Question],
    number: int,
    sessions: int,
    until: float,
    noted: Noted,
    once: bool,
) -> None:
    """One person: speaks, listens, thinks, until it is time to go, or every question was asked `once`."""
    async with connect(f"{url.replace('http', 'ws')}/v1/realtime", max_size=None) as socket:
        one = _Talker(socket, noted)
        listening = asyncio.create_task(one.listen())
        # people do not all begin at once: spread over the time that a question and its answer take
        await one.speak(np.zeros(SPEAKING_HZ * 6 * number // sessions, np.int16))
        turn = number
        while wall_ms() < until and not (once and turn == len(questions)):
            await one.ask(questions[turn % len(questions)], 1.0 if once else SPEAKS)
            turn += 1
        listening.cancel()


class _Talker:
    def __init__(self, socket: ClientConnection, noted: Noted) -> None:
        self._socket, self._noted = socket, noted
        self._first = asyncio.Event()
        self._done = asyncio.Event()
        self._began = self._first_at = 0.0
        self._got = 0
        self._probed = 0.0
        self._due = wall_ms()

    async def ask(self, question: Question, speaks: float) -> None:
        """Say it, hear the answer, and be silent until speech was this share of the time."""
        self._first.clear()
        self._done.clear()
        await self.speak(question.pcm[: question.voiced_to])
        spoke = wall_ms()
        limit = spoke + 1000 * ANSWER_S
        while not self._first.is_set() and wall_ms() < limit:
            await self.speak(np.zeros(SPEAKING_HZ * CHUNK_MS // 1000, np.int16))
        if not self._first.is_set():
            self._noted.unanswered += 1
            return
        self._noted.waited.append(self._first_at - spoke)
        rest = len(question.pcm) / SPEAKING_HZ * 1000 * (1 / speaks - 1)
        while (not self._done.is_set() or wall_ms() < spoke + rest) and wall_ms() < limit + rest:
            await self.speak(np.zeros(SPEAKING_HZ * CHUNK_MS // 1000, np.int16))

    async def speak(self, pcm: Pcm) -> None:
        """Send sound as it is spoken: each piece when it is due, however late the one before was."""
        step = SPEAKING_HZ * CHUNK_MS // 1000
        for at in range(0, len(pcm), step):
            data = base64.b64encode(pcm[at : at + step].tobytes()).decode()
            await self._socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": data}))
            self._due = max(self._due + CHUNK_MS, wall_ms() - 200)
            await self._probe()
            await asyncio.sleep(max(0.0, self._due - wall_ms()) / 1000)

    async def _probe(self) -> None:
        if wall_ms() - self._probed > 1000 * PROBE_S:
            self._probed = wall_ms()
            await self._socket.send('{"type": "conversation.item.retrieve", "item_id": "probe"}')

    async def listen(self) -> None:
        """Take what comes, and note when."""
        async for message in self._socket:
            at = wall_ms()
            event = json.loads(message)
            match event["type"]:
                case "error":
                    self._noted.added.append(at - self._probed)
                case "response.created":
                    self._got = 0
                case "response.output_audio.delta":
                    self._sounded(at, len(event["delta"]) * 3 // 4 // 2)
                case "response.done":
                    self._done.set()

    def _sounded(self, at: float, samples: int) -> None:
        if not self._got:
            self._began = self._first_at = at
            self._first.set()
        needed = self._began + CUSHION_MS + 1000 * self._got / SPEAKING_HZ
        frames = max(1, samples * 1000 // SPEAKING_HZ // CHUNK_MS)
        self._noted.frames += frames
        if at > needed:
            self._noted.late_frames += frames
            self._began += at - needed  # the player waits, and goes on
        self._got += samples


async def _connect_and_drop(url: str, number: int) -> None:
    async with connect(f"{url.replace('http', 'ws')}/v1/realtime", max_size=None) as socket:
        text = {"type": "input_text", "text": f"hello number {number}"}
        item = {"type": "message", "role": "user", "content": [text]}
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await socket.send('{"type": "response.create"}')
        async with asyncio.timeout(ANSWER_S):
            async for message in socket:
                if json.loads(message)["type"] == "response.output_audio.delta":
                    return


async def _watch_memory(url: str, found: list[float]) -> None:
    while True:
        await asyncio.sleep(1)
        found.append(await asyncio.to_thread(_resident_mb, url))


def _resident_mb(url: str) -> float:
    return _metric(url, "process_resident_memory_bytes") / 1e6


def _processor_s(url: str) -> float:
    return _metric(url, "process_cpu_seconds_total")


def _metric(url: str, name: str) -> float:
    with urlopen(f"{url}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    found = re.search(rf"^{name} (\S+)", text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if values else None


def _ratio(many: float | None, alone: float | None) -> float | None:
    return round(many / alone, 2) if many is not None and alone else None
