"""`spiketalk bench engine`: the event-driven backend beside dense engines on the same shapes, in one run.

One thread is timed by that thread's processor time, all threads by the clock on the wall; every figure is the
least over many short bursts, for the peers as for us. Ratios are peer ÷ events at one stream and thread, from
a measurement of its own in which they take turns.
"""

from __future__ import annotations

import gc
import json as json_format
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from models.backends import bench_loop
from models.backends.bench_limits import Traffic, additions, bandwidth, best, interleaved, reading, traffic
from models.backends.bench_peers import PEERS, peer
from models.backends.bench_shapes import RATES, SHAPES, Shape, network
from models.backends.counts import Counts
from models.backends.events import EventsBackend
from models.backends.reference import ReferenceBackend
from models.program import Program, ProgramBuilder, ProgramError, State

STREAMS = (1, 8, 64)
_READ = "reading"
MAIN = "20 M"
MARKS = {
    "ratio_torch_fp32.15": (15.0, "at least"),
    "ratio_best_int8.15": (4.0, "at least"),
    "ratio_torch_fp32.5": (30.0, "at least"),
    "ratio_best_int8.5": (8.0, "at least"),
    "roofline_share": (0.5, "at least"),
    "batch64_cost": (0.7, "at most"),
    "step_overhead_us": (15.0, "at most"),
    "load_s": (0.3, "at most"),
    "import_s": (0.5, "at most"),
    "load_memory": (1.5, "at most"),
    "first_step_s": (1.0, "at most"),
    "loop_late_ms": (2.0, "at most"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement.   rate: share of firing neurons (0: no matter);   us: per step of all streams."""

    shape: str
    engine: str
    rate: float
    threads: int
    streams: int
    us: float
    synops: float = 0.0
    bytes_must: float = 0.0
    bandwidth_share: float = 0.0
    int8_share: float = 0.0


def main(
    json: bool = False,
    plot: str | Path | None = "bench-engine.png",
    seconds: float = 0.6,
    shape: str | None = None,
) -> int:
    """Measure, print, plot; 0 if every mark is met, else 1.

    seconds: how long each figure is looked for;   shape: "5 M", "20 M" or "100 M", that one alone.
    """
    shapes = [known for known in SHAPES if shape in (None, known.label)]
    if not shapes:
        raise ProgramError(f"shape: expected one of {', '.join(s.label for s in SHAPES)}, found {shape!r}")
    lines: list[Line] = []
    missing: dict[str, str] = {}
    say = _progress(sys.stderr.isatty())
    int8 = additions()
    for one in shapes:
        lines += _ours(one, int8, seconds, say)
        lines += _peers(one, seconds, missing, say)
    results: dict[str, Any] = {}
    if MAIN in (one.label for one in shapes):
        say("start")
        results = _summary(lines, missing, seconds) | _start(seconds)
        say("event loop")
        results["loop_late_ms"] = bench_loop.measure(5 * seconds)["engine"].p99_ms
    say("")
    results |= {"machine": _machine(), "missing": missing, "table": [asdict(line) for line in lines]}
    met = {mark: _meets(results[mark], *MARKS[mark]) for mark in MARKS if mark in results}
    results["marks"] = met
    if json:
        print(json_format.dumps(results, indent=1))
    else:
        print(_text(lines, results))
    if plot is not None:
        _plot(lines, Path(plot))
    return 0 if all(met.values()) else 1


def _ours(shape: Shape, int8: float, seconds: float, say: Callable[[str], None]) -> list[Line]:
    lines = []
    cores = os.cpu_count() or 1
    speed = bandwidth(shape.parameters)
    for rate in RATES:
        program = _as_loaded(network(shape, rate))
        for threads in dict.fromkeys((1, cores)):
            for streams in STREAMS:
                say(f"{shape.label}, {rate:.0%} firing, events, {threads} threads, {streams} streams")
                lines.append(_events(shape, program, rate, threads, streams, speed, int8, seconds))
        say(f"{shape.label}, {rate:.0%} firing, reference")
        lines.append(_reference(shape, program, rate))
        gc.collect()
    return lines


def _as_loaded(program: Program) -> Program:
    """The same program from a file, as programs are run: its weights in one piece of memory."""
    with tempfile.TemporaryDirectory() as folder:
        program.save(Path(folder) / "program.safetensors")
        return Program.load(Path(folder) / "program.safetensors")


def _events(
    shape: Shape,
    program: Program,
    rate: float,
    threads: int,
    streams: int,
    speed: float,
    int8: float,
    seconds: float,
) -> Line:
    run, state, counts = EventsBackend(threads), program.state(streams), Counts(program)
    many = [_inputs(program, streams, seed) for seed in range(8)]
    for x in many:
        run.step(program, state, x, counts)
    turn = iter(range(1 << 62))
    clock = time.thread_time if threads == 1 else time.perf_counter
    took = best(lambda: run.step(program, state, many[next(turn) % 8]), seconds, clock)
    moved: Traffic = traffic(program, counts)
    synops = moved.weights * streams
    # Streams share the weights they meet, each at best read once; their inputs are independent.
    met = 1 - (1 - moved.weights / shape.parameters) ** streams
    shared = met * shape.parameters + moved.parameters + moved.state * streams
    return Line(
        shape.label, "events", rate, threads, streams, 1e6 * took, synops, shared,
        shared / speed / took / threads, synops / int8 / took / threads,
    )  # fmt: skip


def _reference(shape: Shape, program: Program, rate: float) -> Line:
    run, state, x = ReferenceBackend(), program.state(), _inputs(program, 1)
    took = best(lambda: run.step(program, state, x), 0, time.perf_counter)
    return Line(shape.label, "reference", rate, os.cpu_count() or 1, 1, 1e6 * took)


def _peers(shape: Shape, seconds: float, missing: dict[str, str], say: Callable[[str], None]) -> list[Line]:
    lines = []
    for name in PEERS:
        for threads in dict.fromkeys((1, os.cpu_count() or 1)):
            if name in missing:
                continue
            say(f"{shape.label}, {name}, {threads} threads")
            try:
                step = peer(name, shape, threads)
            except ImportError as error:
                missing[name] = f"{error}; pip install 'spiketalk[train,peers]'"
                continue
            clock = time.thread_time if threads == 1 else time.perf_counter
            for streams in STREAMS:
                x = np.random.default_rng(0).standard_normal((streams, shape.width), np.float32)
                took = best(lambda step=step, x=x: step(x), seconds, clock)  # type: ignore[misc]
                lines.append(Line(shape.label, name, 0.0, threads, streams, 1e6 * took))
            del step
            gc.collect()
    return lines


def _inputs(program: Program, streams: int, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        name: rng.standard_normal((streams, port.width), np.float32) for name, port in program.inputs.items()
    }


def _summary(lines: list[Line], missing: Mapping[str, str], seconds: float) -> dict[str, Any]:
    results = _ratios(missing, seconds)
    main_line = next(x for x in lines if x.shape == MAIN and x.engine == "events" and x.rate == 0.15)
    took = results["side_by_side_us"]
    # Time in which the bytes that must move could be read ÷ time of a step, both from the same moments.
    share_read = main_line.bytes_must / next(shape for shape in SHAPES if shape.label == MAIN).parameters
    results["roofline_share"] = share_read * took[_READ] / took["0.15"]
    results["batch64_cost"] = _batch_cost(seconds)
    return results


def _batch_cost(seconds: float) -> float:
    """What a stream costs among 64 ÷ what it costs alone, at 15 % firing, measured in turn.

    One alone takes 64 steps for each of the others, so that both are timed over stretches as long: a short
    one finds a quiet moment of a busy machine more easily.
    """
    program = _as_loaded(network(next(s for s in SHAPES if s.label == MAIN), 0.15))
    alone, together = (
        _stepping(
            EventsBackend(), program, program.state(n), [_inputs(program, n, seed) for seed in range(8)]
        )
        for n in (1, 64)
    )

    def one_by_one() -> None:
        for _ in range(64):
            alone()

    one, many = interleaved([one_by_one, together], 10 * seconds)
    return many / one


def _ratios(missing: Mapping[str, str], seconds: float) -> dict[str, Any]:
    """Peers ÷ events at 20 M, one stream and thread, measured in turn: both then meet the same machine.

    Beside them the bare reading of as many bytes as there are weights, in order: the roofline.
    """
    shape = next(s for s in SHAPES if s.label == MAIN)
    steps: dict[str, Callable[[], object]] = {}
    for rate in RATES:
        program = _as_loaded(network(shape, rate))
        given = [_inputs(program, 1, seed) for seed in range(8)]
        steps[f"{rate}"] = _stepping(EventsBackend(), program, program.state(), given)
    x = np.random.default_rng(0).standard_normal((1, shape.width), np.float32)
    for name in PEERS:
        if name not in missing:
            steps[name] = partial(peer(name, shape, 1), x)
    steps[_READ] = reading(shape.parameters)
    took = dict(zip(steps, interleaved(list(steps.values()), 10 * seconds), strict=True))
    int8 = [took[name] for name in ("torch_int8", "onnx_int8") if name in took]
    results: dict[str, Any] = {}
    for rate in RATES:
        key = f"{100 * rate:.0f}" if rate < 0.1 else f"{rate:.2f}"[2:]
        dense, ours = took.get("torch_fp32"), took[f"{rate}"]
        results[f"ratio_torch_fp32.{key}"] = None if dense is None else dense / ours
        results[f"ratio_best_int8.{key}"] = min(int8) / ours if int8 else None
    results["side_by_side_us"] = {name: 1e6 * value for name, value in took.items()}
    return results


def _stepping(
    run: EventsBackend, program: Program, state: State, given: list[dict[str, Any]]
) -> Callable[[], object]:
    turn = cycle(given)
    return lambda: run.step(program, state, next(turn))


def _start(seconds: float) -> dict[str, float | None]:
    """Overhead of a step, and times to load, to import, and of a new process to its first step."""
    build = ProgramBuilder("tiny", 1.0)
    x = build.add("input", "x", attributes={"width": 8, "kind": "real"})
    tiny = build.finish([build.add("add", "y", [x, x])])
    run, state, given = EventsBackend(), tiny.state(), _inputs(tiny, 1)
    overhead = best(lambda: run.step(tiny, state, given), seconds)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "program.safetensors"
        network(next(s for s in SHAPES if s.label == MAIN), 0.15).save(file)
        load = best(lambda: Program.load(file), 0, time.perf_counter)
        size = file.stat().st_size
        imports = "import time; t = time.perf_counter(); import models.program, models.backends"
        # The most memory that the process ever had, which only Linux tells per process.
        grown = (
            "import re; from models.program import Program;"
            "most = lambda: 1024 * int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]);"
            f"before = most(); p = Program.load({str(file)!r}); print((most() - before) / {size})"
        )
        first = (
            "import numpy as np; from models.backends import backend; from models.program import Program;"
            f"p = Program.load({str(file)!r}); r = backend('events');"
            "r.step(p, p.state(), {'x': np.zeros((1, 768), np.float32)})"
        )
        import_s = min(_process(f"{imports}; print(time.perf_counter() - t)")[0] for _ in range(3))
        memory = min(_process(grown)[0] for _ in range(3)) if Path("/proc/self/status").exists() else None
        first_s = min(_process(f"{first}; print(0)")[1] for _ in range(3))
    return {
        "step_overhead_us": 1e6 * overhead,
        "load_s": load,
        "load_memory": memory,
        "import_s": import_s,
        "first_step_s": first_s,
    }


def _process(code: str) -> tuple[float, float]:
    """What the code printed last, and how long the process took."""
    begun = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(out.stdout.split()[-1]), time.perf_counter() - begun


def _machine() -> dict[str, Any]:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*: (.*)", cpuinfo.read_text(), re.MULTILINE)
        model = found[1] if found else model
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "load": load,
        "bandwidth_20MB": bandwidth(20_000_000),
        "bandwidth_400MB": bandwidth(400_000_000),
    }


def _meets(value: float | None, mark: float, sense: str) -> bool:
    return value is not None and (value >= mark if sense == "at least" else value <= mark)


def _text(lines: list[Line], results: Mapping[str, Any]) -> str:
    out = [
        "shape   engine      firing  threads  streams   us/step  us/stream  GB must  of bandwidth  of int8"
    ]
    for x in lines:
        rate = f"{x.rate:6.0%}" if x.rate else "     –"
        shares = (
            f"{x.bytes_must / 1e9:8.4f} {x.bandwidth_share:12.0%} {x.int8_share:8.0%}" if x.synops else ""
        )
        times = f"{x.us:9.0f} {x.us / x.streams:10.1f}"
        out.append(f"{x.shape:7} {x.engine:11} {rate} {x.threads:8} {x.streams:8} {times} {shares}")
    out.append("")
    for name, value in results.items():
        if name in MARKS or name.startswith("ratio"):
            mark, sense = MARKS.get(name, (0.0, ""))
            verdict = f"{sense} {mark:g}: {'met' if results['marks'][name] else 'missed'}" if sense else ""
            out.append(
                f"{name:22} {'not measured' if value is None else format(value, '.3g'):>8}   {verdict}"
            )
    machine = results["machine"]
    out.append(
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load']:.1f}; one thread reads "
        f"{machine['bandwidth_20MB'] / 1e9:.1f} GB/s of 20 MB, "
        f"{machine['bandwidth_400MB'] / 1e9:.1f} GB/s of 400 MB"
    )
    out += [f"left out: {name}: {why}" for name, why in results["missing"].items()]
    return "\n".join(out)


def _plot(lines: list[Line], path: Path) -> None:
    """Time per step against size, one thread, one stream; says so where there is no Matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        print(f"no plot: {error}; pip install matplotlib", file=sys.stderr)
        return
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    sizes = {shape.label: shape.parameters / 1e6 for shape in SHAPES}
    for engine, rate in [*((name, 0.0) for name in PEERS), *(("events", rate) for rate in RATES)]:
        points = [
            (sizes[x.shape], x.us)
            for x in lines
            if (x.engine, x.rate, x.streams, x.threads) == (engine, rate, 1, 1)
        ]
        if points:
            label = f"events, {rate:.0%} firing" if rate else engine
            axes.loglog(*zip(*points, strict=True), "o-" if rate else "s--", label=label)
    axes.set(xlabel="weights, millions", ylabel="µs per step, one thread")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)


def _progress(live: bool) -> Callable[[str], None]:
    def say(what: str) -> None:
        if live:
            print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    raise SystemExit(main(json="--json" in sys.argv))
