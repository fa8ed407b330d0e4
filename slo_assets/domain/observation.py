"""When a component was looked at: the only time of which anything is known."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from slo_assets.config import SloConfig
from slo_assets.domain import intervals
from slo_assets.domain.documents import Document
from slo_assets.domain.event_log import EventLog
from slo_assets.domain.intervals import Interval
from slo_assets.periods import parse_instant


def observed(
    log: EventLog, ranges: Iterable[tuple[Interval, Iterable[str]]], start: int, until: int, config: SloConfig
) -> dict[str, list[Interval]]:
    """When each component was looked at.

    Formula:
        the union of the runs of lines of each file in which the component has an event,
        and of the reported time ranges that name it, within the period and up to asOf

    Unit:
        minutes, where it is summed
    Edge cases:
        A run ends where nothing was written for longer than ``silenceMinutes``; a heartbeat's file is one run.

    Args:
        log: the period's events; a file's runs count for each component that has an event in it.
        ranges: reported time ranges, each with the components that it names.
        start: the period's start.
        until: how far the period is known.
        config: the components.

    Returns:
        Sorted, disjoint intervals in microseconds for every component; none where nobody looked.
    """
    seen: dict[str, list[Interval]] = {component: [] for component in config.components}
    files, owners = log.events["file"].array, log.events["component"].array
    known, count = owners.codes >= 0, len(owners.categories)
    pairs = np.bincount(files.codes[known].astype(np.int64) * count + owners.codes[known])
    for pair in np.flatnonzero(pairs).tolist():
        seen[owners.categories[pair % count]] += log.runs.get(files.categories[pair // count], [])
    for time_range, components in ranges:
        for component in components:
            if component in seen:
                seen[component].append(time_range)
    return {name: intervals.union(intervals.clip(found, start, until)) for name, found in seen.items()}


def ranges_in(telemetry: Document) -> list[tuple[Interval, list[str]]]:
    """The reported time ranges that a period's telemetry document holds."""
    return [
        ((parse_instant(report["timeRange"]["start"]), parse_instant(report["timeRange"]["end"])), report["components"])
        for report in telemetry["metadata"]["reports"]
        if report["timeRange"]
    ]
