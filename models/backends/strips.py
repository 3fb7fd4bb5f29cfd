"""Sums for many streams: a strip of weights is copied into the nearest cache, and all streams meet it.

One stream alone is as quick as its weights come from memory. Many streams meet every weight several times, so
that a strip of them, copied to where it lies in one piece, is read from the nearest cache from then on; each
stream's sums stay in registers while it goes through its list of spikes.
"""
# mypy: ignore-errors
# The types of these functions are Numba's.

from __future__ import annotations

import numpy as np
from numba import carray, int64

from models.backends.intrinsics import at_address, copy64, fetch
from models.backends.pairs import add_strip
from models.backends.sums import reals, scaled
from models.backends.table import (
    ADDS,
    DENSE_TILE,
    FINISHES,
    FLAGS,
    N_IN,
    OUT,
    P0,
    P1,
    STRIP,
    STRIP_ROWS,
    WEIGHT,
    WIDENS,
    X2,
    N,
)  # fmt: skip
from models.backends.warm import jit


@jit
def copy_strip(weight, stride, rows, columns, strip):
    """Copy rows × columns weights to where a row follows the other, STRIP bytes each."""
    # Numba's addresses are unsigned, and unsigned plus signed is a float.
    to = int64(strip.ctypes.data)
    if columns == STRIP:
        for row in range(rows):
            for line in range(0, STRIP, 64):
                copy64(to + row * STRIP + line, weight + row * stride + line)
        return
    for row in range(rows):
        source = carray(at_address(weight + row * stride), (columns,), np.int8)
        for column in range(columns):
            strip[row * STRIP + column] = source[column]


@jit
def synapses_of_many(line, work, streams, acc, strip, events, ends):
    """`ops.synapses` for all streams, their spikes listed by `list_pairs`."""
    n_in, n, burst = line[N_IN], line[N], 8 * line[X2]
    tiles = -(-n_in // STRIP_ROWS)
    listed, words = 4 * events.shape[1], 4 * work.shape[1]
    strip_at, wide_at = int64(strip.ctypes.data), int64(acc.ctypes.data)
    for left in range(0, n, STRIP):
        columns = min(STRIP, n - left)
        scale, bias = line[P0] + 4 * left, line[P1] + 4 * left
        for tile in range(tiles):
            top = tile * STRIP_ROWS
            copy_strip(line[WEIGHT] + top * n + left, n, min(STRIP_ROWS, n_in - top), columns, strip)
            # What comes next is fetched meanwhile, a few rows for every stream.
            ahead_top, ahead_left = (0, left + STRIP) if tile + 1 == tiles else (top + STRIP_ROWS, left)
            ahead_rows = min(STRIP_ROWS, n_in - ahead_top) if ahead_left < n else 0
            ahead, row = line[WEIGHT] + ahead_top * n + ahead_left, 0
            ahead_at_once = -(-ahead_rows // streams)
            due = FINISHES if tile + 1 == tiles and columns == STRIP else 0
            wide, narrow = wide_at, wide_at + 4 * STRIP * streams
            out, pairs = int64(work.ctypes.data) + 4 * (line[OUT] + left), int64(events.ctypes.data)
            for s in range(streams):
                for _ in range(min(ahead_at_once, ahead_rows - row)):
                    for column in range(0, STRIP, 64):
                        fetch(ahead + row * n + column)
                    row += 1
                done = pairs + (8 * (ends[s, tile - 1] >> FLAGS) if tile > 0 else 0)
                end, flags = pairs + 8 * (ends[s, tile] >> FLAGS), ends[s, tile]
                most = burst if flags & DENSE_TILE else end - done
                while True:
                    last = min(end, done + most)
                    flags |= due if last == end else 0
                    add_strip(narrow, wide, strip_at, done, last, flags, scale, bias, out)
                    if last == end:
                        break
                    done, flags = last, WIDENS | ADDS
                wide += 4 * STRIP
                narrow += 2 * STRIP
                out += words
                pairs += listed
        if columns < STRIP:
            for s in range(streams):
                sums = acc[STRIP * s : STRIP * s + columns]
                values = work[s, line[OUT] + left : line[OUT] + n]
                scaled(sums, reals(scale, columns), reals(bias, columns), values)
