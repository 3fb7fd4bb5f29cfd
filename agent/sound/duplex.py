"""Microphone and loudspeaker of this computer, in step: for every 20 ms heard, 20 ms are said.

Devices run at whatever rate they like. The audio callback only copies between arrays; resampling, which keeps
its state from frame to frame, happens outside it. A lost device gives silence while it is looked for again.
"""

from __future__ import annotations

import asyncio
import atexit
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from agent.clock import FRAME, FRAME_MS, HEARING_HZ, SPEAKING_HZ
from agent.sound.chatter import without_chatter
from agent.worker import Worker

Floats = NDArray[np.float32]

CLOSING_S = 5.0
LOST_FRAMES = 150
"""after three seconds without a callback the device is lost"""
LOOK_FRAMES = 150
"""look for a lost device every three seconds: opening one may take two"""
HEARD_FRAMES = 50
"""at most so many frames of 20 ms wait to be heard: no word is lost when the machine stalls for a second"""
SAID_FRAMES = 10
"""… and so many to be said: more would be heard late; of both, the oldest are dropped"""


class NoDeviceError(Exception):
    """There is nothing to hear or to speak with; the message is one line and says what to do."""


@dataclass(frozen=True, slots=True)
class Devices:
    """Which devices to use: numbers or parts of names, None for the system's choice."""

    microphone: int | str | None = None
    loudspeaker: int | str | None = None
    latency_s: float = 0.06
    """what is asked of them; less of it stutters on a busy machine"""


def listed() -> str:
    """The devices there are, one a line."""
    with without_chatter():
        return str(_sounddevice().query_devices())


def checked(devices: Devices) -> tuple[int, int]:
    """The rates of microphone and loudspeaker in Hz; NoDeviceError where one of them is missing."""
    with without_chatter():
        sounddevice = _sounddevice()
    try:
        heard_hz, said_hz = (
            round(float(sounddevice.query_devices(device, kind)["default_samplerate"]))
            for device, kind in ((devices.microphone, "input"), (devices.loudspeaker, "output"))
        )
    except (ValueError, sounddevice.PortAudioError) as error:
        raise NoDeviceError(
            f"no microphone or no loudspeaker ({error}): connect one, write with `spiketalk chat --text`, "
            "or put a recording to it with `spiketalk talk`"
        ) from error
    return heard_hz, said_hz


class Duplex:
    """A `Sound` of the pipeline over sounddevice. Use it as an async context manager."""

    def __init__(self, devices: Devices = Devices(), tell: Callable[[str], None] = lambda text: None) -> None:
        self._devices, self._tell = devices, tell
        self._streams: tuple[Any, ...] = ()
        # one thread for all that is done to the devices: PortAudio does not bear two
        self._worker = Worker("sound device")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._arrived = asyncio.Event()
        self._heard: deque[Floats] = deque(maxlen=HEARD_FRAMES)
        self._to_say: deque[Floats] = deque(maxlen=SAID_FRAMES)
        self._silent = 0
        self.dropped = 0
        self.underruns = 0

    async def __aenter__(self) -> Duplex:
        self._loop = asyncio.get_running_loop()
        await self._loop.run_in_executor(self._worker, self._open)
        return self

    async def __aexit__(self, *reason: object) -> None:
        closing = asyncio.get_running_loop().run_in_executor(self._worker, self._close)
        await asyncio.wait({closing}, timeout=CLOSING_S)
        if closing.done():
            closing.result()
        else:
            # a sound server that is gone can hold its devices for ever; nobody has to wait for that
            self._worker.abandon()
            atexit.unregister(_sounddevice()._exit_handler)
        self._worker.shutdown()

    async def hear(self) -> Floats | None:
        """The next 20 ms; silence, in step with time, while the device is lost."""
        while not self._heard:
            self._arrived.clear()
            try:
                # not wait_for, which before Python 3.12 loses a cancellation that comes with the event
                async with asyncio.timeout(FRAME_MS / 1000 * 4):
                    await self._arrived.wait()
            except TimeoutError:
                return await self._without_device()
        if self._silent > LOST_FRAMES:
            self._tell("the sound device is back")
        self._silent = 0
        return self._from_device(self._heard.popleft())

    def say(self, frame: Floats) -> None:
        """Play 20 ms after what waits to be played."""
        self._to_say.append(self._to_device(frame))

    async def _without_device(self) -> Floats:
        self._silent += 4
        if self._silent > LOST_FRAMES and self._silent % LOOK_FRAMES < 4:
            if self._silent < LOST_FRAMES + 4:
                self._tell("the sound device is lost; waiting for it to come back")
            await asyncio.get_running_loop().run_in_executor(self._worker, self._reopen)
        return np.zeros(FRAME, np.float32)

    def _open(self) -> None:
        sounddevice = _sounddevice()
        devices = self._devices
        heard_hz, said_hz = checked(devices)
        self._block = said_hz * FRAME_MS // 1000
        self._in = soxr.ResampleStream(heard_hz, HEARING_HZ, 1, dtype="float32")
        self._out = soxr.ResampleStream(SPEAKING_HZ, said_hz, 1, dtype="float32")
        self._in_rest, self._out_rest = np.zeros(0, np.float32), np.zeros(0, np.float32)
        common = {"channels": 1, "dtype": "float32", "latency": devices.latency_s}
        try:
            # two streams, since one for both wants one rate, and loses both when either stumbles
            self._streams = (
                sounddevice.InputStream(
                    samplerate=heard_hz,
                    blocksize=heard_hz * FRAME_MS // 1000,
                    device=devices.microphone,
                    callback=self._hearing,
                    **common,
                ),
                sounddevice.OutputStream(
                    samplerate=said_hz,
                    blocksize=self._block,
                    device=devices.loudspeaker,
                    callback=self._saying,
                    **common,
                ),
            )
            for stream in self._streams:
                stream.start()
        except sounddevice.PortAudioError as error:
            self._close()
            raise NoDeviceError(
                f"the sound device cannot be used ({error}): allow the microphone, or choose another device"
            ) from error

    def _reopen(self) -> None:
        sounddevice = _sounddevice()
        try:
            self._close()
            # PortAudio lists devices when it starts, so that a new one is seen only after a restart
            sounddevice._terminate()
            sounddevice._initialize()
            self._open()
        except (NoDeviceError, sounddevice.PortAudioError):
            self._streams = ()

    def _close(self) -> None:
        streams, self._streams = self._streams, ()
        for stream in streams:
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)

    def _hearing(self, heard: Any, frames: int, time: Any, status: Any) -> None:
        """In PortAudio's thread: copy, and be gone."""
        self.dropped += len(self._heard) == HEARD_FRAMES
        self._heard.append(heard[:, 0].copy())
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._arrived.set)

    def _saying(self, said: Any, frames: int, time: Any, status: Any) -> None:
        """In PortAudio's thread: copy, and be gone."""
        try:
            said[:, 0] = self._to_say.popleft()
        except (IndexError, ValueError):
            said[:] = 0
            self.underruns += 1

    def _from_device(self, block: Floats) -> Floats:
        self._in_rest = np.concatenate((self._in_rest, self._in.resample_chunk(block)))
        frame, self._in_rest = self._in_rest[:FRAME], self._in_rest[FRAME:]
        return np.pad(frame, (FRAME - len(frame), 0))

    def _to_device(self, frame: Floats) -> Floats:
        self._out_rest = np.concatenate((self._out_rest, self._out.resample_chunk(frame)))
        block, self._out_rest = self._out_rest[: self._block], self._out_rest[self._block :]
        return np.pad(block, (self._block - len(block), 0))


def _sounddevice() -> Any:
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise NoDeviceError(
            "sound devices need sounddevice and PortAudio: pip install sounddevice, "
            "and run scripts/system-packages.sh"
        ) from error
    return sounddevice
