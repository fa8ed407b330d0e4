"""Starts and ends of operations, brought together: an end takes the latest open start of its key."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from slo_assets.logs.machine import match
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
    """
    found: Ints = match(keys, kinds == START, int(keys.max()) + 1 if len(keys) else 0)
    return found
