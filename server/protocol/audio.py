"""Sound as clients send and take it: PCM of 24 kHz and 16 bits, and G.711 in its two laws, at 8 kHz.

Rates are changed by streams that keep their state between pieces: a resampler that begins anew with every
piece clicks at every seam. G.711: ITU-T Recommendation G.711 (1988), tables 1a to 2b.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import soxr
from numpy.typing import NDArray

from agent.clock import HEARING_HZ, SPEAKING_HZ
from server.protocol.errors import INVALID_VALUE, Refusal

Floats = NDArray[np.float32]
Name = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write sound down."""

    name: Name
    rate: int
    sample_bytes: int

    def as_object(self) -> dict[str, object]:
        """As sessions show it; only PCM has a rate to show."""
        return {"type": self.name, "rate": self.rate} if self.name == "audio/pcm" else {"type": self.name}


FORMATS: dict[str, Format] = {
    "audio/pcm": Format("audio/pcm", SPEAKING_HZ, 2),
    "audio/pcmu": Format("audio/pcmu", 8_000, 1),
    "audio/pcma": Format("audio/pcma", 8_000, 1),
}


class Inlet:
    """What a client sends, as floats at 16 kHz, piece by piece."""

    def __init__(self, format: Format) -> None:
        self._format = format
        self._stream = soxr.ResampleStream(format.rate, HEARING_HZ, 1, "float32", quality="MQ")
        self._odd = b""

    def feed(self, data: bytes) -> Floats:
        """The samples that these bytes complete; half a sample waits for its other half."""
        data = self._odd + data
        whole = len(data) - len(data) % self._format.sample_bytes
        data, self._odd = data[:whole], data[whole:]
        return np.asarray(self._stream.resample_chunk(to_floats(data, self._format), last=False), np.float32)


class Outlet:
    """What we say, at 24 kHz, as a client takes it."""

    def __init__(self, format: Format) -> None:
        self._format = format
        self._stream = (
            None
            if format.rate == SPEAKING_HZ
            else soxr.ResampleStream(SPEAKING_HZ, format.rate, 1, "float32", quality="MQ")
        )

    def feed(self, samples: Floats, last: bool = False) -> bytes:
        """The bytes that are ready; `last` gives those that the resampler held back."""
        if self._stream is not None:
            samples = np.asarray(
                self._stream.resample_chunk(samples.astype(np.float32), last=last), np.float32
            )
        return from_floats(samples, self._format)


def from_base64(text: str) -> bytes:
    """The bytes behind base64. Raises Refusal where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal(INVALID_VALUE, f"audio must be base64: {error}", "audio") from error


def to_base64(data: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(data).decode("ascii")


def to_floats(data: bytes, format: Format) -> Floats:
    """Samples in ±1.

    >>> to_floats(bytes([0, 64]), FORMATS["audio/pcm"])
    array([0.5], dtype=float32)
    """
    if format.name == "audio/pcm":
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32_768)
    return _table(format.name)[np.frombuffer(data, np.uint8)]


def from_floats(samples: Floats, format: Format) -> bytes:
    """Samples in ±1 as bytes, those beyond clipped."""
    pcm = np.clip(np.rint(samples * 32_768), -32_768, 32_767).astype("<i2")
    if format.name == "audio/pcm":
        return pcm.tobytes()
    return _inverse(format.name)[pcm.astype(np.int32) + 32_768].tobytes()


@cache
def _table(law: Name) -> Floats:
    """The value of each of the 256 codes, in ±1."""
    codes = np.arange(256)
    if law == "audio/pcmu":
        code = ~codes & 0xFF
        size = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
        value = np.where(code & 0x80, -size, size)
    else:
        code = codes ^ 0x55
        step, place = (code & 0x70) >> 4, (code & 0x0F) << 4
        size = np.where(step == 0, place + 8, (place + 0x108) << np.maximum(step - 1, 0))
        value = np.where(code & 0x80, size, -size)
    return (value / 32_768).astype(np.float32)


@cache
def _inverse(law: Name) -> NDArray[np.uint8]:
    """The nearest code for each of the 65,536 values of a 16-bit sample."""
    values = _table(law) * np.float32(32_768)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    middles = (ordered[1:] + ordered[:-1]) / 2
    return order[np.searchsorted(middles, np.arange(-32_768, 32_768))].astype(np.uint8)
