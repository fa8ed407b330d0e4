"""What is usual: the median of the months before."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain.baseline import Measured, baseline, confidence

NOW = Measured("2025-11", 99.0, 500)


def months(*figures: tuple[float | None, int]) -> list[Measured]:
    """August, September, October as far as there are figures: value and operations."""
    first = 11 - len(figures)
    return [Measured(f"2025-{first + n:02d}", value, count) for n, (value, count) in enumerate(figures)]


@pytest.mark.parametrize(
    ("earlier", "value", "periods", "operations", "basis"),
    [
        ([(1.0, 50), (9.0, 60), (2.0, 70)], 2.0, ("2025-08", "2025-09", "2025-10"), 180, "baseline"),
        ([(1.0, 50), (2.0, 60)], 1.5, ("2025-09", "2025-10"), 110, "baseline"),
        ([(1.0, 50), (None, 0), (2.0, 70)], 1.5, ("2025-08", "2025-10"), 120, "baseline"),
        ([(7.0, 20)], 7.0, ("2025-10",), 20, "baseline"),
        ([(None, 0), (None, 30)], 99.0, ("2025-11",), 500, "bootstrap"),
        ([], 99.0, ("2025-11",), 500, "bootstrap"),
    ],
    ids=["three", "two", "one of three unknown", "one", "none known", "none"],
)
def test_a_baseline_is_the_median_of_the_known_months_else_the_month_itself(
    earlier, value: float, periods: tuple[str, ...], operations: int, basis: str
):
    found = baseline(months(*earlier), NOW, minimum=100)
    assert (found.value, found.periods, found.operations, found.basis) == (value, periods, operations, basis)


@given(st.lists(st.integers(0, 10**6).map(lambda n: n / 1000), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_half_of_the_months_lie_on_either_side_of_the_median(values: list[float]):
    found = baseline(months(*((value, 100) for value in values)), NOW, minimum=1).value
    ordered = sorted(map(Fraction, values))
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    assert found == pytest.approx(float(middle), abs=1e-9)


@given(st.floats(0, 1e6), st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_a_target_never_chases_the_month_that_it_judges(value: float, operations: int):
    earlier = months((5.0, 200), (6.0, 200), (7.0, 200))
    assert baseline(earlier, Measured("2025-11", value, operations), 100) == baseline(earlier, NOW, 100)


@pytest.mark.parametrize(
    ("operations", "expected"), [(99, "low"), (100, "high"), (101, "high")], ids=["one short", "exactly", "more"]
)
def test_under_the_minimum_of_operations_the_confidence_is_low(operations: int, expected: str):
    found = baseline([], Measured("2025-11", 1.0, operations), minimum=100)
    assert found.described()["confidence"] == expected == confidence(operations >= 100)


def test_a_figure_that_nobody_knows_gives_no_confidence_however_many_operations():
    found = baseline([], Measured("2025-11", None, 5000), minimum=100)
    assert (found.value, found.confident) == (None, False)
    assert found.described()["baseline"] is None


def test_the_median_of_two_carries_no_noise_of_floats():
    # (0.1 + 0.2) / 2 is 0.15000000000000002 in floats.
    assert baseline(months((0.1, 100), (0.2, 100)), NOW, 100).value == 0.15


def test_a_baseline_explains_itself():
    assert baseline(months((1.23456, 70), (1.23458, 80)), NOW, 100).described() == {
        "basis": "baseline",
        "baseline": 1.2346,  # (1.23456 + 1.23458) / 2 = 1.23457
        "baselinePeriods": ["2025-09", "2025-10"],
        "baselineOperations": 150,
        "confidence": "high",
    }
