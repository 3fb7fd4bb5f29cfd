"""Weight rows added two at a time, for spikes in 0…127: the products of a pair of bytes fit one int16.

Two rows are woven byte by byte, a woven register is multiplied with the pair of their spikes over and over,
and neighbours are added: one instruction on processors with AVX2, plain vector code elsewhere. Weaving goes
on within the halves of a register, which is what the processor does at once; so of 32 columns sums come as
0–7 with 16–23, and 8–15 with 24–31, and are put in order at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils

from models.backends.intrinsics import I8, I16, I32, I64, along_rows, intrinsic, row_addresses, spread
from models.backends.table import ROWS_PER_PASS, STRIP

_BYTES, _SUMS = ir.VectorType(I8, 32), ir.VectorType(I16, 16)
_WEAVE = [
    [
        lane
        for column in (*range(8 * h, 8 * h + 8), *range(16 + 8 * h, 24 + 8 * h))
        for lane in (column, 32 + column)
    ]
    for h in range(2)
]
_UNWEAVE = [[*range(8), *range(16, 24)], [*range(8, 16), *range(24, 32)]]


@intrinsic
def add_row_pairs(
    typingctx: Any,
    acc: Any,
    weight: Any,
    stride: Any,
    places: Any,
    sizes: Any,
    start: Any,
    stop: Any,
    following: Any,
) -> Any:
    """`intrinsics.add_rows` for sizes in 0…127."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        acc, weight, stride, places, sizes, start, stop, following = args
        size_list = builder.inttoptr(sizes, I16.as_pointer())
        bases, after = (row_addresses(builder, weight, stride, at) for at in (places, following))
        factors = []
        for r in range(0, ROWS_PER_PASS, 2):
            low, high = (builder.load(builder.gep(size_list, [I64(i)])) for i in (r, r + 1))
            both = builder.or_(low, builder.shl(high, I16(8)))
            factors.append(builder.bitcast(spread(builder, both), _BYTES))

        def turn(column: Any) -> None:
            sums: list[Any] = [None, None]
            for pair, factor in enumerate(factors):
                rows = [_row(builder, builder.add(b, column)) for b in bases[2 * pair : 2 * pair + 2]]
                for half, product in enumerate(_products(builder, factor, *rows)):
                    sums[half] = product if sums[half] is None else builder.add(sums[half], product)
            target = builder.add(acc, builder.shl(builder.sub(column, start), I64(1)))
            for half, ordered in enumerate(_in_order(builder, *sums)):
                place = builder.inttoptr(builder.add(target, I64(32 * half)), _SUMS.as_pointer())
                builder.store(builder.add(builder.load(place, align=2), ordered), place, align=2)

        along_rows(builder, start, stop, bases, after, turn)
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 8), code


@intrinsic
def add_strip(typingctx: Any, acc: Any, strip: Any, places: Any, factors: Any, first: Any, last: Any) -> Any:
    """acc[j] += Σ over pairs k in first…last−1 of the products of rows places[2k] and places[2k + 1].

    All arguments are int64: the addresses of STRIP int32 sums, of rows of STRIP int8 weights one behind the
    other, of int32 row numbers and of int16 factors, each the spikes of a pair, low byte first; and the
    pairs, so few that int16 holds their sums, which stay in registers until the end.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        acc, strip, places, factors, first, last = args
        place_list = builder.inttoptr(places, I32.as_pointer())
        factor_list = builder.inttoptr(factors, I16.as_pointer())
        blocks = STRIP // 32
        sums = [cgutils.alloca_once(builder, _SUMS) for _ in range(2 * blocks)]
        for place in sums:
            builder.store(ir.Constant(_SUMS, [0] * 16), place)
        with cgutils.for_range_slice(builder, first, last, I64(1), intp=I64) as (pair, _):
            two = builder.shl(pair, I64(1))
            at = []
            for index in (two, builder.add(two, I64(1))):
                row = builder.zext(builder.load(builder.gep(place_list, [index])), I64)
                at.append(builder.add(strip, builder.mul(row, I64(STRIP))))
            factor = spread(builder, builder.load(builder.gep(factor_list, [pair])))
            factor = builder.bitcast(factor, _BYTES)
            for block in range(blocks):
                rows = [_row(builder, builder.add(address, I64(32 * block))) for address in at]
                for half, product in enumerate(_products(builder, factor, *rows)):
                    place = sums[2 * block + half]
                    builder.store(builder.add(builder.load(place), product), place)
        wide = ir.VectorType(I32, 16)
        for block in range(blocks):
            woven = [builder.load(place) for place in sums[2 * block : 2 * block + 2]]
            for half, ordered in enumerate(_in_order(builder, *woven)):
                target = builder.add(acc, I64(4 * (32 * block + 16 * half)))
                place = builder.inttoptr(target, wide.as_pointer())
                total = builder.add(builder.load(place, align=4), builder.sext(ordered, wide))
                builder.store(total, place, align=4)
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 6), code


def _row(builder: Any, address: Any) -> Any:
    return builder.load(builder.inttoptr(address, _BYTES.as_pointer()), align=1)


def _products(builder: Any, factor: Any, first: Any, second: Any) -> Iterator[Any]:
    """The sums of 32 columns of two rows, in two woven halves; factor: the pair of spikes, 16 times."""
    for lanes in _WEAVE:
        yield _neighbours(builder, factor, builder.shuffle_vector(first, second, _lanes(lanes)))


def _neighbours(builder: Any, factor: Any, woven: Any) -> Any:
    """factor[2i]·woven[2i] + factor[2i + 1]·woven[2i + 1], factor taken as unsigned."""
    if binding.get_host_cpu_features().get("avx2"):
        kind = ir.FunctionType(_SUMS, [_BYTES, _BYTES])
        multiply = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx2.pmadd.ub.sw")
        return builder.call(multiply, [factor, woven])
    parts = []
    for odd in range(2):
        lanes = _lanes(list(range(odd, 32, 2)))
        spikes, weights = (builder.shuffle_vector(v, v, lanes) for v in (factor, woven))
        parts.append(builder.mul(builder.zext(spikes, _SUMS), builder.sext(weights, _SUMS)))
    return builder.add(*parts)


def _in_order(builder: Any, first: Any, second: Any) -> Iterator[Any]:
    """Two woven halves of sums as columns 0–15 and 16–31."""
    for lanes in _UNWEAVE:
        yield builder.shuffle_vector(first, second, _lanes(lanes))


def _lanes(numbers: list[int]) -> Any:
    return ir.Constant(ir.VectorType(I32, len(numbers)), numbers)
