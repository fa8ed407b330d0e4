"""What an objective allows: the budget that targets show and budgets are measured by."""

from __future__ import annotations

from decimal import Decimal


def error_budget(period_minutes: float, target: float) -> float:
    """The time in which the objective allows a component not to serve.

    Formula:
        period minutes × (1 − target / 100)

    Unit:
        minutes
    Edge cases:
        43.2 for 99.9 % in a month of 30 days; 0 for 100 %. In decimal arithmetic: floats would make 21.599999999998772
        of the 21.6 minutes that 99.95 % allow.
    Source:
        Google, The Site Reliability Workbook (2018), chapter 2.
    """
    return float(Decimal(repr(period_minutes)) * (100 - Decimal(repr(target))) / 100)
