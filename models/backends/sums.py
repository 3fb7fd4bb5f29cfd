"""Sums of weights times spikes: list the inputs that fired, add their rows, widen late.

Sums are exact integers, so tiles and lists may come in any order.
"""
# mypy: ignore-errors
# The types of these functions are Numba's.

from __future__ import annotations

import numpy as np
from numba import carray, float32, int16, int32, int64

from models.backends.intrinsics import add_rows, at_address, fetch, fired, lowest_bit
from models.backends.pairs import add_row_pairs
from models.backends.table import (
    AHEAD,
    COLUMN_TILE,
    COLUMNS_PER_TURN,
    N_IN,
    P0,
    P1,
    ROWS_PER_PASS,
    WEIGHT,
    X0,
    X1,
    X2,
    N,
)  # fmt: skip
from models.backends.warm import jit


@jit
def reals(address, n):
    """The n float32 numbers at an address."""
    return carray(at_address(address), (n,), np.float32)


@jit
def scaled(acc, scale, bias, y):
    """y = float32(acc)·scale + bias, as in `ops.synapses`."""
    for j in range(len(y)):
        y[j] = float32(acc[j]) * scale[j] + bias[j]


@jit
def gather(spikes, places, sizes):
    """List the inputs that spiked, padded with size 0 to whole passes; gives how many without the padding.

    The padding names the last row again: that one is near.
    """
    n, count = len(spikes), 0
    whole = n // 32 * 32
    at = spikes.ctypes.data
    for start in range(0, whole, 32):
        bits = fired(at + 4 * start)
        while bits != 0:
            i = start + lowest_bit(bits)
            places[count] = i
            sizes[count] = int16(spikes[i])
            count += 1
            bits &= bits - 1
    for i in range(whole, n):
        if spikes[i] != 0:
            places[count] = i
            sizes[count] = int16(spikes[i])
            count += 1
    last = places[count - 1] if count > 0 else 0
    for i in range(count, count + ROWS_PER_PASS - 1):
        places[i] = last
        sizes[i] = 0
    return count


@jit
def accumulate(acc, narrow, weight, stride, places, sizes, done, end, start, passes, pairs):
    """acc[j − start] += Σ size·weight[place][j] over the list's part done…end−1, widened every few passes.

    pairs: sizes are within 0…127, so that rows may be added two at a time.
    """
    n = len(acc)
    whole = n // COLUMNS_PER_TURN * COLUMNS_PER_TURN
    place_at, size_at, narrow_at = places.ctypes.data, sizes.ctypes.data, narrow.ctypes.data
    for r in range(done, min(end, done + ROWS_PER_PASS)):
        for column in range(0, min(n, AHEAD), 64):
            fetch(weight + int64(places[r]) * stride + start + column)
    while done < end:
        for j in range(n):
            narrow[j] = 0
        burst = min(end, done + passes * ROWS_PER_PASS)
        while done < burst:
            place, size = place_at + 4 * done, size_at + 2 * done
            following = place + 4 * ROWS_PER_PASS if done + ROWS_PER_PASS < end else place
            if pairs:
                add_row_pairs(narrow_at, weight, stride, place, size, start, start + whole, following)
            else:
                add_rows(narrow_at, weight, stride, place, size, start, start + whole, following)
            if whole < n:
                for r in range(done, min(end, done + ROWS_PER_PASS)):
                    row = carray(at_address(weight + places[r] * stride + start), (n,), np.int8)
                    for j in range(whole, n):
                        narrow[j] = int16(narrow[j] + row[j] * sizes[r])
            done += ROWS_PER_PASS
        for j in range(n):
            acc[j] += int32(narrow[j])


@jit
def wide_synapses(spikes, acc, weight):
    """For spikes too large for int16 sums."""
    for j in range(len(acc)):
        acc[j] = 0
    for i in range(len(spikes)):
        s = spikes[i]
        if s != 0:
            row = weight[i]
            for j in range(len(acc)):
                acc[j] += s * int32(row[j])


@jit
def list_spikes(line, spikes, places, sizes):
    """List one stream's spikes for `synapses`, all its inputs if the layer is dense; gives how many."""
    n_in = line[N_IN]
    if line[X1] == 0:
        return gather(spikes, places, sizes)
    for i in range(n_in):
        places[i] = i
        sizes[i] = int16(spikes[i])
    for i in range(n_in, n_in + ROWS_PER_PASS):
        places[i] = 0
        sizes[i] = 0
    return n_in


@jit
def synapses(line, spikes, out, acc, narrow, places, sizes, end):
    """`ops.synapses` of one stream, its spikes listed, as many columns at a time as suit the cache."""
    n_in, n, passes = line[N_IN], line[N], line[X0]
    scale, bias = reals(line[P0], n), reals(line[P1], n)
    if passes == 0:
        wide_synapses(spikes, acc[:n], carray(at_address(line[WEIGHT]), (n_in, n), np.int8))
        scaled(acc, scale, bias, out)
        return
    for left in range(0, n, COLUMN_TILE):
        right = min(n, left + COLUMN_TILE)
        sums = acc[: right - left]
        sums[:] = 0
        accumulate(
            sums, narrow, line[WEIGHT], n, places, sizes, 0, end, left, passes, line[X2] != 0
        )  # fmt: skip
        scaled(sums, scale[left:right], bias[left:right], out[left:right])
