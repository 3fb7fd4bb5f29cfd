"""The choice of kernels is by measured rate, can be read and overridden, and never shows in the results."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.backends import Counts
from models.backends.choose import DENSE, DENSE_FROM, EVENTS, choose, measured, table
from models.backends.events import EventsBackend
from models.backends.reference import ReferenceBackend
from models.program import ProgramError
from tests.models.backends.programs import every_op, random_inputs, same_bits

LAYERS = ["synapses9", "synapses11", "synapses18", "synapses19"]


def test_rates_are_shares_of_inputs() -> None:
    program, run = every_op(), EventsBackend()
    counts, state = Counts(program), program.state(5)
    for step in range(20):
        run.step(program, state, random_inputs(program, 5, np.random.default_rng(step)), counts)
    rates = measured(counts)
    assert list(rates) == LAYERS
    assert rates["synapses9"] == pytest.approx(counts.rates["lif8"])
    assert all(0 < rate < 1 for rate in rates.values())


def test_often_firing_layers_are_dense() -> None:
    program = every_op()
    choices = choose(program, {"synapses9": DENSE_FROM, "synapses11": DENSE_FROM - 0.01})
    assert [choices[name].kernel for name in LAYERS] == [DENSE, EVENTS, EVENTS, EVENTS]
    assert "synapses9     dense    90.0 %" in table(choices)
    assert "synapses18    events  not measured" in table(choices)


def test_a_program_carries_its_rates() -> None:
    program = replace(every_op(), metadata={"rates": json.dumps({"synapses18": 1.0})})
    assert choose(program)["synapses18"].kernel == DENSE
    assert choose(program, override={"synapses18": EVENTS})["synapses18"].kernel == EVENTS
    assert EventsBackend().prepare(program).choices == choose(program)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ProgramError, match="kernel of 'lif6'"):
        choose(every_op(), override={"lif6": DENSE})
    with pytest.raises(ProgramError, match="kernel of 'synapses9': expected events or dense"):
        choose(every_op(), override={"synapses9": "sparse"})
    with pytest.raises(ProgramError, match="rate of 'synapses9': expected 0…1, found 7"):
        choose(every_op(), rates={"synapses9": 7})


@pytest.mark.parametrize("streams", [1, 3])
def test_both_kernels_give_the_same_bits(streams: int) -> None:
    program, dense = every_op(), EventsBackend()
    dense.prepare(program, override=dict.fromkeys(LAYERS, DENSE))
    a, b = program.state(streams), program.state(streams)
    for step in range(50):
        inputs = random_inputs(program, streams, np.random.default_rng(step))
        out, right = dense.step(program, a, inputs), ReferenceBackend().step(program, b, inputs)
        assert all(same_bits(out[name], right[name]) for name in right)
