"""Occurrences and errors as curves over time, for budgets and series by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from slo_assets.config import SloConfig
from slo_assets.domain import intervals
from slo_assets.domain.anomalies import DETECTED
from slo_assets.domain.burn import Spending
from slo_assets.domain.event_log import ENDED, FAILURE
from slo_assets.domain.intervals import Interval
from slo_assets.domain.reports import Reported
from slo_assets.periods import MINUTE


def bad_minutes(found: pd.DataFrame, seen: list[Interval], config: SloConfig) -> Spending:
    """A component's bad time over time.

    Formula:
        Σ over its occurrences: duration in ms × weight of the severity / 60 000

    Unit:
        minutes
    Edge cases:
        A duration is spread evenly from the occurrence's start to its end; what has no length is spent at once. What
        was detected is spread over the observed part of that time alone: nobody knows of the rest.
    Source:
        docs/decisions.md#anomalies

    Args:
        found: the component's occurrences.
        seen: when it was observed.
        config: the weights of severities.
    """
    weights = found["severity"].map(config.severity_weights.model_dump()).astype("float64")
    minutes = (found["duration_ms"] * weights / 60_000).to_numpy()
    starts, ends = found["start"].to_numpy(), found["end"].to_numpy()
    detected = (found["origin"] == DETECTED).to_numpy()
    parts = [
        (row, start, end)
        for row in np.flatnonzero(detected & ~_within(starts, ends, seen)).tolist()
        for start, end in intervals.clip(seen, int(starts[row]), int(ends[row]))
        if start < end
    ]
    rows, begins, stops = np.array(parts, dtype=np.int64).reshape(-1, 3).T
    lengths = stops - begins
    wholes = np.bincount(rows, weights=lengths, minlength=len(found))
    kept = wholes == 0
    return Spending.of(
        np.concatenate((starts[kept], begins)),
        np.concatenate((ends[kept], stops)),
        np.concatenate((minutes[kept], minutes[rows] * lengths / wholes[rows])),
    )


def unknown_as_down(bad: Spending, seen: list[Interval], start: int, until: int) -> Spending:
    """A component's bad time over time, if it was down whenever nobody looked.

    Formula:
        bad minutes of the observed time + Σ over unobserved stretches: max(their minutes, the bad minutes told of them)

    Unit:
        minutes
    Edge cases:
        An incident that is reported within an unobserved stretch is part of its down time, and adds nothing to it. Only
        where more is told than the stretch is long (incidents overlap, or took longer than their span says), what is
        told counts. So this is never less than the bad minutes alone. An instant between two stretches is observed.
    Source:
        docs/decisions.md#slis

    Args:
        bad: its bad minutes.
        seen: when it was observed.
        start: the period's start.
        until: how far the period is known.
    """
    stretches = [gap for gap in intervals.between([(start, start), *seen, (until, until)]) if gap[0] < gap[1]]
    begins, stops = np.array(stretches, dtype=np.int64).reshape(-1, 2).T
    lengths = (stops - begins) / MINUTE
    starts, ends, amounts = bad.parts(np.concatenate((begins, stops)))
    stretch = np.searchsorted(stops, ends)
    # What happened at the only instant that is known lies in no stretch.
    unseen = ~_within(starts, ends, seen) & (stretch < len(stops))
    told = np.bincount(stretch[unseen], weights=amounts[unseen], minlength=len(stops))
    longer = told > lengths
    kept = ~unseen
    kept[unseen] = longer[stretch[unseen]]
    return Spending.of(
        np.concatenate((starts[kept], begins[~longer])),
        np.concatenate((ends[kept], stops[~longer])),
        np.concatenate((amounts[kept], lengths[~longer])),
    )


def _within(starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], seen: list[Interval]) -> npt.NDArray[np.bool_]:
    """Which stretches of time lie within one of some sorted, disjoint intervals."""
    bounds = np.array([(-1, -1), *seen], dtype=np.int64)
    place = np.maximum(np.searchsorted(bounds[:, 0], starts, side="right") - 1, 0)
    inside: npt.NDArray[np.bool_] = ends <= bounds[place, 1]
    return inside


def rated(events: pd.DataFrame, reported: Sequence[Reported]) -> list[Reported]:
    """The reported errors that have a known number of operations: the logs hold one in the time of each.

    Args:
        events: the component's log events.
        reported: the component's reported errors.
    """
    if not reported:
        return []
    ended = events.loc[events["kind"].isin(ENDED), "instant"]
    return [part for part in reported if ended.between(part.first, part.last).any()]


def also_reported(failed: npt.NDArray[np.int64], reported: Iterable[Reported]) -> npt.NDArray[np.bool_]:
    """Which failures in the logs a report of failed operations tells of as well.

    Args:
        failed: instants of the failures, ascending, shape (failures,).
        reported: the component's reported errors; each takes as many failures of its time as it tells of.

    Returns:
        A mask of shape (failures,).
    """
    taken = np.zeros(len(failed), dtype=bool)
    for part in reported:
        if part.event.endswith(":operation:failed"):
            free = np.flatnonzero(~taken & (failed >= part.first) & (failed <= part.last))
            taken[free[: part.occurrences]] = True
    return taken


def errors(events: pd.DataFrame, reported: Sequence[Reported]) -> Spending:
    """A component's errors over time.

    Formula:
        failures in the logs + occurrences of reported errors − failures that a report tells of as well

    Unit:
        events
    Edge cases:
        A failure counts at its instant, reported errors evenly over their time.
    Source:
        docs/decisions.md#anomalies

    Args:
        events: the component's log events.
        reported: the reported errors that have a known number of operations.
    """
    failed = np.sort(events.loc[events["kind"] == FAILURE, "instant"].to_numpy())
    failed = failed[~also_reported(failed, reported)]
    starts = np.concatenate((failed, np.array([part.first for part in reported], dtype=np.int64)))
    ends = np.concatenate((failed, np.array([part.last for part in reported], dtype=np.int64)))
    counts = np.array([part.occurrences for part in reported], dtype=np.float64)
    return Spending.of(starts, ends, np.concatenate((np.ones(len(failed)), counts)))
