"""The few machine operations that Numba has no words for: addresses, prefetch, bit casts, wide row addition.

All are plain LLVM vector code without a processor's name in it, so the same source serves every CPU that LLVM
knows. None of them may change a result: sums are integers, and the float ones are single correctly rounded
operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as untyped_intrinsic

from models.backends.table import AHEAD, COLUMNS_PER_TURN, ROWS_PER_PASS

intrinsic: Any = untyped_intrinsic
I8, I16, I32, I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))
HALF = ir.VectorType(I16, 16)


@intrinsic
def at_address(typingctx: Any, address: Any) -> Any:
    """The void pointer with this address, for `numba.carray`."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], I8.as_pointer())

    return types.voidptr(types.int64), code


@intrinsic
def float_of_bits(typingctx: Any, bits: Any) -> Any:
    """The float32 that has these 32 bits."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), code


def _unary(name: str) -> Any:
    @intrinsic
    def operation(typingctx: Any, x: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = ir.FunctionType(ir.FloatType(), [ir.FloatType()])
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

        return types.float32(types.float32), code

    return operation


floor32 = _unary("llvm.floor.f32")
rint32 = _unary("llvm.rint.f32")
abs32 = _unary("llvm.fabs.f32")
sqrt32 = _unary("llvm.sqrt.f32")


@intrinsic
def fired(typingctx: Any, address: Any) -> Any:
    """Which of the 32 int32 numbers at an address are not zero, as bits, the lowest for the first."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        numbers = ir.VectorType(I32, 32)
        values = builder.load(builder.inttoptr(args[0], numbers.as_pointer()), align=4)
        flags = builder.icmp_signed("!=", values, ir.Constant(numbers, [0] * 32))
        return builder.zext(builder.bitcast(flags, I32), I64)

    return types.int64(types.int64), code


@intrinsic
def lowest_bit(typingctx: Any, bits: Any) -> Any:
    """The place of the lowest bit that is set; there must be one."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(I64, [I64, ir.IntType(1)])
        count = cgutils.get_or_insert_function(builder.module, kind, "llvm.cttz.i64")
        return builder.call(count, [args[0], ir.IntType(1)(1)])

    return types.int64(types.int64), code


@intrinsic
def fetch(typingctx: Any, address: Any) -> Any:
    """Ask for the 64 bytes around an address to come into the second-level cache; changes nothing."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        ask(builder, args[0], 2)
        return context.get_dummy_value()

    return types.void(types.int64), code


@intrinsic
def copy64(typingctx: Any, to: Any, source: Any) -> Any:
    """Copy 64 bytes from one address to another."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        line = ir.VectorType(I8, 64).as_pointer()
        to, source = (builder.inttoptr(address, line) for address in args)
        builder.store(builder.load(source, align=1), to, align=1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code


def ask(builder: Any, address: Any, level: int) -> None:
    """Prefetch the line around an address.   level: 3 for the nearest cache, 2 for the second."""
    byte = I8.as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [byte, I32, I32, I32])
    name = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(name, [builder.inttoptr(address, byte), I32(0), I32(level), I32(1)])


def spread(builder: Any, value: Any) -> Any:
    """A vector with the same value in every lane."""
    empty = ir.Constant(HALF, ir.Undefined)
    first = builder.insert_element(empty, value, I32(0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(I32, 16), [0] * 16))


def row_addresses(builder: Any, weight: Any, stride: Any, places: Any) -> list[Any]:
    """Where the ROWS_PER_PASS weight rows begin whose int32 numbers stand at the address `places`."""
    numbers = builder.inttoptr(places, I32.as_pointer())
    rows = [builder.zext(builder.load(builder.gep(numbers, [I64(r)])), I64) for r in range(ROWS_PER_PASS)]
    return [builder.add(weight, builder.mul(row, stride)) for row in rows]


def along_rows(
    builder: Any, start: Any, stop: Any, rows: list[Any], following: list[Any], turn: Callable[[Any], None]
) -> None:
    """Emit `turn(column)` for every COLUMNS_PER_TURN columns of start…stop−1, and ask for weights in time.

    The line AHEAD bytes further on is asked for in every row, and near the end of the rows the heads of
    the following ones: so as many lines are under way as the nearest cache can wait for, and no more.
    """
    line = 2 * COLUMNS_PER_TURN
    whole = builder.add(start, builder.and_(builder.sub(stop, start), I64(-line)))
    tail = builder.sub(whole, I64(AHEAD))
    tail = builder.select(builder.icmp_signed(">", tail, start), tail, start)
    offset = builder.sub(start, tail)
    near, far = (start, tail, rows, I64(AHEAD)), (tail, whole, following, offset)
    for first, last, wanted, distance in (near, far):
        with cgutils.for_range_slice(builder, first, last, I64(line), intp=I64) as (column, _):
            at = builder.add(column, distance)
            for row in wanted:
                ask(builder, builder.add(row, at), 3)
            turn(column)
            turn(builder.add(column, I64(COLUMNS_PER_TURN)))
    with cgutils.for_range_slice(builder, whole, stop, I64(COLUMNS_PER_TURN), intp=I64) as (column, _):
        turn(column)


@intrinsic
def add_rows(
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
    """acc[j − start] += Σ_r sizes[r] · weight[places[r]][j] for j in start…stop−1, r in 0…7.

    All arguments are int64: the addresses of int16 sums and of the int8 weights, bytes from row to row, the
    addresses of eight int32 row numbers and of eight int16 sizes, columns, a multiple of 32, and the address
    of the row numbers that come next. The sums must fit int16: the caller widens them in time.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        acc, weight, stride, places, sizes, start, stop, following = args
        size_list = builder.inttoptr(sizes, I16.as_pointer())
        bases, after = (row_addresses(builder, weight, stride, at) for at in (places, following))
        factors = [
            spread(builder, builder.load(builder.gep(size_list, [I64(r)]))) for r in range(ROWS_PER_PASS)
        ]

        def turn(column: Any) -> None:
            target = builder.add(acc, builder.shl(builder.sub(column, start), I64(1)))
            for half in range(2):
                place = builder.inttoptr(builder.add(target, I64(32 * half)), HALF.as_pointer())
                total = builder.load(place, align=2)
                for base, factor in zip(bases, factors, strict=True):
                    source = builder.add(builder.add(base, column), I64(16 * half))
                    pointer = builder.inttoptr(source, ir.VectorType(I8, 16).as_pointer())
                    wide = builder.sext(builder.load(pointer, align=1), HALF)
                    total = builder.add(total, builder.mul(wide, factor))
                builder.store(total, place, align=2)

        along_rows(builder, start, stop, bases, after, turn)
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 8), code
