"""Five published workloads as loads of cores, for `validation`: what ran, on which cores, how busy.

Sizes, core counts and weights are the publications'. Activity is published for one of them (PilotNet, whose
spikes are among lava-dl's test data); for the others it is stated here what is assumed. No number in this
file comes from the measurement that it helps to predict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.chips.cost import CoreLoad, Stage, spread


@dataclass(frozen=True, slots=True)
class ConvLayer:
    """A layer of PilotNet: neurons, synapses into them, cores, rate, how many cores a spike reaches."""

    name: str
    neurons: int
    synapses: int
    cores: int
    rate: float
    fan: float


PILOTNET = (
    ConvLayer("input", 39_600, 0, 13, 0.8871, 1.125),
    ConvLayer("conv 1", 76_032, 76_032 * 27, 25, 0.0915, 1.125),
    ConvLayer("conv 2", 26_460, 26_460 * 216, 13, 0.1003, 1.06),
    ConvLayer("conv 3", 8_064, 8_064 * 324, 3, 0.1201, 1.25),
    ConvLayer("conv 4", 5_632, 5_632 * 432, 3, 0.1078, 1.125),
    ConvLayer("conv 5", 2_560, 2_560 * 576, 2, 0.1102, 12.0),
    ConvLayer("dense 1", 100, 256_000, 12, 0.0942, 1.0),
    ConvLayer("dense 2", 50, 5_000, 1, 0.0408, 1.0),
    ConvLayer("dense 3", 10, 500, 1, 0.0333, 1.0),
    ConvLayer("output", 1, 10, 1, 0.0, 0.0),
)
"""lava-dl, tutorials/lava/lib/dl/netx/pilotnet_snn/benchmark.ipynb (layers, cores) and
tests/lava/lib/dl/netx/gts/pilotnet_lif (share of neurons that spike per step, counted over 24 steps).
`fan`: cores that hold the 3 by 3 neighbourhood of a neuron, from the columns per core in the notebook."""


def pilotnet(layers: Sequence[ConvLayer] = PILOTNET) -> Stage:
    """Give one step of PilotNet LIF on Loihi 2: all layers work at once, each on its own cores."""
    loads: list[CoreLoad] = []
    rate, arriving = 0.0, 0.0
    for layer in layers:
        spikes = layer.neurons * layer.rate
        whole = CoreLoad(
            neurons=layer.neurons,
            spikes=spikes,
            sent=spikes * layer.fan,
            received=arriving,
            synops=layer.synapses * rate,
        )
        loads.append(spread(whole, layer.cores))
        rate, arriving = layer.rate, spikes * layer.fan
    return Stage("pilotnet", tuple(loads), hops=2 * sum(load.sent * load.copies for load in loads))


LSNN_RATE = 0.010
"""Spikes per neuron and 1 ms step: assumed, the rate at which LSNNs are regularised (Bellec et al. 2018)."""
LSNN_INPUT_SPIKES = 2.7
"""Input spikes per step: assumed, about 60 edges in a digit of 784 pixels, each crossing 35 thresholds."""
LSNN_SYNAPSES = {"input": 4_263, "recurrent": 10_566, "output": 846}
"""Non-zero weights of the published network (intel-nrc-ecosystem/models, lsnn/apps/seqmnist/benchmark)."""


def lsnn(rate: float = LSNN_RATE, input_spikes: float = LSNN_INPUT_SPIKES) -> Stage:
    """Give one step of the LSNN on sequential MNIST: 240 neurons, 100 of them with a second compartment.

    The input relays and the second compartments hold no potential without a spike, so they count as idle.
    """
    spikes = 240 * rate
    fan_out = (LSNN_SYNAPSES["recurrent"] + LSNN_SYNAPSES["output"]) / 240
    synops = spikes * fan_out + input_spikes * LSNN_SYNAPSES["input"] / 80
    network = CoreLoad(250, 100, spikes, spikes, spikes + input_spikes, synops)
    relays = CoreLoad(input_spikes, 80 - input_spikes, input_spikes, input_spikes, input_spikes, input_spikes)
    return Stage("lsnn", (network, relays), hops=input_spikes)


BLOUW_LAYERS, BLOUW_WIDTH = 10, 256


def blouw_rate(seed: int = 0, layers: int = BLOUW_LAYERS, width: int = BLOUW_WIDTH) -> float:
    """Give the mean spikes per neuron and 1 ms step in a branch of random rectified-linear layers.

    Nengo's default population (maximum rates uniform in 200…400 Hz, intercepts uniform in −1…1), joined by
    the published weights, uniform in ±0.05. That the populations had Nengo's defaults is assumed.
    """
    rng = np.random.default_rng(seed)
    rate = np.zeros(width)
    total = 0.0
    for _ in range(layers):
        intercept = rng.uniform(-1, 1, width)
        gain = rng.uniform(200, 400, width) / (1 - intercept)
        drive = rng.uniform(-0.05, 0.05, (width, width)) @ rate
        rate = np.clip(-gain * intercept + drive, 0, 1000)
        total += float(rate.mean())
    return total / layers / 1000


def blouw_branch(rate: float) -> Stage:
    """Give what one more branch adds to a step: ten layers of 256 on a core each, and 256 by 256 after."""
    spikes = BLOUW_WIDTH * rate
    layer = CoreLoad(BLOUW_WIDTH, 0, spikes, spikes, spikes, spikes * BLOUW_WIDTH)
    joined = CoreLoad(received=spikes, synops=spikes * BLOUW_WIDTH)
    return Stage("branch", (replace(layer, copies=BLOUW_LAYERS), joined), hops=2 * spikes * BLOUW_LAYERS)


YAN_LAYERS = ((390, 256, 2), (256, 256, 1), (256, 29, 1))
"""Inputs, outputs and cores of the keyword network; 99,840 bytes of weights exceed a core's 96 kB."""


def yan() -> Stage:
    """Give one tick of the keyword network on SpiNNaker 2: every layer works on its own cores."""
    loads: list[CoreLoad] = []
    for inputs, outputs, cores in YAN_LAYERS:
        macs = inputs * outputs
        whole = CoreLoad(outputs, 0, outputs, outputs, inputs * cores, macs, macs)
        loads.append(spread(whole, cores))
    return Stage("keyword", tuple(loads), hops=2 * sum(load.sent * load.copies for load in loads))


LLM_BLOCKS, LLM_WIDTH, LLM_HIDDEN, LLM_VOCABULARY = 24, 1024, 2816, 32_000
LLM_CHIPS = 32
"""24 chips for the blocks (99 of 120 cores each), 3 for the output matrix; systems come in eights."""
CORE_WEIGHTS = 131_072


def _matrix(name: str, inputs: int, outputs: int, idle: float, readers: int) -> Stage:
    per_core = CORE_WEIGHTS // inputs
    cores = -(-outputs // per_core)
    load = CoreLoad(
        neurons=per_core,
        sent=per_core * readers,
        received=inputs,
        synops=float(per_core * inputs),
        copies=cores,
    )
    return Stage(
        name, (load, _resting(max(0.0, idle - cores * per_core))), hops=inputs * cores + outputs * readers
    )


def _resting(idle: float) -> CoreLoad:
    return spread(CoreLoad(idle=idle), max(1, round(idle / 128)))


def _elementwise(name: str, width: int, idle: float, collected: bool) -> Stage:
    load = CoreLoad(neurons=width, sent=width, received=width, synops=width if collected else 0)
    cores = 1 if collected else 8
    return Stage(name, (spread(load, cores), _resting(idle)), hops=4 * width)


def language_model_token() -> tuple[list[Stage], list[Stage]]:
    """Give the stages of a block, and those after the last, for one token through the MatMul-free model.

    One layer at a time, all values non-zero.

    A block: norm, i f g, recurrence and norm, gate, norm, o and residual, norm, gate and up, product, norm,
    down and residual. A norm takes two stages, to collect the squares and to hand out the scale.
    """
    idle = float(LLM_BLOCKS * (3 * LLM_WIDTH + LLM_WIDTH + 2 * LLM_HIDDEN + LLM_WIDTH))
    norm = [_elementwise("norm", LLM_WIDTH, idle, True), _elementwise("scale", LLM_WIDTH, idle, False)]
    wide = [_elementwise("norm", LLM_HIDDEN, idle, True), _elementwise("scale", LLM_HIDDEN, idle, False)]
    block = [
        *norm,
        _matrix("i f g", LLM_WIDTH, 3 * LLM_WIDTH, idle, 1),
        _elementwise("recurrence", LLM_WIDTH, idle, False),
        *norm,
        *norm,
        _matrix("o", LLM_WIDTH, LLM_WIDTH, idle, 24),
        *norm,
        _matrix("gate", LLM_WIDTH, 2 * LLM_HIDDEN, idle, 1),
        _elementwise("product", LLM_HIDDEN, idle, False),
        *wide,
        _matrix("down", LLM_HIDDEN, LLM_WIDTH, idle, 24),
    ]
    return block, [*norm, _matrix("output", LLM_WIDTH, LLM_VOCABULARY, idle, 1)]
