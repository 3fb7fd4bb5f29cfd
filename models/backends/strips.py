"""Sums for many streams: a strip of weights is copied into the nearest cache, and all streams meet it.

One stream alone is as quick as its weights come from memory. Many streams meet every weight several times, so
that a strip of them, copied to where it lies in one piece, is read from the nearest cache from then on; each
stream's sums stay in registers while it goes through its list of spikes.
"""
# mypy: ignore-errors
# The types of these functions are Numba's.

from __future__ import annotations

import numpy as np
from numba import carray, int16, int64

from models.backends.intrinsics import at_address, copy64, fetch
from models.backends.pairs import add_strip
from models.backends.sums import gather, reals, scaled
from models.backends.table import N_IN, OUT, P0, P1, STRIP, STRIP_ROWS, STRIPS, WEIGHT, X2, N
from models.backends.warm import jit


@jit
def list_pairs(n_in, spikes, places, sizes, ends):
    """List one stream's spikes in pairs, strip by strip of the rows; ends: where each strip's pairs end.

    Sizes become factors, two sizes to a number.
    """
    start = 0
    for tile in range(-(-n_in // STRIP_ROWS)):
        top = tile * STRIP_ROWS
        count = gather(spikes, top, min(n_in, top + STRIP_ROWS), places, sizes, start)
        start = (count + 1) // 2 * 2
        ends[tile] = start // 2
    for pair in range(start // 2):
        sizes[pair] = sizes[2 * pair] | int16(sizes[2 * pair + 1] << 8)


@jit
def copy_strips(weight, stride, top, bottom, left, right, strips):
    """Copy the weights of some rows and columns, strip behind strip, each STRIP bytes a row."""
    whole = (right - left) // STRIP
    rest = right - left - whole * STRIP
    # Numba's addresses are unsigned, and unsigned plus signed is a float.
    to = int64(strips.ctypes.data)
    for row in range(top, bottom):
        source = weight + row * stride + left
        for strip in range(whole):
            for line in range(0, STRIP, 64):
                copy64(to + strip * STRIP_ROWS * STRIP + line, source + strip * STRIP + line)
        if rest > 0:
            last = carray(at_address(source + whole * STRIP), (rest,), np.int8)
            target = strips[whole * STRIP_ROWS * STRIP + (row - top) * STRIP :]
            for column in range(rest):
                target[column] = last[column]
        to += STRIP


@jit
def synapses_of_many(line, work, streams, acc, strips, places, factors, ends):
    """`ops.synapses` for all streams, their spikes listed in pairs."""
    n_in, n, burst = line[N_IN], line[N], line[X2]
    scale, bias = reals(line[P0], n), reals(line[P1], n)
    listed = places.shape[1]
    for left in range(0, n, STRIPS * STRIP):
        right = min(n, left + STRIPS * STRIP)
        count = -(-(right - left) // STRIP)
        acc[: count * streams * STRIP] = 0
        for tile in range(-(-n_in // STRIP_ROWS)):
            top = tile * STRIP_ROWS
            copy_strips(line[WEIGHT], n, top, min(n_in, top + STRIP_ROWS), left, right, strips)
            # What comes next is fetched meanwhile, a few rows for every stream.
            ahead_top, ahead_left = top + STRIP_ROWS, left
            if ahead_top >= n_in:
                ahead_top, ahead_left = 0, left + STRIPS * STRIP
            ahead_rows = min(STRIP_ROWS, n_in - ahead_top)
            ahead_bytes = max(0, min(STRIPS * STRIP, n - ahead_left))
            turns, turn = count * streams, 0
            ahead = line[WEIGHT] + ahead_top * n + ahead_left
            for strip in range(count):
                weights = int64(strips.ctypes.data) + STRIP * (strip * STRIP_ROWS - top)
                sums = int64(acc.ctypes.data) + 4 * STRIP * strip * streams
                place, factor = int64(places.ctypes.data), int64(factors.ctypes.data)
                for s in range(streams):
                    for row in range(ahead_rows * turn // turns, ahead_rows * (turn + 1) // turns):
                        for column in range(0, ahead_bytes, 64):
                            fetch(ahead + row * n + column)
                    turn += 1
                    done, end = 0 if tile == 0 else ends[s, tile - 1], ends[s, tile]
                    while done < end:
                        last = min(end, done + burst)
                        add_strip(sums, weights, place, factor, done, last)
                        done = last
                    sums += 4 * STRIP
                    place += 4 * listed
                    factor += 2 * listed
        for strip in range(count):
            start = left + strip * STRIP
            stop = min(right, start + STRIP)
            for s in range(streams):
                first = STRIP * (strip * streams + s)
                out = work[s, line[OUT] + start : line[OUT] + stop]
                scaled(acc[first : first + stop - start], scale[start:stop], bias[start:stop], out)
