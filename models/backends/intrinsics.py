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
from numba.extending import intrinsic

I8, I16, I32, I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))
HALF = ir.VectorType(I16, 16)
ROWS_PER_PASS = 8
COLUMNS_PER_TURN = 32


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


def _spread(builder: Any, value: Any) -> Any:
    """A vector with the same value in every lane."""
    empty = ir.Constant(HALF, ir.Undefined)
    first = builder.insert_element(empty, value, I32(0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(I32, 16), [0] * 16))


@intrinsic
def add_rows(typingctx: Any, acc: Any, rows: Any, sizes: Any, start: Any, stop: Any) -> Any:
    """acc[j] += Σ_r sizes[r] · row_r[j] for j in start…stop−1, over the eight rows whose addresses lie at
    `rows`.

    All arguments are int64: addresses of int16 sums, of eight addresses of int8 rows, of eight int16 sizes;
    then the columns, their number a multiple of 32. The sums must fit int16: the caller widens them in time.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        acc, rows, sizes, start, stop = args
        row_list = builder.inttoptr(rows, I64.as_pointer())
        size_list = builder.inttoptr(sizes, I16.as_pointer())
        bases = [builder.load(builder.gep(row_list, [I64(r)])) for r in range(ROWS_PER_PASS)]
        factors = [
            _spread(builder, builder.load(builder.gep(size_list, [I64(r)]))) for r in range(ROWS_PER_PASS)
        ]
        with cgutils.for_range_slice(builder, start, stop, I64(COLUMNS_PER_TURN), intp=I64) as (column, _):
            target = builder.add(acc, builder.shl(column, I64(1)))
            for half in range(2):
                place = builder.inttoptr(builder.add(target, I64(32 * half)), HALF.as_pointer())
                total = builder.load(place, align=2)
                for base, factor in zip(bases, factors, strict=True):
                    source = builder.add(builder.add(base, column), I64(16 * half))
                    bytes16 = builder.load(
                        builder.inttoptr(source, ir.VectorType(I8, 16).as_pointer()), align=1
                    )
                    total = builder.add(total, builder.mul(builder.sext(bytes16, HALF), factor))
                builder.store(total, place, align=2)
        return context.get_dummy_value()

    five = (types.int64,) * 5
    return types.void(*five), code
