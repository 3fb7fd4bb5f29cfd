"""Populations and their place on cores: hand-worked, at the limits, and over random programs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from models.chips.chip import Chip, Constant, chip
from models.chips.placement import PlacementError, place
from models.chips.populations import Activity, populations
from models.program import Program, ProgramBuilder
from models.program.ops import Array
from tests.models.backends.programs import every_op, random_programs


def dense(n_in: int, n_out: int) -> Program:
    """Neurons, a matrix, neurons."""
    build = ProgramBuilder("dense", step_ms=10.0)
    x = build.add("input", "x", (), {"width": n_in, "kind": "real"})
    one: dict[str, int | float | str] = {"levels": 1, "signed": 0, "reset": "hard"}
    row = {"leak": np.zeros(n_in), "threshold": np.ones(n_in)}
    spikes = build.add("lif", "front", (x,), one, row)
    weight = {"weight": np.ones((n_in, n_out)), "scale": np.ones(n_out), "bias": np.zeros(n_out)}
    weight["weight"] = weight["weight"].astype(np.int8)
    y = build.add("synapses", "matrix", (spikes,), {}, weight)
    back = {"leak": np.zeros(n_out), "threshold": np.ones(n_out)}
    return build.finish([build.add("lif", "back", (y,), one, back)])


def small(**limits: float) -> Chip:
    """Loihi 2 with other limits."""
    loihi = chip("loihi2")
    changed = {n: Constant(n, v, v, v, loihi[n].unit, "test", "assumption") for n, v in limits.items()}
    return Chip("small", "Small", "digital", {**loihi.constants, **changed})


def test_element_wise_ops_share_a_population_and_norms_take_two_stages() -> None:
    found = {p.name: p for p in populations(dense(8, 4))}
    assert found["front"].stage == 1 and found["matrix"].stage == 2
    assert found["matrix"].nodes == ["matrix", "back"] and found["matrix"].fan_in == 8
    whole = {name: p.stage for p in populations(every_op()) for name in p.nodes}
    norm = next(n for n in every_op().nodes if n.op == "norm")
    assert whole[norm.name] == whole[norm.inputs[0]] + 2


def test_cores_follow_from_memory() -> None:
    # 16 neurons × 100 weights × 8 bit = 12,800 bit; a core of 3,200 bit holds 4 of them
    placed = place(dense(100, 16), small(weight_bits_per_core=3200))
    assert placed.blocks["matrix"].cores == 4 and placed.blocks["matrix"].slice == 4
    assert placed.cores == 5 and placed.memory_share == pytest.approx(12_800 / 16_000)


def test_cores_follow_from_neurons() -> None:
    assert place(dense(10, 64), small(neurons_per_core=16)).blocks["matrix"].cores == 4


def test_loads_by_hand() -> None:
    program, loihi = dense(100, 16), small(weight_bits_per_core=3200)
    activity = Activity.of(program, rate=0.25)
    first, second = place(program, loihi).stages(activity)
    # stage 1: 100 neurons, of which 25 fire, each spike goes to 4 cores; 100 numbers come in from the port
    (front, resting) = first.cores
    assert (front.neurons, front.spikes, front.sent, front.received) == (100, 25, 100, 100)
    assert resting.copies == 4 and resting.idle == 4
    # stage 2: each of 4 cores receives 25 spikes and adds 25 × 4 weights
    matrix = second.cores[0]
    assert (matrix.copies, matrix.neurons, matrix.received) == (4, 4, 25)
    assert (matrix.synops, matrix.macs, matrix.spikes) == (100, 400, 1.0)
    assert second.total("synops") == activity.total_synops == 400


def test_messages_cross_links_along_x_then_y() -> None:
    # tiles of 4 cores: cores 0 and 1…4; only core 4 lies on the next tile, one hop to the right
    program = dense(100, 16)
    _, second = place(program, small(weight_bits_per_core=3200)).stages(Activity.of(program, rate=0.25))
    assert second.hops == 25 and second.link == 25


def test_too_many_cores_says_how_many_chips() -> None:
    program, loihi = dense(100, 16), small(weight_bits_per_core=800, cores=10)
    with pytest.raises(PlacementError) as error:
        place(program, loihi, chips=1)
    text = str(error.value)
    assert "needs 17 cores of small, 1 chip has 10: 7 too many" in text
    assert "'matrix' with 16 cores; 2 chips would hold it" in text
    assert place(program, loihi, chips=2).chips == 2
    assert place(program, loihi).chips == 8  # they come on boards of eight


def test_a_neuron_larger_than_a_core_is_refused_with_figures() -> None:
    with pytest.raises(
        PlacementError, match=r"'matrix': one neuron has 100 weights, 800 bits; .* holds 640: 160"
    ):
        place(dense(100, 16), small(weight_bits_per_core=640))
    with pytest.raises(PlacementError, match=r"'matrix': 100 inputs; .* takes 64: 36 too many"):
        place(dense(100, 16), small(axons_in_per_core=64))


@settings(max_examples=40, deadline=None)
@given(program=random_programs())
def test_random_programs_keep_every_node_and_every_operation(program: Program) -> None:
    found = populations(program)
    homes = [name for p in found for name in p.nodes]
    assert sorted(homes) == sorted(n.name for n in program.nodes if n.op != "window")
    stages = {p.name: p.stage for p in found}
    assert all(stages[a.source] <= p.stage for p in found for a in p.arrivals)
    activity = Activity.of(program)
    for name in ("loihi2", "spinnaker2"):
        loads = place(program, chip(name)).stages(activity)
        norms = sum(program.values[n.name].width for n in program.nodes if n.op == "norm")
        tables = sum(program.values[n.name].width for n in program.nodes if n.op == "embedding")
        done = sum(stage.total("synops") for stage in loads)
        assert done >= activity.total_synops - 1e-6
        assert done <= (activity.total_synops + norms + tables) * 1.0001 + 64 * len(found)


def test_sums_of_large_tables_stay_apart() -> None:
    build = ProgramBuilder("tables", step_ms=1.0)
    table: dict[str, Array] = {"weight": np.ones((3000, 8), np.int8), "scale": np.ones(8)}
    parts = []
    for name in ("a", "b", "c"):
        port = build.add("input", name, (), {"width": 1, "kind": "token"})
        parts.append(build.add("embedding", f"{name}.table", (port,), {}, table))
    both = build.add("add", "both", (parts[0], parts[1]))
    program = build.finish([build.add("add", "all", (both, parts[2]))])
    found = {p.name: p for p in populations(program)}
    assert set(found) == {"a", "b", "c", "a.table", "b.table", "c.table", "both"}
    assert found["both"].stage == 2 and found["both"].nodes == ["both", "all"]
    assert {a.source for a in found["both"].arrivals} == {"a.table", "b.table", "c.table"}
    assert place(program, chip("loihi2")).chips == 1
