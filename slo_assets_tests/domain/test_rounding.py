"""How figures are written, against decimal arithmetic."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain.rounding import ceiling, millis, rounded


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0.5, 0, 0.0),
        (1.5, 0, 2.0),
        (2.5, 0, 2.0),
        (0.125, 2, 0.12),
        (0.375, 2, 0.38),
        (-0.125, 2, -0.12),
        (0.03125, 4, 0.0312),
        (0.09375, 4, 0.0938),
        (43.200000000000045, 4, 43.2),
        (99.99994, 4, 99.9999),
        (99.99996, 4, 100.0),
    ],
)
def test_a_half_goes_to_the_even_neighbour(value: float, digits: int, expected: float):
    assert rounded(value, digits) == expected


@given(st.floats(-1e9, 1e9), st.sampled_from([3, 4]))
@settings(max_examples=60, deadline=None)
def test_rounding_agrees_with_decimal_arithmetic(value: float, digits: int):
    expected = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    assert rounded(value, digits) == float(expected)


def test_figures_have_four_decimals_and_milliseconds_three():
    assert (rounded(1.23456789), millis(1.23456789)) == (1.2346, 1.235)


@pytest.mark.parametrize("value", [-0.0, -0.00001, 0.0])
def test_nothing_is_ever_minus_zero(value: float):
    assert math.copysign(1, rounded(value)) == 1.0


@pytest.mark.parametrize("write", [rounded, millis])
def test_what_is_unknown_stays_unknown(write):
    assert write(None) is None


@pytest.mark.parametrize("value", [3, True, Fraction(1, 4)])
def test_a_figure_is_a_float_whatever_it_was_counted_with(value):
    assert isinstance(rounded(value), float)


@pytest.mark.parametrize(
    ("value", "margin", "step", "expected"),
    [
        (100.0, 1.1, "10.0", 110.0),  # 100 × 1.1 is 110.00000000000001 in floats
        (50.0, 1.1, "10.0", 60.0),  # 55
        (71.85, 1.1, "10.0", 80.0),  # 79.035
        (0.0, 1.1, "10.0", 0.0),
        (0.99, 1.5, "0.001", 1.485),
        (0.9900000000000001, 1.5, "0.01", 1.49),
        (0.1, 1.5, "0.001", 0.15),
        (0.0001, 1.5, "0.001", 0.001),
        (1.1, 1.1, "0.01", 1.21),  # 1.2100000000000002 in floats
    ],
)
def test_a_ceiling_is_the_next_step_and_an_exact_step_stays(value: float, margin: float, step: str, expected: float):
    assert ceiling(value, margin, step) == expected


@given(
    st.integers(0, 10_000_000), st.sampled_from(["1.1", "1.5", "1.05", "2"]), st.sampled_from(["10", "0.001", "2.5"])
)
@settings(max_examples=60, deadline=None)
def test_a_ceiling_agrees_with_fractions(thousandths: int, margin: str, step: str):
    exact, size = Fraction(thousandths, 1000) * Fraction(margin), Fraction(step)
    expected = math.ceil(exact / size) * size
    assert ceiling(thousandths / 1000, float(margin), step) == float(expected)
