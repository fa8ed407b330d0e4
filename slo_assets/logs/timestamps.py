"""How a line, or a file's name, tells its time. Instants are microseconds since 1970 in UTC."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from slo_assets.periods import to_micros

ISO_INSTANT = re.compile(
    rb"(?<!\d)(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?"
    # An offset is told from the end of a range (a time or a year) by what follows it, and by its size.
    rb"(?:Z| ?([+-]\d\d:\d\d)(?![\d:])|([+-](?:0\d|1[0-4])[0-5]\d)(?![\d-]))?"
)
EPOCH_MILLISECONDS = re.compile(r"(?<!\d)(\d{13})(?!\d)")
ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
COMPACT_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")


def line_instant(line: bytes) -> int | None:
    """The first ISO 8601 instant of a line; None where it has none.

    Read are ``T`` or a blank between date and time, up to nine decimals after a point or a comma (cut to
    microseconds), and ``Z``, ``±hh:mm``, `` ±hh:mm`` or ``±hhmm``; without an offset it is UTC. Digits in
    this shape that name no instant (month 13) are passed over. Source: semantics, "Log lines → events".
    """
    for match in ISO_INSTANT.finditer(line):
        whole, fraction, spaced, joined = match.groups()
        second = _second(whole, spaced or joined)
        if second is not None:
            return second + int(fraction[:6].ljust(6, b"0")) if fraction else second
    return None


@lru_cache(maxsize=4096)
def _second(whole: bytes, offset: bytes | None) -> int | None:
    text = whole.decode() + (offset.decode() if offset else "+00:00")
    try:
        return to_micros(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def name_instant(name: str) -> int | None:
    """The instant in a file's name: 13-digit epoch milliseconds, else an ISO date, else a compact date.

    A date stands for its first instant in UTC. None where the name holds none.
    """
    milliseconds = EPOCH_MILLISECONDS.search(name)
    if milliseconds:
        return int(milliseconds.group(1)) * 1000
    for pattern in (ISO_DATE, COMPACT_DATE):
        for match in pattern.finditer(name):
            try:
                year, month, day = map(int, match.groups())
                return to_micros(dt.datetime(year, month, day, tzinfo=dt.UTC))
            except ValueError:
                continue
    return None
