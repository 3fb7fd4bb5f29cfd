"""What the scripts share: a recording in steps, and the result as a line of JSON. Needs nothing installed."""

from __future__ import annotations

import json
import os
import sys
import wave
from collections.abc import Iterator

TEMPO = float(os.environ.get("SPIKETALK_TEST_TEMPO", "1"))


def chunks(path: str, ms: int = 100) -> Iterator[bytes]:
    """A WAV file of 24 kHz and 16 bits in steps, each to be sent when the one before has sounded."""
    with wave.open(path) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (24_000, 2, 1)
        while data := file.readframes(24 * ms):
            yield data


def pause(ms: int = 100) -> float:
    """So many seconds does a step last."""
    return ms / 1000 / TEMPO


def report(**found: object) -> None:
    """What the test looks at."""
    print(json.dumps(found))
    sys.stdout.flush()
