"""How figures are written: rounded half to even, once, at the end; statuses are decided on the result."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import overload


@overload
def rounded(value: float, digits: int = 4) -> float: ...
@overload
def rounded(value: None, digits: int = 4) -> None: ...
@overload
def rounded(value: float | None, digits: int = 4) -> float | None: ...
def rounded(value: float | None, digits: int = 4) -> float | None:
    """A figure as documents carry it.

    Formula:
        rounded half to even, once, at the end: minutes and percentages to 4 decimals, milliseconds to 3

    Edge cases:
        None stays None; there is no minus zero.
    """
    return None if value is None else round(float(value), digits) + 0.0


def millis(value: float | None) -> float | None:
    """Milliseconds as documents carry them."""
    return rounded(value, 3)


def ceiling(value: float, margin: float, step: str) -> float:
    """A value with a margin, rounded up to whole steps.

    Formula:
        ⌈value × margin / step⌉ × step

    Edge cases:
        In decimal arithmetic: floats would push an exact multiple one step up (100 × 1.1 is 110.00000000000001).
    """
    exact = Decimal(repr(value)) * Decimal(repr(margin))
    size = Decimal(step)
    return float((exact / size).to_integral_value(ROUND_CEILING) * size)
