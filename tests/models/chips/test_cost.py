"""The cost model against examples worked by hand with round constants."""

from __future__ import annotations

import pytest

from models.chips.chip import DIGITAL, MAC_ARRAY, Chip, Constant
from models.chips.cost import CoreLoad, Cost, Stage, program_cost, stage_cost, stage_seconds


def toy(substrate: str = "digital", **given: float) -> Chip:
    """A chip whose constants are all zero but the given ones; low is half of each, high the double."""
    units = {**DIGITAL, **(MAC_ARRAY if substrate == "digital+mac" else {})}
    constants = {}
    for name, unit in units.items():
        value = given.get(name, 0.0)
        constants[name] = Constant(name, value, value / 2, value * 2, unit, "by hand", "assumption")
    return Chip("toy", "Toy", substrate, constants)


def test_busiest_core_sets_the_time_and_all_cores_the_energy() -> None:
    chip = toy(neuron_time=10, synop_time=2, barrier_time=1, neuron_energy=100, synop_energy=20)
    stage = Stage("s", (CoreLoad(neurons=100, synops=1000), CoreLoad(neurons=50, synops=3000)))
    # core 1: 100·10 + 1000·2 = 3,000 ns; core 2: 500 + 6,000 = 6,500 ns; and a barrier of 1 µs
    assert stage_seconds(chip, stage) == pytest.approx(7.5e-6)
    # 150 updates of 100 pJ, 4,000 synaptic operations of 20 pJ
    cost = stage_cost(chip, stage)
    assert cost.dynamic.value == pytest.approx(95e-9)
    assert cost.parts["neurons"] == pytest.approx(15e-9) and cost.parts["weights"] == pytest.approx(80e-9)


def test_link_can_be_the_bottleneck() -> None:
    chip = toy(neuron_time=10, link_time=4, hop_energy=3)
    stage = Stage("s", (CoreLoad(neurons=10),), link=1000, hops=5000)
    assert stage_seconds(chip, stage) == pytest.approx(4e-6)
    assert stage_cost(chip, stage).dynamic.value == pytest.approx(15e-9)


def test_tick_holds_a_fast_stage_back_but_not_a_slow_one() -> None:
    chip = toy(tick=1000, neuron_time=10)
    assert stage_seconds(chip, Stage("s", (CoreLoad(neurons=10),))) == pytest.approx(1e-3)
    assert stage_seconds(chip, Stage("s", (CoreLoad(neurons=200_000),))) == pytest.approx(2e-3)


def test_idle_spiking_sending_and_receiving_all_take_time_and_energy() -> None:
    chip = toy(
        neuron_idle_time=1, spike_time=5, message_out_time=3, message_in_time=2, step_overhead=1,
        neuron_idle_energy=7, spike_energy=11, message_energy=13,
    )  # fmt: skip
    load = CoreLoad(idle=100, spikes=20, sent=40, received=50)
    # 100 + 100 + 120 + 100 = 420 ns, and 1 µs
    assert stage_seconds(chip, Stage("s", (load,))) == pytest.approx(1.42e-6)
    # 700 + 220 + 520 pJ
    assert stage_cost(chip, Stage("s", (load,))).dynamic.value == pytest.approx(1.44e-9)


def test_mac_array_is_taken_only_where_it_is_quicker() -> None:
    chip = toy("digital+mac", synop_time=100, synop_energy=200, mac_time=1, mac_energy=2)
    sparse, dense = CoreLoad(synops=5, macs=1000), CoreLoad(synops=500, macs=1000)
    # 5 events: 500 ns, 1 nJ; the array would take 1,000 ns. 500 events: 50 µs against the array's 1 µs, 2 nJ
    cost = stage_cost(chip, Stage("s", (sparse, dense)))
    assert cost.time.value == pytest.approx(1e-6)
    assert cost.dynamic.value == pytest.approx(3e-9)


def test_static_energy_is_that_of_all_powered_chips_and_cores() -> None:
    chip = toy(tick=1000, chip_static_power=100, core_static_power=2, manage_power=10)
    cost = stage_cost(chip, Stage("s", (CoreLoad(),)), chips=2, cores=5)
    # 1 ms at 2·100 + 5·2 mW; managed at 2·10 mW
    assert cost.static.value == pytest.approx(210e-6)
    assert cost.dynamic.value == pytest.approx(20e-6)
    assert cost.energy.value == pytest.approx(230e-6)


def test_only_several_chips_pay_for_their_barrier() -> None:
    chip = toy(barrier_time=1, chips_barrier_time=10)
    stage = Stage("s", (CoreLoad(),))
    assert stage_seconds(chip, stage, chips=1) == pytest.approx(1e-6)
    assert stage_seconds(chip, stage, chips=2) == pytest.approx(11e-6)


def test_ranges_come_from_the_constants() -> None:
    chip = toy(neuron_time=10, neuron_energy=100, chip_static_power=1)
    cost = stage_cost(chip, Stage("s", (CoreLoad(neurons=100),)))
    assert (cost.time.low, cost.time.value, cost.time.high) == pytest.approx((0.5e-6, 1e-6, 2e-6))
    assert cost.dynamic.low == pytest.approx(5e-9) and cost.dynamic.high == pytest.approx(20e-9)
    # half the power for half the time
    assert cost.static.low == pytest.approx(cost.static.value / 4)


def test_stages_add_up() -> None:
    chip = toy(neuron_time=10, neuron_energy=100)
    stage = Stage("s", (CoreLoad(neurons=100),))
    two, one = program_cost(chip, [stage, stage]), stage_cost(chip, stage)
    assert two.time.value == pytest.approx(2 * one.time.value)
    assert two.parts["neurons"] == pytest.approx(2 * one.parts["neurons"])
    assert (one * 2).dynamic.value == pytest.approx(two.dynamic.value)
    assert program_cost(chip, []) == Cost()


def test_copies_count_for_energy_and_size_not_for_time() -> None:
    chip = toy(neuron_time=10, neuron_energy=100, core_static_power=1, tick=0)
    one, many = Stage("s", (CoreLoad(neurons=100),)), Stage("s", (CoreLoad(neurons=100, copies=7),))
    assert many.size == 7
    assert stage_seconds(chip, many) == stage_seconds(chip, one)
    assert stage_cost(chip, many).dynamic.value == pytest.approx(7 * stage_cost(chip, one).dynamic.value)
    assert stage_cost(chip, many).static.value == pytest.approx(7 * stage_cost(chip, one).static.value)
