"""What a figure usually is: the median of the periods before, so that a target never chases its own month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from slo_assets.domain.documents import Document
from slo_assets.domain.rounding import rounded

#: The mean of two figures of a document has one decimal more; what follows is the noise of floats.
MEDIAN_DIGITS = 6


@dataclass(frozen=True)
class Measured:
    """A figure of one period.

    Attributes:
        value: None where it is not known.
        operations: how many operations stand behind it.
    """

    period: str
    value: float | None
    operations: int


@dataclass(frozen=True)
class Baseline:
    """The figure that thresholds and targets are derived from.

    Attributes:
        value: the median over the periods; None where none of them knows it.
        periods: the periods that it was taken from.
        operations: how many operations stand behind it, over all of them.
        basis: ``baseline`` from earlier periods, ``bootstrap`` from the period itself.
        confident: whether there are enough operations to derive anything from it.
    """

    value: float | None
    periods: tuple[str, ...]
    operations: int
    basis: Literal["baseline", "bootstrap"]
    confident: bool

    def described(self) -> Document:
        """The keys that explain a derived figure in a document."""
        return {
            "basis": self.basis,
            "baseline": rounded(self.value),
            "baselinePeriods": list(self.periods),
            "baselineOperations": self.operations,
            "confidence": confidence(self.confident),
        }


def baseline(earlier: Sequence[Measured], current: Measured, minimum: int) -> Baseline:
    """What a figure usually is.

    Formula:
        median of the earlier periods that know the figure

    Edge cases:
        The period itself where there is none before (``bootstrap``); None where it does not know the figure either.
        Under the minimum of operations, in all periods together, nothing is derived from it.
    Source:
        docs/decisions.md#framework-and-targets

    Args:
        earlier: the periods before this one, at most as many as the baseline spans.
        current: this period.
        minimum: operations, over all periods used, under which the confidence is low.
    """
    known = [measured for measured in earlier if measured.value is not None]
    used = known or [current]
    values = [measured.value for measured in used if measured.value is not None]
    operations = sum(measured.operations for measured in used)
    return Baseline(
        value=rounded(median(values), MEDIAN_DIGITS) if values else None,
        periods=tuple(measured.period for measured in used),
        operations=operations,
        basis="baseline" if known else "bootstrap",
        confident=bool(values) and operations >= minimum,
    )


def confidence(confident: bool) -> str:
    """How documents call it: ``high`` or ``low``."""
    return "high" if confident else "low"
