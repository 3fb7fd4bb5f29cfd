"""The latency contract: what each piece of work may take, one table for traces, benchmarks and docs.

`python -m agent.budgets` prints it as docs/turns.md shows it. Computing is judged on two cores; what a rule
or a sound device waits for is judged in the time of the sound.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Budget:
    """What one piece of work may take, in milliseconds.

    limit_ms: 95 in 100 stay within this (of what is called often, its mean over a turn);
    middle_ms: half stay within this;
    of: what the work is done for, from where to where;   why: where the figure comes from.
    """

    limit_ms: float
    middle_ms: float
    of: str
    why: str
    unit: str = "ms"


BUDGETS: Mapping[str, Budget] = MappingProxyType(
    {
        "capture": Budget(
            80.0, 70.0, "sound at the microphone to its frame", "60 ms asked of the device, a frame of 20 ms"
        ),
        "front end": Budget(4.0, 2.0, "features of 40 ms of sound", "a tenth of the sound's own time"),
        "voice activity": Budget(2.0, 1.0, "a frame of 20 ms", "a tenth of the frame"),
        "ears": Budget(
            20.0, 10.0, "a frame of 20 ms, on average", "what is slower than its sound cannot keep up"
        ),
        "end of turn": Budget(
            1050.0, 250.0, "last sound to the decision that it was the last", "whole turn less first sample"
        ),
        "ears, last words": Budget(60.0, 30.0, "end of turn to final words", "its share of first sample"),
        "mind": Budget(60.0, 30.0, "final words to reply", "its share of first sample, first token and all"),
        "mind, token": Budget(10.0, 5.0, "each further token", "six of them within the share of a reply"),
        "mouth": Budget(60.0, 30.0, "reply to first sample", "its share of first sample"),
        "mouth, going on": Budget(50.0, 25.0, "100 ms of speech, on average", "twice as fast as it is heard"),
        "playout": Budget(
            80.0, 70.0, "sample to loudspeaker", "60 ms asked of the device, a block of 20 ms"
        ),
        "barge-in, duck": Budget(
            100.0, 80.0, "somebody speaks over ours to ours fading", "later feels like not being heard"
        ),
        "barge-in, silent": Budget(60.0, 40.0, "decision to stop to silence", "the fade and a block"),
        "first sample": Budget(
            150.0, 75.0, "end of turn to first sample", "last words, mind and mouth together"
        ),
        "whole turn": Budget(
            1200.0, 400.0, "last sound heard to first sample said", "people leave 200 ms; a second is felt"
        ),
    }
)  # fmt: skip


def over(work: str, took_ms: float) -> bool:
    """Whether a piece of work took longer than it may.

    >>> over("mind", 59.9), over("mind", 60.1)
    (False, True)
    """
    return took_ms > BUDGETS[work].limit_ms


def markdown() -> str:
    """The table for the docs."""
    lines = ["| work | P50 | P95 | of | why |", "|---|---|---|---|---|"]
    for work, b in BUDGETS.items():
        lines.append(f"| {work} | {b.middle_ms:g} {b.unit} | {b.limit_ms:g} {b.unit} | {b.of} | {b.why} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(markdown() + "\n")
