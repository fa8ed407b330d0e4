"""Sets of time as sorted, disjoint intervals in microseconds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from slo_assets.periods import MINUTE

Interval = tuple[int, int]


def union(intervals: Iterable[Interval], gap: int = 0) -> list[Interval]:
    """The union of intervals, with those joined that lie no more than ``gap`` apart.

    Args:
        intervals: pairs of start and end with start <= end, in any order.
        gap: the longest silence, in microseconds, that still counts as one stretch.

    Returns:
        Sorted intervals, each more than ``gap`` from the next. Grouping is associative: the union of the
        unions of any parts is the union of the whole, which is what lets a file be read block by block.
    """
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def clip(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    """The parts of intervals that lie within [start, end], in their order."""
    return [(max(a, start), min(b, end)) for a, b in intervals if a <= end and b >= start]


def length(intervals: Iterable[Interval]) -> int:
    """The sum of the lengths of disjoint intervals, in microseconds."""
    return sum(end - start for start, end in intervals)


def minutes(intervals: Iterable[Interval]) -> float:
    """The sum of the lengths of disjoint intervals, in minutes."""
    return length(intervals) / MINUTE


def between(intervals: list[Interval]) -> list[Interval]:
    """The spaces between sorted, disjoint intervals."""
    return [(left[1], right[0]) for left, right in pairwise(intervals)]
