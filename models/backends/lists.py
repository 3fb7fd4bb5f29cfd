"""Lists of spikes for many streams, in pairs: where two rows of weights lie, and how large both spikes are.

An *event* is 32 bits: below, at which byte of a strip its row of weights begins; above, the spike's size. A
pair of events, once woven, is 64 bits: two such places, and twice two sizes, ready to be multiplied with
(`pairs.add_strip`).
"""
# mypy: ignore-errors
# The types of these functions are Numba's.

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba import int32, int64, types
from numba.core import cgutils

from models.backends.intrinsics import I8, I32, I64, intrinsic
from models.backends.table import (
    ADDS,
    CONTINUES,
    DENSE_TILE,
    FLAGS,
    INT16_SPIKES,
    STRIP,
    STRIP_ROWS,
    WIDENS,
)  # fmt: skip
from models.backends.warm import jit

LANES = 8
AT_ONCE = LANES if binding.get_host_cpu_features().get("avx2") else STRIP_ROWS + 1
"""Neurons that `pick` looks at together; where a processor cannot, more than there ever are."""
_EIGHT = ir.VectorType(I32, LANES)
_WOVEN = [8 * pair + byte for pair in range(4) for byte in (0, 1, 4, 5, 2, 6, 2, 6)]


def _order() -> list[int]:
    """For each set of eight lanes, as bits, its lanes in order and then the others."""
    return [
        lane
        for mask in range(1 << LANES)
        for lane in sorted(range(LANES), key=lambda lane: not mask >> lane & 1)
    ]


@intrinsic
def pick(typingctx: Any, spikes: Any, n: Any, events: Any) -> Any:
    """Write the events of n neurons, a multiple of AT_ONCE, one behind the other.

    Gives how many there are and, 32 bits higher, the sum of their sizes.   spikes, events: addresses; the
    first row lies at the strip's beginning. Up to LANES events behind the last are overwritten.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        spikes, n, events = args
        count = cgutils.alloca_once_value(builder, I64(0))
        if AT_ONCE != LANES:
            return builder.load(count)
        table = cgutils.global_constant(
            builder.module, "spiketalk_lanes", ir.Constant(ir.ArrayType(I8, 8 << LANES), bytearray(_order()))
        )
        begins = cgutils.alloca_once_value(builder, ir.Constant(_EIGHT, [i * STRIP for i in range(LANES)]))
        none = ir.Constant(_EIGHT, [0] * LANES)
        total = cgutils.alloca_once_value(builder, none)
        kind = ir.FunctionType(_EIGHT, [_EIGHT, _EIGHT])
        permute = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx2.permd")
        bits = cgutils.get_or_insert_function(builder.module, ir.FunctionType(I32, [I32]), "llvm.ctpop.i32")
        with cgutils.for_range_slice(builder, I64(0), n, I64(LANES), intp=I64) as (index, _):
            at = builder.inttoptr(builder.add(spikes, builder.shl(index, I64(2))), _EIGHT.as_pointer())
            sizes = builder.load(at, align=4)
            builder.store(builder.add(builder.load(total), sizes), total)
            fired = builder.bitcast(builder.icmp_signed("!=", sizes, none), I8)
            fired = builder.zext(fired, I32)
            row = builder.gep(table, [I32(0), builder.shl(fired, I32(3))])
            lanes = builder.load(builder.bitcast(row, ir.VectorType(I8, LANES).as_pointer()), align=8)
            begin = builder.load(begins)
            event = builder.or_(begin, builder.shl(sizes, ir.Constant(_EIGHT, [16] * LANES)))
            event = builder.call(permute, [event, builder.zext(lanes, _EIGHT)])
            done = builder.load(count)
            to = builder.inttoptr(builder.add(events, builder.shl(done, I64(2))), _EIGHT.as_pointer())
            builder.store(event, to, align=4)
            builder.store(builder.add(done, builder.zext(builder.call(bits, [fired]), I64)), count)
            builder.store(builder.add(begin, ir.Constant(_EIGHT, [LANES * STRIP] * LANES)), begins)
        sums, size = builder.load(total), I32(0)
        for lane in range(LANES):
            size = builder.add(size, builder.extract_element(sums, I32(lane)))
        return builder.or_(builder.load(count), builder.shl(builder.zext(size, I64), I64(32)))

    return types.int64(types.int64, types.int64, types.int64), code


@intrinsic
def weave(typingctx: Any, events: Any, pairs: Any) -> Any:
    """Make pairs of events what `pairs.add_strip` takes, four at a time.   events: their address."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        events, pairs = args
        bytes_ = ir.VectorType(I8, 32)
        lanes = ir.Constant(ir.VectorType(I32, 32), _WOVEN)
        with cgutils.for_range_slice(builder, I64(0), pairs, I64(4), intp=I64) as (pair, _):
            at = builder.inttoptr(builder.add(events, builder.shl(pair, I64(3))), bytes_.as_pointer())
            four = builder.load(at, align=4)
            builder.store(builder.shuffle_vector(four, four, lanes), at, align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code


@jit
def list_pairs(n_in, spikes, events, ends):
    """List one stream's spikes in woven pairs, tile by tile of the rows.

    ends: for each tile, where its pairs end, and below that as flags what is done with its sums: they stay
    int16 until so many spikes have come together that these could overflow. An odd list ends with a spike of
    size nought. events: room for as many as there are inputs, two for each tile and LANES more.
    """
    spikes_at, events_at = int64(spikes.ctypes.data), int64(events.ctypes.data)
    tiles = -(-n_in // STRIP_ROWS)
    start, held, flags = 0, 0, 0
    for tile in range(tiles):
        top = tile * STRIP_ROWS
        bottom = min(n_in, top + STRIP_ROWS)
        whole = top + (bottom - top) // AT_ONCE * AT_ONCE
        picked = pick(spikes_at + 4 * top, whole - top, events_at + 4 * start)
        count, size = start + (picked & 0xFFFFFFFF), picked >> 32
        for i in range(whole, bottom):
            events[count] = int32((i - top) * STRIP | spikes[i] << 16)
            count += spikes[i] != 0
            size += spikes[i]
        events[count] = 0
        if held + size > INT16_SPIKES and flags & CONTINUES:
            ends[tile - 1] |= WIDENS
            held, flags = 0, ADDS
        start = (count + 1) // 2 * 2
        ends[tile] = start // 2 << FLAGS | flags
        held, flags = held + size, flags | CONTINUES
        if held > INT16_SPIKES:
            ends[tile] |= DENSE_TILE | WIDENS
            held, flags = 0, ADDS
    ends[tiles - 1] |= WIDENS
    weave(events_at, start // 2)
