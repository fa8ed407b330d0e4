"""Log lines and telemetry files in a few words, at so many seconds from a given instant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from slo_assets.config import SloConfig
from slo_assets.domain import error_budgets, sli_framework, sli_metrics, slo_targets, telemetry
from slo_assets.domain.documents import Document
from slo_assets.domain.event_log import EventLog
from slo_assets.domain.telemetry import Reports
from slo_assets.periods import Period, parse_instant
from slo_assets_tests.situations import config_with, documents, event_log, quotes_of, shipped_config, telemetry_files

COMPONENTS = ("canvas-component", "control-panel", "library-component", "host-sdk", "theme")
CANVAS, CREATE = "canvas-component", "canvas:component:create"
NOVEMBER = "2025-11"
#: A clock past the end of November 2025, so that the month is closed.
AFTERWARDS = "2025-12-05T00:00:00Z"
NOON = dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC)
#: The first instant of December 2025: what is before it belongs to November.
MIDNIGHT = dt.datetime(2025, 12, 1, tzinfo=dt.UTC)


def stamp(seconds: float, since: dt.datetime = NOON) -> str:
    """An ISO 8601 instant, to the microsecond where it needs that."""
    return (since + dt.timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def micros(seconds: float, since: dt.datetime = NOON) -> int:
    """The same instant as the domain counts it."""
    passed = since - dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
    return passed // dt.timedelta(microseconds=1)


def done(seconds: float, ms: float = 10, event: str = CREATE, since: dt.datetime = NOON) -> str:
    return f"{stamp(seconds, since)} BeatExecutor: Beat 1 ({event}) completed in {ms}ms"


def failed(seconds: float, ms: float | None = None, event: str = CREATE, since: dt.datetime = NOON) -> str:
    after = "" if ms is None else f" after {ms}ms"
    return f"{stamp(seconds, since)} BeatExecutor: Beat 1 ({event}) failed{after}"


def started(seconds: float, event: str = CREATE, since: dt.datetime = NOON) -> str:
    return f"{stamp(seconds, since)} Beat 1 Started: Something ({event})"


def chatter(seconds: float, since: dt.datetime = NOON) -> str:
    """A line that tells nothing but its time."""
    return f"{stamp(seconds, since)} EventBus: nothing in particular"


def text(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def spread(count: int, seconds: float, ms: float = 10, event: str = CREATE, since: dt.datetime = NOON) -> list[str]:
    """Successes, so many seconds apart."""
    return [done(seconds * number, ms, event, since) for number in range(count)]


def log_of(*lines: str, name: str = "app.log", period: str = NOVEMBER, config: SloConfig | None = None) -> EventLog:
    """The log of a month from the lines of one file."""
    return event_log({name: text(*lines)}, period, AFTERWARDS, config or shipped_config())


def incident(
    event: str = "canvas:render:throttle",
    count: int = 10,
    ms: float = 600.0,
    first: float = 0,
    last: float = 3600,
    since: dt.datetime = NOON,
    **other: Any,
) -> Document:
    """An anomaly as telemetry files have it."""
    return {
        "id": f"told-{event}",
        "event": event,
        "component": CANVAS,
        "severity": "high",
        "occurrences": count,
        "avgDuration": ms,
        "description": "Told by somebody.",
        "firstSeen": stamp(first, since),
        "lastSeen": stamp(last, since),
        "source": "somewhere.log:7",
        **other,
    }


def told(*anomalies: Document, seen: tuple[float, float] | None = None, since: dt.datetime = NOON) -> Document:
    """A telemetry file; ``seen`` is the time at which it looked."""
    metadata = {} if seen is None else {"timeRange": f"{stamp(seen[0], since)} to {stamp(seen[1], since)}"}
    return {"metadata": metadata, "anomalies": list(anomalies)}


def month(
    lines: Iterable[str] = (),
    *reports: Document,
    period: str = NOVEMBER,
    now: str = AFTERWARDS,
    config: SloConfig | None = None,
    name: str = "app.log",
) -> dict[str, Document]:
    """All documents of a month, from the lines of one file and from telemetry files."""
    rules, written = config or shipped_config(), text(*lines)
    log = event_log({name: written}, period, now, rules) if written.strip() else EventLog()
    files = {f"report-{number}.json": report for number, report in enumerate(reports)}
    reported = telemetry_files(files) if files else Reports()
    return documents(log, reported, period, now, rules, quotes=quotes_of({name: written}))


def measures(
    files: Mapping[str, list[str]],
    *reports: Document,
    period: str = NOVEMBER,
    now: str = AFTERWARDS,
    config: SloConfig | None = None,
    budgets: bool = False,
) -> dict[str, Document]:
    """A month's documents up to its metrics or its budgets, which is less work than all of them."""
    rules, of = config or shipped_config(), Period(period)
    log = event_log({name: text(*lines) for name, lines in files.items()}, period, now, rules)
    read = telemetry_files({f"report-{number}.json": report for number, report in enumerate(reports)})
    anomalies = telemetry.document(log, read, of, parse_instant(now), rules)
    framework = sli_framework.document(anomalies, {period: log}, of, rules)
    metrics = sli_metrics.document(log, anomalies, framework, of, rules)
    made = {"renderx-web-telemetry": anomalies, "sli-framework": framework, "sli-metrics": metrics}
    if not budgets:
        return made
    targets = slo_targets.document({period: metrics}, of, rules)
    spent = error_budgets.document(log, anomalies, metrics, targets, of, rules)
    return {**made, "slo-targets": targets, "error-budgets": spent}


@cache
def only_canvas(policy: str = "ignore", availability: float = 99.9, errors: float = 0.05) -> SloConfig:
    """One component with agreed objectives, so that a month is quickly made."""

    def change(settings: dict[str, Any]) -> None:
        component = settings["components"][CANVAS]
        component |= {"noDataPolicy": policy, "objectives": {"availability": availability, "errorRate": errors}}
        settings["components"] = {CANVAS: component}

    return config_with(change)


#: The real telemetry of 2025-11-23: event, component, severity, occurrences, average ms, first and last sight.
REAL_ANOMALIES = (
    ("canvas:render:performance:throttle", "canvas-component", "critical", 187, 425, "22T20:18:45", "23T20:12:30"),
    ("control:panel:state:sync:race", "control-panel", "high", 94, 312, "22T21:05:12", "23T19:45:22"),
    ("library:search:cache:invalidation", "library-component", "high", 76, 245, "22T22:10:33", "23T20:00:15"),
    ("host:sdk:plugin:init:serialization", "host-sdk", "high", 58, 658, "22T23:02:18", "23T20:10:44"),
    ("theme:css:repaint:storm", "theme", "high", 142, 189, "22T20:45:27", "23T20:08:56"),
    ("canvas:concurrent:creation:race", "canvas-component", "critical", 34, 892, "23T08:12:44", "23T19:33:22"),
    ("control:panel:property:binding:lag", "control-panel", "medium", 123, 267, "22T20:30:11", "23T20:12:08"),
    ("library:index:loading:blocking", "library-component", "medium", 89, 534, "22T21:45:33", "23T20:05:44"),
    ("host:sdk:communication:timeout", "host-sdk", "high", 41, 1200, "23T09:30:22", "23T20:02:18"),
    ("canvas:boundary:validation:missing", "canvas-component", "medium", 67, 145, "22T20:50:15", "23T19:50:33"),
    ("control:panel:state:validation:missing", "control-panel", "medium", 52, 98, "22T22:15:44", "23T20:09:22"),
    ("library:type:checking:insufficient", "library-component", "low", 31, 67, "22T23:30:11", "23T20:07:55"),
)


def real_telemetry() -> Document:
    """The real telemetry file, as far as it enters any figure."""
    return {
        "metadata": {
            "analysisDate": "2025-11-23T20:15:00Z",
            "timeRange": "2025-11-22T20:15:00Z to 2025-11-23T20:15:00Z",
        },
        "anomalies": [
            {
                "id": f"anom-{number:03d}",
                "event": event,
                "component": component,
                "severity": severity,
                "occurrences": occurrences,
                "avgDuration": average,
                "firstSeen": f"2025-11-{first}Z",
                "lastSeen": f"2025-11-{last}Z",
            }
            for number, (event, component, severity, occurrences, average, first, last) in enumerate(REAL_ANOMALIES, 1)
        ],
    }


#: The worked example of the semantics: occurrences, bad minutes, availability and burn rate in November 2025.
WORKED_EXAMPLE = {
    "canvas-component": (288, 1.9920, 99.8617, "4.6%"),
    "control-panel": (269, 1.1211, 99.9221, "2.6%"),
    "library-component": (196, 1.1371, 99.9210, "2.6%"),
    "host-sdk": (99, 1.4561, 99.8989, "3.4%"),
    "theme": (142, 0.4473, 99.9689, "1.0%"),
}
