"""Telemetry files: read, cut at a month's ends, and counted once."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slo_assets.domain.reports import Report, Reported, parse_report, without_repeats
from slo_assets.periods import Period
from slo_assets_tests.domain.telling import MIDNIGHT, incident, micros, told

YEAR = [Period("2025-06").shifted(n) for n in range(13)]
HOUR = 3_600_000_000


def reported(first: int, last: int, count: int = 10, ms: float = 6000.0) -> Reported:
    return Reported("r.json", "a", "canvas:x:race", "canvas-component", "high", count, ms, first, last)


def report(name: str, *anomalies: dict[str, Any], analyzed: str | None = None, digest: str = "") -> Report:
    document = told(*anomalies)
    if analyzed:
        document["metadata"]["analysisDate"] = analyzed
    return parse_report(document, name, digest or name)


# --- cut at a month's ends --------------------------------------------------------------------------------------------


#: Hours and a few microseconds: integers of so many digits would nearly all be drawn near 0.
hours = st.tuples(st.integers(0, 24 * 100), st.integers(0, 10**6)).map(lambda part: part[0] * HOUR + part[1])


@given(st.integers(0, 24 * 260), hours, st.integers(0, 5000), st.integers(0, 10**7))
@example(24 * 29, 60 * 24 * HOUR, 1000, 1)
@settings(max_examples=100, deadline=None)
def test_the_parts_of_consecutive_months_add_up_to_the_whole(first: int, length: int, count: int, ms: int):
    start = YEAR[0].start + first * HOUR
    whole = reported(start, start + length, count, float(ms))
    parts = [part for month in YEAR if (part := whole.within(month.start, month.end))]
    assert sum(part.occurrences for part in parts) == count
    assert sum(part.duration_ms for part in parts) == pytest.approx(ms, rel=1e-12)
    assert (parts[0].first, parts[-1].last) == (whole.first, whole.last)
    assert all(before.last == after.first for before, after in pairwise(parts))
    for part in parts:
        share = Fraction(part.last - part.first, whole.last - whole.first) if length and len(parts) > 1 else Fraction(1)
        assert part.duration_ms == pytest.approx(float(ms * share), rel=1e-9, abs=1e-9)
        assert abs(part.occurrences - count * share) <= 1


def test_an_anomaly_across_the_month_s_end_is_split_evenly():
    # A quarter of an hour before midnight, three quarters after it: 100 occurrences of 60 ms are 25 and 75.
    whole = reported(micros(-900, MIDNIGHT), micros(2700, MIDNIGHT), 100, 6000.0)
    november, december = Period("2025-11"), Period("2025-12")
    before, after = whole.within(november.start, november.end), whole.within(december.start, december.end)
    assert before and after
    assert [(part.occurrences, part.duration_ms) for part in (before, after)] == [(25, 1500.0), (75, 4500.0)]
    assert (before.last, after.first) == (november.end, december.start)


@pytest.mark.parametrize(
    ("first", "last", "start", "end", "included", "kept"),
    [
        (5, 9, 0, 10, False, True),
        (5, 9, 9, 20, False, False),
        (5, 9, 0, 5, False, False),
        (5, 5, 5, 10, False, True),
        (5, 5, 0, 5, False, False),
        (5, 5, 0, 5, True, True),
        (5, 5, 6, 9, True, False),
    ],
    ids=[
        "inside",
        "ends where the time begins",
        "begins where the time ends",
        "an instant at the begin",
        "an instant at the end",
        "an instant at the end, which counts",
        "an instant before",
    ],
)
def test_a_part_is_kept_where_there_is_time_of_it(first, last, start, end, included, kept):
    assert (reported(first, last).within(start, end, included=included) is not None) == kept


def test_an_instant_belongs_to_one_month_only():
    instant = reported(Period("2025-12").start, Period("2025-12").start)
    assert [month.key for month in YEAR if instant.within(month.start, month.end)] == ["2025-12"]


# --- read -------------------------------------------------------------------------------------------------------------


def test_a_report_is_read_with_the_sum_of_its_durations():
    read = report("r.json", incident(count=187, ms=425, first=10, last=20), analyzed="2025-11-23T20:15:00Z")
    (anomaly,) = read.anomalies
    assert anomaly.duration_ms == 187 * 425
    assert (anomaly.first, anomaly.last) == (micros(10), micros(20))
    assert read.analyzed == 1_763_928_900 * 1_000_000  # date -u -d 2025-11-23T20:15:00Z +%s
    assert read.time_range is None


def test_a_report_names_the_components_of_its_anomalies_and_of_its_summary():
    document = told(incident(component="theme"), seen=(0, 60)) | {"summary": {"componentsAffected": ["theme", "x"]}}
    read = parse_report(document, "r.json", "d")
    assert read.components == ("theme", "x")
    assert read.time_range == (micros(0), micros(60))


def test_an_anomaly_without_an_id_is_called_by_its_place():
    nameless = {key: value for key, value in incident().items() if key != "id"}
    assert [anomaly.id for anomaly in report("r.json", incident(), nameless).anomalies][1] == "number 2"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (told(incident(first=10, last=9)), r"told-canvas:render:throttle: lastSeen .* is before firstSeen"),
        (told(seen=(60, 0)), "ends before it begins"),
        (told({**incident(), "firstSeen": "yesterday"}), "yesterday"),
        ({"metadata": {"timeRange": "2025-11-01T00:00:00Z"}, "anomalies": []}, "isoformat"),
        (told(incident(), incident(description="\ud83c")), "anomaly 2: description"),
    ],
    ids=["last before first", "range backwards", "no instant", "half a range", "half a character"],
)
def test_a_report_that_cannot_be_understood_is_refused(document: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        parse_report(document, "r.json", "d")


@pytest.mark.parametrize(
    ("seen", "start", "end", "expected"),
    [
        ((0, 60), 59, 120, True),
        ((0, 60), 60, 120, False),
        ((60, 60), 60, 120, True),
        ((0, 60), 61, 120, False),
        ((60, 90), 0, 60, False),
        ((60, 90), 0, 61, True),
        ((0, 500), 60, 120, True),
    ],
    ids=[
        "ends just inside",
        "ends at its begin",
        "an instant at its begin",
        "ended before",
        "begins at its end",
        "begins just inside",
        "spans it",
    ],
)
def test_a_report_touches_the_time_that_it_tells_of(seen, start: int, end: int, expected: bool):
    by_range = parse_report(told(seen=seen), "r.json", "d")
    by_anomaly = parse_report(told(incident(first=seen[0], last=seen[1])), "r.json", "d")
    for read in (by_range, by_anomaly):
        assert read.touches(micros(start), micros(end)) == expected
        assert sorted(read.instants()) == [micros(seen[0]), micros(seen[1])]


# --- counted once -----------------------------------------------------------------------------------------------------


def counted(reports: list[Report]) -> dict[str, int]:
    kept = [anomaly for read in without_repeats(reports) for anomaly in read.anomalies]
    assert len({anomaly.event for anomaly in kept}) == len(kept)
    return {anomaly.event: anomaly.occurrences for anomaly in kept}


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([report("a", incident("x", 5), digest="same"), report("b", incident("x", 5), digest="same")], {"x": 5}),
        (
            [
                report("a", incident("x", 9), analyzed="2025-11-05T00:00:00Z"),
                report("b", incident("x", 5), analyzed="2025-11-04T00:00:00Z"),
            ],
            {"x": 9},
        ),
        (
            [report("a", incident("x", 5), analyzed="2025-11-04T00:00:00Z"), report("b", incident("x", 7))],
            {"x": 5},
        ),
        ([report("a", incident("x", 5)), report("b", incident("y", 7))], {"x": 5, "y": 7}),
    ],
    ids=["copies", "a later report of a growing incident", "one without a date", "two incidents"],
)
def test_repeated_reports_count_once_in_any_order(reports: list[Report], expected: dict[str, int]):
    for order in permutations(reports):
        assert counted(list(order)) == expected


def test_of_copies_the_first_by_name_is_kept():
    copies = [report(name, incident(), digest="same") for name in ("c", "a", "b")]
    assert [read.file for read in without_repeats(copies)] == ["a"]


def test_incidents_of_other_times_or_components_are_no_repeats():
    several = [incident(), incident(first=1), incident(component="theme")]
    kept = without_repeats([report(name, one) for name, one in zip("abc", several, strict=True)])
    assert [len(read.anomalies) for read in kept] == [1, 1, 1]
