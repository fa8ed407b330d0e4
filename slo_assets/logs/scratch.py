"""Memory that each thread uses again and again: new memory for each share would cost as much as reading it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

STEP = 1 << 23
_own = threading.local()


def scratch(purpose: str, count: int, kind: str, kept: int = 0) -> npt.NDArray[Any]:
    """Room for so many values, which the next call of the same thread for this purpose gives out again.

    What is never used of it costs nothing.

    Args:
        purpose: its name.
        count: how many values.
        kind: of them, as NumPy names it.
        kept: so many of the last room's values are needed further on.
    """
    found: npt.NDArray[Any] = getattr(_own, purpose, np.empty(0, kind))
    if len(found) < count:
        # In large steps, so that the system gives large pages.
        room = np.empty(-(-count // STEP) * STEP, kind)
        room[:kept] = found[:kept]
        setattr(_own, purpose, room)
        found = room
    return found[:count]


def release() -> None:
    """Give the memory of all threads back, for as long as nothing is read."""
    global _own  # noqa: PLW0603
    _own = threading.local()
    pa.default_memory_pool().release_unused()
