"""The instant of each line, and the stretches in which lines were written: against one line after another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain import intervals
from slo_assets.logs.machine import NEVER, NONE
from slo_assets.logs.timeline import Timeline, month_key, month_starts, timeline

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GAP = 100
NOVEMBER = (datetime(2025, 11, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
FIRST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)

Stretch = tuple[str, int, int, int, int]


def of(own: list[int | None], until: int = NEVER) -> Timeline:
    return timeline(np.array([NONE if instant is None else instant for instant in own], np.int64), GAP, until)


def stretches_of(when: Timeline) -> list[Stretch]:
    """Month, first and last instant, lines, and those without a time of their own, of each stretch."""
    return [(month_key(number), *rest) for number, *rest in when.stretches.tolist()]


def month(instant: int) -> str:
    return (EPOCH + timedelta(microseconds=instant)).isoformat()[:7]


def naive_instants(own: list[int | None]) -> tuple[list[int], list[int]]:
    instants, stamps = [], []
    for line in range(len(own)):
        told = [before for before in range(line + 1) if own[before] is not None]
        stamps.append(told[-1] if told else -1)
        instants.append(own[told[-1]] if told else NONE)
    return instants, stamps


SITUATIONS: dict[str, tuple[list[int | None], list[Stretch]]] = {
    "nothing": ([], []),
    "no time at all": ([None, None], []),
    "one line": ([7], [("1970-01", 7, 7, 1, 0)]),
    "lines without a time take the one before": ([7, None, None], [("1970-01", 7, 7, 3, 2)]),
    "lines before the first time wait": ([None, 7], [("1970-01", 7, 7, 1, 0)]),
    "just the gap": ([0, GAP], [("1970-01", 0, GAP, 2, 0)]),
    "just over the gap": ([0, GAP + 1], [("1970-01", 0, 0, 1, 0), ("1970-01", GAP + 1, GAP + 1, 1, 0)]),
    "back within the stretch": ([0, 90, 50], [("1970-01", 0, 90, 3, 0)]),
    "back behind its start": ([50, 40], [("1970-01", 50, 50, 1, 0), ("1970-01", 40, 40, 1, 0)]),
    "a month's end": (
        [NOVEMBER - 1, NOVEMBER],
        [("2025-10", NOVEMBER - 1, NOVEMBER - 1, 1, 0), ("2025-11", NOVEMBER, NOVEMBER, 1, 0)],
    ),
    "before 1970": ([-1, 0], [("1969-12", -1, -1, 1, 0), ("1970-01", 0, 0, 1, 0)]),
    "the first instant of all": ([FIRST], [("0001-01", FIRST, FIRST, 1, 0)]),
    "the last instant of all": ([LAST], [("9999-12", LAST, LAST, 1, 0)]),
}


@pytest.mark.parametrize(("own", "stretches"), SITUATIONS.values(), ids=SITUATIONS)
def test_stretches_have_no_gap_and_lie_in_one_month(own: list[int | None], stretches: list[Stretch]) -> None:
    assert stretches_of(of(own)) == stretches


own_instants = st.lists(
    st.none()
    | st.integers(0, 500)
    | st.sampled_from([0, GAP, GAP + 1, NOVEMBER - 1, NOVEMBER, NOVEMBER + GAP, FIRST, LAST, -1]),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(own_instants, st.sampled_from([NEVER, 250, NOVEMBER, 0, FIRST - 1]))
def test_instants_stretches_and_counts_are_those_of_one_line_after_another(own: list[int | None], until: int) -> None:
    instants, stamps = naive_instants(own)
    seen = [line for line, instant in enumerate(instants) if NONE < instant <= until]

    when = of(own, until)

    assert (when.instants.tolist(), when.stamps.tolist()) == (instants, stamps)
    assert when.lead == sum(instant == NONE for instant in instants)
    assert when.future == sum(instant > until for instant in instants)
    assert when.last == (instants[-1] if own else NONE)
    stretches = stretches_of(when)
    runs = intervals.union([(low, high) for _, low, high, _, _ in stretches], GAP)
    assert runs == intervals.union([(instants[line], instants[line]) for line in seen], GAP)
    by_month = {key: [0, 0] for key, *_ in stretches}
    for key, low, high, lines, untimed in stretches:
        assert month(low) == month(high) == key
        by_month[key][0] += lines
        by_month[key][1] += untimed
    assert by_month == {
        key: [
            sum(month(instants[line]) == key for line in seen),
            sum(month(instants[line]) == key and own[line] is None for line in seen),
        ]
        for key in {month(instants[line]) for line in seen}
    }


def test_more_stretches_than_there_is_room_for_at_first_are_all_told() -> None:
    own: list[int | None] = [1000 * line for line in range(1000)]

    assert stretches_of(of(own)) == [("1970-01", instant, instant, 1, 0) for instant in own]


@pytest.mark.parametrize("key", ["0001-01", "1969-12", "1970-01", "2024-02", "2025-11", "9999-12"])
def test_the_months_begin_where_the_calendar_says(key: str) -> None:
    year, number = map(int, key.split("-"))
    start = (datetime(year, number, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)

    place = int(np.searchsorted(month_starts(), start, side="right")) - 1

    assert month_key(place) == key
    assert month_starts()[place] == start or key == "0001-01"
