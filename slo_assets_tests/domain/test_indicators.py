"""Each SLI's formula, against fractions and a percentile by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain import indicators

minutes = st.integers(0, 50_000)
counts = st.integers(0, 10_000)


def percentile_by_hand(values: list[float], percent: int) -> Fraction:
    """Linear interpolation between ranks: rank = percent / 100 × (n − 1), counted from 0."""
    ordered = sorted(map(Fraction, values))
    rank = Fraction(percent, 100) * (len(ordered) - 1)
    low, high = math.floor(rank), math.ceil(rank)
    return ordered[low] + (rank - low) * (ordered[high] - ordered[low])


@given(st.lists(st.integers(0, 10**7).map(lambda n: n / 1000), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_percentiles_interpolate_between_ranks(values: list[float]):
    found = indicators.latency_percentiles(np.array(values))
    for name, percent in (("p50", 50), ("p95", 95), ("p99", 99)):
        assert found[name] == pytest.approx(float(percentile_by_hand(values, percent)), abs=1e-9)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7.0], {"p50": 7.0, "p95": 7.0, "p99": 7.0}),
        ([10.0, 20.0], {"p50": 15.0, "p95": 19.5, "p99": 19.9}),
        ([0.0, 0.0, 0.0], {"p50": 0.0, "p95": 0.0, "p99": 0.0}),
        ([float(n) for n in range(101)], {"p50": 50.0, "p95": 95.0, "p99": 99.0}),
    ],
    ids=["one value", "two values", "real zeros", "0 to 100"],
)
def test_percentiles_of_a_few_values(values: list[float], expected: dict[str, float]):
    assert indicators.latency_percentiles(np.array(values)) == pytest.approx(expected)


def test_no_durations_give_no_percentile_and_never_zero():
    assert indicators.latency_percentiles(np.array([])) == {"p50": None, "p95": None, "p99": None}


@given(minutes, minutes)
@settings(max_examples=60, deadline=None)
def test_availability_is_one_less_the_bad_part_within_0_and_100(bad: int, whole: int):
    found = indicators.availability(bad, whole)
    if whole == 0:
        assert found is None
    else:
        assert found == pytest.approx(float(max(Fraction(0), 100 * (1 - Fraction(bad, whole)))), abs=1e-9)
        assert 0 <= found <= 100


@pytest.mark.parametrize(
    ("bad", "whole", "expected"),
    [
        (0, 1440, 100.0),
        (1440, 1440, 0.0),
        (2000, 1440, 0.0),
        (43.2, 43200, 99.9),
        (720, 1440, 50.0),
        (0, 0, None),
        (5, 0, None),
    ],
    ids=["never bad", "always bad", "incidents overlap", "99.9 in November", "half", "nothing seen", "no time at all"],
)
def test_availability_of_a_few_months(bad: float, whole: float, expected: float | None):
    assert indicators.availability(bad, whole) == (None if expected is None else pytest.approx(expected, abs=1e-10))


@pytest.mark.parametrize(
    ("policy", "expected"),
    # 10 bad minutes of 100 observed, 400 elapsed: unknown are 300.
    [("ignore", (10, 100)), ("up", (10, 400)), ("down", (310, 400))],
)
def test_the_policy_says_what_unknown_time_counts_as(policy, expected: tuple[int, int]):
    assert indicators.counted_time(10, 310, 100, 400, policy) == expected


@given(minutes, minutes, minutes)
@settings(max_examples=60, deadline=None)
def test_the_bounds_enclose_availability_under_every_policy(bad: int, observed: int, more: int):
    elapsed = observed + more
    down = bad + more
    lower, upper = indicators.availability_bounds(bad, down, elapsed)
    if elapsed == 0:
        assert (lower, upper) == (None, None)
        return
    assert lower == pytest.approx(float(100 * min(1, max(0, 1 - Fraction(bad + more, elapsed)))), abs=1e-9)
    assert upper == pytest.approx(float(100 * max(0, 1 - Fraction(bad, elapsed))), abs=1e-9)
    for policy in ("ignore", "up", "down"):
        found = indicators.availability(*indicators.counted_time(bad, down, observed, elapsed, policy))
        if found is not None:
            assert lower - 1e-9 <= found <= upper + 1e-9


def test_the_bounds_meet_where_all_time_was_observed():
    assert indicators.availability_bounds(10, 10, 400) == (97.5, 97.5)


@given(counts, counts, counts)
@settings(max_examples=60, deadline=None)
def test_reported_errors_count_as_errors_and_as_operations(failures: int, successes: int, reported: int):
    found = indicators.error_rate(failures, failures + successes, reported)
    whole = failures + successes + reported
    if whole == 0:
        assert found is None
    else:
        assert found == pytest.approx(float(100 * Fraction(failures + reported, whole)), abs=1e-9)


@pytest.mark.parametrize(
    ("failures", "operations", "reported", "expected"),
    [(0, 0, 0, None), (0, 25, 0, 0.0), (1, 2000, 0, 0.05), (3, 3, 0, 100.0), (1, 90, 10, 11.0)],
    ids=["0/0", "no failure", "one in 2000", "all", "with reported ones"],
)
def test_error_rates_of_a_few_months(failures: int, operations: int, reported: int, expected: float | None):
    assert indicators.error_rate(failures, operations, reported) == expected


@pytest.mark.parametrize(
    ("successes", "failures", "unfinished", "expected"),
    [(0, 0, 0, None), (0, 0, 4, 0.0), (6, 1, 1, 75.0), (5, 0, 0, 100.0), (0, 2, 0, 0.0)],
    ids=["nothing began", "nothing ended", "six of eight", "all", "none"],
)
def test_completeness_counts_what_never_ended(successes: int, failures: int, unfinished: int, expected: float | None):
    assert indicators.completeness(successes, failures, unfinished) == expected


@pytest.mark.parametrize(("part", "whole", "expected"), [(1, 4, 25.0), (0, 4, 0.0), (5, 4, 125.0), (1, 0, None)])
def test_a_share_of_nothing_is_unknown(part: float, whole: float, expected: float | None):
    assert indicators.share(part, whole) == expected


@pytest.mark.parametrize(("last", "seconds"), [(None, None), (5_000_000, 0.0), (3_500_000, 1.5)])
def test_freshness_is_the_time_since_the_last_event(last: int | None, seconds: float | None):
    assert indicators.freshness(last, 5_000_000) == seconds
