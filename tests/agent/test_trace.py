import numpy as np
import pytest

from agent.budgets import BUDGETS
from agent.trace import Activity, Timing, Trace, activity
from models.backends.backend import backend
from models.backends.counts import Counts
from models.program import ProgramBuilder


def test_what_is_called_often_is_judged_by_its_mean() -> None:
    trace = Trace()
    limit = BUDGETS["ears"].limit_ms
    for took in (0.1, 0.1, 2 * limit):
        trace.took("ears", took)
    trace.took("mind", BUDGETS["mind"].limit_ms + 1)
    assert trace.timings["ears"] == Timing(3, 0.1 + 0.1 + 2 * limit, 2 * limit, 0.0)
    assert set(trace.over_budget()) == {"mind"}


def test_work_without_a_budget_is_refused() -> None:
    with pytest.raises(KeyError, match=r"agent/budgets\.py"):
        Trace().took("dreaming", 1.0)


def test_measured_time_is_positive_and_kept_when_the_work_fails() -> None:
    trace = Trace()
    with pytest.raises(ZeroDivisionError), trace.timed("mind"):
        1 / 0  # noqa: B018
    timing = trace.timings["mind"]
    assert timing.calls == 1 and timing.compute_ms >= 0 and timing.total_ms > 0


def test_activity_is_what_the_neurons_of_a_real_program_did() -> None:
    builder = ProgramBuilder("three neurons", 1.0)
    x = builder.add("input", "x", [], {"width": 3, "kind": "real"}, {})
    tensors = {"leak": np.zeros(3, np.float32), "threshold": np.ones(3, np.float32)}
    s = builder.add("lif", "s", [x], {"levels": 4, "signed": 0, "reset": "soft"}, tensors)
    program = builder.finish([s])
    counts, state, runner = Counts(program), program.state(), backend("reference")
    for value in ([0.5, 1.5, 3.5], [0.0, 0.0, 9.0]):
        runner.step(program, state, {"x": np.array([value], np.float32)}, counts)
    spent = activity(counts)
    assert spent == Activity(steps=2, spikes=1 + 3 + 4, fired=3, chances=6, synops=0)
    assert spent.firing_rate == 0.5
    assert spent + Activity() == spent
    assert spent - spent == Activity()
