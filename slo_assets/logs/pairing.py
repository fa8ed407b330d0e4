"""Starts and ends of operations, brought together: an end takes the latest open start of its key."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from slo_assets.logs.rules import START
from slo_assets.logs.timestamps import Ints


def pair(keys: Ints, kinds: npt.NDArray[np.int8]) -> Ints:
    """For each row the row of its start.

    Args:
        keys: number of each row's key, shape (rows,); rows stand in the order of their lines.
        kinds: :data:`START` for a start, anything else is an end, shape (rows,).

    Returns:
        For an end the place of the latest start of its key that no end before took, for a start that some end
        takes its own place; -1 for others, shape (rows,).

    Within a key, starts open a level and ends close one. An end on the ground closes nothing. On each level
    starts and ends take turns, so an end's start is the row before it on its level.
    """
    order = np.argsort(keys, kind="stable")
    starts = kinds[order] == START
    steps = np.where(starts, 1, -1)
    first = np.ones(len(order), bool)
    np.not_equal(keys[order][1:], keys[order][:-1], out=first[1:])
    # Each key begins so far below the one before that the lowest level so far is its own ground.
    depth = np.cumsum(steps) - (np.cumsum(first) - 1) * (2 * len(order) + 1)
    ground = (depth - steps)[first][np.cumsum(first) - 1]
    lowest = np.minimum.accumulate(np.minimum(depth, ground))
    level = depth - lowest + ~starts
    grounded = ~starts & (depth == lowest) & (np.concatenate(([True], lowest[1:] < lowest[:-1])) | first)
    by_level = np.lexsort((np.arange(len(order)), level, keys[order]))
    by_level = by_level[~grounded[by_level]]
    ends = np.flatnonzero(~starts[by_level])
    found = np.full(len(order), -1, np.int64)
    begin, end = order[by_level[ends - 1]], order[by_level[ends]]
    found[end] = begin
    found[begin] = begin
    return found
