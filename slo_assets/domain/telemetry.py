"""``renderx-web-telemetry.json``: the period's anomalies, reported and detected, in the real file's shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slo_assets.config import SEVERITIES, SloConfig
from slo_assets.domain import anomalies, intervals
from slo_assets.domain.account import largest
from slo_assets.domain.documents import Document, envelope
from slo_assets.domain.event_log import EventLog
from slo_assets.domain.observation import observed
from slo_assets.domain.reports import Report, Reported, without_repeats
from slo_assets.periods import Period, format_instant


@dataclass(frozen=True)
class Reports:
    """The telemetry files that could be read, and the reason for each that could not."""

    read: tuple[Report, ...] = ()
    quarantine: tuple[Mapping[str, str], ...] = ()


def document(log: EventLog, reports: Reports, period: Period, now: int, config: SloConfig) -> Document:
    """Merge what the logs show with what was reported.

    Args:
        log: the period's events.
        reports: all telemetry files; only what lies in the period counts.
        period: the month.
        now: the clock, in microseconds; reports made later are set aside.
        config: components and detection rules.

    Returns:
        The telemetry document. ``asOf`` is the period's end once the clock is past it, else the latest
        instant in logs and reports that is not after the clock (the start, if there is none).
    """
    made = [report for report in reports.read if report.analyzed is None or report.analyzed <= now]
    told = [report for report in without_repeats(made) if report.touches(period.start, period.end)]
    late = [r.file for r in reports.read if r not in made and r.touches(period.start, period.end)]
    until = as_of(log, told, period, now)
    cut = (a.within(period.start, until, included=until < period.end) for report in told for a in report.anomalies)
    parts = [part for part in cut if part]
    known = [part for part in parts if part.component in config.components]
    ranges = [(report.time_range, report.components) for report in told if report.time_range]
    seen = observed(log, ranges, period.start, until, config)
    found = anomalies.summed(anomalies.occurrences(log, known, seen, config), known, config)
    events, more = largest(log.account["unmapped"])
    metadata = {
        "source": f"{config.application} production logs",
        "logFiles": [file["file"] for file in log.account["files"]],
        "analysisDate": format_instant(until),
        "logEntriesAnalyzed": log.account["lines"],
        "timeRange": _hull(interval for found in seen.values() for interval in found),
        "asOf": format_instant(until),
        "closed": now >= period.end,
        "reports": [_report(report, period) for report in told],
        "unmapped": {"events": events, "moreEvents": more, "anomalies": _unmapped(parts, config)},
        "setAside": {
            "quarantine": [*log.account["quarantine"], *map(dict, reports.quarantine)],
            "duplicates": log.account["duplicates"],
            # Of a period that is over none is missing.
            "futureLines": {} if now >= period.end else log.account["future"],
            "futureReports": late,
        },
    }
    return envelope(config, period, {"metadata": metadata, "anomalies": found, "summary": _summary(found, config)})


def as_of(log: EventLog, reports: Iterable[Report], period: Period, now: int) -> int:
    """How far a period is known, in microseconds."""
    if now >= period.end:
        return period.end
    instants = [log.account["latest"]]
    for report in reports:
        instants += [report.analyzed, *report.instants()]
    known = (instant for instant in instants if instant is not None and period.start <= instant <= now)
    return max(known, default=period.start)


def _hull(found: Iterable[intervals.Interval]) -> str | None:
    union = intervals.union(found)
    return f"{format_instant(union[0][0])} to {format_instant(union[-1][1])}" if union else None


def _report(report: Report, period: Period) -> Document:
    clipped = intervals.clip([report.time_range] if report.time_range else [], period.start, period.end)
    return {
        "file": report.file,
        "sha256": report.digest,
        "components": list(report.components),
        "logEntriesAnalyzed": report.entries,
        "timeRange": {"start": format_instant(clipped[0][0]), "end": format_instant(clipped[0][1])}
        if clipped
        else None,
    }


def _unmapped(parts: list[Reported], config: SloConfig) -> list[dict[str, Any]]:
    return [
        {
            "file": part.file,
            "id": part.id,
            "event": part.event,
            "component": part.component,
            "occurrences": part.occurrences,
        }
        for part in parts
        if part.component not in config.components
    ]


def _summary(found: list[Document], config: SloConfig) -> Document:
    severities = {severity: sum(a["severity"] == severity for a in found) for severity in SEVERITIES}
    affected = {anomaly["component"] for anomaly in found}
    frequent = max(found, key=lambda a: (a["occurrences"], a["event"]), default=None)
    gravest = max(
        found, key=lambda a: (-SEVERITIES.index(a["severity"]), a["avgDuration"] or 0, a["event"]), default=None
    )
    return {
        "totalAnomalies": len(found),
        **{f"{severity}Count": count for severity, count in severities.items()},
        "totalOccurrences": sum(anomaly["occurrences"] for anomaly in found),
        "componentsAffected": [component for component in config.components if component in affected],
        "mostCommonEvent": frequent and frequent["event"],
        "highestImpactEvent": gravest and gravest["event"],
    }
