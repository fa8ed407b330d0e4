"""How a line, or a file's name, tells its time: every dialect of the specification, against a calendar of our own."""

from __future__ import annotations

import calendar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.logs.timestamps import line_instant, name_instant


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micros: int = 0) -> int:
    """Microseconds since 1970 by the standard library's oldest calendar, which the project does not use."""
    return calendar.timegm((year, month, day, hour, minute, second)) * 1_000_000 + micros


NOVEMBER_14 = utc(2025, 11, 14, 21, 40, 0, 551_000)
NOVEMBER_9 = utc(2025, 11, 9, 14, 30, 45, 123_000)
NOON = utc(2025, 11, 10, 12)
HOUR = 3_600_000_000

LINES = {
    "browser console with its source": ("EventBus.ts:56 2025-11-14T21:40:00.551Z 🎼 EventBus: ready", NOVEMBER_14),
    "browser console with a leading blank": (" 2025-11-14T21:40:00.551Z 🎼 EventBus: ready", NOVEMBER_14),
    "browser console without an instant": (" ✅ Completed in 4.70ms", None),
    "browser console with a source alone": ("EventBus.ts:329 🎼 EventBus: ready", None),
    "Cypress with two instants": ("[2025-11-14T21:40:00.551Z] LOG 2025-11-14T21:40:00.551Z 🎼 x", NOVEMBER_14),
    "Cypress with one instant": ("[2025-11-14T21:40:00.551Z] LOG 🎼 Initializing", NOVEMBER_14),
    "Serilog": ("[2025-11-09 14:30:45.123 -05:00] [INF] Some.Context: message", NOVEMBER_9 + 5 * HOUR),
    "Serilog east of Greenwich": ("[2025-11-09 14:30:45.123 +01:00] [FTL] Some.Context: message", NOVEMBER_9 - HOUR),
    "plain": ("2025-11-14T21:40:00.551Z 🎼 EventBus: ready", NOVEMBER_14),
    "a blank between date and time": ("2025-11-14 21:40:00.551Z x", NOVEMBER_14),
    "an offset without a blank": ("2025-11-10T17:30:00+05:30 x", NOON),
    "a negative offset": ("2025-11-10T04:00:00-08:00 x", NOON),
    "an offset that changes the day": ("2025-11-11T01:00:00+13:00 x", NOON),
    "an offset without a colon": ("2025-11-10T17:30:00+0530 x", NOON),
    "an offset of zero": ("2025-11-10T12:00:00-00:00 x", NOON),
    "no offset, which is UTC": ("2025-11-10T12:00:00 x", NOON),
    "no offset at the line's end": ("x 2025-11-10 12:00:00", NOON),
    "a list item after it, which is no offset": ("2025-11-10T12:00:00 - started", NOON),
    "one decimal": ("2025-11-10T12:00:00.5Z x", NOON + 500_000),
    "a comma before the decimals": ("2025-11-10 12:00:00,123 x", NOON + 123_000),
    "leading zeros in the decimals": ("2025-11-10T12:00:00.000007Z x", NOON + 7),
    "nine decimals": ("2025-11-10T12:00:00.123456789Z x", NOON + 123_456),
    "nine decimals and an offset": ("2025-11-10T12:00:00,999999999+01:00 x", NOON - HOUR + 999_999),
    "a point that ends a sentence": ("Done at 2025-11-10T12:00:00. Next", NOON),
    "the first of two instants": ("2025-11-10T12:00:00Z after 2024-01-01T00:00:00Z", NOON),
    "month 13, then an instant": ("run 2025-13-10T12:00:00Z at 2025-11-10T12:00:00Z", NOON),
    "February 30, then an instant": ("run 2025-02-30T12:00:00Z at 2025-11-10T12:00:00Z", NOON),
    "month 13 alone": ("run 2025-13-10T12:00:00Z", None),
    "month 0 alone": ("run 2025-00-10T12:00:00Z", None),
    "hour 24 and minute 60": ("2025-11-10T24:01:00Z or 2025-11-10T12:60:00Z", None),
    "an offset of 25 hours": ("2025-11-10T12:00:00+25:00", None),
    "February 29 of a leap year": ("2024-02-29T00:00:00Z", utc(2024, 2, 29)),
    "February 29 of another year": ("2025-02-29T00:00:00Z", None),
    "a longer run of digits": ("id 12025-11-10T12:00:00Z", None),
    "a date alone": ("built 2025-11-10", None),
    "a time alone": ("12:00:00.123 x", None),
    "epoch milliseconds": ("correlationId=mc-1761945322362-0vnjii", None),
    "a byte-order mark before it": ("\ufeff2025-11-10T12:00:00Z x", NOON),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("line", "instant"), LINES.values(), ids=LINES)
def test_a_line_tells_the_first_iso_instant_in_it(line: str, instant: int | None) -> None:
    assert line_instant(line.encode()) == instant


def test_a_line_that_is_no_utf_8_tells_its_time_all_the_same() -> None:
    assert line_instant(b"caf\xe9 \xff 2025-11-10T12:00:00Z \xfe") == NOON


@pytest.mark.parametrize("until", ["2025-11-11T12:00:00", "2025", "20251111T120000", "1300-01-01T00:00:00", "1300"])
def test_a_range_begins_at_its_first_instant_in_utc(until: str) -> None:
    line = f"[2025-11-10T12:00:00-{until}] x"

    assert line_instant(line.encode()) == (NOON if until != "1300" else NOON + 13 * HOUR)


moments = st.tuples(
    st.integers(1970, 2199),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 59),
)
offsets = st.none() | st.just("Z") | st.tuples(st.sampled_from("+-"), st.integers(0, 14), st.integers(0, 59))


@settings(max_examples=100, deadline=None)
@given(
    moment=moments,
    separator=st.sampled_from("T "),
    digits=st.text("0123456789", max_size=9),
    mark=st.sampled_from(".,"),
    offset=offsets,
    blank=st.sampled_from(["", " "]),
    before=st.sampled_from(["", " ", "[", "EventBus.ts:56 ", "🎼 run 2025-13-01T00:00:00Z ", "7 ", "id-"]),
    after=st.sampled_from(["", "]", " [INF] x", "] LOG 2024-01-01T00:00:00Z", " 🎼 5ms", "\t7"]),
)
def test_every_way_to_write_an_instant_gives_the_same_instant(
    moment: tuple[int, int, int, int, int, int],
    separator: str,
    digits: str,
    mark: str,
    offset: str | tuple[str, int, int] | None,
    blank: str,
    before: str,
    after: str,
) -> None:
    year, month, day, hour, minute, second = moment
    text = f"{year}-{month:02d}-{day:02d}{separator}{hour:02d}:{minute:02d}:{second:02d}"
    micros = utc(*moment)
    if digits:
        text += mark + digits
        micros += int((digits + "000000")[:6])
    if isinstance(offset, tuple):
        sign, hours, minutes = offset
        text += f"{blank}{sign}{hours:02d}:{minutes:02d}"
        micros -= int(f"{sign}1") * (hours * 60 + minutes) * 60_000_000
    else:
        text += offset or ""

    assert line_instant(f"{before}{text}{after}".encode()) == micros


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Nd"])))
def test_a_line_without_a_digit_tells_no_time(line: str) -> None:
    assert line_instant(line.encode()) is None


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
