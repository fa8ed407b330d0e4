"""The telemetry of a month: documents in the real file's shape.

What belongs here: one row for each anomaly that is reported, and the documents made of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from slo_assets.periods import DAY, MINUTE, format_date, format_instant
from slo_assets.simulate.plan import Plan


class Reported(NamedTuple):
    """One anomaly of the telemetry files, as the real file has it.

    ``window`` says when it was seen: over the month's ``wide`` window, in a ``night`` without operations (errors
    then have no rate), or across the ``turn`` of the month.
    """

    event: str
    component: str
    severity: str
    occurrences: int
    avg_duration: int
    log: str
    window: str
    description: str


REPORTED = (
    Reported("canvas:render:performance:throttle", "canvas-component", "critical", 187, 425, "component-canvas", "wide",
             "Canvas resize event fired without throttling, causing performance degradation"),
    Reported("control:panel:state:sync:race", "control-panel", "high", 94, 312, "localhost-0.0.0.0:3000", "night",
             "Control panel state sync race condition during concurrent property updates"),
    Reported("library:search:cache:invalidation", "library-component", "high", 76, 245, "component-library", "night",
             "Library search cache not invalidating after variant resolution, causing stale results"),
    Reported("host:sdk:plugin:init:serialization", "host-sdk", "high", 58, 658, "host-sdk", "wide",
             "Host SDK plugin initialization serialized instead of parallel, blocking other operations"),
    Reported("theme:css:repaint:storm", "theme", "high", 142, 189, "theme-manager", "wide",
             "Theme changes triggering cascading CSS repaints affecting entire canvas"),
    Reported("canvas:concurrent:creation:race", "canvas-component", "critical", 3, 892, "component-canvas", "wide",
             "Concurrent canvas instance creation without proper synchronization lock"),
    Reported("control:panel:property:binding:lag", "control-panel", "medium", 123, 267, "localhost-0.0.0.0:3000",
             "turn", "Control panel property binding updates delayed by 200-400ms on complex models"),
    Reported("library:index:loading:blocking", "library-component", "medium", 89, 534, "component-library", "wide",
             "Library index loading blocks main thread, preventing user interaction for 500-700ms"),
    Reported("host:sdk:communication:timeout", "host-sdk", "high", 41, 1200, "host-sdk", "wide",
             "Host SDK communication timing out waiting for plugin responses (30s+ waits)"),
    Reported("canvas:boundary:validation:missing", "canvas-component", "medium", 67, 145, "component-canvas", "night",
             "Canvas rendering without boundary validation, allowing invalid coordinates"),
    Reported("control:panel:state:validation:missing", "control-panel", "medium", 52, 98, "localhost-0.0.0.0:3000",
             "night", "Control panel state transitions without validation, allowing invalid state"),
    Reported("library:type:checking:insufficient", "library-component", "low", 31, 67, "component-library", "night",
             "Library variant type checking insufficient, allowing type mismatches"),
)  # fmt: skip
SEVERITIES = ("critical", "high", "medium", "low")
REPORTED_DAYS = (7, 21)
NIGHT_MICROS = (72 * MINUTE, 220 * MINUTE)
TURN_MICROS = (-4 * DAY, 2 * DAY)
SPREAD = 0.1  # figures of a reported anomaly vary by so much from its row


def _anomaly(number: int, row: Reported, start: int, end: int, random: Random) -> dict[str, Any]:
    def about(figure: int) -> int:
        return max(1, round(figure * random.uniform(1 - SPREAD, 1 + SPREAD)))

    first, last = start + random.randrange((end - start) // 4), end - random.randrange((end - start) // 4)
    return {
        "id": f"anom-{number:03d}",
        "event": row.event,
        "component": row.component,
        "severity": row.severity,
        "occurrences": about(row.occurrences),
        "avgDuration": about(row.avg_duration),
        "description": row.description,
        "firstSeen": _whole_second(first),
        "lastSeen": _whole_second(last),
        "source": f"{row.log}-{format_date(last)}.log:{random.randrange(1000, 9000)}",
    }


def _whole_second(instant: int) -> str:
    return format_instant(instant - instant % (MINUTE // 60))


def _window(row: Reported, number: int, start: int, end: int) -> tuple[int, int]:
    """When a row was seen: throughout, or one night, each row in another one."""
    if row.window != "night":
        return start, end
    return start + number * DAY + NIGHT_MICROS[0], start + number * DAY + NIGHT_MICROS[1]


def _document(rows: list[Reported], start: int, end: int, random: Random) -> dict[str, Any]:
    """A telemetry document in the real file's shape."""
    anomalies = [_anomaly(number, row, *_window(row, number, start, end), random) for number, row in enumerate(rows, 1)]
    date = format_date(end)
    counts = {severity: sum(row.severity == severity for row in rows) for severity in SEVERITIES}
    return {
        "metadata": {
            "source": "renderx-web production logs",
            "logFiles": [f"logs/{log}-{date}.log" for log in dict.fromkeys(row.log for row in rows)],
            "analysisDate": _whole_second(end),
            "logEntriesAnalyzed": random.randrange(900, 1600),
            "timeRange": f"{_whole_second(start)} to {_whole_second(end)}",
        },
        "anomalies": anomalies,
        "summary": {
            "totalAnomalies": len(anomalies),
            **{f"{severity}Count": count for severity, count in counts.items()},
            "totalOccurrences": sum(anomaly["occurrences"] for anomaly in anomalies),
            "componentsAffected": list(dict.fromkeys(row.component for row in rows)),
            "mostCommonEvent": max(anomalies, key=lambda anomaly: anomaly["occurrences"])["event"],
            "highestImpactEvent": max(
                anomalies, key=lambda anomaly: (-SEVERITIES.index(anomaly["severity"]), anomaly["avgDuration"])
            )["event"],
        },
    }


def documents(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """The month's file; across its end another one, or, in the last month, one that does not validate."""
    name = f"renderx-web-telemetry-{plan.period.key}"
    rows = [row for row in REPORTED if row.component in plan.outcomes]
    within = [row for row in rows if row.window != "turn"]
    start, end = (plan.period.start + day * DAY for day in REPORTED_DAYS)
    yield f"{name}.json", _document(within, start, end, plan.random)
    if plan.last:
        broken = _document(within, start, end, plan.random)
        broken["anomalies"][0]["occurrences"] *= -1
        yield f"{name}-resent.json", broken
    else:
        turning = [row for row in rows if row.window == "turn"]
        start, end = (plan.period.end + offset for offset in TURN_MICROS)
        yield f"{name}-turn.json", _document(turning, start, end, plan.random)
