"""Memory that each thread uses again and again: new memory for each share would cost as much as reading it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

STEP = 1 << 23
_own = threading.local()


class Room:
    """Room for values of one kind; what is never used of it costs nothing.

    Args:
        kind: of the values, as NumPy names it.
    """

    def __init__(self, kind: str) -> None:
        """Begin with none."""
        self._values: npt.NDArray[Any] = np.empty(0, kind)

    def of(self, count: int, kept: int = 0) -> npt.NDArray[Any]:
        """Room for so many values, shape (count,); so many of the first are still those that stood there."""
        if len(self._values) < count:
            # In large steps, so that the system gives large pages.
            values = np.empty(-(-count // STEP) * STEP, self._values.dtype)
            values[:kept] = self._values[:kept]
            self._values = values
        return self._values[:count]


def scratch(purpose: str, kind: str) -> Room:
    """The room of this thread for a purpose: whoever asks next for it writes over what stands there."""
    found: Room | None = getattr(_own, purpose, None)
    if found is None:
        found = Room(kind)
        setattr(_own, purpose, found)
    return found


def release() -> None:
    """Give the memory of all threads back as soon as nobody reads with it."""
    global _own  # noqa: PLW0603
    _own = threading.local()
    pa.default_memory_pool().release_unused()
