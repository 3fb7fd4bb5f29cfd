"""Sound as clients send it."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.audio import FORMATS, Inlet, Outlet, from_base64, from_floats, to_base64, to_floats
from server.protocol.errors import Refusal


@pytest.mark.parametrize("name", FORMATS)
def test_sound_survives_the_way_out_and_back(name: str) -> None:
    tone = 0.5 * np.sin(np.linspace(0, 200, 8_000)).astype(np.float32)
    back = to_floats(from_floats(tone, FORMATS[name]), FORMATS[name])
    noise = 10 * np.log10(np.mean((back - tone) ** 2) / np.mean(tone**2))
    assert noise < (-80 if name == "audio/pcm" else -35)  # G.711 has about 38 dB


@pytest.mark.parametrize(
    ("name", "code", "value"),
    [  # ITU-T G.711, tables 1a and 2a: the ends of the scale, and silence
        ("audio/pcmu", 0x80, 32_124),
        ("audio/pcmu", 0x00, -32_124),
        ("audio/pcmu", 0xFF, 0),
        ("audio/pcma", 0xAA, 32_256),
        ("audio/pcma", 0x2A, -32_256),
        ("audio/pcma", 0xD5, 8),
    ],
)
def test_the_laws_are_those_of_the_standard(name: str, code: int, value: int) -> None:
    assert to_floats(bytes([code]), FORMATS[name])[0] * 32_768 == value


@pytest.mark.parametrize("name", ["audio/pcmu", "audio/pcma"])
def test_every_code_is_its_own_nearest(name: str) -> None:
    codes = bytes(range(256))
    again = from_floats(to_floats(codes, FORMATS[name]), FORMATS[name])
    assert np.array_equal(to_floats(again, FORMATS[name]), to_floats(codes, FORMATS[name]))


def test_pieces_give_what_the_whole_gives() -> None:
    pcm = (8_000 * np.sin(np.arange(24_000) / 20)).astype("<i2").tobytes()
    whole = Inlet(FORMATS["audio/pcm"]).feed(pcm)
    inlet = Inlet(FORMATS["audio/pcm"])
    edges = [0, 1, 2, 961, 5_000, 5_001, 33_333, len(pcm)]  # odd ones split a sample
    pieces = np.concatenate([inlet.feed(pcm[a:b]) for a, b in pairwise(edges)])
    assert len(pieces) <= len(whole) + 400
    assert np.allclose(pieces[:12_000], whole[:12_000], atol=1e-4)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_lost_at_the_end(name: str) -> None:
    outlet, format = Outlet(FORMATS[name]), FORMATS[name]
    data = b"".join(outlet.feed(np.zeros(480, np.float32)) for _ in range(50)) + outlet.feed(
        np.zeros(0, np.float32), last=True
    )
    assert len(data) == format.rate * format.sample_bytes


@given(st.text())
def test_what_is_no_base64_is_refused(text: str) -> None:
    with suppress(Refusal):
        assert to_base64(from_base64(text)) == text
