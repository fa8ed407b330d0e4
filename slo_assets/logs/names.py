"""What a log file's name tells of its time. Instants are microseconds since 1970 in UTC."""

from __future__ import annotations

import datetime as dt
import re

from slo_assets.periods import to_micros

EPOCH_MILLISECONDS = re.compile(r"(?<!\d)(\d{13})(?!\d)")
ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
COMPACT_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


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


def name_year(name: str) -> int | None:
    """A year that stands in a file's name by itself, as in ``syslog-2025.log``; None where there is none."""
    found = YEAR.search(name)
    return int(found.group(1)) if found else None
