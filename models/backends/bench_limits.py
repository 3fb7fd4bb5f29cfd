"""What this machine can do at best: bytes per second from caches and memory, int8 additions per second."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import int64

from models.backends.counts import Counts
from models.backends.pairs import add_strip
from models.backends.plan import aligned
from models.backends.table import STRIP
from models.backends.warm import jit_cached, ready
from models.program.graph import Program
from models.program.ops import OPS

_NUMBERS: Any = int64[::1]
SETTLE_S = 0.05


@jit_cached
def read_all(numbers: Any) -> Any:
    """A value that depends on every number: the cheapest way to have read them all."""
    total = int64(0)
    for i in range(len(numbers)):
        total ^= numbers[i]
    return total


@jit_cached
def add_often(addresses: Any, times: int) -> None:
    """Pairs of rows from the nearest cache, added again and again."""
    for _ in range(times):
        add_strip(addresses[0], 0, addresses[1], addresses[2], addresses[3], 0, 0, 0, 0)


def best(step: Callable[[], object], seconds: float, clock: Callable[[], float] = time.thread_time) -> float:
    """Seconds that one call takes when nothing disturbs it: the least over many short bursts."""
    step()
    begun = clock()
    step()
    burst = max(1, int(0.001 / max(1e-7, clock() - begun)))
    least, until = np.inf, time.monotonic() + seconds
    rounds = 0
    while rounds < 3 or time.monotonic() < until:
        begun = clock()
        for _ in range(burst):
            step()
        least = min(least, (clock() - begun) / burst)
        rounds += 1
    return float(least)


def interleaved(steps: Sequence[Callable[[], object]], seconds: float) -> list[float]:
    """Seconds that a call of each takes at best, all of them tried in turn under the same conditions.

    Each goes through its eight inputs once unmeasured, and on for SETTLE_S, to have its weights where they
    stay while it runs on, and then once more.
    """
    least = [np.inf] * len(steps)
    until = time.monotonic() + seconds
    rounds = 0
    while rounds < 5 or time.monotonic() < until:
        for which, step in enumerate(steps):
            settled = time.monotonic() + SETTLE_S
            for _ in range(8):
                step()
            while time.monotonic() < settled:
                step()
            begun = time.thread_time()
            for _ in range(8):
                step()
            least[which] = min(least[which], (time.thread_time() - begun) / 8)
        rounds += 1
    return [float(x) for x in least]


def reading(size: int) -> Callable[[], object]:
    """Reads all of a block of that size, whose place is where it fits."""
    ready(read_all, (_NUMBERS,))
    block = np.arange(max(1, size // 8), dtype=np.int64)
    return lambda: read_all(block)


def bandwidth(size: int, seconds: float = 1.0) -> float:
    """Bytes per second that one thread reads from a block of that size, in order."""
    return size / best(reading(size), seconds)


def additions(seconds: float = 0.5) -> float:
    """Int8 weights per second that one thread multiplies and adds when they are in the nearest cache."""
    ready(add_often, (_NUMBERS, int64))
    rows, times = 64, 100
    narrow, weight = aligned(1, STRIP, np.int16), aligned(rows, STRIP, np.int8)
    begins = STRIP * np.arange(rows, dtype=np.uint16).reshape(-1, 2)
    pairs = np.concatenate([begins, np.full_like(begins, 0x0101)], axis=1)
    first = pairs.ctypes.data
    addresses = np.array([narrow.ctypes.data, weight.ctypes.data, first, first + pairs.nbytes], np.int64)
    return times * weight.size / best(lambda: add_often(addresses, times), seconds)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes per stream and step: weights of rows that were met, parameters, state and values both ways."""

    weights: float
    parameters: float
    state: float
    values: float

    @property
    def must(self) -> float:
        """What no engine can leave unread: weights, parameters and state (values may stay in registers)."""
        return self.weights + self.parameters + self.state


def traffic(program: Program, counts: Counts) -> Traffic:
    """From the counts of some steps."""
    weights = sum(n for name, n in counts.synops.items()) / max(1, counts.steps)
    parameters = sum(
        program.tensor(node, role).nbytes
        for node in program.nodes
        for role in OPS[node.op].tensors
        if role != "weight" and node.op != "embedding"
    )
    values = sum(2 * 4 * value.width for value in program.values.values())
    return Traffic(weights, parameters, 2 * 4 * program.layout.words, values)
