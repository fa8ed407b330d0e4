"""What an objective allows, of the actual month."""

from __future__ import annotations

from decimal import Decimal

import pytest

from slo_assets.domain.allowance import error_budget
from slo_assets.periods import Period


@pytest.mark.parametrize(
    ("period", "target", "expected"),
    [
        ("2025-11", 99.9, 43.2),
        ("2025-12", 99.9, 44.64),
        ("2025-02", 99.9, 40.32),
        ("2028-02", 99.9, 41.76),
        ("2025-11", 99.99, 4.32),
        ("2025-11", 100.0, 0.0),
        ("2025-11", 0.0, 43200.0),
        ("2025-12", 99.95, 22.32),
    ],
    ids=["30 days", "31 days", "February", "leap February", "four nines", "nothing allowed", "all allowed", "99.95"],
)
def test_the_budget_is_what_the_target_leaves_of_the_actual_month(period: str, target: float, expected: float):
    minutes = Period(period).minutes
    assert error_budget(minutes, target) == expected
    assert Decimal(repr(expected)) == minutes * (100 - Decimal(repr(target))) / 100
