"""Months, instants and partitions against the standard library's calendar."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.periods import (
    DAY,
    MINUTE,
    Period,
    format_date,
    format_instant,
    from_micros,
    monthly_partitions,
    parse_instant,
    to_micros,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

months = st.tuples(st.integers(1900, 2200), st.integers(1, 12))
moments = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))


def key(year: int, month: int) -> str:
    return f"{year}-{month:02d}"


def neighbours(year: int, month: int, count: int) -> list[tuple[int, int]]:
    """So many months in a row, counted up one by one."""
    found = []
    for _ in range(count):
        found.append((year, month))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


# --- instants -----------------------------------------------------------------------------------------------

INSTANTS = {
    "2025-11-24T12:00:00Z": datetime(2025, 11, 24, 12, tzinfo=UTC),
    "2025-11-24T12:00:00+00:00": datetime(2025, 11, 24, 12, tzinfo=UTC),
    "2025-11-24T12:00:00": datetime(2025, 11, 24, 12, tzinfo=UTC),
    "2025-11-24 12:00:00": datetime(2025, 11, 24, 12, tzinfo=UTC),
    " 2025-11-24T12:00:00Z\n": datetime(2025, 11, 24, 12, tzinfo=UTC),
    "2025-11-24T07:00:00-05:00": datetime(2025, 11, 24, 12, tzinfo=UTC),
    "2025-11-24T12:00:00.5Z": datetime(2025, 11, 24, 12, 0, 0, 500_000, tzinfo=UTC),
    "2025-11-24T12:00:00.000001Z": datetime(2025, 11, 24, 12, 0, 0, 1, tzinfo=UTC),
    "2025-11-24": datetime(2025, 11, 24, tzinfo=UTC),
    "1969-12-31T23:59:59.999999Z": datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
}


@pytest.mark.parametrize(("text", "moment"), INSTANTS.items(), ids=INSTANTS)
def test_an_iso_8601_instant_is_read_and_without_an_offset_it_is_utc(text: str, moment: datetime) -> None:
    assert parse_instant(text) == (moment - EPOCH) // MICROSECOND


@pytest.mark.parametrize(
    "text", ["", "now", "2025-13-01T00:00:00Z", "2025-02-30T00:00:00Z", "1762811808902", "2025-11-24T25:00:00Z"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


WRITTEN = {
    "2025-11-24T12:00:00Z": datetime(2025, 11, 24, 12, tzinfo=UTC),
    "2025-11-24T12:00:00.500Z": datetime(2025, 11, 24, 12, 0, 0, 500_000, tzinfo=UTC),
    "2025-11-24T12:00:00.001Z": datetime(2025, 11, 24, 12, 0, 0, 1_000, tzinfo=UTC),
    "2025-11-24T12:00:00.000001Z": datetime(2025, 11, 24, 12, 0, 0, 1, tzinfo=UTC),
    "2025-11-24T12:00:00.12345Z": datetime(2025, 11, 24, 12, 0, 0, 123_450, tzinfo=UTC),
    "1970-01-01T00:00:00Z": EPOCH,
}


@pytest.mark.parametrize(("text", "moment"), WRITTEN.items(), ids=WRITTEN)
def test_an_instant_is_written_with_as_many_decimals_as_it_has(text: str, moment: datetime) -> None:
    assert format_instant((moment - EPOCH) // MICROSECOND) == text


@settings(max_examples=50, deadline=None)
@given(moments)
def test_an_instant_survives_being_written_and_read(moment: datetime) -> None:
    instant = (moment - EPOCH) // MICROSECOND

    text = format_instant(instant)

    assert parse_instant(text) == instant == to_micros(moment)
    assert from_micros(instant) == datetime.fromisoformat(text) == moment
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,6})?Z", text)
    assert format_date(instant) == text[:10] == moment.date().isoformat()


@settings(max_examples=50, deadline=None)
@given(moments, st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_in_every_time_zone(moment: datetime, minutes: int) -> None:
    elsewhere = moment.replace(year=2000 + moment.year % 100, day=1).astimezone(timezone(timedelta(minutes=minutes)))

    assert parse_instant(elsewhere.isoformat()) == (elsewhere - EPOCH) // MICROSECOND == to_micros(elsewhere)


def test_an_instant_of_another_age_is_written_with_four_digits() -> None:
    assert format_instant(to_micros(datetime(1, 1, 1, tzinfo=UTC))) == "0001-01-01T00:00:00Z"


# --- months -------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(months)
def test_a_period_is_a_calendar_month_in_utc(month: tuple[int, int]) -> None:
    period = Period(key(*month))
    days = calendar.monthrange(*month)[1]

    assert period.start == calendar.timegm((*month, 1, 0, 0, 0)) * 1_000_000
    assert period.end == calendar.timegm((*month, days, 23, 59, 59)) * 1_000_000 + 1_000_000
    assert period.minutes == days * 1440
    assert [Period.containing(instant) for instant in (period.start, period.end - 1)] == [period, period]
    assert Period.containing(period.start - 1) != period != Period.containing(period.end)


@pytest.mark.parametrize(
    ("month", "minutes"),
    [("2025-11", 43_200), ("2025-12", 44_640), ("2025-02", 40_320), ("2024-02", 41_760), ("1900-02", 40_320)],
)
def test_a_period_has_its_days_times_1440_minutes(month: str, minutes: int) -> None:
    assert Period(month).minutes == minutes


@settings(max_examples=50, deadline=None)
@given(months, st.integers(0, 40))
def test_shifting_counts_months_one_by_one_and_back_again(month: tuple[int, int], count: int) -> None:
    period = Period(key(*month))
    later = Period(key(*neighbours(*month, count + 1)[-1]))

    assert period.shifted(count) == later
    assert later.shifted(-count) == period
    assert (later > period) == (count > 0)


@settings(max_examples=50, deadline=None)
@given(months, st.integers(1, 40))
def test_the_periods_until_another_include_both_ends(month: tuple[int, int], count: int) -> None:
    expected = [Period(key(*one)) for one in neighbours(*month, count)]

    assert expected[0].until(expected[-1]) == expected
    assert expected[-1].until(expected[0]) == ([] if count > 1 else expected)


@settings(max_examples=50, deadline=None)
@given(months, st.integers(-3, 40), st.sampled_from([0, 1, DAY // 2, DAY - 1]))
def test_the_days_of_a_period_are_its_calendar_days_up_to_that_of_an_instant(
    month: tuple[int, int], days: int, micros: int
) -> None:
    period = Period(key(*month))
    until = period.start + days * DAY + micros
    midnights = [
        calendar.timegm((*month, day, 0, 0, 0)) * 1_000_000 for day in range(1, calendar.monthrange(*month)[1] + 1)
    ]
    expected = [(midnight, midnight + 86_400_000_000) for midnight in midnights if midnight <= until]

    assert period.days(until) == expected


@pytest.mark.parametrize("text", ["2025-00", "2025-13", "2025-1", "2025", "2025-11-01", "25-11", " 2025-11", "", "x"])
def test_a_key_that_is_no_month_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM, for example 2025-11") as refused:
        Period(text)

    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["2025-11\n", "٢٠٢٥-11", "0000-01"],
    ids=["a line end", "other digits", "year 0"],
)
def test_what_only_looks_like_a_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no period"):
        Period(text)


def test_the_last_month_that_can_be_written_has_an_end() -> None:
    assert Period("9999-12").end == calendar.timegm((9999, 12, 31, 23, 59, 59)) * 1_000_000 + 1_000_000


def test_periods_are_in_the_order_of_time() -> None:
    keys = ["2025-12", "2024-12", "2025-02", "2025-11"]

    assert [period.key for period in sorted(map(Period, keys))] == ["2024-12", "2025-02", "2025-11", "2025-12"]


def test_a_minute_and_a_day_are_counted_in_microseconds() -> None:
    assert timedelta(minutes=1) == MICROSECOND * MINUTE
    assert timedelta(days=1) == MICROSECOND * DAY


# --- partitions ---------------------------------------------------------------------------------------------


def this_month() -> tuple[int, int]:
    today = datetime.now(UTC)
    return today.year, today.month


def moved(month: tuple[int, int], count: int) -> tuple[int, int]:
    """The month so many later or earlier, by walking the calendar in steps of days."""
    day = date(*month, 15)
    for _ in range(abs(count)):
        day = (day + timedelta(days=30 if count > 0 else -30)).replace(day=15)
    return day.year, day.month


@pytest.mark.parametrize("ahead", [-120, -25, -13, -12, -11, -2, -1, 0, 1, 2, 11, 12, 13, 25, 120])
@pytest.mark.parametrize("length", [1, 2, 12, 30])
def test_the_partitions_are_the_months_from_the_first_to_the_one_of_the_clock(ahead: int, length: int) -> None:
    current = moved(this_month(), ahead)
    first = moved(current, 1 - length)

    partitions = monthly_partitions(Period(key(*first)), Period(key(*current)))

    assert partitions.get_partition_keys() == [key(*month) for month in neighbours(*first, length)]


@pytest.mark.parametrize(
    ("ahead", "gap"),
    [
        pytest.param(-3, 1, id="last season, one month before"),
        pytest.param(-3, 5, id="last season, five months before"),
        pytest.param(0, 1, id="now, one month before"),
        pytest.param(0, 2, id="now, two months before"),
        pytest.param(3, 1, id="next season, one month before"),
        pytest.param(3, 5, id="next season, five months before"),
    ],
)
def test_there_are_no_partitions_while_the_clock_stands_before_the_first_month(ahead: int, gap: int) -> None:
    current = moved(this_month(), ahead)

    partitions = monthly_partitions(Period(key(*moved(current, gap))), Period(key(*current)))

    assert partitions.get_partition_keys() == []


def test_a_partition_covers_its_month() -> None:
    partitions = monthly_partitions(Period("2025-01"), Period("2025-11"))

    window = partitions.time_window_for_partition_key("2025-11")

    assert (window.start, window.end) == (datetime(2025, 11, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC))
