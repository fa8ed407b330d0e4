"""Occurrences and anomalies: each row of the table in the semantics, at its exact limits."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.config import SloConfig
from slo_assets.domain import telemetry
from slo_assets.domain.anomalies import costliest, occurrences, reported_in
from slo_assets.domain.documents import Document
from slo_assets.domain.event_log import EventLog
from slo_assets.domain.observation import observed
from slo_assets.domain.reports import Reported
from slo_assets.periods import Period, parse_instant
from slo_assets_tests.domain.telling import (
    AFTERWARDS,
    CANVAS,
    CREATE,
    MIDNIGHT,
    NOVEMBER,
    chatter,
    done,
    failed,
    incident,
    log_of,
    micros,
    stamp,
    started,
    text,
    told,
)
from slo_assets_tests.situations import config_with, event_log, shipped_config, telemetry_files

OUTAGE, GAP, FAILED, STORM, SLOW = (
    f"canvas:{kind}"
    for kind in ("availability:outage", "availability:gap", "operation:failed", "event:storm", "latency:slow")
)


def found_in(
    files: Mapping[str, list[str]], *reports: Document, period: str = NOVEMBER, config: SloConfig | None = None
) -> list[Document]:
    """The anomalies of a month, from the lines of files and from telemetry files."""
    rules = config or shipped_config()
    log = event_log({name: text(*lines) for name, lines in files.items()}, period, AFTERWARDS, rules)
    read = telemetry_files({f"r{number}.json": report for number, report in enumerate(reports)})
    document = telemetry.document(log, read, Period(period), parse_instant(AFTERWARDS), rules)
    return list(document["anomalies"])


def summary(anomalies: list[Document]) -> dict[str, tuple[int, float]]:
    """Occurrences and total milliseconds by event key."""
    return {a["event"]: (a["occurrences"], a["totalDuration"]) for a in anomalies}


def found(*lines: str, name: str = "app.log", **other: Any) -> dict[str, tuple[int, float]]:
    return summary(found_in({name: list(lines)}, **other))


# --- each row at its limits -------------------------------------------------------------------------------------------


def bunch(count: int, since: float = 0, event: str = CREATE) -> list[str]:
    """So many operations, a hundredth of a second apart."""
    return [done(since + 0.01 * number, 10, event) for number in range(count)]


LIMITS: Mapping[str, tuple[list[str], dict[str, tuple[int, float]]]] = {
    "3 failures in a row are an outage, from the first to the next success": (
        [failed(0), failed(10), failed(20), done(60)],
        {OUTAGE: (1, 60_000)},
    ),
    "2 failures in a row are none": ([failed(0, 5), failed(10, 6), done(60)], {FAILED: (2, 11)}),
    "an outage without a success lasts to the last line": (
        [failed(0), failed(10), failed(20), chatter(80)],
        {OUTAGE: (1, 80_000)},
    ),
    "a failure has its own duration": ([failed(0, 70), done(1, 10), done(2, 20)], {FAILED: (1, 70)}),
    "else the component's median": ([failed(0), done(1, 10), done(2, 20), done(3, 90)], {FAILED: (1, 20)}),
    "to which failures belong as well": (
        # Durations 10 and 70: the median is 40.
        [failed(0), done(1, 10), failed(2, 70), done(3, 10), failed(4, 70)],
        {FAILED: (3, 40 + 70 + 70)},
    ),
    "else 0": ([failed(0), chatter(1)], {FAILED: (1, 0)}),
    "another component's durations are not its own": ([failed(0), done(1, 100, "theme:x")], {FAILED: (1, 0)}),
    "51 operations in a second are a storm": (bunch(51), {STORM: (1, 1000)}),
    "50 are none": (bunch(50), {}),
    "51 within a second that are in two clock seconds are none": (bunch(51, since=0.75), {}),
    "51 of two events are none": (bunch(26) + bunch(25, event="canvas:component:drag"), {}),
    "adjacent seconds are one storm": (bunch(51) + bunch(51, 1) + bunch(60, 2), {STORM: (1, 3000)}),
    "a calm second between makes two": (bunch(51) + bunch(50, 1) + bunch(51, 2), {STORM: (2, 2000)}),
    "two events storm for themselves": (
        bunch(51) + bunch(51, event="canvas:component:drag"),
        {STORM: (2, 2000)},
    ),
    "over 250 ms is slow": ([done(0, 250.001), done(1, 10)], {SLOW: (1, 250.001)}),
    "exactly 250 ms is not": ([done(0, 250), done(1, 10)], {}),
    "chatter is nothing": ([chatter(0), chatter(1000)], {}),
    "an operation that never ended is no failure": ([started(0), done(1, 10, "canvas:other")], {}),
}


@pytest.mark.parametrize(("lines", "expected"), LIMITS.values(), ids=LIMITS)
def test_detection_at_its_limits(lines: list[str], expected: dict[str, tuple[int, float]]):
    assert found(*lines) == expected


@pytest.mark.parametrize(
    ("name", "silence", "expected"),
    [
        ("heartbeat-1.log", 300, {}),
        ("heartbeat-1.log", 300.001, {GAP: (1, 300_001)}),
        ("app.log", 3000, {}),
    ],
    ids=["exactly 5 min", "over 5 min", "no heartbeat"],
)
def test_a_gap_is_a_silence_over_five_minutes_in_a_heartbeat_file(name: str, silence: float, expected):
    assert found(done(0), done(silence), name=name) == expected


def test_two_gaps_of_a_file_are_two_occurrences():
    assert found(done(0), chatter(400), done(1000), name="heartbeat-1.log") == {GAP: (2, 1_000_000)}


def test_a_gap_counts_for_each_component_with_an_event_in_the_file():
    files = {"heartbeat-1.log": [done(0), done(1, 5, "theme:x"), done(400)], "app.log": [done(0, 5, "library:x")]}
    anomalies = found_in(files)
    assert {(a["event"], a["source"]) for a in anomalies} == {
        (GAP, "heartbeat-1.log:1"),
        ("theme:availability:gap", "heartbeat-1.log:2"),
    }


def test_a_gap_s_source_is_the_last_line_of_the_component_before_it():
    (anomaly,) = found_in({"heartbeat-1.log": [done(0), done(10), chatter(20), done(400)]})
    assert anomaly["source"] == "heartbeat-1.log:2"


def test_a_storm_is_of_one_file():
    assert summary(found_in({"a.log": bunch(30), "b.log": bunch(30)})) == {}


# --- precedence: an operation counts in the first row that takes it ---------------------------------------------------

PRECEDENCE: Mapping[str, tuple[list[str], dict[str, tuple[int, float]]]] = {
    "an outage takes its failures": (
        [failed(0, 500), failed(1, 500), failed(2, 500), done(10)],
        {OUTAGE: (1, 10_000)},
    ),
    "a slow failure is a failure": ([failed(0, 900), done(1)], {FAILED: (1, 900)}),
    "a storm takes slow operations": ([done(0.01 * n, 300) for n in range(51)], {STORM: (1, 1000)}),
    "failures are no part of a storm": (
        [*bunch(25), failed(0.26, 5), *bunch(25, since=0.5)],
        {FAILED: (1, 5)},
    ),
    "a slow success that ends an outage is slow": (
        [failed(0), failed(1), failed(2), done(10, 400)],
        {OUTAGE: (1, 10_000), SLOW: (1, 400)},
    ),
}


@pytest.mark.parametrize(("lines", "expected"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_an_operation_counts_in_the_first_row_that_takes_it(lines, expected):
    assert found(*lines) == expected


def test_the_silence_within_an_outage_counts_once():
    # A heartbeat file, down from 0 s to 602 s, silent from 2 s to 602 s: bad are 602 s, not 1202.
    lines = [failed(0), failed(1), failed(2), done(602)]
    assert sum(total for _, total in found(*lines, name="heartbeat-1.log").values()) == 602_000


def test_a_silence_outside_the_outage_is_a_gap_and_one_within_is_one_for_other_components():
    # Silent from 0 to 400 s; down from 400 s to 1000 s, silent again from 402 s on.
    lines = [done(0), done(0, 5, "theme:x"), failed(400), failed(401), failed(402), done(1000)]
    assert found(*lines, name="heartbeat-1.log") == {
        OUTAGE: (1, 600_000),
        GAP: (1, 400_000),
        "theme:availability:gap": (2, 400_000 + 598_000),
    }


# --- outages last as long as they were observed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "observed_ms"),
    [
        ({"a.log": [failed(0), failed(10), failed(20), done(1000)]}, 20_000),
        ({"a.log": [failed(0), failed(10), failed(20), chatter(300), done(550)]}, 550_000),
        (
            # a.log was read from 0 to 20 s, b.log from 300 to 700 s: 20 + 400 seconds.
            {"a.log": [failed(0), failed(10), failed(20), done(1000)], "b.log": [done(300), done(500), done(700)]},
            420_000,
        ),
        (
            {"a.log": [failed(0), failed(10), failed(20), done(1000)], "b.log": [done(500, 5, "theme:x")]},
            20_000,
        ),
    ],
    ids=["only its first run", "one run", "and another file's run within", "not another component's"],
)
def test_an_outage_costs_the_observed_time_only(files: dict[str, list[str]], observed_ms: float):
    assert summary(found_in(files))[OUTAGE] == (1, observed_ms)


def test_a_report_s_time_range_makes_time_observed():
    lines = {"a.log": [failed(0), failed(10), failed(20), done(1000)]}
    looked = told(incident(count=0), seen=(500, 2000))
    assert summary(found_in(lines, looked))[OUTAGE] == (1, 20_000 + 500_000)


# --- a month's end ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "failures", "successes", "event", "expected"),
    [
        ("app.log", (-60, -30, 20), (90,), OUTAGE, [(1, 60_000), (1, 90_000)]),
        ("app.log", (-60, -30, -20), (90,), OUTAGE, [(1, 60_000), (1, 90_000)]),
        ("heartbeat-1.log", (), (-400, 200), GAP, [(1, 400_000), (1, 200_000)]),
    ],
    ids=["an outage", "an outage with all failures before", "a gap"],
)
def test_what_crosses_the_month_s_end_is_an_occurrence_in_both_months(name, failures, successes, event, expected):
    lines = [failed(at, since=MIDNIGHT) for at in failures] + [done(at, since=MIDNIGHT) for at in successes]
    parts = [summary(found_in({name: lines}, period=period))[event] for period in (NOVEMBER, "2025-12")]
    assert parts == expected


def test_a_reported_anomaly_across_the_month_s_end_is_split_evenly():
    # From 6 h before midnight to 18 h after: a quarter of 100 × 60 ms, then three quarters.
    report = told(incident(count=100, ms=60, first=-6 * 3600, last=18 * 3600, since=MIDNIGHT))
    parts = [found_in({}, report, period=period) for period in (NOVEMBER, "2025-12")]
    assert [summary(part) for part in parts] == [
        {"canvas:render:throttle": (25, 1500.0)},
        {"canvas:render:throttle": (75, 4500.0)},
    ]
    assert [(part[0]["firstSeen"], part[0]["lastSeen"]) for part in parts] == [
        ("2025-11-30T18:00:00Z", "2025-12-01T00:00:00Z"),
        ("2025-12-01T00:00:00Z", "2025-12-01T18:00:00Z"),
    ]


# --- reported wins over detected --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (incident(SLOW, 7, 300, 0, 60), {SLOW: (7, 2100)}),
        (incident(SLOW, 7, 300, 30, 60), {SLOW: (7, 2100)}),
        (incident(SLOW, 7, 300, 0, 30), {SLOW: (7, 2100)}),
        (incident(SLOW, 7, 300, 31, 60), {SLOW: (7 + 1, 2100 + 400)}),
        (incident(SLOW, 7, 300, -60, 29), {SLOW: (7 + 1, 2100 + 400)}),
        (incident(FAILED, 7, 300, 0, 60), {SLOW: (1, 400), FAILED: (7, 2100)}),
        (incident(SLOW, 0, 300, 0, 60), {SLOW: (1, 400)}),
    ],
    ids=["over it", "from it on", "up to it", "after it", "before it", "another event key", "of no occurrence"],
)
def test_the_reported_one_wins_on_the_same_key_and_overlapping_time(report: Document, expected):
    totals: Counter[str] = Counter()
    costs: Counter[str] = Counter()
    for anomaly in found_in({"a.log": [done(0), done(30, 400)]}, told(report)):
        totals[anomaly["event"]] += anomaly["occurrences"]
        costs[anomaly["event"]] += anomaly["totalDuration"]
    assert {event: (totals[event], costs[event]) for event in totals} == expected


def test_a_detected_outage_gives_way_to_a_reported_one():
    lines = {"a.log": [failed(0), failed(10), failed(20), done(60)]}
    anomalies = found_in(lines, told(incident(OUTAGE, 1, 45_000, 50, 80)))
    assert [(a["event"], a["origin"], a["totalDuration"]) for a in anomalies] == [(OUTAGE, "reported", 45_000)]


def test_a_reported_outage_wins_where_its_part_in_the_month_is_less_than_an_occurrence():
    # Ten minutes from two before the month's end: October's fifth of one occurrence is none, its two minutes are there.
    log = log_of(failed(0), failed(10), failed(20), done(60))
    part = Reported("r.json", "o", OUTAGE, CANVAS, "critical", 0, 120_000.0, micros(0), micros(120))
    found = occurrences(log, [part], {CANVAS: [(micros(0), micros(200))]}, shipped_config())
    assert found[["event", "origin", "duration_ms"]].to_numpy().tolist() == [[OUTAGE, "reported", 120_000.0]]


def test_a_report_of_another_component_takes_nothing():
    lines = {"a.log": [done(0, 400)]}
    anomalies = found_in(lines, told(incident(SLOW, 1, 5, component="theme")))
    assert sorted((a["component"], a["origin"]) for a in anomalies) == [(CANVAS, "detected"), ("theme", "reported")]


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_the_same_report_under_several_names_counts_once(copies: int):
    assert summary(found_in({}, *[told(incident(count=5, ms=100))] * copies)) == {"canvas:render:throttle": (5, 500)}


# --- the anomaly's shape ----------------------------------------------------------------------------------------------


def test_an_anomaly_tells_how_often_how_long_when_and_where():
    lines = {"b.log": [done(50, 300)], "a.log": [done(0), done(100, 400), done(200, 501)]}
    (anomaly,) = found_in(lines)
    # (300 + 400 + 501) / 3 = 400.333…
    expected = {
        "id": "detected-001",
        "event": SLOW,
        "component": CANVAS,
        "severity": "medium",
        "origin": "detected",
        "sli": "latency",
        "occurrences": 3,
        "avgDuration": 400.333,
        "totalDuration": 1201.0,
        "firstSeen": stamp(50),
        "lastSeen": stamp(200),
        "source": "b.log:1",
        "parts": [],
    }
    assert {key: anomaly[key] for key in expected} == expected


SEVERITIES = {OUTAGE: "critical", GAP: "high", FAILED: "high", STORM: "medium", SLOW: "medium"}


def test_each_detected_anomaly_has_the_severity_of_the_table():
    files = {
        "heartbeat-1.log": [done(0), done(400)],
        "a.log": [failed(0), failed(1), failed(2), done(3), failed(4), done(5, 300), *bunch(51, since=10)],
    }
    assert {a["event"]: a["severity"] for a in found_in(files)} == SEVERITIES


@pytest.mark.parametrize(
    ("event", "prefix"),
    [
        ("canvas:component:create", "canvas"),
        ("control.panel.selection.show", "control:panel"),
        ("library:components:load", "library"),
        ("host:sdk:plugin:mount", "host:sdk"),
        ("theme:toggle", "theme"),
        ("app:ui:theme:toggle", "theme"),
    ],
)
def test_a_detected_anomaly_is_called_by_its_component_s_prefix(event: str, prefix: str):
    assert set(found(done(0, 300, event))) == {f"{prefix}:latency:slow"}


def test_an_operation_of_no_component_is_no_anomaly():
    assert found(done(0, 999, "minimap:show"), failed(1, None, "minimap:show")) == {}


def test_limits_and_severities_are_configuration():
    def strict(settings: dict[str, Any]) -> None:
        settings["detection"] = {
            "outage": {"failures": 2, "severity": "low"},
            "storm": {"operationsPerSecond": 2, "severity": "high"},
            "slow": {"slowOperationMs": 20, "severity": "critical"},
        }

    lines = [failed(0), failed(1), done(2), done(3, 21), done(4), done(4.1), done(4.2)]
    anomalies = found_in({"a.log": lines}, config=config_with(strict))
    assert {a["event"]: a["severity"] for a in anomalies} == {OUTAGE: "low", STORM: "high", SLOW: "critical"}


def test_anomalies_stand_in_the_order_of_the_components_and_of_falling_cost():
    lines = [done(0, 300, "theme:x"), done(1, 300), failed(2, 900), done(3)]
    assert [a["event"] for a in found_in({"a.log": lines})] == [FAILED, SLOW, "theme:latency:slow"]


def test_parts_of_two_reports_of_one_event_are_one_anomaly_with_both_as_evidence():
    reports = (told(incident(count=3, ms=100, first=0)), told(incident(count=1, ms=500, first=10, id="other")))
    (anomaly,) = found_in({}, *reports)
    assert (anomaly["occurrences"], anomaly["avgDuration"], anomaly["totalDuration"]) == (4, 200, 800)
    assert [(part["file"], part["id"]) for part in anomaly["parts"]] == [
        ("r0.json", "told-canvas:render:throttle"),
        ("r1.json", "other"),
    ]


def test_a_report_of_no_occurrence_has_no_average():
    (anomaly,) = found_in({}, told(incident(count=0)))
    assert (anomaly["occurrences"], anomaly["avgDuration"], anomaly["totalDuration"]) == (0, None, 0)


def test_the_parts_in_a_document_are_what_was_reported():
    read = telemetry_files({"r.json": told(incident(), incident("theme:x", component="theme"))})
    document = telemetry.document(EventLog(), read, Period(NOVEMBER), parse_instant(AFTERWARDS), shipped_config())
    again = {part.event: part for part in reported_in(document)}
    for part in read.read[0].anomalies:
        same = again[part.event]
        assert (same.occurrences, same.duration_ms, same.first, same.last) == (10, 6000, part.first, part.last)
        assert (same.component, same.file, same.id) == (part.component, part.file, part.id)


@pytest.mark.parametrize(
    ("costs", "expected"),
    [({}, "none"), ({"a": 1.0, "b": 2.0}, "b"), ({"a": 2.0, "b": 2.0}, "b"), ({"z": 0.0}, "z")],
    ids=["none", "the longest", "of equals the last by name", "without cost"],
)
def test_the_costliest_anomaly_is_the_one_with_the_longest_total(costs: dict[str, float], expected: str):
    anomalies = [{"event": event, "totalDuration": cost} for event, cost in costs.items()]
    for order in permutations(anomalies):
        assert costliest(order) == expected


# --- everything at once, against a reading of the table line by line --------------------------------------------------

DRAG = "canvas:component:drag"
Line = tuple[int, str, float | None, str]


@cache
def easily_alarmed() -> SloConfig:
    """More than 2 operations in a second are a storm, so that a few lines make one."""
    return config_with(lambda settings: settings.update(detection={"storm": {"operationsPerSecond": 2}}))


lines_of_a_file = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 1, 1, 30, 301]),
        st.sampled_from(["success", "success", "failure"]),
        st.sampled_from([10.0, 250.0, 251.0, 900.5, None]),
        st.sampled_from([CREATE, CREATE, DRAG]),
    ),
    max_size=14,
)


def timed(steps: list[tuple[int, str, float | None, str]]) -> list[Line]:
    second, result = 0, []
    for step, kind, ms, event in steps:
        second += step
        result.append((second, kind, (ms or 10.0) if kind == "success" else ms, event))
    return result


def by_hand(files: Mapping[str, list[Line]]) -> dict[str, tuple[int, float]]:
    """The table of the semantics read aloud, second by second."""
    watched: set[int] = set()
    for lines in files.values():
        for (before, *_), (after, *_) in pairwise(lines):
            watched |= set(range(before, after)) if after - before <= 300 else set()
    known = [ms for lines in files.values() for _, _, ms, _ in lines if ms is not None]
    usual = statistics.median(known) if known else 0.0
    times: Counter[str] = Counter()
    cost: defaultdict[str, float] = defaultdict(float)

    def add(event: str, ms: float) -> None:
        times[event] += 1
        cost[event] += ms

    for lines in files.values():
        streak: list[Line] = []
        for line in [*lines, None]:
            if line is not None and line[1] == "failure":
                streak.append(line)
                continue
            if len(streak) >= 3:
                end = line[0] if line is not None else lines[-1][0]
                add(OUTAGE, 1000.0 * len(watched & set(range(streak[0][0], end))))
            else:
                for _, _, ms, _ in streak:
                    add(FAILED, usual if ms is None else ms)
            streak = []
        busy = Counter((second, event) for second, kind, _, event in lines if kind == "success")
        stormy = {key for key, number in busy.items() if number > 2}
        for second, event in stormy:
            cost[STORM] += 1000
            times[STORM] += (second - 1, event) not in stormy
        for second, kind, ms, event in lines:
            if kind == "success" and (second, event) not in stormy and ms is not None and ms > 250:
                add(SLOW, ms)
    return {event: (times[event], cost[event]) for event in times}


@given(lines_of_a_file, lines_of_a_file)
@settings(max_examples=30, deadline=None)
def test_detection_agrees_with_a_reading_line_by_line(one: list[Any], other: list[Any]):
    files = {name: timed(steps) for name, steps in (("a.log", one), ("b.log", other)) if steps}
    written = {
        name: [(done if kind == "success" else failed)(second, ms, event) for second, kind, ms, event in lines]
        for name, lines in files.items()
    }
    assert summary(found_in(written, config=easily_alarmed())) == by_hand(files)


def test_the_occurrences_stand_in_the_order_of_time_and_sum_to_the_anomalies():
    rules = shipped_config()
    written = {"b.log": text(done(5, 300), failed(3, 7)), "a.log": text(done(4, 400), *bunch(51, 10))}
    log = event_log(written, NOVEMBER, AFTERWARDS, rules)
    read = telemetry_files({"r.json": told(incident(count=4, ms=25, first=1, last=2))})
    month = Period(NOVEMBER)
    document = telemetry.document(log, read, month, parse_instant(AFTERWARDS), rules)
    seen = observed(log, [], month.start, month.end, rules)
    rows = occurrences(log, reported_in(document), seen, rules)
    assert list(rows["start"]) == sorted(rows["start"])
    assert list(rows["event"]) == ["canvas:render:throttle", FAILED, SLOW, SLOW, STORM]
    for anomaly in document["anomalies"]:
        own = rows[rows["event"] == anomaly["event"]]
        assert (own["count"].sum(), own["duration_ms"].sum()) == (anomaly["occurrences"], anomaly["totalDuration"])


def test_nothing_gives_no_occurrence_in_the_same_columns():
    rules = shipped_config()
    empty = occurrences(EventLog(), [], {}, rules)
    log = event_log({"a.log": text(done(0, 300))}, NOVEMBER, AFTERWARDS, rules)
    full = occurrences(log, [], {}, rules)
    assert (len(empty), len(full)) == (0, 1)
    assert dict(empty.dtypes) == dict(full.dtypes)
