"""When a component was looked at, against a count second by second."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain.event_log import EventLog
from slo_assets.domain.intervals import Interval, minutes
from slo_assets.domain.observation import observed, ranges_in
from slo_assets.periods import Period, parse_instant
from slo_assets_tests.domain.telling import (
    AFTERWARDS,
    CANVAS,
    COMPONENTS,
    CREATE,
    MIDNIGHT,
    NOVEMBER,
    chatter,
    done,
    incident,
    micros,
    month,
    stamp,
    started,
    text,
    told,
)
from slo_assets_tests.situations import event_log, shipped_config

MONTH = Period(NOVEMBER)


def seen(
    files: Mapping[str, list[str]],
    ranges: list[tuple[Interval, list[str]]] | None = None,
    until: int = MONTH.end,
    period: Period = MONTH,
) -> dict[str, list[Interval]]:
    rules = shipped_config()
    log = event_log({name: text(*lines) for name, lines in files.items()}, period.key, AFTERWARDS, rules)
    return observed(log, ranges or [], period.start, until, rules)


def spans(*seconds: tuple[float, float]) -> list[Interval]:
    return [(micros(start), micros(end)) for start, end in seconds]


@pytest.mark.parametrize(
    ("files", "canvas", "theme"),
    [
        ({}, [], []),
        ({"a.log": [done(0), chatter(250), done(500)]}, [(0, 500)], []),
        ({"a.log": [done(0), done(301)]}, [(0, 0), (301, 301)], []),
        ({"heartbeat-1.log": [done(0), chatter(900)]}, [(0, 900)], []),
        ({"a.log": [chatter(0), done(60), done(90, 5, "theme:x"), chatter(120)]}, [(0, 120)], [(0, 120)]),
        ({"a.log": [done(0), done(100)], "b.log": [done(50), done(200)]}, [(0, 200)], []),
        ({"a.log": [done(0), done(100)], "b.log": [done(50, 5, "theme:x"), done(200, 5, "theme:x")]}, [(0, 100)],
         [(50, 200)]),
        ({"a.log": [started(0), chatter(100)]}, [(0, 100)], []),
        ({"a.log": [done(0, 5, "minimap:x"), done(100, 5, "minimap:x")]}, [], []),
        ({"a.log": [chatter(0), chatter(100)]}, [], []),
    ],
    ids=[
        "no file",
        "a run",
        "a silence between two lines",
        "a heartbeat file is seen as a whole",
        "a file counts for each component with an event in it",
        "two files are joined",
        "each component has its own files",
        "an operation that never ended is an event",
        "a file of no component",
        "a file without events",
    ],
)  # fmt: skip
def test_a_component_is_observed_while_a_file_with_an_event_of_it_is_written(files, canvas, theme):
    found = seen(files)
    assert (found[CANVAS], found["theme"]) == (spans(*canvas), spans(*theme))
    assert tuple(found) == COMPONENTS


steps = st.lists(st.tuples(st.integers(0, 400), st.sampled_from([CREATE, "theme:x", None])), max_size=8)


@given(steps, steps, st.integers(0, 2000), st.tuples(st.integers(0, 2000), st.integers(0, 800)))
@settings(max_examples=30, deadline=None)
def test_observed_time_agrees_with_a_count_second_by_second(one, other, until: int, looked: tuple[int, int]):
    files, expected = {}, {CANVAS: set[int](), "theme": set[int]()}
    for name, found in (("a.log", one), ("b.log", other)):
        clock, lines, times = 0, [], []
        for step, event in found:
            clock += step
            times.append(clock)
            lines.append(chatter(clock) if event is None else done(clock, 5, event))
        if lines:
            files[name] = lines
        run = {t for start, end in pairwise(times) if end - start <= 300 for t in range(start, end)}
        for component, event in ((CANVAS, CREATE), ("theme", "theme:x")):
            expected[component] |= run if event in {event for _, event in found} else set()
    expected["theme"] |= set(range(looked[0], sum(looked)))
    reported = ((micros(looked[0]), micros(sum(looked))), ["theme", "nobody"])
    found_ = seen(files, [reported], micros(until))
    for component, ticks in expected.items():
        assert minutes(found_[component]) * 60 == pytest.approx(len(ticks & set(range(until))))


def test_an_event_of_another_month_makes_nothing_observed():
    files = {"a.log": [done(-100, since=MIDNIGHT), chatter(100, MIDNIGHT)]}
    assert seen(files)[CANVAS] == [(micros(-100, MIDNIGHT), micros(0, MIDNIGHT))]
    assert seen(files, period=Period("2025-12"), until=Period("2025-12").end)[CANVAS] == []


def test_a_report_s_range_counts_for_the_components_that_it_names():
    found = seen({}, [((micros(0), micros(60)), ["theme", "minimap"])])
    assert {name: spent for name, spent in found.items() if spent} == {"theme": spans((0, 60))}


@pytest.mark.parametrize(
    ("start", "end", "until", "expected"),
    [
        ("2025-10-31T23:00:00Z", "2025-11-01T01:00:00Z", "2025-12-01T00:00:00Z", 60),
        ("2025-11-30T23:00:00Z", "2025-12-01T01:00:00Z", "2025-12-01T00:00:00Z", 60),
        ("2025-11-10T23:00:00Z", "2025-11-11T01:00:00Z", "2025-11-11T00:30:00Z", 90),
        ("2025-11-10T23:00:00Z", "2025-11-11T01:00:00Z", "2025-11-10T00:00:00Z", 0),
    ],
    ids=["at the period's start", "at its end", "at asOf", "after asOf"],
)
def test_observed_time_is_cut_to_the_period_and_to_as_of(start: str, end: str, until: str, expected: int):
    found = seen({}, [((parse_instant(start), parse_instant(end)), ["theme"])], parse_instant(until))
    assert minutes(found["theme"]) == expected


def test_a_telemetry_document_holds_the_ranges_of_its_reports():
    documents = month((), told(incident(), seen=(0, 60)), told(incident(component="theme")))
    assert ranges_in(documents["renderx-web-telemetry"]) == [(spans((0, 60))[0], [CANVAS])]
    assert observed(EventLog(), [], MONTH.start, MONTH.end, shipped_config()) == {name: [] for name in COMPONENTS}
    assert documents["renderx-web-telemetry"]["metadata"]["timeRange"] == f"{stamp(0)} to {stamp(60)}"
