"""Reported anomalies: the telemetry files that people or other tools write, cut to a period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from slo_assets.domain.documents import Document
from slo_assets.domain.intervals import Interval
from slo_assets.periods import parse_instant


@dataclass(frozen=True)
class Reported:
    """A reported anomaly, or the part of it that lies in a period.

    Attributes:
        file: the telemetry file.
        id: its id there.
        occurrences: how often it happened.
        duration_ms: all occurrences together, in milliseconds.
        first: first seen, in microseconds.
        last: last seen.
        source: where in which log, as reported.
    """

    file: str
    id: str
    event: str
    component: str
    severity: str
    occurrences: int
    duration_ms: float
    first: int
    last: int
    source: str = ""
    description: str = ""

    def within(self, start: int, end: int, *, included: bool = False) -> Reported | None:
        """The part in [start, end), or in [start, end] if the end is included; None where there is none.

        It is split by time, evenly over [first, last]. Occurrences are cut so that the parts of adjacent
        periods add up to the whole; the duration is exact.
        """
        if self.first == self.last:
            return self if start <= self.first < end or (included and self.first == end) else None
        left, right = (min(max(bound, self.first), self.last) for bound in (start, end))
        if left == right:
            return None
        span = self.last - self.first
        counts = [round(self.occurrences * (bound - self.first) / span) for bound in (left, right)]
        duration = self.duration_ms * ((right - left) / span)
        return replace(self, first=left, last=right, occurrences=counts[1] - counts[0], duration_ms=duration)


@dataclass(frozen=True)
class Report:
    """One telemetry file.

    Attributes:
        analyzed: when it was made, in microseconds; None where the file does not say.
        time_range: what it looked at; None where the file does not say.
        components: the components that it names.
        entries: log entries that it read, as it says.
    """

    file: str
    digest: str
    analyzed: int | None
    time_range: Interval | None
    components: tuple[str, ...]
    entries: int | None
    anomalies: tuple[Reported, ...]

    def touches(self, start: int, end: int) -> bool:
        """Whether it tells of any time in [start, end); what has a length and ends at ``start`` does not."""
        return any(first < end and (last > start or first == last == start) for first, last in self._ranges())

    def instants(self) -> list[int]:
        """Where what it tells of begins and ends."""
        return [instant for span in self._ranges() for instant in span]

    def _ranges(self) -> list[Interval]:
        seen = [self.time_range] if self.time_range else []
        return seen + [(anomaly.first, anomaly.last) for anomaly in self.anomalies]


TEXTS = ("id", "event", "component", "source", "description")


def parse_report(document: Document, file: str, digest: str) -> Report:
    """Read a telemetry document that fits the telemetry schema.

    Raises:
        ValueError: instants that are none, or a range that ends before it begins; names the anomaly.
    """
    metadata, summary = document.get("metadata", {}), document.get("summary", {})
    anomalies = tuple(_parse_anomaly(entry, file, number) for number, entry in enumerate(document["anomalies"]))
    named = [anomaly.component for anomaly in anomalies] + list(summary.get("componentsAffected", []))
    analyzed = metadata.get("analysisDate")
    return Report(
        file=file,
        digest=digest,
        analyzed=None if analyzed is None else parse_instant(analyzed),
        time_range=_parse_range(metadata.get("timeRange")),
        components=tuple(dict.fromkeys(named)),
        entries=metadata.get("logEntriesAnalyzed"),
        anomalies=anomalies,
    )


def _parse_anomaly(entry: dict[str, Any], file: str, number: int) -> Reported:
    first, last = parse_instant(entry["firstSeen"]), parse_instant(entry["lastSeen"])
    name = str(entry.get("id", f"number {number + 1}"))
    for key in TEXTS:
        if not _is_text(str(entry.get(key, ""))):
            msg = f"anomaly {number + 1}: {key} holds half a character, which no document can"
            raise ValueError(msg)
    if last < first:
        msg = f"anomaly {name}: lastSeen {entry['lastSeen']} is before firstSeen {entry['firstSeen']}"
        raise ValueError(msg)
    return Reported(
        file=file,
        id=name,
        event=entry["event"],
        component=entry["component"],
        severity=entry["severity"],
        occurrences=entry["occurrences"],
        duration_ms=entry["occurrences"] * entry["avgDuration"],
        first=first,
        last=last,
        source=entry.get("source", ""),
        description=entry.get("description", ""),
    )


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parse_range(text: str | None) -> Interval | None:
    if text is None:
        return None
    first, _, last = text.partition(" to ")
    start, end = parse_instant(first), parse_instant(last)
    if end < start:
        msg = f"timeRange {text!r} ends before it begins"
        raise ValueError(msg)
    return start, end


def without_repeats(reports: Iterable[Report]) -> list[Report]:
    """Reports with each content once, and each incident as the latest report has it.

    Two files tell of the same incident when event, component and first sight agree: a later report of a
    growing incident replaces the earlier count instead of adding to it.
    """
    latest: dict[tuple[str, str, int], Report] = {}
    distinct = {report.digest: report for report in sorted(reports, key=lambda r: r.file, reverse=True)}
    ordered = sorted(distinct.values(), key=lambda r: (r.analyzed or 0, r.file))
    for report in ordered:
        for anomaly in report.anomalies:
            latest[_incident(anomaly)] = report
    kept = (
        replace(report, anomalies=tuple(a for a in report.anomalies if latest[_incident(a)] is report))
        for report in ordered
    )
    return sorted(kept, key=lambda report: report.file)


def _incident(anomaly: Reported) -> tuple[str, str, int]:
    return anomaly.event, anomaly.component, anomaly.first
