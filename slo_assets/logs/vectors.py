"""Sixty-four bytes at once: what the compiled loops ask the processor for directly.

LLVM makes of these what the processor has: AVX-512, AVX2, SSE or NEON. Positions are places in an array of
bytes of shape (bytes,); a mask's lowest bit stands for the first byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

BLOCK = 64
BYTE, INDEX, WORD, LANE = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.VectorType(ir.IntType(8), BLOCK)


def _loaded(context: Any, builder: Any, kind: Any, array: Any, at: Any, what: ir.Type) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    place = builder.bitcast(builder.gep(data, [at]), what.as_pointer())
    return builder.load(place, align=1)


@intrinsic
def equal_within(typing: Any, data: Any, at: Any, byte: Any) -> Any:
    """Which of the 64 bytes from a position on are the given one; all of them have to exist."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        bytes_ = _loaded(context, builder, signature.args[0], given[0], given[1], LANE)
        one = builder.insert_element(ir.Constant(LANE, ir.Undefined), given[2], INDEX(0))
        same = builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(INDEX, BLOCK), None))
        return builder.bitcast(builder.icmp_unsigned("==", bytes_, same), WORD)

    return types.uint64(data, types.int64, types.uint8), code


@intrinsic
def word(typing: Any, data: Any, at: Any) -> Any:
    """The eight bytes from a position on; all of them have to exist."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return _loaded(context, builder, signature.args[0], given[0], given[1], WORD)

    return types.uint64(data, types.int64), code


@intrinsic
def copy(typing: Any, data: Any, at: Any, into: Any, to: Any) -> Any:
    """Copy the 64 bytes from a position on to a position of another array; all of them have to exist."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        bytes_ = _loaded(context, builder, signature.args[0], given[0], given[1], LANE)
        room = context.make_array(signature.args[2])(context, builder, given[2]).data
        place = builder.bitcast(builder.gep(room, [given[3]]), LANE.as_pointer())
        builder.store(bytes_, place, align=1)
        return context.get_dummy_value()

    return types.void(data, types.int64, into, types.int64), code


@intrinsic
def first(typing: Any, mask: Any) -> Any:
    """The place of the lowest bit that is set; some bit has to be."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], ir.IntType(1)(1))

    return types.int64(types.uint64), code


@intrinsic
def fetch(typing: Any, data: Any, at: Any) -> Any:
    """Ask for the bytes at a position, which are needed soon."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, given[0]).data
        kind = ir.FunctionType(ir.VoidType(), [data.type, INDEX, INDEX, INDEX])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [data.type], kind)
        builder.call(prefetch, [builder.gep(data, [given[1]]), INDEX(0), INDEX(3), INDEX(1)])
        return context.get_dummy_value()

    return types.void(data, types.int64), code


@njit(cache=True, nogil=True, error_model="numpy")
def equal(data, at, byte):
    """Which of the 64 bytes from a position on are the given one; bytes beyond the end are none."""
    if at + BLOCK <= len(data):
        return equal_within(data, at, byte)
    mask = np.uint64(0)
    for place in range(at, len(data)):
        if data[place] == byte:
            mask |= np.uint64(1) << np.uint64(place - at)
    return mask
