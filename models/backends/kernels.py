"""One compiled interpreter for every program: walks a table of nodes; no Python and no allocation in between.

A row of the table is a node (columns below). Values live in `work`, (streams, words) of 32 bits; state in
`memory`, one row per stream; weights and parameters are read where the program keeps them, by address. The
arithmetic is that of `models.program.ops`, in the same order, each operation rounded once to float32.

The loops over neurons are split so that each touches few arrays: only then does the compiler prove them free
of overlap and use the machine's vectors.
"""
# mypy: ignore-errors
# The types of these functions are Numba's.

from __future__ import annotations

import numpy as np
from numba import carray, float32, int32, int64

from models.backends import table as t
from models.backends.intrinsics import (
    abs32,
    at_address,
    float_of_bits,
    rint32,
    sqrt32,
)
from models.backends.lists import list_pairs
from models.backends.neurons import HARD, NORMED, SIGNED, fire, squares
from models.backends.strips import synapses_of_many
from models.backends.sums import list_spikes, reals, scaled, synapses
from models.backends.table import (
    ADD,
    AFFINE,
    CONV,
    EMBEDDING,
    GATE,
    INPUT,
    LIF,
    N_IN,
    NORM,
    OP,
    OUT,
    P0,
    P1,
    P2,
    P3,
    PASSING,
    STATE,
    STRIP_FROM,
    STRIP_SHARE,
    SYNAPSES,
    TAKEN,
    TOKEN_SHIFT,
    WEIGHT,
    WINDOW,
    WKV,
    X0,
    X1,
    X2,
    A,
    B,
    N,
)  # fmt: skip
from models.backends.warm import jit
from models.program import ops

_LOW, _HIGH, _LOG2_E = ops.EXP_LOW, ops.EXP_HIGH, ops.LOG2_E
_LN2_HIGH, _LN2_LOW = ops.LN2_HIGH, ops.LN2_LOW
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7 = ops.EXP_POLYNOMIAL
_CLIP, _UNITS, _EPS = ops.NORM_CLIP, ops.NORM_UNITS, ops.NORM_EPS
_ONE, _ZERO = np.float32(1), np.float32(0)


@jit
def exp32(x):
    """`ops.exp32` of one number, its power of two made from bits instead of a table."""
    x = x if x > _LOW else _LOW
    x = x if x < _HIGH else _HIGH
    n = rint32(x * _LOG2_E)
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    y = _C0 * r + _C1
    y = y * r + _C2
    y = y * r + _C3
    y = y * r + _C4
    y = y * r + _C5
    y = y * r + _C6
    y = y * r + _C7
    return y * float_of_bits(int32((int32(n) + int32(127)) << int32(23)))


@jit
def lif(line, x, v, spikes):
    """`ops.lif`, behind the norm that it took along, if any; v is the potential before and after."""
    n, form, inverse = len(spikes), SIGNED * line[X1] + HARD * line[X2], _ONE
    if line[P2] != 0:
        form, inverse = form + NORMED, inverse_size(x)
    fire(
        form, n, int64(x.ctypes.data), int64(v.ctypes.data), int64(spikes.ctypes.data),
        line[P0], line[P1], line[P2], line[P3], inverse, float32(line[X0]),
    )  # fmt: skip


@jit
def inverse_size(x):
    """One over the root of the mean square of `ops.norm`."""
    n = len(x)
    mean = float32(float(squares(int64(x.ctypes.data), n)) / float(n << 20))
    return _ONE / sqrt32(mean + _EPS)


@jit
def wkv(k, v, num, den, top, y, decay, bonus, a, b):
    """`ops.wkv`; a and b are scratch."""
    n = len(k)
    for j in range(n):
        now = bonus[j] + k[j]
        q = top[j] if top[j] >= now else now
        a[j] = exp32(top[j] - q)
        b[j] = exp32(now - q)
    for j in range(n):
        y[j] = (a[j] * num[j] + b[j] * v[j]) / (a[j] * den[j] + b[j])
    for j in range(n):
        top[j] = top[j] + decay[j]
    for j in range(n):
        q = top[j] if top[j] >= k[j] else k[j]
        a[j] = exp32(top[j] - q)
        b[j] = exp32(k[j] - q)
    for j in range(n):
        num[j] = a[j] * num[j] + b[j] * v[j]
    for j in range(n):
        den[j] = a[j] * den[j] + b[j]
    for j in range(n):
        top[j] = top[j] if top[j] >= k[j] else k[j]


@jit
def norm(x, y, gain, offset):
    """`ops.norm`."""
    inverse = inverse_size(x)
    for j in range(len(x)):
        y[j] = x[j] * inverse * gain[j] + offset[j]


@jit
def conv(x, past, acc, weight, taps):
    """The sums of `ops.conv`."""
    n = len(x)
    last = weight[taps - 1]
    for j in range(n):
        acc[j] = int32(last[j]) * x[j]
    for i in range(taps - 1):
        tap = weight[i]
        seen = past[i * n : (i + 1) * n]
        for j in range(n):
            acc[j] += int32(tap[j]) * seen[j]


@jit
def shift(past, x):
    """Drop the oldest of the vectors in `past`, append x."""
    n = len(x)
    kept = len(past) - n
    if kept < 0:
        return
    for start in range(0, kept, n):
        to, source = past[start : start + n], past[start + n : start + 2 * n]
        for j in range(n):
            to[j] = source[j]
    end = past[kept:]
    for j in range(n):
        end[j] = x[j]


@jit
def node(line, whole, work, words, state, passing, acc, a, b):
    """Any node but synapses, for one stream."""
    op, n, n_in = line[OP], line[N], line[N_IN]
    if op == TAKEN:
        return
    out = work[line[OUT] : line[OUT] + n]
    x = work[line[A] : line[A] + n_in]
    at = line[STATE]
    if op == LIF:
        lif(line, x, state[at : at + n], value(line[OUT], n, whole, passing))
    elif op == NORM:
        norm(x, out, reals(line[P0], n), reals(line[P1], n))
    elif op == ADD:
        other = work[line[B] : line[B] + n]
        for j in range(n):
            out[j] = x[j] + other[j]
    elif op == TOKEN_SHIFT:
        mix, past = reals(line[P0], n), state[at : at + n]
        for j in range(n):
            out[j] = mix[j] * x[j] + (_ONE - mix[j]) * past[j]
        for j in range(n):
            past[j] = x[j]
    elif op == WKV:
        num, den, top = state[at : at + n], state[at + n : at + 2 * n], state[at + 2 * n : at + 3 * n]
        wkv(x, work[line[B] : line[B] + n], num, den, top, out, reals(line[P0], n), reals(line[P1], n), a, b)
    elif op == GATE:
        other = work[line[B] : line[B] + n]
        for j in range(n):
            out[j] = _ONE / (_ONE + exp32(-x[j])) * other[j]
    elif op == CONV:
        taps = line[X0]
        spikes, past = whole[line[A] : line[A] + n], words[at : at + (taps - 1) * n]
        conv(spikes, past, acc, carray(at_address(line[WEIGHT]), (taps, n), np.int8), taps)
        scaled(acc, reals(line[P0], n), reals(line[P1], n), out)
        shift(past, spikes)
    elif op == AFFINE:
        gain, offset = reals(line[P0], n), reals(line[P1], n)
        for j in range(n):
            out[j] = x[j] * gain[j] + offset[j]
    elif op == WINDOW:
        spikes, past = whole[line[A] : line[A] + n_in], words[at : at + n - n_in]
        to = whole[line[OUT] : line[OUT] + n]
        for j in range(n - n_in):
            to[j] = past[j]
        for j in range(n_in):
            to[n - n_in + j] = spikes[j]
        shift(past, spikes)
    elif op == EMBEDDING:
        scale = reals(line[P0], n)
        row = carray(at_address(line[WEIGHT] + int64(whole[line[A]]) * n), (n,), np.int8)
        for j in range(n):
            out[j] = float32(row[j]) * scale[j]


@jit
def fits(line, whole, work):
    """Whether a port's value may be used: tokens in the vocabulary, reals within the limit."""
    good = True
    if line[X0] > 0:
        for j in range(line[OUT], line[OUT] + line[N]):
            good &= 0 <= whole[j] < line[X0]
    else:
        limit = float32(line[X1])
        for j in range(line[OUT], line[OUT] + line[N]):
            good &= abs32(work[j]) <= limit
    return good


@jit
def value(place, n, whole, passing):
    """A stream's value of width n."""
    return passing[:n] if place == PASSING else whole[place : place + n]


@jit
def tally(line, whole, passing, count):
    """Add one stream's spikes or synaptic operations to the node's line of counts."""
    op = line[OP]
    if op == LIF:
        spikes = value(line[OUT], line[N], whole, passing)
        for j in range(len(spikes)):
            count[0] += abs(spikes[j])
            count[1] += spikes[j] != 0
    elif op in (SYNAPSES, CONV):
        spikes = value(line[A], line[N_IN], whole, passing)
        fan_out = line[X0] if op == CONV else line[N]
        for j in range(len(spikes)):
            if spikes[j] != 0:
                count[2] += fan_out


@jit
def often(spikes, streams):
    """Whether so many fire that strips are worth their copying."""
    active = 0
    for i in range(len(spikes)):
        active += spikes[i] != 0
    return streams * (active + STRIP_SHARE * len(spikes)) >= STRIP_FROM * len(spikes)


@jit
def at(call, place, rows, columns, kind):
    """The array of a call whose address stands at a place."""
    return carray(at_address(call[place]), (rows, columns), kind)


@jit
def run(table, memory, state, chosen, whole, work, passing, acc, narrow, scratch, strip, listed, counts):
    """One step of the streams whose rows of `memory` are `chosen`; 0, or 1 + the port whose input does not
    fit.   passing: the spikes that are used up at once;   listed: places and sizes of one stream's spikes,
    woven pairs of all streams' and where these end;   narrow, scratch, strip: the same memory as int16,
    float32 and int8.
    """
    streams = len(chosen)
    places, sizes, events, ends = listed
    half = len(scratch) // 2
    for i in range(len(table)):
        if table[i, OP] == INPUT:
            for s in range(streams):
                if not fits(table[i], whole[s], work[s]):
                    return i + 1
    first = 0
    while first < len(table):
        # The nodes up to the next synapses run stream by stream: their values stay in the nearest cache.
        last = first
        while last < len(table) and table[last, OP] != SYNAPSES:
            last += 1
        together = last < len(table) and streams >= STRIP_FROM and table[last, X2] != 0
        for s in range(streams):
            row = chosen[s]
            for i in range(first, last):
                line = table[i]
                if line[OP] != INPUT:
                    node(
                        line, whole[s], work[s], memory[row], state[row], passing, acc,
                        scratch[: line[N]], scratch[half : half + line[N]],
                    )  # fmt: skip
                if len(counts) > 0:
                    tally(line, whole[s], passing, counts[i])
            if last < len(table):
                line = table[last]
                spikes = value(line[A], line[N_IN], whole[s], passing)
                if len(counts) > 0:
                    tally(line, whole[s], passing, counts[last])
                if s == 0 and together:
                    together = often(spikes, streams)
                if together:
                    list_pairs(line[N_IN], spikes, events[s], ends[s])
                else:
                    end = list_spikes(line, spikes, places, sizes) if line[X0] > 0 else 0
                    out = work[s, line[OUT] : line[OUT] + line[N]]
                    synapses(line, spikes, out, acc, narrow, places, sizes, end)
        if together:
            synapses_of_many(table[last], work, streams, acc, strip, events, ends)
        first = last + 1
    return 0


def step(address: int) -> int:
    """`run` of a call, whose address is given; see `table`."""
    call = carray(at_address(address), (t.CALL,), np.int64)
    streams, rows, words = call[t.STREAMS], call[t.ROWS], call[t.ROW_WORDS]
    listed, narrow = call[t.LISTED], call[t.NARROW_SIZE]
    return run(
        at(call, t.TABLE, call[t.NODES], t.COLUMNS, np.int64),
        at(call, t.MEMORY, rows, words, np.int32),
        at(call, t.MEMORY, rows, words, np.float32),
        at(call, t.CHOSEN, 1, streams, np.int64)[0],
        at(call, t.WORK, streams, call[t.WORK_WORDS], np.int32),
        at(call, t.WORK, streams, call[t.WORK_WORDS], np.float32),
        at(call, t.SPIKES, 1, call[t.SPIKES_SIZE], np.int32)[0],
        at(call, t.SUMS, 1, call[t.SUMS_SIZE], np.int32)[0],
        at(call, t.NARROW, 1, narrow, np.int16)[0],
        at(call, t.NARROW, 1, narrow // 2, np.float32)[0],
        at(call, t.NARROW, 1, 2 * narrow, np.int8)[0],
        (
            at(call, t.PLACES, 1, listed, np.int32)[0],
            at(call, t.SIZES, 1, listed, np.int16)[0],
            at(call, t.EVENTS, streams, call[t.EVENTS_SIZE], np.int32),
            at(call, t.ENDS, streams, call[t.TILES], np.int64),
        ),
        at(call, t.COUNTS, call[t.COUNTED], 3, np.int64),
    )
