"""A file as microphone, a file as loudspeaker: any rate, any number of channels, a little at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_BLOCK_S = 0.5
_LOWEST_HZ = 2_000
_CONVERT = "convert it to WAV, FLAC, Ogg or MP3 first"


class SoundError(Exception):
    """A sound file that cannot be read or written; the message is one line and says what to do."""


class Recording:
    """A sound file opened for reading.

    Raises SoundError where the file is missing, cannot be read, is not audio, or holds no samples.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        _refuse_unreadable(self.path)
        try:
            self._file = soundfile.SoundFile(self.path)
        except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
            raise SoundError(f"{self.path} is not audio that can be read here: {_CONVERT}") from error
        self.sample_rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.frames: int = self._file.frames
        if self.frames == 0:
            self.close()
            raise SoundError(f"{self.path} holds no sound: record it again")
        if self.sample_rate < _LOWEST_HZ:
            self.close()
            raise SoundError(
                f"{self.path} has {self.sample_rate} samples a second, too few for speech: "
                f"record it at {_LOWEST_HZ} or more"
            )

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def seconds(self) -> float:
        """The length that the file claims, in seconds."""
        return self.frames / self.sample_rate

    def blocks(self, rate_hz: int) -> Iterator[Floats]:
        """The recording from its start, mixed to one channel, at `rate_hz`, about half a second at a time.

        Samples that are not numbers become silence, and all are limited to full scale, ±1.
        """
        size = max(1, round(_BLOCK_S * self.sample_rate))
        resampler = soxr.ResampleStream(self.sample_rate, rate_hz, 1, dtype="float32")
        try:
            self._file.seek(0)
            while True:
                block = self._file.read(size, dtype="float32", always_2d=True)
                last = len(block) < size
                mono = _clean(block).mean(axis=1, dtype=np.float32)
                yield resampler.resample_chunk(mono, last=last)
                if last:
                    return
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise SoundError(
                f"{self.path} is damaged, it cannot be read to its end: record it again"
            ) from error

    def pieces(self, rate_hz: int, length: int) -> Iterator[Floats]:
        """The same in pieces of exactly `length` samples, the last one filled up with silence."""
        rest = np.zeros(0, np.float32)
        for block in self.blocks(rate_hz):
            rest = np.concatenate((rest, block))
            whole = len(rest) // length * length
            yield from rest[:whole].reshape(-1, length)
            rest = rest[whole:]
        if len(rest):
            yield np.pad(rest, (0, length - len(rest)))


class SoundWriter:
    """A sound file being written. It appears under its name only when it is complete.

    Formats follow the name: .wav, .flac, .ogg. Raises SoundError where the place cannot be written.
    """

    def __init__(self, path: Path | str, rate_hz: int, channels: int) -> None:
        self.path = Path(path)
        self.rate_hz = rate_hz
        self.channels = channels
        self.written = 0
        kind = self.path.suffix.lower().lstrip(".")
        if kind not in ("wav", "flac", "ogg"):
            raise SoundError(
                f"cannot tell a sound format from the name {self.path}: end it with .wav, .flac or .ogg"
            )
        if self.path.exists() and not self.path.is_file():
            raise SoundError(f"cannot write {self.path}: it is not an ordinary file; choose another name")
        if self.path.exists() and not os.access(self.path, os.W_OK):
            raise SoundError(f"cannot write {self.path}: it is write-protected; choose another name")
        self._draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            # created by Python first, whose errors name the cause: libsndfile only says "System error"
            with open(self._draft, "wb"):
                pass
            self._file = soundfile.SoundFile(self._draft, "w", rate_hz, channels, format=kind.upper())
        except (OSError, soundfile.LibsndfileError) as error:
            if self._draft.parent.is_dir():
                self._draft.unlink(missing_ok=True)
            raise SoundError(f"cannot write {self.path}: {_reason(error)}; choose another place") from error

    def write(self, sound: Floats) -> None:
        """Append samples: (n,) for one channel, (n, channels) otherwise, full scale ±1."""
        try:
            self._file.write(np.clip(sound, -1, 1))
        except (OSError, soundfile.LibsndfileError) as error:
            self.discard()
            raise SoundError(f"cannot write {self.path}: {_reason(error)}; is the disk full?") from error
        self.written += len(sound)

    def finish(self) -> None:
        """Complete the file and give it its name."""
        try:
            self._file.close()
            os.replace(self._draft, self.path)
        except (OSError, soundfile.LibsndfileError) as error:
            self.discard()
            raise SoundError(f"cannot write {self.path}: {_reason(error)}; choose another place") from error

    def discard(self) -> None:
        """Leave no file behind; an older one under the same name stays. Does nothing after `finish`."""
        self._file.close()
        self._draft.unlink(missing_ok=True)


def _refuse_unreadable(path: Path) -> None:
    """Raise SoundError for what can be told before any sound is decoded."""
    try:
        if path.is_dir():
            raise SoundError(f"{path} is a folder: name a sound file")
        with open(path, "rb") as file:
            if not file.read(1):
                raise SoundError(f"{path} is empty: record it again")
    except FileNotFoundError as error:
        raise SoundError(f"there is no file {path}: check the name") from error
    except (OSError, ValueError) as error:
        raise SoundError(f"cannot read {path}: {_reason(error)}") from error


def _clean(block: Floats) -> Floats:
    """The block with silence for what is not a number, limited to full scale."""
    return np.clip(np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0), -1, 1)


def _reason(error: BaseException) -> str:
    """What the system said, in lower case and without file names."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text.splitlines() or ["unknown reason"])[0].rstrip(".").lower()
