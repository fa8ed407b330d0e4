"""``sli-metrics.json``: the figures of a month, against arithmetic by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slo_assets.config import SloConfig
from slo_assets.domain.documents import Document
from slo_assets_tests.domain.telling import (
    AFTERWARDS,
    CANVAS,
    COMPONENTS,
    MIDNIGHT,
    NOVEMBER,
    REAL_ANOMALIES,
    WORKED_EXAMPLE,
    chatter,
    done,
    failed,
    incident,
    measures,
    only_canvas,
    real_telemetry,
    spread,
    stamp,
    started,
    told,
)
from slo_assets_tests.situations import config_with

REAL_FILE = Path(__file__).parents[3] / "shared" / "data" / "renderx" / "telemetry" / "renderx-web-telemetry.json"
RACE = "canvas:create:race"


def measured(files: Mapping[str, list[str]], *reports: Document, **other: Any) -> Document:
    """The metrics of a month, by component."""
    return dict(measures(files, *reports, **other)["sli-metrics"]["metrics"])


def canvas(*lines: str, reports: tuple[Document, ...] = (), config: SloConfig | None = None, **other: Any) -> Document:
    files = {"a.log": list(lines)} if lines else {}
    return dict(measured(files, *reports, config=config or only_canvas(), **other)[CANVAS])


# --- the worked example of the semantics ------------------------------------------------------------------------------


def telemetry_cases() -> list[Any]:
    absent = pytest.mark.skipif(not REAL_FILE.exists(), reason="the real telemetry is not part of the repository")
    return [pytest.param(False, id="embedded"), pytest.param(True, id="the real file", marks=absent)]


@pytest.mark.parametrize("from_file", telemetry_cases())
def test_the_worked_example_of_the_semantics(from_file: bool):
    report = json.loads(REAL_FILE.read_text(encoding="utf-8")) if from_file else real_telemetry()
    for name, figures in measured({}, report).items():
        occurrences, bad, availability, _ = WORKED_EXAMPLE[name]
        detail = figures["availabilityDetail"]
        assert figures["anomalies"]["occurrences"] == occurrences
        assert (detail["badMinutes"], detail["observedMinutes"]) == (bad, 1440.0)
        assert figures["availability"] == availability
        assert (detail["elapsedMinutes"], detail["coverage"]) == (43200.0, 3.3333)
        # No log, no operation: nothing is known of these, and 512 errors cannot be rated.
        assert (figures["latency"]["p95"], figures["errorRate"], figures["completeness"]) == (None, None, None)


@pytest.mark.skipif(not REAL_FILE.exists(), reason="the real telemetry is not part of the repository")
def test_the_embedded_telemetry_is_the_real_one():
    names = ("event", "component", "severity", "occurrences", "avgDuration", "firstSeen", "lastSeen")
    real = json.loads(REAL_FILE.read_text(encoding="utf-8"))
    embedded = [{name: anomaly[name] for name in names} for anomaly in real_telemetry()["anomalies"]]
    assert [{name: anomaly[name] for name in names} for anomaly in real["anomalies"]] == embedded
    assert real["metadata"]["timeRange"] == real_telemetry()["metadata"]["timeRange"]


@cache
def real_figures() -> Document:
    return measured({}, real_telemetry())


@pytest.mark.parametrize("name", COMPONENTS)
def test_bad_minutes_are_occurrences_by_average_duration(name: str):
    own = [anomaly for anomaly in REAL_ANOMALIES if anomaly[1] == name]
    bad = sum(Fraction(count * average, 60_000) for _, _, _, count, average, *_ in own)
    figures = real_figures()[name]
    # A hair more than half a digit: the library's 1.13705 lies exactly between two figures.
    assert figures["availabilityDetail"]["badMinutes"] == pytest.approx(float(bad), abs=5.0001e-5)
    assert figures["availability"] == pytest.approx(float(100 * (1 - bad / 1440)), abs=5e-5)
    assert figures["errorRateDetail"]["unratedErrors"] == sum(
        anomaly[3]
        for anomaly in own
        if any(word in anomaly[0] for word in (":race", ":validation:", ":checking:", ":invalidation"))
    )
    assert figures["anomalies"]["bySeverity"] == {
        severity: sum(anomaly[3] for anomaly in own if anomaly[2] == severity)
        for severity in ("critical", "high", "medium", "low")
    }


# --- latency ----------------------------------------------------------------------------------------------------------


def test_latencies_are_over_all_operations_with_a_duration():
    durations = [3, 14, 15, 92, 65, 35, 89, 79]
    lines = [done(n, ms) for n, ms in enumerate(durations)]
    # A failure with a duration is an operation with one; a failure without and an unfinished one have none.
    lines += [failed(20, 1000), failed(21), started(22, "canvas:other")]
    latency = canvas(*lines)["latency"]
    expected = np.percentile([*durations, 1000], [50, 95, 99])
    assert [latency[name] for name in ("p50", "p95", "p99")] == pytest.approx(list(expected), abs=5e-4)
    assert (latency["count"], latency["unit"]) == (9, "ms")


def test_latencies_have_three_decimals():
    # Two values: p95 = 1 + 0.95 × 0.001 = 1.00095 → 1.001.
    assert canvas(done(0, 1), done(1, 1.001))["latency"]["p95"] == 1.001


# --- error rate -------------------------------------------------------------------------------------------------------

TEN = [*spread(8, 10), failed(90), failed(100)]


@pytest.mark.parametrize(
    ("lines", "report", "expected", "unrated"),
    [
        (TEN, [], Fraction(200, 10), 0),
        (TEN, [incident(RACE, 5, first=0, last=10)], Fraction(100 * 7, 15), 0),
        (TEN, [incident(RACE, 5, first=100, last=900)], Fraction(100 * 7, 15), 0),
        (TEN, [incident(RACE, 5, first=-60, last=0)], Fraction(100 * 7, 15), 0),
        (TEN, [incident(RACE, 5, first=101, last=900)], Fraction(20), 5),
        (TEN, [incident(RACE, 5, first=1, last=9)], Fraction(20), 5),
        (TEN, [incident("canvas:render:throttle", 5, first=0, last=10)], Fraction(20), 0),
        (TEN, [incident("canvas:call:timeout", 5, first=0, last=10)], Fraction(20), 0),
        (TEN, [incident("canvas:operation:failed", 5, first=0, last=95)], Fraction(100 * 6, 14), 0),
        (TEN, [incident("theme:x:race", 5, first=0, last=10, component="theme")], Fraction(20), 0),
        ([], [incident(RACE, 5)], None, 5),
        ([started(0)], [incident(RACE, 5, first=0, last=10)], None, 5),
    ],
    ids=[
        "the logs alone",
        "reported within the operations",
        "an operation at the first sight only",
        "an operation at the last sight only",
        "after the last operation",
        "between two operations",
        "a latency anomaly is no error",
        "an availability anomaly is no error",
        "reported failures: one of the two failures is among the five",
        "another component's",
        "no logs",
        "an operation that never ended gives no rate",
    ],
)
def test_reported_errors_count_where_the_logs_hold_an_operation(lines, report, expected, unrated):
    figures = canvas(*lines, reports=(told(*report),))
    assert figures["errorRate"] == (None if expected is None else round(float(expected), 4))
    assert figures["errorRateDetail"]["unratedErrors"] == unrated


def test_raw_counts_stand_beside_the_error_rate():
    detail = canvas(*TEN, reports=(told(incident(RACE, 5, first=0, last=10)),))["errorRateDetail"]
    assert {key: detail[key] for key in ("operations", "failures", "reportedErrors", "unratedErrors")} == {
        "operations": 10,
        "failures": 2,
        "reportedErrors": 5,
        "unratedErrors": 0,
    }


def test_the_anomalies_of_each_severity_are_counted_by_occurrence():
    report = told(incident(RACE, 5, severity="low"), incident("canvas:x", 7, severity="critical"))
    figures = canvas(*TEN, done(200, 300), reports=(report,))["anomalies"]
    # Detected: two failures (high) and a slow operation (medium).
    assert figures == {
        "count": 4,
        "occurrences": 15,
        "bySeverity": {"critical": 7, "high": 2, "medium": 1, "low": 5},
    }


# --- availability: up, down and unknown -------------------------------------------------------------------------------

HOUR = told(incident(count=1, ms=360_000, first=0, last=600), seen=(0, 3600))


@pytest.mark.parametrize(
    ("policy", "expected"),
    # 6 bad minutes of 60 observed in a month of 43200.
    [
        ("ignore", Fraction(54, 60)),
        ("up", Fraction(43200 - 6, 43200)),
        ("down", Fraction(60 - 6, 43200)),
    ],
)
def test_unknown_time_counts_as_the_policy_says(policy: str, expected: Fraction):
    figures = canvas(reports=(HOUR,), config=only_canvas(policy))
    detail = figures["availabilityDetail"]
    assert figures["availability"] == round(float(100 * expected), 4)
    assert (detail["observedMinutes"], detail["unknownMinutes"], detail["elapsedMinutes"]) == (60, 43140, 43200)
    assert (detail["badMinutes"], detail["noDataPolicy"]) == (6, policy)
    assert detail["coverage"] == round(100 * 60 / 43200, 4)
    assert detail["lowerBound"] == round(100 * 54 / 43200, 4)
    assert detail["upperBound"] == round(100 * (43200 - 6) / 43200, 4)


@pytest.mark.parametrize(
    ("spans", "bad", "down"),
    # One hour of 43,200 minutes was observed, and 43,140 were not.
    [
        ([(7200, 9000, 30)], 30, 43_140),
        ([(7200, 7200, 30)], 30, 43_140),
        ([(3000, 4200, 20)], 20, 10 + 43_140),
        ([(600, 600, 1), (7200, 9000, 30)], 31, 1 + 43_140),
    ],
    ids=["within", "at an instant", "half of it observed", "and another one in the observed time"],
)
@pytest.mark.parametrize("policy", ["ignore", "up", "down"])
def test_what_was_reported_of_unknown_time_is_part_of_it_where_it_is_down(policy, spans, bad, down):
    told_of = [incident(f"canvas:e{n}", 1, m * 60_000, a, b) for n, (a, b, m) in enumerate(spans)]
    looked = {**told(seen=(0, 3600)), "summary": {"componentsAffected": [CANVAS]}}
    figures = canvas(reports=(told(*told_of), looked), config=only_canvas(policy))
    detail = figures["availabilityDetail"]
    counted = {"ignore": Fraction(bad, 60), "up": Fraction(bad, 43_200), "down": Fraction(down, 43_200)}[policy]
    assert figures["availability"] == round(float(100 * (1 - counted)), 4)
    assert (detail["badMinutes"], detail["unknownMinutes"]) == (bad, 43_140)
    assert detail["lowerBound"] == round(100 * (1 - down / 43_200), 4)
    assert detail["upperBound"] == round(100 * (1 - bad / 43_200), 4)


def test_more_bad_time_than_unknown_time_is_no_less_where_that_is_down():
    # All of the month but five minutes was observed, and an incident of half an hour was reported in these.
    looked = [
        {**told(seen=span), "summary": {"componentsAffected": [CANVAS]}}
        for span in ((-2.5 * 86_400, 7200), (7500, 27.5 * 86_400))
    ]
    figures = canvas(reports=(told(incident(count=1, ms=1_800_000, first=7300, last=7400)), *looked))
    detail = figures["availabilityDetail"]
    assert (detail["badMinutes"], detail["unknownMinutes"]) == (30, 5)
    assert detail["lowerBound"] == detail["upperBound"] == round(100 * (1 - 30 / 43_200), 4)


def test_where_nothing_was_observed_availability_is_unknown_and_may_be_anything():
    figures = canvas()
    detail = figures["availabilityDetail"]
    assert figures["availability"] is None
    assert (detail["badMinutes"], detail["coverage"]) == (None, 0.0)
    assert (detail["lowerBound"], detail["upperBound"]) == (0.0, 100.0)
    assert detail["reason"]


def test_an_incident_that_nobody_watched_has_bad_minutes_and_no_availability():
    figures = canvas(reports=(told(incident(count=1, ms=60_000)),))
    assert (figures["availability"], figures["availabilityDetail"]["badMinutes"]) == (None, 1.0)


def test_more_bad_time_than_observed_is_no_negative_availability():
    assert canvas(reports=(told(incident(count=100, ms=60_000), seen=(0, 60)),))["availability"] == 0.0


def test_a_severity_s_weight_enters_the_bad_minutes():
    config = config_with(lambda settings: settings.update(severityWeights={"high": 0.5}))
    assert canvas(reports=(HOUR,), config=config)["availabilityDetail"]["badMinutes"] == 3.0


def test_an_outage_across_the_month_s_end_makes_both_months_bad_by_its_part():
    lines = [failed(second, since=MIDNIGHT) for second in (-90, -60, 60)] + [done(180, since=MIDNIGHT)]
    figures = [canvas(*lines, period=period)["availabilityDetail"] for period in (NOVEMBER, "2025-12")]
    assert [detail["badMinutes"] for detail in figures] == [1.5, 3.0]
    assert [detail["observedMinutes"] for detail in figures] == [1.5, 3.0]


# --- completeness and freshness ---------------------------------------------------------------------------------------


def test_completeness_counts_the_unfinished():
    figures = canvas(*spread(6, 10), failed(100), started(200))
    assert figures["completeness"] == 75.0
    detail = figures["completenessDetail"]
    assert [detail[key] for key in ("successes", "failures", "unfinished")] == [6, 1, 1]


def test_a_start_that_an_end_takes_is_not_unfinished():
    assert canvas(started(0), done(1), started(2, "canvas:other"))["completenessDetail"]["unfinished"] == 1


@pytest.mark.parametrize(
    ("now", "expected"),
    [("2025-11-20T00:00:00Z", 3540.0), (AFTERWARDS, 27.5 * 86400 - 60)],
    ids=["open: to the latest line", "closed: to the month's end"],
)
def test_freshness_is_the_age_of_the_last_event(now: str, expected: float):
    figures = canvas(done(0), done(60), *[chatter(60 * n) for n in range(2, 61)], now=now)
    assert figures["freshness"] == expected
    assert figures["freshnessDetail"]["lastEvent"] == stamp(60)


def test_a_component_without_an_event_has_no_freshness():
    figures = canvas(done(0, event="theme:x"))
    assert (figures["freshness"], figures["freshnessDetail"]["lastEvent"]) == (None, None)
    assert figures["freshnessDetail"]["reason"]


# --- confidence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "expected"), [(99, "low"), (100, "high")], ids=["99", "100"])
def test_under_100_operations_confidence_is_low(count: int, expected: str):
    figures = canvas(*spread(count - 1, 1), failed(count), started(count + 1, "canvas:other"))
    details = ("latency", "errorRateDetail", "availabilityDetail", "completenessDetail", "freshnessDetail")
    assert {figures[key]["confidence"] for key in details} == {expected}


# --- by day -----------------------------------------------------------------------------------------------------------


def test_the_history_has_a_line_for_each_day_until_as_of():
    figures = canvas(done(0), done(60), now="2025-11-20T00:00:00Z")
    assert [day["date"] for day in figures["history"]] == ["2025-11-01", "2025-11-02", "2025-11-03"]
    assert len(canvas(done(0))["history"]) == 30


def test_a_day_s_figures_are_those_of_the_day():
    report = told(incident(RACE, 4, 30_000, -43_200, 43_200), seen=(-3600, 3600))
    lines = [done(0, 10), done(60, 20), failed(120, 30), started(130, "canvas:other"), done(200, 40)]
    day = canvas(*lines, reports=(report,))["history"][2]
    # 4 × 30 s over the whole of 3 November, and a failure of 30 ms: 2 min + 0.0005 min of 2 observed hours.
    assert day == {
        "date": "2025-11-03",
        "p50": 25.0,
        "p95": 38.5,  # 30 + 0.85 × 10: rank 0.95 × 3 = 2.85
        "p99": 39.7,
        "errorRate": round(100 * (1 + 4) / (4 + 4), 4),
        "availability": round(100 * (1 - 2.0005 / 120), 4),
        "completeness": 60.0,
        "freshness": 43_000.0,
        "operations": 4,
        "failures": 1,
        "unfinished": 1,
        "reportedErrors": 4,
        "badMinutes": 2.0005,
        "observedMinutes": 120.0,
        "coverage": round(100 * 120 / 1440, 4),
    }


def test_reported_errors_of_a_day_without_operations_are_shown_and_give_no_rate():
    report = told(incident(RACE, 9, 1000, -43_200, 2.5 * 86_400))
    days = canvas(done(0), done(60), reports=(report,))["history"]
    assert [(day["reportedErrors"], day["operations"], day["errorRate"]) for day in days[2:5]] == [
        (3, 2, 60.0),
        (3, 0, None),
        (3, 0, None),
    ]


def test_an_outage_costs_the_days_on_which_somebody_looked():
    # Three failures at noon of the 3rd, then half an hour of lines, then nothing up to a success two days later.
    lines = [*(failed(t) for t in (0, 10, 20)), *(chatter(60 * n) for n in range(1, 31)), done(2 * 86_400)]
    figures = canvas(*lines)
    days = {day["date"]: (day["badMinutes"], day["observedMinutes"]) for day in figures["history"] if day["operations"]}
    assert days == {"2025-11-03": (30.0, 30.0), "2025-11-05": (None, 0.0)}
    assert figures["availabilityDetail"]["badMinutes"] == 30.0


def test_a_day_without_anything_knows_nothing():
    day = canvas(done(0))["history"][0]
    unknown = ("p50", "p95", "p99", "errorRate", "availability", "completeness", "freshness", "badMinutes")
    assert {day[key] for key in unknown} == {None}
    assert (day["operations"], day["observedMinutes"], day["coverage"]) == (0, 0, 0)


def test_files_that_overlap_are_read_in_the_order_of_time():
    files = {
        "a.log": [done(0, 10), done(86_400, 20), done(2 * 86_400, 30)],
        "b.log": [done(60, 40), failed(86_460, 50)],
    }
    figures = measured(files, config=only_canvas())[CANVAS]
    assert [(day["operations"], day["p50"], day["failures"]) for day in figures["history"][2:5]] == [
        (2, 25.0, 0),
        (2, 35.0, 1),
        (1, 30.0, 0),
    ]
    assert figures["freshnessDetail"]["lastEvent"] == stamp(2 * 86_400)


def test_what_happens_at_midnight_belongs_to_the_day_that_begins():
    days = canvas(done(43_190), failed(43_200, 60_000), done(43_210))["history"][2:4]
    assert [(day["failures"], day["badMinutes"], day["operations"]) for day in days] == [(0, 0.0, 1), (1, 1.0, 2)]


def test_a_month_known_up_to_midnight_has_the_day_that_begins_there():
    # One line a minute before midnight of the 5th, and at midnight itself a failure that cost a minute.
    figures = canvas(done(43_140 + 86_400), failed(43_200 + 86_400, 60_000), now="2025-11-20T00:00:00Z")
    days = figures["history"]
    shown = ("date", "operations", "failures", "errorRate", "badMinutes", "observedMinutes", "coverage", "freshness")
    assert [tuple(day[key] for key in shown) for day in days[3:]] == [
        ("2025-11-04", 1, 0, 0.0, 0.0, 1.0, round(100 / 1440, 4), 60.0),
        ("2025-11-05", 1, 1, 100.0, 1.0, 0.0, None, 0.0),
    ]
    detail = figures["availabilityDetail"]
    assert (detail["badMinutes"], detail["observedMinutes"], detail["elapsedMinutes"]) == (1.0, 1.0, 4 * 1440.0)


def test_a_month_known_up_to_its_first_instant_has_one_day():
    figures = canvas(failed(-2.5 * 86_400, 60_000), now="2025-11-20T00:00:00Z")
    (day,) = figures["history"]
    assert (day["date"], day["failures"], day["badMinutes"], day["coverage"]) == ("2025-11-01", 1, 1.0, None)


def test_freshness_looks_back_to_earlier_days():
    days = canvas(done(0))["history"]
    assert [day["freshness"] for day in days[1:4]] == [None, 43_200.0, 129_600.0]


#: Seconds since noon of 3 November; midnights are 43,200 and so many days away, and each has two neighbours.
seconds = st.integers(0, 5 * 86_400) | st.builds(
    lambda day, beside: 43_200 + day * 86_400 + beside, st.integers(0, 4), st.sampled_from([-1e-6, 0, 1e-6])
)
operations = st.lists(st.tuples(seconds, st.sampled_from([10.0, 20.0, 300.0]), st.booleans()), min_size=1, max_size=30)
spans = st.lists(st.tuples(seconds, st.just(0) | st.integers(0, 3 * 86_400), st.integers(0, 50)), max_size=3)
#: The clock of an open month and of a closed one: what is known ends at the latest instant, or with the month.
clocks = st.sampled_from(["2025-11-29T00:00:00Z", AFTERWARDS])


@given(operations, spans, clocks)
@example([(43_200, 300.0, True)], [], "2025-11-29T00:00:00Z")
@example([(0, 10.0, True)], [(43_200, 0, 7)], "2025-11-29T00:00:00Z")
@settings(max_examples=25, deadline=None)
def test_the_days_add_up_to_the_month(found, reported, now):
    lines = [(done if good else failed)(at, ms) for at, ms, good in sorted(found)]
    anomalies = [
        incident(f"canvas:e{number}:race", count, 1000, first, first + length)
        for number, (first, length, count) in enumerate(reported)
    ]
    figures = canvas(*lines, reports=(told(*anomalies, seen=(0, 200_000)),), now=now)
    days = figures["history"]
    for key in ("operations", "failures", "reportedErrors"):
        assert sum(day[key] for day in days) == figures["errorRateDetail"][key]
    for key in ("badMinutes", "observedMinutes"):
        total = sum(day[key] or 0 for day in days)
        assert total == pytest.approx(figures["availabilityDetail"][key] or 0, abs=5e-5 * len(days))
    assert figures["latency"]["p95"] == pytest.approx(np.percentile([ms for _, ms, _ in found], 95), abs=5e-4)
    by_day = {n: [ms for at, ms, _ in found if (at + 43_200) // 86_400 == n] for n in range(7)}
    for n, durations in by_day.items():
        expected = float(np.percentile(durations, 99)) if durations else None
        known = days[2 + n]["p99"] if 2 + n < len(days) else None
        assert known == (None if expected is None else pytest.approx(expected, abs=5e-4))


# --- how a document is dated ------------------------------------------------------------------------------------------


def test_every_instant_in_the_document_is_as_of():
    documents = measures({"a.log": [done(0), done(5)]}, now="2025-11-20T00:00:00Z")
    made = documents["sli-metrics"]
    assert (made["timestamp"], made["calculationDate"]) == (stamp(5), "2025-11-03")
    assert documents["sli-framework"]["generatedDate"] == stamp(5)
    assert tuple(made["metrics"]) == COMPONENTS
