"""An event loop beside a busy engine goes on: a step lets go of the interpreter while it computes."""

from __future__ import annotations

import asyncio
import time

import numpy as np

from models.backends.bench_shapes import Shape, network
from models.backends.events import EventsBackend
from models.program import Program


async def turns_while(program: Program, run: EventsBackend, streams: int) -> tuple[int, float, float]:
    """Turns of the loop during one step elsewhere; processor seconds of the step and of the longest turn.

    Processor time of the loop's own thread, so that it does not matter what else the machine is doing.
    """
    state = program.state(streams)
    inputs = {"x": np.random.default_rng(0).standard_normal((streams, 384), np.float32)}

    def step() -> float:
        begun = time.thread_time()
        run.step(program, state, inputs)
        return time.thread_time() - begun

    engine = asyncio.create_task(asyncio.to_thread(step))
    turns, longest = 0, 0.0
    while not engine.done():
        begun = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - begun)
        turns += 1
    return turns, await engine, longest


def test_the_loop_turns_while_the_engine_computes() -> None:
    """Were the interpreter held, the loop would get no turn from the step's beginning to its end."""
    program, run = network(Shape("small", 384, 1536, 4, 768), 0.15), EventsBackend()
    run.prepare(program)
    turns, step_s, longest_s = asyncio.run(turns_while(program, run, 256))
    assert step_s > 0.005, "too short a step to tell"
    assert turns > 50
    assert longest_s < 0.002
