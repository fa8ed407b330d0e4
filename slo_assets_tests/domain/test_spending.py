"""Bad time and errors as curves, and which reported errors have a known number of operations."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slo_assets.domain.burn import Spending
from slo_assets.domain.intervals import Interval, union
from slo_assets.domain.reports import Reported
from slo_assets.domain.spending import also_reported, bad_minutes, errors, rated, unknown_as_down
from slo_assets_tests.domain.telling import CANVAS, chatter, done, failed, log_of, micros, started
from slo_assets_tests.situations import config_with, shipped_config

FAILED = "canvas:operation:failed"


def reported(first: float, last: float, count: int = 4, event: str = "canvas:x:race") -> Reported:
    return Reported("r.json", event, event, CANVAS, "high", count, 100.0, micros(first), micros(last))


def costs(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """Detected occurrences: severity, start, end (seconds) and milliseconds."""
    frame = pd.DataFrame(rows, columns=["severity", "start", "end", "duration_ms"]).assign(origin="detected")
    return frame.assign(start=frame["start"].map(micros).astype("int64"), end=frame["end"].map(micros).astype("int64"))


def seen(*spans: tuple[float, float]) -> list[Interval]:
    return [(micros(start), micros(end)) for start, end in spans]


def test_bad_minutes_are_milliseconds_by_sixty_thousand():
    curve = bad_minutes(costs(("high", 0, 0, 30_000), ("low", 10, 70, 90_000)), seen((0, 100)), shipped_config())
    # 0.5 min at once, then 1.5 min evenly over a minute: half of it after 40 s.
    assert [curve.until(micros(t)) for t in (0, 5, 40, 80)] == pytest.approx([0, 0.5, 1.25, 2.0])


def test_what_was_detected_is_spent_while_somebody_looked_and_a_report_evenly_over_its_time():
    found = costs(("critical", 10, 110, 60_000))
    watched = seen((0, 20), (50, 60), (100, 200))
    curve = bad_minutes(found, watched, shipped_config())
    told = bad_minutes(found.assign(origin="reported"), watched, shipped_config())

    # 30 s of its 100 were observed: ten from its start, ten in the middle, ten at its end.
    assert [curve.until(micros(t)) for t in (10, 20, 50, 55, 60, 100, 110, 200)] == pytest.approx(
        [0, 1 / 3, 1 / 3, 1 / 2, 2 / 3, 2 / 3, 1, 1]
    )
    assert [told.until(micros(t)) for t in (10, 20, 60, 110)] == pytest.approx([0, 0.1, 0.5, 1])


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 60), st.integers(0, 9)), max_size=6),
    st.lists(st.tuples(st.integers(0, 150), st.integers(1, 40)), max_size=5),
)
def test_no_minute_is_lost_whatever_was_observed(rows: list[tuple[int, int, int]], looked: list[tuple[int, int]]):
    found = costs(*(("high", start, start + length, 1000.0 * cost) for start, length, cost in rows))
    watched = union((micros(start), micros(start + length)) for start, length in looked)

    whole = bad_minutes(found, watched, shipped_config()).until(micros(1000))

    assert whole == pytest.approx(sum(cost for *_, cost in rows) / 60)


def reported_costs(*rows: tuple[float, float, float]) -> Spending:
    """The bad minutes of reports: start, end (seconds) and milliseconds."""
    found = costs(*(("high", *row) for row in rows)).assign(origin="reported")
    return bad_minutes(found, [], shipped_config())


def test_unknown_time_that_is_down_takes_in_what_was_reported_of_it():
    # Watched from 100 to 200 s and from 260 to 300 s of 400.
    watched = seen((100, 200), (260, 300))
    bad = reported_costs(
        (10, 70, 30_000),  # 30 s, in the first hundred of which nobody knows
        (180, 220, 40_000),  # 20 s observed, 20 s not
        (230, 230, 50_000),  # with these 50 s more is told of the 60 s from 200 to 260 than they are
        (400, 400, 9_000),  # at the last instant that is known
    )
    down = unknown_as_down(bad, watched, micros(0), micros(400))
    seconds = {t: 60 * down.until(micros(t)) for t in (0, 10, 70, 100, 180, 200, 220, 230, 231, 260, 300, 350, 400)}
    assert seconds == pytest.approx(
        {0: 0, 10: 10, 70: 70, 100: 100, 180: 100, 200: 120, 220: 140, 230: 140}
        | {231: 190, 260: 190, 300: 190, 350: 240, 400: 290}
    )
    assert 60 * down.until(micros(401)) == pytest.approx(290)


def down_by_hand(rows: list[tuple[int, int, int]], watched: list[Interval], last: int) -> Fraction:
    """Seconds: each unobserved stretch as long as it is, or as what is told of it where that is more."""

    def told(start: int, end: int, inside: Callable[[int], bool]) -> Fraction:
        return sum(
            (
                Fraction(cost) * (Fraction(max(0, min(b, end) - max(a, start)), b - a) if b > a else inside(a))
                for a, b, cost in rows
            ),
            Fraction(0),
        )

    total, at, looked = Fraction(0), 0, False
    for start, end in [*watched, (last, None)]:
        edge = end is None
        # The bounds of an unobserved stretch are observed, unless they are those of the period.
        inside: Callable[[int], bool] = lambda t, at=at, start=start, looked=looked, edge=edge: (  # noqa: E731
            (at < t or (t == at and not looked)) and (t < start or (t == start and edge))
        )
        if start > at or (edge and not looked):
            total += max(Fraction(start - at), told(at, start, inside))
        if end is not None:
            total += told(start, end, lambda t, start=start, end=end: start <= t <= end)
            at, looked = end, True
    return total


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 90)), max_size=6),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=4),
    st.integers(0, 60),
)
@settings(max_examples=200, deadline=None)
@example([(0, 0, 5)], [], 0)
@example([(5, 0, 7), (5, 10, 3)], [(5, 0)], 30)
def test_unknown_time_counts_once_whatever_was_reported_of_it(rows, looked, last):
    rows = [(min(start, last), min(start + length, last), cost) for start, length, cost in rows]
    watched = union((min(start, last), min(start + length, last)) for start, length in looked)
    bad = reported_costs(*((start, end, 1000 * cost) for start, end, cost in rows))
    down = unknown_as_down(bad, [(micros(a), micros(b)) for a, b in watched], micros(0), micros(last))

    whole = 60 * down.until(micros(last) + 1)

    assert whole == pytest.approx(float(down_by_hand(rows, watched, last)), abs=1e-6)
    assert whole >= 60 * bad.until(micros(last) + 1) - 1e-6


def test_a_severity_has_its_weight():
    config = config_with(lambda settings: settings.update(severityWeights={"low": 0.25, "critical": 2}))
    found = costs(*((severity, 0, 0, 60_000) for severity in ("critical", "high", "medium", "low")))
    assert bad_minutes(found, seen((0, 100)), config).until(micros(1)) == pytest.approx(2 + 1 + 1 + 0.25)


@pytest.mark.parametrize(
    ("line", "first", "last", "expected"),
    [
        (done(30), 0, 60, True),
        (failed(30), 0, 60, True),
        (done(0), 0, 60, True),
        (done(60), 0, 60, True),
        (done(60.000001), 0, 60, False),
        (done(-0.000001), 0, 60, False),
        (started(30), 0, 60, False),
        (done(30, event="theme:x"), 0, 60, False),
        (chatter(30), 0, 60, False),
    ],
    ids=[
        "a success",
        "a failure",
        "at the first sight",
        "at the last sight",
        "just after",
        "just before",
        "one that never ended",
        "another component's",
        "no operation",
    ],
)
def test_reported_errors_are_rated_where_the_logs_hold_an_operation(line: str, first, last, expected: bool):
    events = log_of(line).events
    part = reported(first, last)
    assert rated(events[events["component"] == CANVAS], [part]) == ([part] if expected else [])


def reported_by_hand(failed_at: list[int], reports: list[tuple[int, int, int]]) -> set[int]:
    taken: set[int] = set()
    for first, last, count in reports:
        inside = [place for place, at in enumerate(failed_at) if first <= at <= last and place not in taken]
        taken |= set(inside[:count])
    return taken


@given(
    st.lists(st.integers(0, 20), max_size=10).map(sorted),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8), st.integers(0, 4)), max_size=3),
)
@example([3, 4, 5], [(0, 8, 1), (0, 8, 1)])
@settings(max_examples=60, deadline=None)
def test_a_report_of_failed_operations_takes_as_many_failures_as_it_tells_of(failed_at, spans):
    reports = [(first, first + length, count) for first, length, count in spans]
    parts = [reported(first, last, count, FAILED) for first, last, count in reports]
    instants = np.array([micros(at) for at in failed_at], dtype=np.int64)
    taken = {int(place) for place in np.flatnonzero(also_reported(instants, parts))}
    assert taken == reported_by_hand(failed_at, reports)


def test_other_reported_errors_take_no_failure():
    assert not also_reported(np.array([micros(5)]), [reported(0, 10)]).any()


@pytest.mark.parametrize(
    ("reports", "total"),
    [
        ([], 3),
        ([reported(0, 100, 4)], 3 + 4),
        ([reported(0, 100, 4, FAILED)], 4),
        ([reported(0, 100, 1, FAILED)], 2 + 1),
        ([reported(0, 15, 4, FAILED)], 1 + 4),
    ],
    ids=["the logs alone", "another kind", "all of them and one more", "one of them", "those of its time"],
)
def test_no_error_counts_twice(reports: list[Reported], total: float):
    events = log_of(failed(0), done(5), failed(10), failed(20)).events
    assert errors(events, reports).until(micros(1000)) == total


def test_errors_are_spent_at_their_instant_and_reported_ones_evenly():
    curve = errors(log_of(failed(0), failed(80), done(90)).events, [reported(0, 100, 10)])
    # At 50 s: one failure and half of ten.
    assert [curve.until(micros(t)) for t in (0, 50, 79, 81, 200)] == pytest.approx([0, 6, 8.9, 10.1, 12])


def test_the_order_of_events_and_reports_changes_no_curve():
    events = log_of(failed(0), done(5), failed(10), failed(20)).events
    parts = [reported(0, 10, 1), reported(0, 30, 2, FAILED), reported(40, 40, 3)]
    curve: Callable[..., list[float]] = lambda rows, told: [  # noqa: E731
        errors(rows, told).until(micros(t) + 1) for t in range(-5, 60, 5)
    ]
    for order in permutations(parts):
        assert curve(events.iloc[::-1], list(order)) == pytest.approx(curve(events, parts))
