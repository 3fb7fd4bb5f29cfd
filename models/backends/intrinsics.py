"""The few machine operations that Numba has no words for: addresses, prefetch, bit casts, wide row addition.

All are plain LLVM vector code without a processor's name in it, so the same source serves every CPU that LLVM
knows. None of them may change a result: sums are integers, and the float ones are single correctly rounded
operations.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as untyped_intrinsic

from models.backends.table import COLUMNS_PER_TURN, ROWS_PER_PASS

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
        byte = I8.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, I32, I32, I32])
        name = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(name, [builder.inttoptr(args[0], byte), I32(0), I32(2), I32(1)])
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


def spread(builder: Any, value: Any) -> Any:
    """A vector with the same value in every lane."""
    empty = ir.Constant(HALF, ir.Undefined)
    first = builder.insert_element(empty, value, I32(0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(I32, 16), [0] * 16))


@intrinsic
def add_rows(
    typingctx: Any, acc: Any, weight: Any, stride: Any, places: Any, sizes: Any, start: Any, stop: Any
) -> Any:
    """acc[j − start] += Σ_r sizes[r] · weight[places[r]][j] for j in start…stop−1, r in 0…7.

    All arguments are int64: the addresses of int16 sums and of the int8 weights, bytes from row to row, the
    addresses of eight int32 row numbers and of eight int16 sizes, and columns, a multiple of 32. The sums
    must fit int16: the caller widens them in time.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        acc, weight, stride, places, sizes, start, stop = args
        place_list = builder.inttoptr(places, I32.as_pointer())
        size_list = builder.inttoptr(sizes, I16.as_pointer())
        bases, factors = [], []
        for r in range(ROWS_PER_PASS):
            row = builder.zext(builder.load(builder.gep(place_list, [I64(r)])), I64)
            bases.append(builder.add(weight, builder.mul(row, stride)))
            factors.append(spread(builder, builder.load(builder.gep(size_list, [I64(r)]))))
        with cgutils.for_range_slice(builder, start, stop, I64(COLUMNS_PER_TURN), intp=I64) as (column, _):
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
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 7), code
