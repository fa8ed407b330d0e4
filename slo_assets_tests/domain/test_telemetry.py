"""``renderx-web-telemetry.json``: what was seen and told, up to when, and what was set aside."""

from __future__ import annotations

from typing import Any

import pytest

from slo_assets.domain import telemetry
from slo_assets.domain.documents import Document
from slo_assets.domain.telemetry import Reports
from slo_assets.periods import Period, format_instant, parse_instant
from slo_assets_tests.domain.telling import (
    AFTERWARDS,
    CANVAS,
    MIDNIGHT,
    NOVEMBER,
    done,
    failed,
    incident,
    stamp,
    text,
    told,
)
from slo_assets_tests.situations import event_log, shipped_config, telemetry_files


def document(
    files: dict[str, list[str]] | None = None,
    reports: dict[str, Any] | None = None,
    *,
    now: str = AFTERWARDS,
    period: str = NOVEMBER,
    aside: dict[str, Any] | None = None,
    quarantine: tuple[dict[str, str], ...] = (),
) -> Document:
    rules = shipped_config()
    written = {name: text(*lines) for name, lines in (files or {}).items()}
    log = event_log(written, period, now, rules, aside)
    read = Reports(telemetry_files(reports or {}).read, quarantine)
    return telemetry.document(log, read, Period(period), parse_instant(now), rules)


def dated(report: Document, moment: str) -> Document:
    return report | {"metadata": {**report["metadata"], "analysisDate": moment}}


# --- up to when -------------------------------------------------------------------------------------------------------

LINES = {"a.log": [done(0), done(60)]}
NEXT_MONTH = [done(5, since=MIDNIGHT)]


@pytest.mark.parametrize(
    ("files", "reports", "now", "expected", "closed"),
    [
        (LINES, {}, "2025-12-01T00:00:00Z", "2025-12-01T00:00:00Z", True),
        ({}, {}, "2025-12-01T00:00:00Z", "2025-12-01T00:00:00Z", True),
        ({}, {}, "2025-11-30T23:59:59Z", "2025-11-01T00:00:00Z", False),
        (LINES, {}, "2025-11-20T00:00:00Z", stamp(60), False),
        (LINES, {}, stamp(30), stamp(0), False),
        ({}, {"r.json": told(incident(first=0, last=90))}, "2025-11-20T00:00:00Z", stamp(90), False),
        ({}, {"r.json": told(incident(first=0, last=90))}, stamp(60), stamp(0), False),
        ({}, {"r.json": told(seen=(0, 120))}, "2025-11-20T00:00:00Z", stamp(120), False),
        (LINES, {"r.json": dated(told(incident(last=9)), stamp(500))}, "2025-11-20T00:00:00Z", stamp(500), False),
        (LINES, {"r.json": dated(told(incident(last=9)), stamp(500))}, stamp(499), stamp(60), False),
        ({"a.log": [*LINES["a.log"], *NEXT_MONTH]}, {}, "2025-11-20T00:00:00Z", stamp(60), False),
        ({}, {"r.json": told(seen=(-86400 * 30, -86400 * 20))}, "2025-11-20T00:00:00Z", "2025-11-01T00:00:00Z", False),
    ],
    ids=[
        "closed at the very end",
        "closed without anything",
        "open without anything",
        "the latest line",
        "the latest line before the clock",
        "the latest sight",
        "the latest sight before the clock",
        "the end of what a report looked at",
        "when a report was made",
        "not a report made after the clock",
        "not a line of the next month",
        "not a report of the month before",
    ],
)
def test_a_month_is_known_up_to_its_latest_instant_or_its_end(files, reports, now, expected, closed):
    made = document(files, reports, now=now)["metadata"]
    as_of = format_instant(parse_instant(expected))
    assert (made["asOf"], made["closed"], made["analysisDate"]) == (as_of, closed, as_of)


def test_an_open_month_counts_a_reported_anomaly_up_to_the_latest_known_instant():
    # Told of 100 occurrences in 100 minutes; the clock stands after 25 of them, and the logs end there.
    report = told(incident(count=100, ms=60, first=0, last=6000))
    made = document({"a.log": [done(1500)]}, {"r.json": report}, now=stamp(1500))
    (anomaly,) = made["anomalies"]
    assert (anomaly["occurrences"], anomaly["totalDuration"], anomaly["lastSeen"]) == (25, 1500, "2025-11-03T12:25:00Z")


def test_an_instant_at_the_latest_known_one_counts_while_the_month_is_open():
    report = told(incident(count=3, ms=60, first=60, last=60))
    made = document({}, {"r.json": report}, now="2025-11-20T00:00:00Z")
    assert [anomaly["occurrences"] for anomaly in made["anomalies"]] == [3]


# --- what was set aside -----------------------------------------------------------------------------------------------


def test_a_report_made_after_the_clock_is_set_aside():
    reports = {"late.json": dated(told(incident()), "2025-12-06T00:00:00Z"), "r.json": told(incident("theme:x"))}
    made = document(reports=reports)
    assert made["metadata"]["setAside"]["futureReports"] == ["late.json"]
    assert [anomaly["event"] for anomaly in made["anomalies"]] == ["theme:x"]


def test_an_unknown_component_is_shown_and_counts_nowhere():
    made = document(reports={"r.json": told(incident(component="minimap", count=4), incident())})
    assert made["metadata"]["unmapped"]["anomalies"] == [
        {
            "file": "r.json",
            "id": "told-canvas:render:throttle",
            "event": "canvas:render:throttle",
            "component": "minimap",
            "occurrences": 4,
        }
    ]
    assert made["summary"]["totalOccurrences"] == 10


def test_everything_that_could_not_be_used_is_told():
    unreadable = {"file": "x.json", "reason": "unreadable", "detail": "no JSON"}
    undated = {"file": "x.log", "reason": "undated", "detail": "no time"}
    aside = {"quarantine": [undated], "duplicates": [{"file": "b.log", "sameAs": "a.log"}], "future": {"a.log": 2}}
    lines = {"a.log": [done(0), done(1, event="minimap:show")]}
    made = document(lines, aside=aside, quarantine=(unreadable,))["metadata"]
    assert made["setAside"] == {
        "quarantine": [undated, unreadable],
        "duplicates": [{"file": "b.log", "sameAs": "a.log"}],
        "futureLines": {},  # of a month that is over, none is missing
        "futureReports": [],
    }
    assert document(lines, aside=aside, now=stamp(1500))["metadata"]["setAside"]["futureLines"] == {"a.log": 2}
    assert made["unmapped"]["events"] == {"minimap:show": 1}
    assert made["unmapped"]["moreEvents"] == {"keys": 0, "events": 0}


def test_of_many_events_of_no_component_the_most_frequent_are_told_and_the_rest_is_summed():
    lines = {"a.log": [done(n, event=f"page:{n % 30}") for n in range(100)]}
    unmapped = document(lines)["metadata"]["unmapped"]

    assert len(unmapped["events"]) == 20
    assert set(unmapped["events"].values()) == {3, 4}
    assert unmapped["moreEvents"] == {"keys": 10, "events": 100 - sum(unmapped["events"].values())}


# --- the real file's shape --------------------------------------------------------------------------------------------


def test_the_document_has_the_real_file_s_shape():
    lines = {
        "b.log": [failed(0), failed(1), failed(2), done(62)],
        "a.log": [done(0, 300, "theme:x"), done(400, 300, "theme:x")],
    }
    report = told(incident("library:x:race", 50, 10, component="library-component", severity="low"), seen=(0, 7200))
    made = document(lines, {"r.json": report})
    assert {key: made[key] for key in ("version", "schemaVersion", "period")} == {
        "version": "1.0.0",
        "schemaVersion": "1",
        "period": NOVEMBER,
    }
    assert made["metadata"]["source"] == "renderx-web production logs"
    assert made["metadata"]["logFiles"] == ["a.log", "b.log"]
    assert made["metadata"]["logEntriesAnalyzed"] == 6
    assert made["metadata"]["timeRange"] == f"{stamp(0)} to {stamp(7200)}"
    (told_,) = made["metadata"]["reports"]
    assert told_["file"] == "r.json"
    assert told_["components"] == ["library-component"]
    assert told_["timeRange"] == {"start": stamp(0), "end": stamp(7200)}
    assert made["summary"] == {
        "totalAnomalies": 3,
        "criticalCount": 1,
        "highCount": 0,
        "mediumCount": 1,
        "lowCount": 1,
        "totalOccurrences": 1 + 2 + 50,
        "componentsAffected": [CANVAS, "library-component", "theme"],
        "mostCommonEvent": "library:x:race",
        "highestImpactEvent": "canvas:availability:outage",
    }


def test_a_report_that_looked_across_the_month_s_end_is_shown_with_this_month_s_part():
    made = document(reports={"r.json": told(seen=(-3600, 3600), since=MIDNIGHT)}, period="2025-12")
    (report,) = made["metadata"]["reports"]
    assert report["timeRange"] == {"start": stamp(0, MIDNIGHT), "end": stamp(3600, MIDNIGHT)}


def test_a_report_of_another_month_is_none_of_this_one():
    made = document(reports={"r.json": told(incident(), seen=(0, 60))}, period="2025-10")
    assert (made["metadata"]["reports"], made["anomalies"], made["metadata"]["timeRange"]) == ([], [], None)


def test_an_empty_month_has_nothing_to_tell():
    made = document()
    assert made["anomalies"] == []
    assert made["metadata"]["timeRange"] is None
    assert made["summary"] == {
        "totalAnomalies": 0,
        "criticalCount": 0,
        "highCount": 0,
        "mediumCount": 0,
        "lowCount": 0,
        "totalOccurrences": 0,
        "componentsAffected": [],
        "mostCommonEvent": None,
        "highestImpactEvent": None,
    }
