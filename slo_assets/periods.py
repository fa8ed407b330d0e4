"""Calendar months in UTC: the one place that knows where a period begins and ends.

A period is written ``YYYY-MM`` and is also the Dagster partition key. Instants inside the project are
integers, microseconds since 1970-01-01T00:00:00Z, so that sums and comparisons are exact.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
MILLISECOND = 1_000
MINUTE = 60_000_000
DAY = 1440 * MINUTE
PERIOD_PATTERN = r"[0-9]{4}-(0[1-9]|1[0-2])"


def to_micros(moment: dt.datetime) -> int:
    """The microseconds since 1970 of an aware date-time."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(instant: int) -> dt.datetime:
    """The UTC date-time of an instant in microseconds."""
    return EPOCH + instant * MICROSECOND


def parse_instant(text: str) -> int:
    """Microseconds of an ISO 8601 date-time; one without an offset is UTC.

    Raises:
        ValueError: the text is no ISO 8601 date-time.
    """
    moment = dt.datetime.fromisoformat(text.strip())
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))


def format_instant(instant: int) -> str:
    """An instant as ``2025-11-24T12:00:00Z``, with as many decimals as it has."""
    moment = from_micros(instant)
    text = moment.replace(microsecond=0, tzinfo=None).isoformat()
    fraction = f"{moment.microsecond:06d}".rstrip("0")
    return f"{text}.{fraction.ljust(3, '0')}Z" if fraction else f"{text}Z"


def format_date(instant: int) -> str:
    """The UTC date of an instant as ``2025-11-24``."""
    return from_micros(instant).date().isoformat()


def duration(micros: int) -> str:
    """A length of time in the two largest of days, hours and minutes, rounded down: ``1 d 4 h``."""
    days, rest = divmod(micros, DAY)
    hours, minutes = divmod(rest // MINUTE, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    first = next((place for place, (number, _) in enumerate(parts) if number), 2)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number) or "less than 1 min"


@dataclass(frozen=True, order=True)
class Period:
    """One calendar month in UTC.

    Attributes:
        key: ``YYYY-MM``, also the partition key.
    """

    key: str

    def __post_init__(self) -> None:
        """Refuse a key that is no month."""
        if not re.fullmatch(PERIOD_PATTERN, self.key) or self.key.startswith("0000"):
            msg = f"{self.key!r} is no period. Write a calendar month as YYYY-MM, for example 2025-11."
            raise ValueError(msg)

    @classmethod
    def containing(cls, instant: int) -> Period:
        """The month in which an instant lies."""
        return cls(format_date(instant)[:7])

    @property
    def start(self) -> int:
        """Its first instant."""
        year, month = map(int, self.key.split("-"))
        return to_micros(dt.datetime(year, month, 1, tzinfo=dt.UTC))

    @property
    def end(self) -> int:
        """The instant after its last, which is the next period's start."""
        year, month = map(int, self.key.split("-"))
        return self.start + calendar.monthrange(year, month)[1] * DAY

    @property
    def minutes(self) -> int:
        """Its length: days × 1440."""
        return (self.end - self.start) // MINUTE

    def shifted(self, months: int) -> Period:
        """The period so many months later (earlier when negative)."""
        year, month = map(int, self.key.split("-"))
        year, month = divmod(year * 12 + month - 1 + months, 12)
        return Period(f"{year:04d}-{month + 1:02d}")

    def until(self, last: Period) -> list[Period]:
        """All periods from this one to ``last``, both included; none when ``last`` is earlier."""
        count = (int(last.key[:4]) - int(self.key[:4])) * 12 + int(last.key[5:]) - int(self.key[5:]) + 1
        return [self.shifted(offset) for offset in range(count)]

    def days(self, until: int) -> list[tuple[int, int]]:
        """Start and end of each UTC day of the period that has begun at ``until``, which may be its first instant.

        A day, like a period, is [start, end): what happens at midnight belongs to the day that begins. The last one is
        whole as well, however much of it has passed.
        """
        return [(day, day + DAY) for day in range(self.start, min(until + 1, self.end), DAY)]


def monthly_partitions(first: Period, current: Period) -> dg.MonthlyPartitionsDefinition:
    """The partitions from the first period to the current one, the one that is still open included.

    Dagster ends partitions at the machine's clock; the offset moves that end to the project's clock, which
    ``SLO_ASSETS_NOW`` may have fixed in another month.
    """
    import dagster as dg

    machine = Period.containing(to_micros(dt.datetime.now(dt.UTC)))
    ahead = len(machine.until(current)) - 1 if current >= machine else 1 - len(current.until(machine))
    begun = first <= current
    return dg.MonthlyPartitionsDefinition(start_date=first.key, fmt="%Y-%m", end_offset=ahead + begun)
