"""Products of spikes and weights that touch only what fired: the Numba side of `kernels.synapses`.

    y[t] = Σ_k s[t, k]·W[k],        ∂W[k] = Σ_t s[t, k]·∂y[t]

Both are sums of the rows of a matrix that an index names, so one kernel does both, and each costs the firing
rate's share of the dense product. The gradient of the spikes, ∂y·Wᵀ, stays dense. The matrix is
copied into tiles of 32 columns, so that rows picked here and there lie in a near cache.
"""

from __future__ import annotations

from typing import Any

import numba as nb
from llvmlite import ir
from numba import types
from numba.core import cgutils

from models.backends.intrinsics import intrinsic, lowest_bit

_compiled: Any = nb.njit(fastmath=True, cache=True, nogil=True, boundscheck=False)
_parallel: Any = nb.njit(fastmath=True, cache=True, nogil=True, parallel=True, boundscheck=False)

I32, I64, F32 = ir.IntType(32), ir.IntType(64), ir.FloatType()
EIGHT = ir.VectorType(F32, 8)
EIGHTS = 4
COLUMNS = 8 * EIGHTS
"""Columns of a tile."""
ROW_BITS = 7  # a tile's row has 2⁷ bytes


@intrinsic
def _fired(typingctx: Any, address: Any) -> Any:
    """Which of the 32 float32 numbers at an address are neither 0 nor −0, as bits, the lowest first."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        numbers = ir.VectorType(F32, 32)
        values = builder.load(builder.inttoptr(args[0], numbers.as_pointer()), align=4)
        flags = builder.fcmp_unordered("!=", values, ir.Constant(numbers, [0.0] * 32))
        return builder.zext(builder.bitcast(flags, I32), I64)

    return types.int64(types.int64), code


@_compiled
def compressed(spikes, most, starts, index, value):  # type: ignore[no-untyped-def]
    """Spikes (rows, n), n a multiple of 32, by rows: row r's are the entries starts[r] to starts[r + 1] of
    `index` (their columns) and `value`. Gives how many there are, −1 as soon as there are more than `most`.
    """
    rows, n = spikes.shape
    at = 0
    for r in range(rows):
        starts[r] = at
        if at + n > most:
            return -1
        for left in range(0, n, 32):
            flags = _fired(spikes.ctypes.data + 4 * (r * n + left))
            while flags:
                k = left + lowest_bit(flags)
                index[at] = k
                value[at] = spikes[r, k]
                at += 1
                flags &= flags - 1
    starts[rows] = at
    return at


@_compiled
def by_column(starts, index, value, column_starts, row, column_value):  # type: ignore[no-untyped-def]
    """The same spikes by columns."""
    rows, n = len(starts) - 1, len(column_starts) - 1
    column_starts[:] = 0
    for i in range(starts[rows]):
        column_starts[index[i] + 1] += 1
    for k in range(n):
        column_starts[k + 1] += column_starts[k]
    for r in range(rows):
        for i in range(starts[r], starts[r + 1]):
            k = index[i]
            at = column_starts[k]
            row[at] = r
            column_value[at] = value[i]
            column_starts[k] = at + 1
    for k in range(n, 0, -1):
        column_starts[k] = column_starts[k - 1]
    column_starts[0] = 0


@intrinsic
def _sum_tile(typingctx: Any, index: Any, value: Any, count: Any, tile: Any, out: Any) -> Any:
    """out[j] = Σ_i value[i]·tile[index[i]][j] for the 32 columns of a tile; all arguments int64, four of them
    addresses: of int32 row numbers, float32 sizes, and float32 rows of 32 that lie one behind the other.

    Two rows go side by side, so that eight sums are under way: a product waits four cycles for its sum.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        index, value, count, tile, out = args
        rows, sizes = builder.inttoptr(index, I32.as_pointer()), builder.inttoptr(value, F32.as_pointer())
        sums = [cgutils.alloca_once_value(builder, ir.Constant(EIGHT, [0.0] * 8)) for _ in range(2 * EIGHTS)]

        def add(at: Any, into: list[Any]) -> None:
            row = builder.zext(builder.load(builder.gep(rows, [at])), I64)
            start = builder.inttoptr(builder.add(tile, builder.shl(row, I64(ROW_BITS))), EIGHT.as_pointer())
            empty = ir.Constant(EIGHT, ir.Undefined)
            first = builder.insert_element(empty, builder.load(builder.gep(sizes, [at])), I32(0))
            size = builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(I32, 8), [0] * 8))
            for part, place in enumerate(into):
                weights = builder.load(builder.gep(start, [I64(part)]), align=4)
                product = builder.fmul(weights, size, flags=("fast",))
                builder.store(builder.fadd(builder.load(place), product, flags=("fast",)), place)

        pairs = builder.and_(count, I64(-2))
        with cgutils.for_range_slice(builder, I64(0), pairs, I64(2), intp=I64) as (at, _):
            add(at, sums[:EIGHTS])
            add(builder.add(at, I64(1)), sums[EIGHTS:])
        with builder.if_then(builder.icmp_signed("<", pairs, count)):
            add(pairs, sums[:EIGHTS])
        target = builder.inttoptr(out, EIGHT.as_pointer())
        for part in range(EIGHTS):
            both = [builder.load(sums[part]), builder.load(sums[part + EIGHTS])]
            builder.store(builder.fadd(*both), builder.gep(target, [I64(part)]), align=4)
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 5), code


@_parallel
def sums_of_rows(starts, index, value, matrix, out, tiles):  # type: ignore[no-untyped-def]
    """out[r] = Σ_i value[i]·matrix[index[i]] over the entries of row r.

    matrix (n, columns) and out (rows, columns) have a multiple of 32 columns; tiles (columns / 32, n, 32) is
    room for the matrix, tile by tile.
    """
    for number in nb.prange(len(tiles)):
        left = number * COLUMNS
        tile = tiles[number]
        for k in range(len(matrix)):
            for c in range(COLUMNS):
                tile[k, c] = matrix[k, left + c]
        for r in range(len(out)):
            start = starts[r]
            _sum_tile(
                index.ctypes.data + 4 * start,
                value.ctypes.data + 4 * start,
                starts[r + 1] - start,
                tile.ctypes.data,
                out.ctypes.data + 4 * (r * out.shape[1] + left),
            )
