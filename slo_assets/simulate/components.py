"""The components of the invented application, how each fares in each month, and the figures that follow.

What belongs here: medians and failure rates, and the next duration or failure under them. Rates are spread evenly
instead of drawn, so that a few hundred operations already show the rate of their table.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple


class Month(NamedTuple):
    """One component in one month: the median of its durations and the share of failures."""

    median_ms: int
    failure_rate: float


@dataclass(frozen=True)
class Component:
    """A component: the event of its heartbeat, and its months, repeated cyclically; none is a month without data."""

    heartbeat: str
    months: tuple[Month | None, ...]


# By design the third month shows every status: canvas fails its availability, the control panel has spent 80 to
# 99 % of its error budget (1.08 % of 1.5 × 0.85 %), library and host are healthy, and theme is silent.
COMPONENTS = {
    "canvas-component": Component("canvas:heartbeat:ping", (Month(30, 0.0040), Month(31, 0.0040), Month(34, 0.0040))),
    "control-panel": Component(
        "control:panel:heartbeat:ping", (Month(26, 0.0085), Month(26, 0.0085), Month(26, 0.0108))
    ),
    "library-component": Component("library:heartbeat:ping", (Month(40, 0.0040), Month(42, 0.0040), Month(36, 0.0020))),
    "host-sdk": Component("host:sdk:heartbeat:ping", (Month(23, 0.0035), Month(23, 0.0035), Month(23, 0.0020))),
    "theme": Component("theme:heartbeat:ping", (Month(12, 0.0040), Month(12, 0.0040), None)),
}
UNMAPPED = "analytics"  # events that the configuration gives to no component
UNMAPPED_MONTH = Month(8, 0.0)
CYCLE = 3

# Share of operations, and how often the median they take at most; straight lines between, much like a lognormal.
DURATION_SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
DURATION_TIMES_MEDIAN = (0.3, 0.7, 1.0, 1.4, 2.0, 2.4, 3.3, 4.0)
GOLDEN_RATIO = 0.6180339887498949  # its multiples, modulo 1, fill [0, 1) evenly whatever their number

Outcome = tuple[int, bool]  # milliseconds, and whether the operation failed


class Outcomes:
    """The next duration and the next success or failure of one component in one month."""

    def __init__(self, month: Month, phase: float) -> None:
        self._month = month
        self._phase = phase
        self._durations = 0
        self._operations = 0

    def __call__(self) -> Outcome:
        """An operation's duration, and whether it fails."""
        self._operations += 1
        return self.duration(), self._failures(self._operations) > self._failures(self._operations - 1)

    def duration(self) -> int:
        """A duration in whole milliseconds."""
        self._durations += 1
        share = (self._phase + self._durations * GOLDEN_RATIO) % 1.0
        right = bisect_right(DURATION_SHARES, share)
        (x0, x1), (y0, y1) = DURATION_SHARES[right - 1 : right + 1], DURATION_TIMES_MEDIAN[right - 1 : right + 1]
        return max(1, round(self._month.median_ms * (y0 + (y1 - y0) * (share - x0) / (x1 - x0))))

    def _failures(self, operations: int) -> int:
        return int(operations * self._month.failure_rate + 0.5)
