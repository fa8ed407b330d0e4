"""From the instants that lines tell to the instant of each line, and to the stretches in which lines were written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from slo_assets.logs.machine import FIRST_INSTANT, NEVER, NONE, follow
from slo_assets.logs.timestamps import Ints


@dataclass(frozen=True)
class Timeline:
    """When the lines of a block were written.

    Attributes:
        instants: of each line, shape (lines,): its own, else the line's before it; ``NONE`` before the first.
        stamps: the number of the line that told it, shape (lines,); -1 before the first.
        stretches: shape (stretches, 5): lines of one period, in their order, without a silence over the gap
            and without going back behind the stretch's start; the period's number, the first and the last
            instant, how many lines, and how many of these told no time.
        lead: how many lines stand before the first that tells its time.
        future: how many lines are later than the clock; they are in no stretch.
    """

    instants: Ints
    stamps: npt.NDArray[np.int32]
    stretches: Ints
    lead: int
    future: int

    @property
    def last(self) -> int:
        """The instant that a line after these takes; ``NONE`` where none told a time."""
        return int(self.instants[-1]) if len(self.instants) else NONE


def timeline(own: Ints, gap: int, until: int = NEVER) -> Timeline:
    """Give each line its instant, and find the stretches.

    Args:
        own: the instant that each line tells, ``NONE`` where it tells none, shape (lines,).
        gap: the longest silence within a stretch, in microseconds.
        until: later lines are set aside.
    """
    instants, stamps = np.empty(len(own), np.int64), np.empty(len(own), np.int32)
    stretches = np.empty((64, 5), np.int64)
    while True:
        count, lead, future = follow(own, gap, until, month_starts(), instants, stamps, stretches)
        if count <= len(stretches):
            return Timeline(instants, stamps, stretches[:count], lead, future)
        stretches = np.empty((count, 5), np.int64)


@cache
def month_starts() -> Ints:
    """The first instants of all months from year 1 to 9999, the number of a month being its place."""
    months = np.arange("0001-01", "10000-01", dtype="datetime64[M]").astype("datetime64[us]").astype(np.int64)
    months[0] = FIRST_INSTANT - 1
    return months


def month_key(number: int) -> str:
    """The period of a month's number."""
    return f"{number // 12 + 1:04d}-{number % 12 + 1:02d}"
