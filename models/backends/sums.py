"""Sums of weights times spikes: list the inputs that fired, add their rows, widen late.

Sums are exact integers, so tiles and lists may come in any order.
"""
# mypy: ignore-errors
# The types of these functions are Numba's.

from __future__ import annotations

import numpy as np
from numba import carray, float32, int16, int32

from models.backends.intrinsics import add_row_pairs, add_rows, at_address, fetch, fired, lowest_bit
from models.backends.table import (
    COLUMN_TILE,
    COLUMNS_PER_TURN,
    FETCH_FROM,
    N_IN,
    OUT,
    P0,
    P1,
    ROWS_PER_PASS,
    WEIGHT,
    X0,
    X1,
    X2,
    A,
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
def gather(spikes, first, last, places, sizes, count):
    """List the inputs of first…last−1 that spiked from place `count` on, padded with size 0 to whole passes.

    Gives where the list ends without its padding.
    """
    whole = first + (last - first) // 32 * 32
    at = spikes.ctypes.data
    for start in range(first, whole, 32):
        bits = fired(at + 4 * start)
        while bits != 0:
            i = start + lowest_bit(bits)
            places[count] = i
            sizes[count] = int16(spikes[i])
            count += 1
            bits &= bits - 1
    for i in range(whole, last):
        if spikes[i] != 0:
            places[count] = i
            sizes[count] = int16(spikes[i])
            count += 1
    for i in range(count, count + ROWS_PER_PASS - 1):
        places[i] = first
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
    while done < end:
        for j in range(n):
            narrow[j] = 0
        burst = min(end, done + passes * ROWS_PER_PASS)
        while done < burst:
            place, size = place_at + 4 * done, size_at + 2 * done
            if pairs:
                add_row_pairs(narrow_at, weight, stride, place, size, start, start + whole)
            else:
                add_rows(narrow_at, weight, stride, place, size, start, start + whole)
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
def list_spikes(line, spikes, streams, places, sizes, ends, shared):
    """List one stream's spikes for `synapses`, tile by tile of the rows; all its inputs if it is dense."""
    n_in, start = line[N_IN], 0
    if line[X1] != 0:
        for i in range(n_in):
            places[i] = i
            sizes[i] = int16(spikes[i])
        for i in range(n_in, n_in + ROWS_PER_PASS):
            places[i] = 0
            sizes[i] = 0
    height = n_in if streams == 1 else shared[0]
    for tile in range(-(-n_in // height)):
        last = min(n_in, (tile + 1) * height)
        ends[tile] = last if line[X1] != 0 else gather(spikes, tile * height, last, places, sizes, start)
        start = -(-ends[tile] // ROWS_PER_PASS) * ROWS_PER_PASS


@jit
def synapses(line, whole, work, streams, acc, narrow, places, sizes, ends, shared):
    """`ops.synapses` for all streams, their spikes listed: tile after tile of the weights, for every stream.

    shared: rows and columns of a tile for many streams, small enough that it stays in the cache until the
    last of them has met it; a single stream takes all rows, and as many columns as suit the nearest cache.
    """
    n_in, n, passes = line[N_IN], line[N], line[X0]
    scale, bias = reals(line[P0], n), reals(line[P1], n)
    if passes == 0:
        weight = carray(at_address(line[WEIGHT]), (n_in, n), np.int8)
        for s in range(streams):
            wide_synapses(whole[s, line[A] : line[A] + n_in], acc[:n], weight)
            scaled(acc, scale, bias, work[s, line[OUT] : line[OUT] + n])
        return
    height = n_in if streams == 1 else shared[0]
    width = COLUMN_TILE if streams == 1 else shared[1]
    tiles = -(-n_in // height)
    for left in range(0, n, width):
        right = min(n, left + width)
        size = right - left
        acc[: streams * size] = 0
        for tile in range(tiles):
            if streams >= FETCH_FROM:
                top, bottom = tile * height, min(n_in, (tile + 1) * height)
                for row in range(top, bottom):
                    for column in range(left, right, 64):
                        fetch(line[WEIGHT] + row * n + column)
            for s in range(streams):
                first = 0 if tile == 0 else -(-ends[s, tile - 1] // ROWS_PER_PASS) * ROWS_PER_PASS
                accumulate(
                    acc[s * size : (s + 1) * size], narrow, line[WEIGHT], n,
                    places[s], sizes[s], first, ends[s, tile], left, passes, line[X2] != 0,
                )  # fmt: skip
        for s in range(streams):
            out = work[s, line[OUT] + left : line[OUT] + right]
            scaled(acc[s * size : (s + 1) * size], scale[left:right], bias[left:right], out)
