"""Where a text line tells its time, as a dialect says. Instants are microseconds since 1970 in UTC."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from slo_assets.config import Time
from slo_assets.logs import machine
from slo_assets.logs.machine import NONE, SECOND
from slo_assets.logs.names import name_instant, name_year
from slo_assets.logs.scratch import scratch
from slo_assets.periods import EPOCH, from_micros, to_micros

FORMATS = {"iso": machine.ISO, "clf": machine.CLF, "syslog": machine.SYSLOG, "epoch": machine.EPOCH}

Ints = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]


class LineTimes:
    """Finds lines, and tells the time of each, as a dialect's ``time`` says; of JSON lines it tells none.

    Args:
        time: format, place and zone.
        name: the file's name, which may hold the year where the lines do not.
        year: the year of the first line that has a time, where the format has none.
    """

    def __init__(self, time: Time, name: str = "", year: int | None = None) -> None:
        """Look the zone's changes up once."""
        place = (
            machine.NOWHERE
            if time.field
            else machine.AFTER
            if time.after
            else machine.START
            if time.at == "start"
            else machine.ANYWHERE
        )
        self._how = np.array([FORMATS[time.format], place], np.int64)
        self._after = np.frombuffer((time.after or "").encode() or b"\0", np.uint8)
        self._zone = zone_changes(time.zone)
        near = name_instant(name) if year is None else None
        known = year or (name_year(name) if near is None else None)
        #: The year and month of the last line, and the instant that the first one is near to.
        self.calendar = np.array([known or 0, 0, NONE if near is None else near], np.int64)

    def read(self, data: memoryview, limit: int) -> tuple[Ints, Ints]:
        """Find the lines of a block, and the time that each of them tells.

        Args:
            data: the block's bytes; it begins with a line.
            limit: only so many bytes of a line are looked at.

        Returns:
            For each line, shape (lines,): where it ends (its line feed, or the block's end), and its own
            instant, ``NONE`` where it tells none.
        """
        ends, instants = (scratch(purpose, "i8").of(len(data)) for purpose in ("ends", "instants"))
        count = self.fill(data, limit, ends, instants)
        return ends[:count].copy(), instants[:count].copy()

    def fill(self, data: memoryview, limit: int, ends: Ints, instants: Ints) -> int:
        """The same, into arrays that have room for it.

        Returns:
            How many lines there are.
        """
        how = (self._how, self._after, *self._zone, self.calendar)
        count: int = machine.read(machine.octets(data), limit, *how, ends, instants)
        return count


@lru_cache(maxsize=64)
def zone_changes(name: str) -> tuple[Ints, Ints]:
    """When the wall clock of a time zone changes its offset.

    An hour that the clock shows twice is its first; one that it leaves out has the offset from before.

    Args:
        name: IANA name.

    Returns:
        Wall-clock instants, ascending, and the offset in microseconds from each on, both of shape (changes,).
    """
    zone, week = ZoneInfo(name), 7 * 86_400 * SECOND

    def offset(instant: int) -> int:
        shift = from_micros(instant).astimezone(zone).utcoffset() or dt.timedelta()
        return shift // dt.timedelta(microseconds=1)

    walls, offsets = [NONE], [offset(0)]
    for early in range(0, to_micros(EPOCH.replace(year=2100)), week):
        low, high = early, early + week
        if offset(high) == offsets[-1]:
            continue
        while high - low > SECOND:
            middle = (low + high) // 2 // SECOND * SECOND
            low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
        walls.append(high + max(offsets[-1], offset(high)))
        offsets.append(offset(high))
    return np.array(walls, np.int64), np.array(offsets, np.int64)
