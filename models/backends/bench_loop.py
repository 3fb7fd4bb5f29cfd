"""How late an event loop wakes beside a busy engine, as a server has them in one process.

    python -m models.backends.bench_loop [--json]

A loop asks to be woken every few milliseconds while another thread does nothing but step a network. What it
is late by is partly the machine's doing, so the same is measured beside a thread that only waits.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from models.backends.bench_shapes import SHAPES, network
from models.backends.events import EventsBackend

PERIOD_S = 0.005


@dataclass(frozen=True, slots=True)
class Lateness:
    """Milliseconds after the asked-for moment at which the loop woke, and the steps that ran meanwhile."""

    p50_ms: float
    p99_ms: float
    wakes: int
    steps: int


def lateness(busy: Callable[[], object], seconds: float) -> Lateness:
    """How late a loop is while a thread calls `busy` again and again."""
    over, steps = threading.Event(), 0

    def work() -> None:
        nonlocal steps
        while not over.is_set():
            busy()
            steps += 1

    async def watch() -> list[float]:
        late = []
        due = time.perf_counter() + PERIOD_S
        until = due + seconds
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            now = time.perf_counter()
            late.append(1e3 * (now - due))
            due = now + PERIOD_S
        return late

    thread = threading.Thread(target=work)
    thread.start()
    try:
        late = asyncio.run(watch())
    finally:
        over.set()
        thread.join()
    p50, p99 = np.percentile(late, (50, 99))
    return Lateness(float(p50), float(p99), len(late), steps)


def measure(seconds: float = 5.0, streams: int = 1) -> dict[str, Lateness]:
    """Lateness beside an engine at 20 M parameters and 15 % firing, and beside a thread that waits."""
    program, run = network(next(s for s in SHAPES if s.label == "20 M"), 0.15), EventsBackend()
    state = program.state(streams)
    inputs = {"x": np.random.default_rng(0).standard_normal((streams, 768), np.float32)}
    run.step(program, state, inputs)
    return {
        "waiting": lateness(lambda: time.sleep(0.001), seconds),
        "engine": lateness(lambda: run.step(program, state, inputs), seconds),
    }


def main(arguments: list[str]) -> int:
    """Print both; 0 if the loop is at most 2 ms late in 99 of 100 wakes, else 1."""
    found = {f"{n} stream": measure(streams=n) for n in (1, 64)}
    if "--json" in arguments:
        plain = {n: {k: asdict(v) for k, v in both.items()} for n, both in found.items()}
        sys.stdout.write(json.dumps(plain, indent=1) + "\n")
    else:
        for streams, both in found.items():
            for name, late in both.items():
                sys.stdout.write(
                    f"{streams:10} beside {name:8} p50 {late.p50_ms:6.2f} ms   p99 {late.p99_ms:6.2f} ms"
                    f"   {late.wakes} wakes, {late.steps} steps\n"
                )
    return 0 if all(both["engine"].p99_ms <= 2 for both in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
