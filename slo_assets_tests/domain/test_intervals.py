"""Sets of time, against sets of points on a line of a few instants."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain import intervals
from slo_assets.domain.intervals import Interval

WIDEST = 40
spans = st.lists(st.tuples(st.integers(0, WIDEST), st.integers(0, WIDEST)).map(lambda pair: (min(pair), max(pair))))


def joined_by_hand(found: list[Interval], gap: int) -> list[Interval]:
    """Join any two that are close enough, until no two are."""
    rest = set(found)
    while pairs := [(a, b) for a in rest for b in rest if a != b and max(a[0], b[0]) - min(a[1], b[1]) <= gap]:
        left, right = pairs[0]
        rest = rest - {left, right} | {(min(left[0], right[0]), max(left[1], right[1]))}
    return sorted(rest)


def ticks(found: list[Interval]) -> set[int]:
    """The unit steps [n, n + 1) that intervals cover."""
    return {step for start, end in found for step in range(start, end)}


@given(spans, st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_a_union_joins_exactly_what_lies_no_more_than_the_gap_apart(found: list[Interval], gap: int):
    assert intervals.union(found, gap) == joined_by_hand(found, gap)


@given(spans, spans, st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_the_union_of_unions_is_the_union_of_the_whole(left: list[Interval], right: list[Interval], gap: int):
    parts = intervals.union(left, gap) + intervals.union(right, gap)
    assert intervals.union(parts, gap) == joined_by_hand(left + right, gap)


@given(spans)
@settings(max_examples=60, deadline=None)
def test_the_length_of_a_union_counts_each_instant_once(found: list[Interval]):
    assert intervals.length(intervals.union(found)) == len(ticks(found))


@given(spans, st.integers(0, WIDEST), st.integers(0, WIDEST))
@settings(max_examples=60, deadline=None)
def test_a_cut_keeps_exactly_what_lies_between_its_ends(found: list[Interval], one: int, other: int):
    start, end = sorted((one, other))
    cut = intervals.clip(intervals.union(found), start, end)
    assert ticks(cut) == ticks(found) & set(range(start, end))
    assert all(start <= a <= b <= end for a, b in cut)


@given(spans)
@settings(max_examples=60, deadline=None)
def test_what_lies_between_is_what_a_union_leaves_out(found: list[Interval]):
    joined = intervals.union(found)
    gaps = intervals.between(joined)
    whole = set(range(joined[0][0], joined[-1][1])) if joined else set()
    assert ticks(gaps) == whole - ticks(found)


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(0, [(0, 10), (15, 20)]), (4, [(0, 10), (15, 20)]), (5, [(0, 20)])],
    ids=["touching only", "a gap too short", "exactly the gap"],
)
def test_a_silence_of_exactly_the_limit_joins(gap: int, expected: list[Interval]):
    assert intervals.union([(15, 20), (0, 10)], gap) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [([], 0), ([(0, 0)], 0), ([(0, 90_000_000)], Fraction(3, 2)), ([(0, 60_000_000), (60_000_001, 60_000_001)], 1)],
    ids=["nothing", "an instant", "a minute and a half", "a minute and an instant"],
)
def test_minutes_are_sixty_million_microseconds(found: list[Interval], expected: Fraction):
    assert intervals.minutes(found) == expected


def test_an_interval_that_only_touches_a_cut_leaves_an_instant_without_length():
    assert intervals.clip([(0, 10), (20, 30)], 10, 20) == [(10, 10), (20, 20)]
