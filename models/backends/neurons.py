"""Neurons in one pass: potential, division, spike and reset of eight neurons at a time stay in registers.

Written as vector code because the compiler cannot prove that the many arrays of such a loop do not overlap.
Each operation is rounded once and comes in the order of `models.program.ops`, so that the bits are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from models.backends.intrinsics import I32, I64, intrinsic
from models.program import ops

REAL = ir.FloatType()
LANES = 8
NORMED, SIGNED, HARD = 1, 2, 4
"""What neurons may be, added up: behind a norm, with signed spikes, reset to zero."""


def _along(builder: Any, n: Any, emit: Callable[[Any, int], None]) -> None:
    """Emit `emit(first index, lanes)` for 0…n−1: whole vectors, then what is left, one at a time."""
    whole = builder.and_(n, I64(-LANES))
    for first, last, lanes in ((I64(0), whole, LANES), (whole, n, 1)):
        with cgutils.for_range_slice(builder, first, last, I64(lanes), intp=I64) as (index, _):
            emit(index, lanes)


def _place(builder: Any, address: Any, index: Any, kind: Any) -> Any:
    return builder.inttoptr(builder.add(address, builder.shl(index, I64(2))), kind.as_pointer())


def _same(kind: Any, value: float) -> Any:
    return ir.Constant(kind, [value] * kind.count)


def _all(builder: Any, kind: Any, value: Any) -> Any:
    empty = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(empty, value, I32(0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(I32, kind.count), [0] * kind.count))


def _call(builder: Any, name: str, x: Any) -> Any:
    kind = ir.FunctionType(x.type, [x.type])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{x.type.count}f32")
    return builder.call(function, [x])


@intrinsic
def squares(typingctx: Any, x: Any, n: Any) -> Any:
    """Σ rint(clip(x, ±32768)·1024)², the exact int64 of `ops.norm`.   x: address of n float32."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x, n = args
        sums = {LANES: ir.VectorType(I64, LANES // 2), 1: ir.VectorType(I64, 1)}
        totals = {
            lanes: [cgutils.alloca_once_value(builder, _same(wide, 0)) for _ in range(min(2, lanes))]
            for lanes, wide in sums.items()
        }

        def emit(index: Any, lanes: int) -> None:
            kind, wide = ir.VectorType(REAL, lanes), sums[lanes]
            value = builder.load(_place(builder, x, index, kind), align=4)
            low, high = (_same(kind, float(limit)) for limit in (-ops.NORM_CLIP, ops.NORM_CLIP))
            value = builder.select(builder.fcmp_ordered(">", value, low), value, low)
            value = builder.select(builder.fcmp_ordered("<", value, high), value, high)
            value = _call(builder, "rint", builder.fmul(value, _same(kind, float(ops.NORM_UNITS))))
            whole = builder.fptosi(value, ir.VectorType(I32, lanes))
            if lanes == 1:
                parts = [builder.sext(whole, wide)]
            else:
                # Two neighbours to 64 bits: the processor multiplies the lower halves of such.
                two, half = builder.bitcast(whole, wide), _same(wide, 32)
                parts = [builder.ashr(builder.shl(two, half), half), builder.ashr(two, half)]
            for part, place in zip(parts, totals[lanes], strict=True):
                builder.store(builder.add(builder.load(place), builder.mul(part, part)), place)

        _along(builder, n, emit)
        total = I64(0)
        for place in (place for places in totals.values() for place in places):
            part = builder.load(place)
            for lane in range(part.type.count):
                total = builder.add(total, builder.extract_element(part, I32(lane)))
        return total

    return types.int64(types.int64, types.int64), code


@intrinsic
def fire(
    typingctx: Any,
    form: Any,
    n: Any,
    x: Any,
    v: Any,
    spikes: Any,
    leak: Any,
    threshold: Any,
    gain: Any,
    offset: Any,
    inverse: Any,
    levels: Any,
) -> Any:
    """`ops.lif` of n neurons; behind a norm, x·inverse·gain + offset is their current.

    form: the sum of NORMED, SIGNED, HARD that apply; it, n and the addresses of float32 x, v (before and
    after), leak, threshold, gain, offset and of int32 spikes are int64; inverse, levels: float32.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        form, n, *arrays, inverse, levels = args
        end = builder.append_basic_block()
        choice = builder.switch(form, end)
        for case in range(8):
            block = builder.append_basic_block()
            choice.add_case(I64(case), block)
            builder.position_at_end(block)
            _along(builder, n, _firing(builder, case, arrays, inverse, levels))
            builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    numbers = (types.int64,) * 9
    return types.void(*numbers, types.float32, types.float32), code


def _firing(
    builder: Any, form: int, arrays: list[Any], inverse: Any, levels: Any
) -> Callable[[Any, int], None]:
    """What `_along` emits for one form of neurons."""
    x, v, spikes, leak, threshold, gain, offset = arrays

    def emit(index: Any, lanes: int) -> None:
        kind, whole = ir.VectorType(REAL, lanes), ir.VectorType(I32, lanes)

        def read(address: Any) -> Any:
            return builder.load(_place(builder, address, index, kind), align=4)

        current = read(x)
        if form & NORMED:
            current = builder.fmul(builder.fmul(current, _all(builder, kind, inverse)), read(gain))
            current = builder.fadd(current, read(offset))
        potential = builder.fadd(builder.fmul(read(leak), read(v)), current)
        limit, size = read(threshold), _all(builder, kind, levels)
        quotient = builder.fdiv(potential, limit)
        none = _same(kind, 0.0)
        many = _call(builder, "floor", _call(builder, "fabs", quotient) if form & SIGNED else quotient)
        many = builder.select(builder.fcmp_ordered(">", many, none), many, none)
        many = builder.select(builder.fcmp_ordered("<", many, size), many, size)
        if form & SIGNED:
            many = builder.select(builder.fcmp_ordered("<", quotient, none), builder.fneg(many), many)
        spike = builder.fptosi(many, whole)
        if form & HARD:
            silent = builder.icmp_signed("==", spike, _same(whole, 0))
            after = builder.select(silent, potential, none)
        else:
            after = builder.fsub(potential, builder.fmul(builder.sitofp(spike, kind), limit))
        builder.store(after, _place(builder, v, index, kind), align=4)
        builder.store(spike, _place(builder, spikes, index, whole), align=4)

    return emit
