"""Spending over time, against a sum over all incidents in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain.burn import Spending

LATEST = 60
Cost = tuple[int, int, int]
costs = st.lists(
    st.tuples(st.integers(0, LATEST), st.integers(0, 12), st.integers(1, 50)).map(
        lambda cost: (cost[0], cost[0] + cost[1], cost[2])
    ),
    max_size=12,
)


def spending(found: list[Cost]) -> Spending:
    starts, ends, amounts = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return Spending.of(starts, ends, amounts.astype(np.float64))


def spent_by_hand(found: list[Cost], instant: int, *, included: bool) -> Fraction:
    total = Fraction(0)
    for start, end, amount in found:
        if start == end:
            total += amount if start < instant or (included and start == instant) else 0
        else:
            total += amount * Fraction(min(max(instant - start, 0), end - start), end - start)
    return total


@given(costs, st.integers(-5, LATEST + 20))
@settings(max_examples=60, deadline=None)
def test_what_was_spent_by_an_instant_is_the_sum_of_the_parts(found: list[Cost], instant: int):
    expected = float(spent_by_hand(found, instant, included=False))
    assert spending(found).until(instant) == pytest.approx(expected, abs=1e-9)


@given(costs.filter(bool), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_an_amount_is_crossed_at_the_first_instant_that_reached_it(found: list[Cost], tenths: int):
    total = sum(amount for _, _, amount in found)
    # Off the round numbers, so that the noise of floats cannot move an instant of this test.
    amount = Fraction(total * tenths, 15) + Fraction(1, 1009)
    reached = [t for t in range(LATEST + 20) if spent_by_hand(found, t, included=True) >= amount]
    assert spending(found).crossing(float(amount)) == (reached[0] if reached else None)


@given(costs, st.lists(st.integers(-5, LATEST + 20), max_size=6), st.integers(-5, LATEST + 20))
@settings(max_examples=60, deadline=None)
def test_the_parts_of_a_curve_cross_no_bound_and_make_the_same_curve(
    found: list[Cost], bounds: list[int], instant: int
):
    starts, ends, amounts = spending(found).parts(np.array(bounds, dtype=np.int64))
    assert not any(start < bound < end for start, end in zip(starts, ends, strict=True) for bound in bounds)
    expected = float(spent_by_hand(found, instant, included=False))
    assert Spending.of(starts, ends, amounts).until(instant) == pytest.approx(expected, abs=1e-9)


def test_an_evenly_spread_cost_is_half_spent_half_way():
    curve = spending([(0, 10, 8)])
    assert [curve.until(t) for t in (-1, 0, 5, 10, 11)] == [0, 0, 4, 8, 8]


def test_a_cost_at_an_instant_is_spent_there_and_not_before():
    curve = spending([(5, 5, 8)])
    assert (curve.until(5), curve.until(6)) == (0, 8)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(0.5, 1), (4, 5), (8, 10), (8.5, 20), (11, 20), (11.5, None)],
    ids=["within", "half", "its end", "the next jump", "all", "more than all"],
)
def test_crossings_of_a_spread_cost_and_a_sudden_one(amount: float, expected: int | None):
    assert spending([(0, 10, 8), (20, 20, 3)]).crossing(amount) == expected


def test_nothing_spent_stays_nothing():
    curve = spending([])
    assert curve.until(7) == 0.0
    assert curve.crossing(0.1) is None


def test_incidents_that_are_over_leave_no_slope_behind():
    # 0.1 + 0.2 − 0.1 − 0.2 is 2.8e-17 per microsecond in floats: over a month that would be a cost of its own.
    month = 30 * 86_400_000_000
    curve = Spending.of(np.array([0, 1, month]), np.array([10, 12, month]), np.array([1.0, 2.2, 5.0]))
    assert curve.until(month) == pytest.approx(3.2, abs=1e-12)
    assert curve.until(month + 1) == pytest.approx(8.2, abs=1e-12)
