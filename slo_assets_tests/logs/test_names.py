"""What a file's name tells of its time, against a calendar of our own."""

from __future__ import annotations

import calendar
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.logs.names import name_instant, name_year


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micros: int = 0) -> int:
    """Microseconds since 1970 by the standard library's oldest calendar, which the project does not use."""
    return calendar.timegm((year, month, day, hour, minute, second)) * 1_000_000 + micros


NAMES = {
    "epoch milliseconds": ("web-variant-localhost-1762811808902.log", utc(2025, 11, 10, 21, 56, 48, 902_000)),
    "epoch milliseconds of a compressed file": ("localhost-1762811808902.log.gz", 1_762_811_808_902_000),
    "an ISO date": ("host-sdk-2025-11-05.log", utc(2025, 11, 5)),
    "an ISO date and a time": ("host-sdk-2025-11-05T10-20.log", utc(2025, 11, 5)),
    "a compact date": ("app20251105.log", utc(2025, 11, 5)),
    "epoch milliseconds rather than a date": ("2025-11-05-1762811808902.log", 1_762_811_808_902_000),
    "an ISO date rather than a compact one": ("20240101-2025-11-05.log", utc(2025, 11, 5)),
    "the first of two dates": ("from-2025-11-05-to-2025-11-09.log", utc(2025, 11, 5)),
    "month 13, then a date": ("2025-13-05-2025-11-05.log", utc(2025, 11, 5)),
    "month 13, then a compact date": ("2025-13-05-20251105.log", utc(2025, 11, 5)),
    "a compact February 30": ("app-20250230.log", None),
    "twelve digits": ("localhost-176281180890.log", None),
    "fourteen digits": ("localhost-17628118089020.log", None),
    "eight digits that are no date": ("build-12345678.log", None),
    "eight digits that are a date of another age": ("order-34561231.log", None),
    "no digits": ("sample-telemetry.log", None),
    "a month alone": ("app-2025-11.log", None),
}


@pytest.mark.parametrize(("name", "instant"), NAMES.values(), ids=NAMES)
def test_a_name_tells_epoch_milliseconds_else_an_iso_date_else_a_compact_date(name: str, instant: int | None) -> None:
    assert name_instant(name) == instant


YEARS = {
    "a year by itself": ("syslog-2025.log", 2025),
    "a year of the last century": ("syslog.1999", 1999),
    "a year and a month": ("syslog-2025-11.log", 2025),
    "the first of two years": ("syslog-2024-2025.log", 2024),
    "a year within letters": ("v2025x.log", 2025),
    "five digits": ("syslog-20251.log", None),
    "a year of another age": ("syslog-3025.log", None),
    "a compact date": ("syslog-20251105.log", None),
    "epoch milliseconds": ("app-1762811808902.log", None),
    "a number, then a year": ("17-20256-2025.log", 2025),
    "no digits": ("syslog", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("name", "year"), YEARS.values(), ids=YEARS)
def test_a_name_tells_a_year_that_stands_by_itself(name: str, year: int | None) -> None:
    assert name_year(name) == year


@settings(max_examples=100, deadline=None)
@given(
    st.dates(),
    st.sampled_from(["{}", "app-{}.log", "{}T10-00.log.gz", "app.{}-7"]),
)
def test_any_iso_date_in_a_name_is_its_first_instant(day: date, name: str) -> None:
    assert name_instant(name.format(day.isoformat())) == utc(day.year, day.month, day.day)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Nd"]), max_size=40))
def test_a_name_without_digits_tells_nothing(name: str) -> None:
    assert (name_instant(name), name_year(name)) == (None, None)
