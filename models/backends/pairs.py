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
from models.backends.table import ADDS, CONTINUES, FINISHES, ROWS_PER_PASS, STRIP, WIDENS

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
def add_strip(
    typingctx: Any,
    narrow: Any,
    wide: Any,
    strip: Any,
    first: Any,
    last: Any,
    flags: Any,
    scale: Any,
    bias: Any,
    out: Any,
) -> Any:
    """The sums of STRIP columns over woven pairs of spikes (`lists`), so few that int16 holds them.

    All arguments are int64: the addresses of STRIP int16 sums, kept woven, and of STRIP int32 sums; of rows
    of STRIP int8 weights one behind the other, aligned; of the first pair and behind the last; what to do;
    and the addresses of STRIP float32.   flags: CONTINUES from the narrow sums instead of from 0; WIDENS them
    at the end, ADDS the wide sums to that; and FINISHES with out[j] = float32(sum)·scale[j] + bias[j].
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        narrow, wide, strip, first, last, flags, *parameters = args
        blocks = STRIP // 32
        sums = [cgutils.alloca_once_value(builder, ir.Constant(_SUMS, [0] * 16)) for _ in range(2 * blocks)]
        with builder.if_then(_set(builder, flags, CONTINUES)):
            for index, place in enumerate(sums):
                builder.store(builder.load(_vector(builder, narrow, index, _SUMS), align=32), place)
        rows = builder.inttoptr(strip, I8.as_pointer())
        four = ir.VectorType(I32, 8)
        with cgutils.for_range_slice(builder, first, last, I64(8), intp=I64) as (pair, _):
            places = builder.inttoptr(pair, I16.as_pointer())
            starts = [builder.zext(builder.load(builder.gep(places, [I64(i)])), I64) for i in range(2)]
            at = [builder.gep(rows, [start]) for start in starts]
            sizes = builder.load(builder.inttoptr(builder.add(pair, I64(4)), I32.as_pointer()), align=4)
            empty = ir.Constant(four, ir.Undefined)
            factor = builder.insert_element(empty, sizes, I32(0))
            factor = builder.shuffle_vector(factor, empty, ir.Constant(four, [0] * 8))
            factor = builder.bitcast(factor, _BYTES)
            for block in range(blocks):
                pointers = [builder.gep(row, [I64(32 * block)]) for row in at]
                two = [builder.load(builder.bitcast(p, _BYTES.as_pointer()), align=32) for p in pointers]
                for half, product in enumerate(_products(builder, factor, *two)):
                    place = sums[2 * block + half]
                    builder.store(builder.add(builder.load(place), product), place)
        values = [builder.load(place) for place in sums]
        with builder.if_else(_set(builder, flags, WIDENS)) as (widens, stays):
            with widens:
                _widen(builder, values, wide, flags, *parameters)
            with stays:
                for index, value in enumerate(values):
                    builder.store(value, _vector(builder, narrow, index, _SUMS), align=32)
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 9), code


def _widen(builder: Any, sums: list[Any], wide: Any, flags: Any, scale: Any, bias: Any, out: Any) -> None:
    """What `add_strip` does with woven int16 sums at the end of a list."""
    whole, real = ir.VectorType(I32, 16), ir.VectorType(ir.FloatType(), 16)
    places = []
    for block in range(0, len(sums), 2):
        for ordered in _in_order(builder, *sums[block : block + 2]):
            places.append(cgutils.alloca_once(builder, whole))
            builder.store(builder.sext(ordered, whole), places[-1])
    with builder.if_then(_set(builder, flags, ADDS)):
        for index, place in enumerate(places):
            before = builder.load(_vector(builder, wide, index, whole), align=32)
            builder.store(builder.add(builder.load(place), before), place)
    with builder.if_else(_set(builder, flags, FINISHES)) as (finishes, goes_on):
        with finishes:
            for index, place in enumerate(places):
                value = builder.sitofp(builder.load(place), real)
                value = builder.fmul(value, builder.load(_vector(builder, scale, index, real), align=4))
                value = builder.fadd(value, builder.load(_vector(builder, bias, index, real), align=4))
                builder.store(value, _vector(builder, out, index, real), align=4)
        with goes_on:
            for index, place in enumerate(places):
                builder.store(builder.load(place), _vector(builder, wide, index, whole), align=32)


def _set(builder: Any, flags: Any, flag: int) -> Any:
    return builder.icmp_signed("!=", builder.and_(flags, I64(flag)), I64(0))


def _vector(builder: Any, address: Any, index: int, kind: Any) -> Any:
    """Where the vector with this index lies, from an address on."""
    size = kind.count * (2 if kind.element == I16 else 4)
    return builder.inttoptr(builder.add(address, I64(size * index)), kind.as_pointer())


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
