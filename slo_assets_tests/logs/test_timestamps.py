"""How a line tells its time: every dialect of the specification, against naive readings of it.

The oracles take a line at a time with a regular expression and the standard library's calendar; the engine reads
blocks of lines with machine code. Whatever lines stand in a block, both give the same.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.config import Time
from slo_assets.logs.machine import NONE
from slo_assets.logs.timestamps import LineTimes, zone_changes

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo"]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micros: int = 0) -> int:
    """Microseconds since 1970 by the standard library's oldest calendar, which the project does not use."""
    return calendar.timegm((year, month, day, hour, minute, second)) * 1_000_000 + micros


def read(
    lines: Iterable[bytes], time: Time | None = None, name: str = "", year: int | None = None, limit: int = 1 << 20
) -> list[int | None]:
    """What the engine gives for the lines of a block; they hold no line feed."""
    return read_with(LineTimes(time or Time(), name, year), lines, limit)


def read_with(times: LineTimes, lines: Iterable[bytes], limit: int = 1 << 20) -> list[int | None]:
    whole = list(lines)
    ends, instants = times.read(memoryview(b"".join(line + b"\n" for line in whole)), limit)
    assert ends.tolist() == [length - 1 for length in accumulate(len(line) + 1 for line in whole)]
    return [None if instant == NONE else int(instant) for instant in instants]


def line_instant(line: bytes) -> int | None:
    """The time of a single line."""
    return read([line])[0]


# --- the naive readings -------------------------------------------------------------------------------------

ISO = re.compile(
    rb"(?<!\d)(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?"
    # An offset is told from the end of a range (a time or a year) by what follows it, and by its size.
    rb"(?:(Z)| ?([+-]\d\d:\d\d)(?![\d:])|([+-](?:0\d|1[0-4])[0-5]\d)(?![\d-])"
    rb"|([+-](?:0\d|1[0-4]))(?![^ \t\r\"'),;\]|}]))?"
)
CLF = re.compile(rb"(?<!\d)(\d\d)/([A-Za-z]{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?: ([+-]\d{4}))?")
SYSLOG = re.compile(rb"([A-Za-z]{3}) ( \d|\d\d) (\d\d):(\d\d):(\d\d)(?:[.,](\d+))?")
EPOCHS = re.compile(rb"(\d+)(?:[.,](\d+))?")
OPENING = re.compile(rb"(?:[ \t\"'(\[{]|<\d*>)*")
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def whole_number(text: bytes) -> int:
    return int(text)


def instant_of(fields: Iterable[bytes], fraction: bytes | None, offset: bytes | None, zone: str) -> int | None:
    """A date and a time of day as an instant; None where there is no such time."""
    try:
        wall = datetime(*map(whole_number, fields))  # type: ignore[arg-type]
    except ValueError:
        return None
    micros = int((fraction or b"0")[:6].ljust(6, b"0"))
    if offset is None:
        # What the zone will be, nobody knows, and what it was is not kept: the first and last years stand for it.
        known = min(max(wall, datetime(1970, 1, 2)), datetime(2099, 12, 31))
        shift = known.replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    else:
        digits = offset.replace(b":", b"")
        shift = timedelta(hours=int(digits[:3]), minutes=int(digits[:1] + digits[3:]))
    if abs(shift) >= timedelta(days=1):
        return None
    try:
        moment = wall.replace(microsecond=micros) - shift
    except OverflowError:
        return None
    return (moment.replace(tzinfo=UTC) - EPOCH) // MICROSECOND


def iso_of(match: re.Match[bytes], zone: str) -> int | None:
    *fields, fraction, utc_mark, spaced, joined, hours = match.groups()
    offset = b"+0000" if utc_mark else spaced or joined or (hours and hours + b"00")
    return instant_of(fields, fraction, offset, zone)


def clf_of(match: re.Match[bytes], zone: str) -> int | None:
    day, month, year, hour, minute, second, offset = match.groups()
    return instant_of((year, month_number(month), day, hour, minute, second), None, offset, zone)


def month_number(name: bytes) -> bytes:
    month = name.decode().lower()
    return b"%d" % (MONTHS.index(month) + 1 if month in MONTHS else 0)


def first_instant(pattern: re.Pattern[bytes], of: Callable[..., int | None], line: bytes, zone: str) -> int | None:
    """The first that is an instant of all places in a line that look like one."""
    return next((told for match in pattern.finditer(line) if (told := of(match, zone)) is not None), None)


def iso_instant(line: bytes, zone: str = "UTC") -> int | None:
    return first_instant(ISO, iso_of, line, zone)


def clf_instant(line: bytes, zone: str = "UTC") -> int | None:
    return first_instant(CLF, clf_of, line, zone)


def epoch_instant(line: bytes) -> int | None:
    """Seconds, or parts of them, that stand where the line begins, told by how many digits they have."""
    match = EPOCHS.match(line)
    if match is None:
        return None
    digits, fraction = match.groups()
    units = {10: 1_000_000, 13: 1000, 16: 1}
    if len(digits) == 19:
        return int(digits) // 1000
    if len(digits) not in units:
        return None
    return int(digits) * units[len(digits)] + (int((fraction or b"0")[:6].ljust(6, b"0")) if len(digits) == 10 else 0)


class SyslogCalendar:
    """The years of lines that name none, one after another."""

    def __init__(self, year: int | None = None, near: datetime | None = None) -> None:
        self.year, self.month, self.near = year, 0, near

    def instant(self, line: bytes, zone: str = "UTC") -> int | None:
        for match in SYSLOG.finditer(line):
            name, day, hour, minute, second, fraction = match.groups()
            month = whole_number(month_number(name))
            if not month:
                continue
            year = self._year(month, whole_number(day), (hour, minute, second))
            fields = (b"%d" % year, b"%d" % month, day, hour, minute, second)
            told = instant_of(fields, fraction, None, zone)
            if told is not None:
                self.year, self.month = year, month
                return told
        return None

    def _year(self, month: int, day: int, clock: tuple[bytes, ...]) -> int:
        if self.month:
            assert self.year is not None
            return self.year + (self.month - month > 6) - (month - self.month > 6)
        if self.near is None:
            return self.year or 0
        hour, minute, second = map(whole_number, clock)

        def away(year: int) -> timedelta:
            assert self.near is not None
            # February 29 of a year that has none would be March 1.
            passed = timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)
            return abs(datetime(year, month, 1) + passed - self.near)

        return min((self.near.year + step for step in (0, -1, 1)), key=away)


# --- ISO 8601 -----------------------------------------------------------------------------------------------

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
    "an offset of 14 hours and a half without a colon": ("2025-11-11T02:30:00+1430 x", NOON),
    "an offset of hours alone, as PostgreSQL writes it": ("2025-11-10 14:00:00.000+02 x", NOON),
    "an offset of hours at the line's end": ("x 2025-11-10T04:00:00-08", NOON),
    "an offset of hours in brackets": ("[2025-11-10T14:00:00+02] x", NOON),
    "an hour of a range, which is no offset": ("2025-11-10T12:00:00-08.5 x", NOON),
    "fifteen hours alone, which are no offset": ("2025-11-10T12:00:00+15 x", NOON),
    "hours alone behind a blank, which are no offset": ("2025-11-10T12:00:00 +02 x", NOON),
    "fifteen hours without a colon, which are no offset": ("2025-11-10T12:00:00+1500 x", NOON),
    "sixty minutes without a colon, which are no offset": ("2025-11-10T12:00:00+0160 x", NOON),
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
    "a second 60": ("2025-11-10T12:00:60.000Z", None),
    "a second 69": ("2025-11-10T12:00:69.999Z", None),
    "another mark before the decimals": ("2025-11-10T12:00:00;123Z", NOON),
    "a comma before as many decimals": ("2025-11-10T12:00:00,123Z", NOON + 123_000),
    "February 29 of a leap year": ("2024-02-29T00:00:00Z", utc(2024, 2, 29)),
    "February 29 of another year": ("2025-02-29T00:00:00Z", None),
    "a longer run of digits": ("id 12025-11-10T12:00:00Z", None),
    "a date alone": ("built 2025-11-10", None),
    "a time alone": ("12:00:00.123 x", None),
    "epoch milliseconds": ("correlationId=mc-1761945322362-0vnjii", None),
    "a byte-order mark before it": ("\ufeff2025-11-10T12:00:00Z x", NOON),
    "a fraction of many digits": ("2025-11-10T12:00:00.1234567890123456789012345Z", NOON + 123_456),
    "an offset of 24 hours": ("2025-11-10T12:00:00+24:00", None),
    "an offset of almost 24 hours": ("2025-11-10T12:00:00+23:59", NOON - 24 * HOUR + 60_000_000),
    "an offset that leads before the first year": ("0001-01-01T00:00:00+01:00", None),
    "an offset that leads behind the last year": ("9999-12-31T23:59:59-01:00", None),
    "the first instant": ("0001-01-01T00:00:00Z", utc(1, 1, 1)),
    "the last second": ("9999-12-31T23:59:59.999999Z", utc(9999, 12, 31, 23, 59, 59, 999_999)),
    "year 0": ("0000-01-01T00:00:00Z", None),
    "before 1970": ("1969-12-31T23:59:59.5Z", -500_000),
    "a small z, which is no offset": ("2025-11-10T12:00:00z", NOON),
    "a leap second": ("2016-12-31T23:59:60Z", None),
    "February 29 of 1900": ("1900-02-29T00:00:00Z", None),
    "February 29 of 2000": ("2000-02-29T00:00:00Z", utc(2000, 2, 29)),
    "the second of two that overlap": ("2025-2025-11-10T12:00:00Z", NOON),
    "a UUID before it": ("1c9e6679-7425-40de-944b-e07fc1f90ae7 2025-11-10T12:00:00Z", NOON),
    "a UUID of digits alone": ("12345678-1234-1234-1234-123456789012 x", None),
    "a line that breaks off within the seconds": ("x 2025-11-10T12:00:0", None),
    "a line that breaks off within the decimals": ("x 2025-11-10T12:00:00.", NOON),
    "a line that breaks off within the offset": ("x 2025-11-10T12:00:00+05:3", NOON),
    "a carriage return behind it": ("x 2025-11-10T12:00:00\r", NOON),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("line", "instant"), LINES.values(), ids=LINES)
def test_a_line_tells_the_first_iso_instant_in_it(line: str, instant: int | None) -> None:
    assert line_instant(line.encode()) == instant
    assert iso_instant(line.encode()) == instant, "the oracle itself"


def test_the_lines_of_a_block_tell_their_own_times_whatever_lines_are_beside_them() -> None:
    lines, instants = [line.encode() for line, _ in LINES.values()], [instant for _, instant in LINES.values()]
    between = b"2025-11-10T12:00:59.999Z"

    assert read(lines) == instants
    assert read(reversed(lines)) == instants[::-1]
    assert read(part for line in lines for part in (between, line)) == [
        part for instant in instants for part in (NOON + 59_999_000, instant)
    ]


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
    after=st.sampled_from(["", "]", "+1 x", "-15]", " [INF] x", "] LOG 2024-01-01T00:00:00Z", " 🎼 5ms", "\t7"]),
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

    line = f"{before}{text}{after}".encode()
    assert line_instant(line) == micros
    assert iso_instant(line) == micros, "the oracle itself"


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Nd"], exclude_characters="\n")))
def test_a_line_without_a_digit_tells_no_time(line: str) -> None:
    assert line_instant(line.encode()) is None


pieces_of_lines = st.sampled_from(
    [
        "2025-11-10T12:00:07.123Z",
        "2025-11-10T12:00:08.5Z",
        "2025-11-10 12:00:09,25",
        "2025-11-10T12:00:00",
        "2025-11-10T12:00:00+02",
        "-08",
        "+14]",
        "2024-02-29T23:59:59",
        "2025-02-29T23:59:59Z",
        "2025-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59",
        "1969-07-20T20:17:40",
        "2025-11-10",
        "12:00:00",
        "-",
        "--",
        "+",
        "Z",
        " ",
        ".",
        ",",
        "0",
        "7",
        "123456789",
        "+01:00",
        " -05:30",
        "+0130",
        "-1300",
        "-2025",
        "+25:00",
        "-23:59",
        "1c9e6679-7425-40de-944b-e07fc1f90ae7",
        "12345678-1234-1234-1234-123456789012",
        "🎼",
        "[",
        "]",
        "T",
        "x",
    ]
)
free_lines = st.lists(pieces_of_lines, max_size=7).map(lambda parts: "".join(parts).encode())


@settings(max_examples=300, deadline=None)
@given(st.lists(free_lines, min_size=1, max_size=8), st.sampled_from(ZONES), st.sampled_from([1 << 20, 30, 24, 19]))
def test_any_lines_of_a_block_tell_what_each_tells_alone(lines: list[bytes], zone: str, limit: int) -> None:
    assert read(lines, Time(zone=zone), limit=limit) == [iso_instant(line[:limit], zone) for line in lines]


BEFORE = ["", "", "", " ", "[", "x 7", "7", "id-", "2025-", "2025-11-", "-----", "2025-13-10T12:34:56Z "]
ZONE_MARKS = ["Z", "z", "", "+01:00", " -05:00", "+0100", "-2025", "0Z", ".Z", "-", "Z7"]


@st.composite
def close_lines(draw: st.DrawFn) -> list[bytes]:
    """Lines of a block that tell one minute, most in one way, and some that only nearly do."""
    usual = st.sampled_from(["2025-11-10T12:34:", "2025-11-10T12:34:", "2025-11-10T12:35:", "1969-12-31T23:59:"])
    digits = draw(st.integers(0, 9))
    written = draw(st.sampled_from(["Z", "Z", "", "+01:00"]))
    lines = []
    for _ in range(draw(st.integers(2, 8))):
        # In one thing at a time a line is not like the others.
        odd = draw(st.sampled_from(["", "", "", "", "digits", "mark", "zone", "second", "cut", "byte"]))
        count = draw(st.integers(0, 11)) if odd == "digits" else digits
        mark = draw(st.sampled_from(",;Z0")) if odd == "mark" else "."
        fraction = mark + draw(st.text("0123456789", min_size=count, max_size=count)) if count else ""
        zone = draw(st.sampled_from(ZONE_MARKS)) if odd == "zone" else written
        second = draw(st.integers(58, 71) if odd == "second" else st.integers(0, 59))
        after = draw(st.sampled_from(["", " x", "] 2025-11-10T12:34:56.789Z", "0", "\r"]))
        line = f"{draw(st.sampled_from(BEFORE))}{draw(usual)}{second:02d}{fraction}{zone}{after}".encode()
        place = draw(st.integers(0, len(line)))
        if odd == "cut":
            line = line[:place]
        elif odd == "byte":
            line = line[:place] + draw(st.sampled_from([b"x", b"9", b"-", b":"])) + line[place + 1 :]
        lines.append(line)
    return lines


@settings(max_examples=500, deadline=None)
@given(close_lines(), st.sampled_from([1 << 20, 1 << 20, 27, 24, 23, 20, 19]))
def test_lines_that_nearly_tell_the_minute_of_the_line_before_tell_their_own_time(
    lines: list[bytes], limit: int
) -> None:
    assert read(lines, limit=limit) == [iso_instant(line[:limit]) for line in lines]


@settings(max_examples=100, deadline=None)
@given(close_lines(), close_lines())
def test_a_time_is_the_same_wherever_a_block_begins(before: list[bytes], after: list[bytes]) -> None:
    times = LineTimes(Time())

    assert read_with(times, before) + read_with(times, after) == read(before + after)


def test_only_so_many_bytes_of_a_line_are_looked_at() -> None:
    line = b"x" * 10 + b"2025-11-10T12:00:00.123Z"

    told = [read([line], limit=limit)[0] for limit in (28, 29, 31, 33, 34)]

    assert told == [None, NOON, NOON + 100_000, NOON + 123_000, NOON + 123_000]


# --- the places of a time -----------------------------------------------------------------------------------

openings = st.lists(
    st.sampled_from([" ", "\t", '"', "'", "(", "[", "{", "<13>", "<>", "<", ">", "<1", "x", "7", "🎼", "-"]), max_size=4
).map("".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(openings, st.lists(pieces_of_lines, max_size=3).map("".join)), min_size=1, max_size=6))
def test_a_time_at_the_start_stands_after_blanks_quotes_brackets_and_a_priority(parts: list[tuple[str, str]]) -> None:
    lines = [(opening + rest).encode() for opening, rest in parts]

    def naive(line: bytes) -> int | None:
        opening = OPENING.match(line)
        assert opening
        match = ISO.match(line[opening.end() :])
        return iso_of(match, "UTC") if match else None

    assert read(lines, Time(at="start")) == [naive(line) for line in lines]


AFTER = {
    "directly after the text": ("ts=2025-11-10T12:00:00Z x", NOON),
    "with other times around it": ("2024-01-01T00:00:00Z ts=2025-11-10T12:00:00Z 2023-01-01T00:00:00Z", NOON),
    "not directly after the text": ("ts= 2025-11-10T12:00:00Z", None),
    "without the text": ("2025-11-10T12:00:00Z", None),
    "with a part of the text": ("t=2025-11-10T12:00:00Z s=2025-11-10T12:00:00Z", None),
    "after the text alone": ("x ts=", None),
    "after the text that begins twice": ("tts=2025-11-10T12:00:00Z", NOON),
    "after the text with a digit in front of it": ("7ts=2025-11-10T12:00:00Z", NOON),
    "with nothing": ("", None),
}


@pytest.mark.parametrize(("line", "instant"), AFTER.values(), ids=AFTER)
def test_a_time_after_a_text_stands_directly_behind_it(line: str, instant: int | None) -> None:
    assert read([line.encode()], Time(after="ts=")) == [instant]


def test_the_text_before_a_time_may_be_of_any_characters() -> None:
    assert read(["🎼 um: 2025-11-10T12:00:00Z".encode()], Time(after="🎼 um: ")) == [NOON]


@settings(max_examples=100, deadline=None)
@given(st.lists(free_lines, min_size=1, max_size=6), st.sampled_from(["ts=", "[", "- ", "at"]))
def test_any_lines_tell_the_time_behind_the_text(lines: list[bytes], text: str) -> None:
    written = [line + text.encode() * (number % 3 > 0) + line[::-1] + line for number, line in enumerate(lines)]

    def naive(line: bytes) -> int | None:
        _, found, rest = line.partition(text.encode())
        match = ISO.match(rest) if found else None
        return iso_of(match, "UTC") if match else None

    assert read(written, Time(after=text)) == [naive(line) for line in written]


# --- the common log format ----------------------------------------------------------------------------------

CLF_LINES = {
    "an access log": ('1.2.3.4 - bob [10/Nov/2025:13:00:00 +0100] "GET / HTTP/1.1" 200 7', NOON),
    "west of Greenwich": ("[10/Nov/2025:04:00:00 -0800]", NOON),
    "no offset": ("[10/Nov/2025:12:00:00]", NOON),
    "a month in capitals": ("10/NOV/2025:12:00:00 +0000", NOON),
    "no such month": ("10/Nox/2025:12:00:00 +0000", None),
    "no such day": ("31/Nov/2025:12:00:00 +0000", None),
    "no such hour": ("10/Nov/2025:24:00:00 +0000", None),
    "no such day, then an instant": ("31/Nov/2025:12:00:00 +0000 10/Nov/2025:12:00:00 +0000", NOON),
    "a longer run of digits": ("110/Nov/2025:12:00:00 +0000", None),
    "an offset of 24 hours": ("10/Nov/2025:12:00:00 +2400", None),
    "a path": ("/a/Nov/2025:12:00:00", None),
    "a line that breaks off": ("10/Nov/2025:12:00:0", None),
    "a line that breaks off within the offset": ("10/Nov/2025:12:00:00 +01", NOON),
    "an ISO instant": ("2025-11-10T12:00:00Z", None),
}


@pytest.mark.parametrize(("line", "instant"), CLF_LINES.values(), ids=CLF_LINES)
def test_a_line_of_an_access_log_tells_its_first_time(line: str, instant: int | None) -> None:
    assert read([line.encode()], Time(format="clf")) == [instant]
    assert clf_instant(line.encode()) == instant, "the oracle itself"


clf_parts = st.sampled_from(
    [
        "10/Nov/2025:12:00:00",
        "29/feb/2024:23:59:59",
        "29/FEB/2025:00:00:00",
        "01/Mxy/2025:00:00:00",
        "31/Dec/9999:23:59:59",
        " +0100",
        " -0530",
        " +2359",
        " -2400",
        "+0100",
        "/",
        "10/",
        "7",
        " ",
        "[",
        "]",
        ":",
        "x",
        "/Nov/",
        "🎼",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(clf_parts, max_size=6).map(lambda parts: "".join(parts).encode()), min_size=1, max_size=6),
    st.sampled_from(ZONES),
)
def test_any_lines_tell_their_times_in_the_common_log_format(lines: list[bytes], zone: str) -> None:
    assert read(lines, Time(format="clf", zone=zone)) == [clf_instant(line, zone) for line in lines]


# --- syslog, without a year ---------------------------------------------------------------------------------

SYSLOG_FILES = {
    "the year that is configured": ("app.log", 2024, ["Nov 10 12:00:00"], [utc(2024, 11, 10, 12)]),
    "the year that is configured rather than the name's": (
        "x-2023.log",
        2024,
        ["Nov 10 12:00:00"],
        [utc(2024, 11, 10, 12)],
    ),
    "the name's year": ("syslog-2024.log", None, ["Nov 10 12:00:00"], [utc(2024, 11, 10, 12)]),
    "the year of the name's date": ("syslog-2024-11-11.log", None, ["Nov 10 12:00:00"], [utc(2024, 11, 10, 12)]),
    "the year before the name's date": ("x-2025-01-02.log", None, ["Dec 31 23:59:59"], [utc(2024, 12, 31, 23, 59, 59)]),
    "the year after the name's date": ("x-2024-12-31.log", None, ["Jan  1 00:00:00"], [utc(2025, 1, 1)]),
    "the name's instant": ("x-1762811808902.log", None, ["Nov 10 21:56:48"], [utc(2025, 11, 10, 21, 56, 48)]),
    "no year": ("app.log", None, ["Nov 10 12:00:00", "Nov 11 12:00:00"], [None, None]),
    "December turns to January": (
        "x-2024.log",
        None,
        ["Dec 31 23:59:59", "Jan  1 00:00:00", "Feb  1 00:00:00"],
        [utc(2024, 12, 31, 23, 59, 59), utc(2025, 1, 1), utc(2025, 2, 1)],
    ),
    "a line of the old year after the turn": (
        "x-2024.log",
        None,
        ["Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:58", "Jan  1 00:00:01"],
        [utc(2024, 12, 31, 23, 59, 59), utc(2025, 1, 1), utc(2024, 12, 31, 23, 59, 58), utc(2025, 1, 1, 0, 0, 1)],
    ),
    "two turns": (
        "x-2023.log",
        None,
        ["Dec  1 00:00:00", "May  1 00:00:00", "Oct  1 00:00:00", "Jan  1 00:00:00"],
        [utc(2023, 12, 1), utc(2024, 5, 1), utc(2024, 10, 1), utc(2025, 1, 1)],
    ),
    "half a year on, and half a year back": (
        "x-2024.log",
        None,
        ["Jan  1 00:00:00", "Jul  1 00:00:00", "Jan  1 00:00:00"],
        [utc(2024, 1, 1), utc(2024, 7, 1), utc(2024, 1, 1)],
    ),
    "February 29 of a leap year": ("x-2024.log", None, ["Feb 29 00:00:00"], [utc(2024, 2, 29)]),
    "February 29 of another year, then a day": (
        "x-2025.log",
        None,
        ["Feb 29 00:00:00", "Mar  1 00:00:00"],
        [None, utc(2025, 3, 1)],
    ),
    "February 29 after the turn to a leap year": (
        "x-2023.log",
        None,
        ["Dec 31 00:00:00", "Feb 29 00:00:00"],
        [utc(2023, 12, 31), utc(2024, 2, 29)],
    ),
    "a day of one digit after a blank": ("x-2024.log", None, ["Nov  4 12:00:00"], [utc(2024, 11, 4, 12)]),
    "a day of one digit after a zero": ("x-2024.log", None, ["Nov 04 12:00:00"], [utc(2024, 11, 4, 12)]),
    "a day of one digit without either": ("x-2024.log", None, ["Nov 4 12:00:00"], [None]),
    "decimals": ("x-2024.log", None, ["Nov 10 12:00:00.25 host"], [utc(2024, 11, 10, 12, 0, 0, 250_000)]),
    "a priority": ("x-2024.log", None, ["<13>Nov 10 12:00:00 host"], [utc(2024, 11, 10, 12)]),
    "a month in capitals": ("x-2024.log", None, ["NOV 10 12:00:00"], [utc(2024, 11, 10, 12)]),
    "no such month": ("x-2024.log", None, ["Nox 10 12:00:00"], [None]),
}


@pytest.mark.parametrize(("name", "year", "lines", "instants"), SYSLOG_FILES.values(), ids=SYSLOG_FILES)
def test_lines_without_a_year_take_the_year_that_is_known_and_turn_it_with_the_months(
    name: str, year: int | None, lines: list[str], instants: list[int | None]
) -> None:
    assert read(map(str.encode, lines), Time(format="syslog"), name, year) == instants


syslog_parts = st.sampled_from(
    [
        "Jan  1 00:00:00",
        "Feb 29 12:30:00",
        "Mar  1 00:00:00",
        "Jun 30 23:59:59",
        "Jul  1 00:00:00",
        "Dec 31 23:59:59",
        "Oct 26 02:30:00",
        "Mar 30 02:30:00",
        "Nov 31 00:00:00",
        "Xyz 01 00:00:00",
        "Jan 32 00:00:00",
        "Jan 01 24:00:00",
        ".5",
        ",123456789",
        "<13>",
        " ",
        ":",
        "7",
        "Jan",
        "host x[1]:",
        "12:00:00",
        "🎼",
    ]
)
syslog_lines = st.lists(
    st.lists(syslog_parts, max_size=4).map(lambda parts: "".join(parts).encode()), min_size=1, max_size=9
)


@settings(max_examples=200, deadline=None)
@given(syslog_lines, st.none() | st.sampled_from([2023, 2024]), st.sampled_from(ZONES))
def test_any_lines_without_a_year_tell_what_a_calendar_of_one_line_after_another_tells(
    lines: list[bytes], year: int | None, zone: str
) -> None:
    naive = SyslogCalendar(year)

    assert read(lines, Time(format="syslog", zone=zone), year=year) == [naive.instant(line, zone) for line in lines]


@settings(max_examples=200, deadline=None)
@given(syslog_lines, st.dates(date(1971, 1, 1), date(2199, 12, 31)))
def test_the_first_line_is_of_the_year_that_brings_it_nearest_to_the_names_date(lines: list[bytes], day: date) -> None:
    naive = SyslogCalendar(near=datetime(day.year, day.month, day.day))

    told = read(lines, Time(format="syslog"), f"syslog-{day.isoformat()}.log")

    assert told == [naive.instant(line) for line in lines]


@settings(max_examples=50, deadline=None)
@given(syslog_lines, syslog_lines)
def test_the_year_goes_on_from_one_block_to_the_next(before: list[bytes], after: list[bytes]) -> None:
    times = LineTimes(Time(format="syslog"), year=2024)

    told = read_with(times, before) + read_with(times, after)

    assert told == read(before + after, Time(format="syslog"), year=2024)


# --- seconds since 1970 -------------------------------------------------------------------------------------

EPOCH_LINES = {
    "seconds": ("1762776000 x", NOON),
    "seconds with decimals": ("1762776000.25 x", NOON + 250_000),
    "seconds with many decimals": ("1762776000.123456789 x", NOON + 123_456),
    "seconds and a point": ("1762776000. x", NOON),
    "milliseconds": ("1762776000123 x", NOON + 123_000),
    "milliseconds with decimals": ("1762776000123.9 x", NOON + 123_000),
    "microseconds": ("1762776000123456 x", NOON + 123_456),
    "nanoseconds": ("1762776000123456789 x", NOON + 123_456),
    "in brackets": ("[1762776000] x", NOON),
    "nine digits": ("176277600 x", None),
    "eleven digits": ("17627760000 x", None),
    "twenty digits": ("17627760001234567890 x", None),
    "thirty digits": ("1" * 30, None),
    "zeros": ("0000000000", 0),
    "nothing": ("", None),
    "a word": ("x 1762776000", None),
}


@pytest.mark.parametrize(("line", "instant"), EPOCH_LINES.values(), ids=EPOCH_LINES)
def test_a_line_begins_with_seconds_or_parts_of_them_since_1970(line: str, instant: int | None) -> None:
    assert read([line.encode()], Time(format="epoch", at="start")) == [instant]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 9_223_372_036_854_775_807),
            st.integers(0, 21),
            st.sampled_from(["", ".", ",5", ".123456789", " x", "7"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_number_of_seconds_or_parts_of_them_is_told_by_its_digits(parts: list[tuple[int, int, str]]) -> None:
    lines = [f"t={str(number)[:digits]}{rest}".encode() for number, digits, rest in parts]

    assert read(lines, Time(format="epoch", after="t=")) == [epoch_instant(line[2:]) for line in lines]


def test_nanoseconds_beyond_what_64_bits_hold_are_no_instant_of_another_age() -> None:
    (told,) = read([b"9999999999999999999"], Time(format="epoch", at="start"))

    assert told in (None, 9_999_999_999_999_999)


# --- time zones ---------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)), min_size=1, max_size=6),
    st.sampled_from(ZONES),
)
def test_a_time_without_an_offset_is_one_of_its_zone(moments: list[datetime], zone: str) -> None:
    lines = [moment.isoformat(sep=" ").encode() for moment in moments]
    expected = [(moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - EPOCH) // MICROSECOND for moment in moments]

    assert read(lines, Time(zone=zone)) == expected


@pytest.mark.parametrize("zone", [*ZONES, "Africa/Casablanca", "Antarctica/Troll", "Pacific/Apia", "Europe/Dublin"])
def test_the_clock_changes_where_the_zone_says_to_the_second(zone: str) -> None:
    walls, _ = zone_changes(zone)
    assert len(walls) > (zone not in ("UTC", "Asia/Kolkata"))
    nearby = [
        datetime(1970, 1, 1) + timedelta(microseconds=int(wall)) + timedelta(seconds=step)
        for wall in walls[1:]
        for step in (-7200, -3601, -3600, -1801, -1800, -1, 0, 1, 1800, 3600)
    ]
    lines = [moment.isoformat().encode() for moment in nearby if moment.year >= 1970]

    assert read(lines, Time(zone=zone)) == [iso_instant(line, zone) for line in lines]


TURNS = {
    "an hour that the clock shows twice is its first": ("2025-10-26 02:30:00", utc(2025, 10, 26, 0, 30)),
    "the hour after it": ("2025-10-26 03:00:00", utc(2025, 10, 26, 2)),
    "an hour that the clock leaves out has the offset from before": ("2025-03-30 02:30:00", utc(2025, 3, 30, 1, 30)),
    "the hour after that": ("2025-03-30 03:00:00", utc(2025, 3, 30, 1)),
    "an offset in the line wins": ("2025-10-26 02:30:00+01:00", utc(2025, 10, 26, 1, 30)),
    "and so does Z": ("2025-10-26T02:30:00Z", utc(2025, 10, 26, 2, 30)),
}


@pytest.mark.parametrize(("line", "instant"), TURNS.values(), ids=TURNS)
def test_the_clock_of_berlin_is_turned(line: str, instant: int) -> None:
    assert read([line.encode()], Time(zone="Europe/Berlin")) == [instant]
