"""The service level indicators: each formula once, on plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from slo_assets.config import NoDataPolicy

PERCENTILES: Final[Mapping[str, int]] = {"p50": 50, "p95": 95, "p99": 99}


def latency_percentiles(durations: npt.NDArray[np.float64]) -> dict[str, float | None]:
    """The p50, p95 and p99 of durations, by linear interpolation between ranks.

    Formula:
        rank = (n − 1) × p / 100
        percentile = d[⌊rank⌋] + (rank − ⌊rank⌋) × (d[⌊rank⌋ + 1] − d[⌊rank⌋]), with d ascending from d[0]

    Unit:
        milliseconds
    Edge cases:
        None, never 0, for each where there are no durations; the duration itself where there is one.
    Source:
        Hyndman and Fan, Sample Quantiles in Statistical Packages (1996), type 7, which is NumPy's default.

    Args:
        durations: milliseconds, shape (operations with a duration,); no NaN.

    Returns:
        Milliseconds by percentile.
    """
    if not len(durations):
        return dict.fromkeys(PERCENTILES)
    values = np.percentile(durations, list(PERCENTILES.values()))
    return {name: float(value) for name, value in zip(PERCENTILES, values, strict=True)}


def counted_time(bad: float, down: float, observed: float, elapsed: float, policy: NoDataPolicy) -> tuple[float, float]:
    """The bad and the whole time that count, after the policy for time that nobody observed.

    Formula:
        ignore: bad, observed
        up:     bad, elapsed
        down:   down, elapsed

    Unit:
        minutes
    Source:
        docs/decisions.md#slis

    Args:
        bad: minutes in which the component did not serve.
        down: the same if it was down whenever nobody looked, as ``spending.unknown_as_down`` gives it.
        observed: minutes in which it was looked at.
        elapsed: minutes of the period so far.
        policy: ``ignore`` leaves unknown time out, ``up`` counts it as good, ``down`` as bad.

    Returns:
        Bad minutes and the minutes that they are a part of.
    """
    if policy == "ignore":
        return bad, observed
    return (bad, elapsed) if policy == "up" else (down, elapsed)


def availability(bad: float, whole: float) -> float | None:
    """The part of the judged time in which a component served.

    Formula:
        100 × (1 − bad / whole)

    Unit:
        percent
    Edge cases:
        None where there is no time to judge; never below 0, since incidents overlap, and never above 100.
    Source:
        Google, Site Reliability Engineering (2016), chapter 3: time-based availability.

    Args:
        bad: minutes in which the component did not serve; may exceed ``whole`` when incidents overlap.
        whole: minutes that were judged, as :func:`counted_time` gives them.
    """
    return None if whole <= 0 else 100 * min(1.0, max(0.0, 1 - bad / whole))


def availability_bounds(bad: float, down: float, elapsed: float) -> tuple[float | None, float | None]:
    """What availability could have been: if all unknown time was down, and if all of it was up.

    Formula:
        lower = 100 × (1 − down / elapsed)
        upper = 100 × (1 − bad / elapsed)

    Unit:
        percent
    Edge cases:
        None for both at the very start of a period, when no time has passed.
    Source:
        docs/decisions.md#slis

    Args:
        bad: minutes in which the component did not serve.
        down: the same if it was down whenever nobody looked, as ``spending.unknown_as_down`` gives it.
        elapsed: minutes of the period so far.
    """
    return availability(down, elapsed), availability(bad, elapsed)


def error_rate(failures: int, operations: int, reported: int) -> float | None:
    """The part of the operations that failed.

    Formula:
        100 × (failures + reported) / (operations + reported)

    Unit:
        percent
    Edge cases:
        None on 0/0.
    Source:
        docs/decisions.md#anomalies says which reported errors count, and that none counts twice.

    Args:
        failures: operations that failed, from the logs.
        operations: operations that ended, from the logs, failed ones included.
        reported: errors of reported anomalies for whose time the logs hold operations.
    """
    whole = operations + reported
    return 100 * (failures + reported) / whole if whole else None


def completeness(successes: int, failures: int, unfinished: int) -> float | None:
    """The part of the operations begun that succeeded.

    Formula:
        100 × successes / (successes + failures + unfinished)

    Unit:
        percent
    Edge cases:
        None where nothing began.
    """
    begun = successes + failures + unfinished
    return 100 * successes / begun if begun else None


def freshness(last: int | None, until: int) -> float | None:
    """How long ago a component was heard of.

    Formula:
        until − last event

    Unit:
        seconds
    Edge cases:
        None where there was no event.

    Args:
        last: the component's last event, in microseconds.
        until: how far the period is known, in microseconds.
    """
    return None if last is None else (until - last) / 1_000_000


def share(part: float, whole: float) -> float | None:
    """A part of a whole: coverage, compliance, what is left of a budget.

    Formula:
        100 × part / whole

    Unit:
        percent
    Edge cases:
        None where there is no whole.
    """
    return 100 * part / whole if whole > 0 else None
