"""Events and reports to occurrences of anomalies, and occurrences to anomalies.

An occurrence is one incident with its time and its cost; an anomaly sums the occurrences of one event key,
component and origin in a period. Source of all rules: docs/decisions.md#anomalies.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from slo_assets.config import SloConfig
from slo_assets.domain import intervals
from slo_assets.domain.documents import Document
from slo_assets.domain.event_log import FAILURE, SUCCESS, EventLog
from slo_assets.domain.intervals import Interval
from slo_assets.domain.reports import Reported
from slo_assets.domain.rounding import millis
from slo_assets.periods import format_instant, parse_instant

DETECTED, REPORTED = "detected", "reported"
SECOND = 1_000_000
#: So many rows are looked at at once, which bounds the memory and stays in the processor's cache.
PART = 1 << 16
#: Spreads series over places (as in Knuth's multiplicative hashing).
SCATTER = 0x9E3779B1

#: One row for each occurrence (for each report's part of a reported anomaly): start and end in microseconds,
#: the cost of all of its ``count`` incidents together in milliseconds.
OCCURRENCE = {
    "component": "str",
    "event": "str",
    "severity": "str",
    "origin": "str",
    "source": "str",
    "start": "int64",
    "end": "int64",
    "count": "int64",
    "duration_ms": "float64",
}
ANOMALY_KEY = ["component", "event", "severity", "origin"]

DESCRIPTIONS = {
    "availability:outage": "Failures in a row, until the next success",
    "availability:gap": "Silence in a log that is written to all the time",
    "operation:failed": "Operations that failed",
    "event:storm": "More operations of one event in one second than a person or a healthy program causes",
    "latency:slow": "Operations that took longer than the limit",
}

Ints = npt.NDArray[np.int64]
Observed = Mapping[str, list[Interval]]
#: Columns of :data:`OCCURRENCE` by their names: one table is made of all at the end, since each takes its time.
Columns = dict[str, Any]


def occurrences(log: EventLog, reported: Iterable[Reported], observed: Observed, config: SloConfig) -> pd.DataFrame:
    """All occurrences of a period, each incident once.

    Formula:
        outage:  the observed time from the first of so many failures in a row to the next success, or the last line
        gap:     a silence of a heartbeat, as long as it is
        failed:  a failure, with its duration, else the median of its component, else 0
        storm:   more operations of one event in one second than the limit, 1000 ms for each such second
        slow:    an operation over the limit, with its duration

    Unit:
        milliseconds
    Edge cases:
        An operation counts in the first that takes it: outage, failure, storm, slow. On the same event key and
        overlapping time the reported anomaly wins, and the detected occurrence is left out.
    Source:
        docs/decisions.md#anomalies

    Args:
        log: the period's events.
        reported: the period's parts of reported anomalies.
        observed: by component, the observed time.
        config: detection rules.

    Returns:
        A frame with the columns of :data:`OCCURRENCE`, in the order of time.
    """
    reports, events = list(reported), log.events
    mapped, kinds = events["component"].array.codes >= 0, events["kind"].array
    failed = np.flatnonzero(mapped & _is(kinds, FAILURE) & ~events["in_outage"].to_numpy())
    calm = mapped & _is(kinds, SUCCESS)
    stormy = _stormy(events, calm, config)
    calm[stormy] = False
    slow = np.flatnonzero(calm & (events["duration_ms"].to_numpy() > config.detection.slow.slow_operation_ms))
    detected = [
        _outages(log, observed, config),
        _gaps(log, config),
        _single(events, failed, "operation:failed", _durations(events, failed), config),
        _storms(events, stormy, config),
        _single(events, slow, "latency:slow", events["duration_ms"].to_numpy()[slow], config),
    ]
    found = _joined([*(_without_reported(part, reports) for part in detected), _reported(reports)])
    return found.sort_values(["start", "end", *ANOMALY_KEY, "source"], kind="stable", ignore_index=True)


def _joined(parts: list[Columns]) -> pd.DataFrame:
    """One frame of the rows of all."""
    columns: dict[str, pd.Series] = {}
    for name, kind in OCCURRENCE.items():
        dtype = object if kind == "str" else kind
        values = np.concatenate([np.empty(0, dtype), *(np.asarray(part[name], dtype) for part in parts)])
        columns[name] = pd.Series(values, dtype=kind)
    return pd.DataFrame(columns)


def _is(values: Any, category: str) -> npt.NDArray[np.bool_]:
    """Which values of a categorical column are of one category."""
    found: npt.NDArray[np.bool_] = (values == category).copy()
    return found


def _durations(events: pd.DataFrame, failed: Ints) -> npt.NDArray[np.float64]:
    """Durations of failures in milliseconds: their own, else the median of their component, 0 where none is known."""
    everything, components = events["duration_ms"].to_numpy(), events["component"].array.codes
    durations = everything[failed]
    for component in np.unique(components[failed][np.isnan(durations)]):
        known = everything[(components == component) & ~np.isnan(everything)]
        unknown = np.isnan(durations) & (components[failed] == component)
        durations[unknown] = np.median(known) if len(known) else 0.0
    return durations


def _event(component: str, kind: str, config: SloConfig) -> str:
    return f"{config.prefix_of(component)}:{kind}"


def _outages(log: EventLog, observed: Observed, config: SloConfig) -> Columns:
    rows: list[dict[str, Any]] = []
    for outage in log.outages:
        down = intervals.length(intervals.clip(observed.get(outage.component, []), outage.start, outage.end))
        rows.append(
            {
                "component": outage.component,
                "event": _event(outage.component, "availability:outage", config),
                "severity": config.detection.outage.severity,
                "source": f"{outage.file}:{outage.line}",
                "start": outage.start,
                "end": outage.end,
                "duration_ms": down / 1000,
            }
        )
    return _detected(rows)


def _gaps(log: EventLog, config: SloConfig) -> Columns:
    """Silences in heartbeat files, for each component that has an event in the file; an outage covers its own."""
    rows: list[dict[str, Any]] = []
    files, owners = log.events["file"].array, log.events["component"].array
    for file, silences in log.silences.items():
        inside = np.flatnonzero(files == file)
        for code in np.unique(owners.codes[inside]):
            if code < 0:
                continue
            component, events = str(owners.categories[code]), inside[owners.codes[inside] == code]
            down = [outage for outage in log.outages if (outage.file, outage.component) == (file, component)]
            lines = log.events["line"].to_numpy()[events]
            # The last event up to an instant is the last from which on any is as early.
            earliest = np.minimum.accumulate(log.events["instant"].to_numpy()[events][::-1])[::-1]
            for start, end in silences:
                if any(outage.start <= start and end <= outage.end for outage in down):
                    continue
                line = lines[max(int(np.searchsorted(earliest, start, side="right")) - 1, 0)]
                rows.append(
                    {
                        "component": component,
                        "event": _event(component, "availability:gap", config),
                        "severity": config.detection.gap_severity,
                        "source": f"{file}:{line}",
                        "start": start,
                        "end": end,
                        "duration_ms": (end - start) / 1000,
                    }
                )
    return _detected(rows)


def _detected(rows: list[dict[str, Any]]) -> Columns:
    said = {name: [row[name] for row in rows] for name in OCCURRENCE if name not in ("origin", "count")}
    return {**said, "origin": [DETECTED] * len(rows), "count": [1] * len(rows)}


def _single(events: pd.DataFrame, rows: Ints, kind: str, durations: Any, config: SloConfig) -> Columns:
    """One occurrence for each of some events, at its instant."""
    severities = {"operation:failed": config.detection.failed_severity, "latency:slow": config.detection.slow.severity}
    instants = events["instant"].to_numpy()[rows]
    return {
        **_owned(events, rows, kind, severities[kind], config),
        "start": instants,
        "end": instants,
        "duration_ms": durations,
    }


def _owned(events: pd.DataFrame, rows: Ints, kind: str, severity: str, config: SloConfig) -> Columns:
    """The columns that say what the occurrences are that some events began, and whose."""
    owners, files = events["component"].array, events["file"].array
    names = owners.categories.to_numpy(object)
    keys = np.array([_event(name, kind, config) for name in names], object)
    lines = events["line"].to_numpy()[rows].tolist()
    paths = files.categories.to_numpy(object)[files.codes[rows]]
    return {
        "component": names[owners.codes[rows]],
        "event": keys[owners.codes[rows]],
        "severity": [severity] * len(rows),
        "origin": [DETECTED] * len(rows),
        "source": [f"{path}:{line}" for path, line in zip(paths, lines, strict=True)],
        "count": np.ones(len(rows), np.int64),
    }


def _stormy(events: pd.DataFrame, chosen: npt.NDArray[np.bool_], config: SloConfig) -> Ints:
    """Which of some rows share their file, event and second with so many others of them that they are a storm.

    Returns:
        The places of these rows in the frame, ascending.
    """
    limit = config.detection.storm.operations_per_second
    # Rows of one series and second are counted in one place, most places by far are those of few series and seconds:
    # where few are counted is no storm, and little is left to be looked at closely.
    counts = np.zeros(1 << max(len(chosen).bit_length() - 3, 10), np.int64)
    for rows in _parts(chosen):
        counts += np.bincount(_places(events, rows, len(counts)), minlength=len(counts))
    found = (rows[counts[_places(events, rows, len(counts))] > limit] for rows in _parts(chosen))
    busy = np.concatenate([np.empty(0, np.int64), *found])
    series, seconds = _series(events, busy)
    first = seconds.min(initial=0)
    both = series * (seconds.max(initial=0) - first + 1) + seconds - first
    ordered = np.sort(both)
    # In order, as many as the limit further on the same pair stands once more.
    return busy[np.isin(both, np.unique(ordered[limit:][ordered[limit:] == ordered[: len(ordered) - limit]]))]


def _parts(chosen: npt.NDArray[np.bool_]) -> Iterator[Ints]:
    """The places of the chosen rows, some at a time."""
    for start in range(0, len(chosen), PART):
        yield start + np.flatnonzero(chosen[start : start + PART])


def _places(events: pd.DataFrame, rows: Ints, count: int) -> Ints:
    """One of so many places, a power of two, for each row's series and second."""
    series, seconds = _series(events, rows)
    found: Ints = (series * SCATTER + seconds) & (count - 1)
    return found


def _series(events: pd.DataFrame, rows: Ints) -> tuple[Ints, Ints]:
    """A number for the file and event of each of some rows, and its second."""
    files, keys = events["file"].array, events["event"].array
    series = files.codes[rows].astype(np.int64) * len(keys.categories) + keys.codes[rows]
    return series, events["instant"].to_numpy()[rows] // SECOND


def _storms(events: pd.DataFrame, stormy: Ints, config: SloConfig) -> Columns:
    """Seconds with too many operations of one event in one file, adjacent ones joined."""
    series, seconds = _series(events, stormy)
    order = np.lexsort((events["line"].to_numpy()[stormy], seconds, series))
    rows, series, seconds = stormy[order], series[order], seconds[order]
    goes_on = (series[1:] == series[:-1]) & (seconds[1:] - seconds[:-1] <= 1)
    storms = np.flatnonzero(np.concatenate([np.ones(min(len(rows), 1), bool), ~goes_on]))
    new_second = np.concatenate([np.ones(min(len(rows), 1), bool), ~goes_on | (seconds[1:] != seconds[:-1])])
    instants = events["instant"].to_numpy()[rows]
    return {
        **_owned(events, rows[storms], "event:storm", config.detection.storm.severity, config),
        "start": _reduced(np.minimum, instants, storms),
        "end": _reduced(np.maximum, instants, storms),
        "duration_ms": _reduced(np.add, new_second.astype(np.int64), storms) * 1000.0,
    }


def _reduced(how: np.ufunc, values: Ints, starts: Ints) -> Ints:
    """One value for each stretch of values between two starts."""
    found: Ints = how.reduceat(values, starts) if len(starts) else np.empty(0, np.int64)
    return found


def _reported(reports: list[Reported]) -> Columns:
    return {
        "component": [part.component for part in reports],
        "event": [part.event for part in reports],
        "severity": [part.severity for part in reports],
        "origin": [REPORTED] * len(reports),
        "source": [part.source for part in reports],
        "start": [part.first for part in reports],
        "end": [part.last for part in reports],
        "count": [part.occurrences for part in reports],
        "duration_ms": [part.duration_ms for part in reports],
    }


def _without_reported(detected: Columns, reports: list[Reported]) -> Columns:
    columns = {name: np.asarray(values) for name, values in detected.items()}
    kept = np.ones(len(columns["start"]), bool)
    events = set(detected["event"])
    for part in (report for report in reports if report.event in events and (report.occurrences or report.duration_ms)):
        same = (columns["event"] == part.event) & (columns["component"] == part.component)
        kept &= ~(same & (columns["start"] <= part.last) & (columns["end"] >= part.first))
    return detected if kept.all() else {name: values[kept] for name, values in columns.items()}


def summed(found: pd.DataFrame, reported: Iterable[Reported], config: SloConfig) -> list[Document]:
    """The anomalies of a period, in the order of the components and falling cost.

    Args:
        found: the occurrences.
        reported: the parts of reported anomalies, which stay with their anomaly as evidence.
        config: components and the classification of event keys.

    Returns:
        Anomalies in the telemetry file's shape; ``avgDuration`` in milliseconds (None without an occurrence),
        ``totalDuration`` is the sum that budgets use.
    """
    parts: dict[tuple[str, ...], list[Reported]] = {}
    for part in reported:
        parts.setdefault((part.component, part.event, part.severity, REPORTED), []).append(part)
    anomalies = [
        _anomaly(dict(zip(ANOMALY_KEY, map(str, key), strict=True)), rows, parts.get(tuple(map(str, key)), []), config)
        for key, rows in found.groupby(ANOMALY_KEY, sort=True)
    ]
    order = {component: place for place, component in enumerate(config.components)}
    anomalies.sort(key=lambda a: (order[a["component"]], -a["totalDuration"], a["event"], a["origin"]))
    numbers = iter(range(1, len(anomalies) + 1))
    return [{"id": a["parts"][0]["id"] if a["parts"] else f"detected-{next(numbers):03d}", **a} for a in anomalies]


def _anomaly(key: dict[str, str], rows: pd.DataFrame, parts: list[Reported], config: SloConfig) -> Document:
    count, total = int(rows["count"].sum()), math.fsum(rows["duration_ms"])
    kind = key["event"].removeprefix(f"{config.prefix_of(key['component'])}:")
    return {
        "event": key["event"],
        "component": key["component"],
        "severity": key["severity"],
        "origin": key["origin"],
        "sli": config.sli_of(key["event"]),
        "occurrences": count,
        "avgDuration": millis(total / count) if count else None,
        "totalDuration": millis(total),
        "description": parts[0].description if parts else DESCRIPTIONS[kind],
        "firstSeen": format_instant(int(rows["start"].min())),
        "lastSeen": format_instant(int(rows["end"].max())),
        "source": str(rows["source"].iloc[0]),
        "parts": [_part(part) for part in sorted(parts, key=lambda part: (part.first, part.file, part.id))],
    }


def _part(part: Reported) -> Document:
    return {
        "file": part.file,
        "id": part.id,
        "occurrences": part.occurrences,
        "totalDuration": millis(part.duration_ms),
        "firstSeen": format_instant(part.first),
        "lastSeen": format_instant(part.last),
        "source": part.source,
    }


def reported_in(telemetry: Document) -> list[Reported]:
    """The parts of reported anomalies that a period's telemetry document holds."""
    return [
        Reported(
            file=part["file"],
            id=part["id"],
            event=anomaly["event"],
            component=anomaly["component"],
            severity=anomaly["severity"],
            occurrences=part["occurrences"],
            duration_ms=part["totalDuration"],
            first=parse_instant(part["firstSeen"]),
            last=parse_instant(part["lastSeen"]),
            source=part["source"],
        )
        for anomaly in telemetry["anomalies"]
        for part in anomaly["parts"]
    ]


def costliest(anomalies: Iterable[Document]) -> str:
    """The event key of the anomaly with the longest total duration; ``none`` where there is no anomaly."""
    return max(anomalies, key=lambda a: (a["totalDuration"], a["event"]), default={"event": "none"})["event"]
