"""The loops over every byte and every line, compiled to machine code by Numba.

What NumPy needs ten passes over the bytes for, and a regular expression a microsecond a line, is one short loop
here. It holds no lock, so that blocks are read side by side. Instants are microseconds since 1970 in UTC.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
from numba import njit

from slo_assets.logs.vectors import BLOCK, copy, equal, equal_within, fetch, first, word
from slo_assets.periods import to_micros

#: No instant: no line told its time yet.
NONE = -(1 << 62)
#: The latest instant there is.
NEVER = 1 << 62
ISO, CLF, SYSLOG, EPOCH = range(4)
ANYWHERE, START, AFTER, NOWHERE = range(4)
#: The columns of a stretch.
PERIOD, LOW, HIGH, LINES, UNTIMED = range(5)

#: Spreads the bits of what it multiplies (the golden ratio's, as in Knuth's multiplicative hashing).
MIX = np.uint64(0x9E3779B97F4A7C15)
#: So many texts ahead are asked for.
AHEAD = 16

#: In each byte of a word: a zero, what makes the highest bit of more than a nine, the highest bit.
ZEROS, ABOVE_NINE, HIGHEST = np.uint64(0x3030303030303030), np.uint64(0x4646464646464646), np.uint64(0x8080808080808080)
ALL, PAIRS = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0x000000FF000000FF)
#: The weights of pairs of digits: 100 and 1,000,000, and 1 and 10,000, in the upper half.
LOW_PAIRS, HIGH_PAIRS = np.uint64(100 + (1_000_000 << 32)), np.uint64(1 + (10_000 << 32))
ZERO, SIX, TEN = np.uint64(ord("0")), np.uint64(6), np.uint64(10)
SECOND = 1_000_000
FIRST_INSTANT = to_micros(dt.datetime.min.replace(tzinfo=dt.UTC))
LAST_INSTANT = to_micros(dt.datetime.max.replace(tzinfo=dt.UTC))
HALF_YEAR = 6
DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
DAYS_IN = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTHS = np.frombuffer(b"janfebmaraprmayjunjulaugsepoctnovdec", np.uint8)

#: Compiled once for each installation.
compiled = njit(cache=True, nogil=True, error_model="numpy")


def octets(data: bytes | memoryview) -> npt.NDArray[np.uint8]:
    """Bytes as an array, which nobody may write to: one kind of array, for which the loops are compiled once."""
    array = np.frombuffer(data, np.uint8)
    array.flags.writeable = False
    return array


@compiled
def read(data, limit, how, after, walls, offsets, calendar, ends, instants):
    """Find all lines: where each ends (its line feed, or the last byte) and the instant that it tells.

    Args:
        data: bytes, shape (bytes,); a line begins with the first.
        limit: only so many bytes of a line are looked at for a time.
        how: format and place of the time.
        after: the text after which it stands.
        walls: the wall-clock instants at which the zone's offset changes.
        offsets: the offset from each on.
        calendar: year and month of the last line, and an instant near the first, where lines name no year.
        ends: is filled, shape (lines or more,).
        instants: is filled, shape (lines or more,).

    Returns:
        How many lines there are.

    Most lines tell the minute of the line before them. Such a time is known by its bytes, in one loop without
    a call: where a call costs a nanosecond for each array that it hands over, that is six times faster.
    """
    usual, nowhere = how[0] == ISO and how[1] == ANYWHERE, how[1] == NOWHERE
    known, decimals, unit, minute, start, line = False, 0, 1, np.int64(0), 0, 0
    close = len(data)
    date, hour, colon = np.uint64(0), np.uint64(0), np.uint8(0)
    for block in range(0, close + 1, BLOCK):
        within = block + BLOCK <= close
        feeds = equal_within(data, block, np.uint8(10)) if within else equal(data, block, np.uint8(10))
        if close - BLOCK < block and close > 0 and data[close - 1] != 10:
            # A last line without a line feed ends where all ends.
            feeds |= np.uint64(1) << np.uint64(close - block)
        while feeds:
            end = block + first(feeds)
            feeds &= feeds - np.uint64(1)
            stop = min(end, start + limit)
            at, told, micros = start, False, np.int64(0)
            if usual:
                # The separators of a date that begins among the first bytes are seen at once.
                dashes = equal_within(data, start, np.uint8(45)) if start + BLOCK <= close else np.uint64(0)
                dashes = (dashes >> np.uint64(4)) & (dashes >> np.uint64(7))
                at = min(start + first(dashes), stop) if dashes else _candidate(ISO, data, start, stop)
                length = 20 + decimals + (decimals > 0)
                if (
                    known
                    and at + length <= stop
                    and word(data, at) == date
                    and word(data, at + 8) == hour
                    and data[at + 16] == colon
                    and data[at + length - 1] == 90
                    and (decimals == 0 or data[at + 19] == 46)
                    and (at == start or not _is_digit(data[at - 1]))
                ):
                    tens, ones = np.uint64(data[at + 17]) - ZERO, np.uint64(data[at + 18]) - ZERO
                    part, good = _decimals(word(data, at + length - 9), decimals)
                    # What is no digit is far more than nine.
                    told, micros = good and tens < SIX and ones < TEN, np.int64(tens * TEN + ones) * SECOND
                    micros += np.int64(part) * unit if decimals <= 6 else np.int64(part) // unit
            if told:
                instants[line] = minute + micros
            elif nowhere or (usual and at + 19 > stop):
                instants[line] = NONE
            else:
                instants[line] = _line_instant(data, start, stop, how, after, walls, offsets, calendar)
                if usual and instants[line] != NONE:
                    date, hour, colon, decimals = word(data, at), word(data, at + 8), data[at + 16], 0
                    while at + 20 + decimals < stop and data[at + 19] == 46 and _is_digit(data[at + 20 + decimals]):
                        decimals += 1
                    unit = 10 ** abs(6 - decimals)
                    minute = instants[line] - instants[line] % (60 * SECOND)
                    zone = at + 19 + decimals + (decimals > 0)
                    known = (
                        decimals <= 8
                        and zone < stop
                        and data[zone] == 90
                        and _starts_here(data, start, at, stop, walls, offsets)
                    )
            ends[line] = end
            line += 1
            start = end + 1
    return line


@compiled
def _decimals(eight, count):
    """The number that the last of eight bytes write, so many of them; and whether these are digits.

    Source: Daniel Lemire, "Quickly parsing eight digits", 2018: three multiplications for all of them.
    """
    shift = np.uint64(64 - 8 * count)
    digits = (eight >> shift << shift) | (ZEROS & ~(ALL << shift)) if count else ZEROS
    good = ((digits + ABOVE_NINE) | (digits - ZEROS)) & HIGHEST == 0
    digits -= ZEROS
    digits = digits * TEN + (digits >> np.uint64(8))
    low, high = digits & PAIRS, (digits >> np.uint64(16)) & PAIRS
    return (low * LOW_PAIRS + high * HIGH_PAIRS) >> np.uint64(32), good


@compiled
def find(data, text, one, other, found):
    """Find a text wherever it stands in some bytes.

    Args:
        data: bytes, shape (bytes,).
        text: the text, shape (length,).
        one: the place of a byte in it that is rare.
        other: the place of another: where both stand, the rest is looked at.
        found: is filled with positions, ascending, as far as there is room.

    Returns:
        How many there are.
    """
    rare, second, count, block = text[one], text[other], 0, 0
    while block + len(text) + BLOCK <= len(data):
        mask = equal_within(data, block + one, rare) & equal_within(data, block + other, second)
        if mask:
            count = _confirm(data, text, block, mask, found, count)
        block += BLOCK
    while block < len(data):
        mask = equal(data, block + one, rare) & equal(data, block + other, second)
        count = _confirm(data, text, block, mask, found, count)
        block += BLOCK
    return count


@compiled
def _confirm(data, text, block, mask, found, count):
    """Of the positions that a mask names, add those where the text stands."""
    while mask:
        at = block + first(mask)
        mask &= mask - np.uint64(1)
        if at + len(text) <= len(data) and _stands(data, at, text):
            if count < len(found):
                found[count] = at
            count += 1
    return count


@compiled
def _stands(data, at, text):
    """Whether a text stands at a position; there are bytes enough."""
    place = 0
    while place < len(text) and data[at + place] == text[place]:
        place += 1
    return place == len(text)


@compiled
def _starts_here(data, start, at, stop, walls, offsets):
    return _parse_iso(data, start, at, stop, walls, offsets)[0] != NONE


@compiled
def _line_instant(data, start, stop, how, after, walls, offsets, calendar):
    """The instant of the line data[start:stop], ``NONE`` where it tells none."""
    form, place = how
    if place == ANYWHERE:
        at = _candidate(form, data, start, stop)
        while at < stop:
            instant, follows = _parse(form, data, start, at, stop, walls, offsets, calendar)
            if instant != NONE:
                return instant
            at = _candidate(form, data, max(at + 1, follows), stop)
        return NONE
    at = _behind(data, start, stop, after) if place == AFTER else _past_opening(data, start, stop)
    return NONE if at < 0 else _parse(form, data, at, at, stop, walls, offsets, calendar)[0]


@compiled
def _candidate(form, data, at, stop):
    """The next position where the separators of a format stand; ``stop`` without one."""
    first, second, separator, length = 0, 0, 0, 1
    if form == ISO:
        first, second, separator, length = 4, 7, ord("-"), 19
    elif form == CLF:
        first, second, separator, length = 2, 6, ord("/"), 20
    elif form == SYSLOG:
        first, second, separator, length = 9, 12, ord(":"), 15
    else:
        return at
    for place in range(at + first, stop - length + first + 1):
        if data[place] == separator and data[place + second - first] == separator:
            return place - first
    return stop


@compiled
def _behind(data, start, stop, text):
    """The position after the first occurrence of a text, -1 without one."""
    for at in range(start, stop - len(text) + 1):
        if data[at] == text[0]:
            length = 1
            while length < len(text) and data[at + length] == text[length]:
                length += 1
            if length == len(text):
                return at + length
    return -1


@compiled
def _past_opening(data, start, stop):
    """The position after blanks, quotes, brackets and a syslog ``<priority>``."""
    at = start
    while at < stop:
        byte = data[at]
        if byte == ord("<"):
            close = at + 1
            while close < stop and _is_digit(data[close]):
                close += 1
            if close >= stop or data[close] != ord(">"):
                return at
            at = close + 1
        elif byte in (32, 9, 34, 39, 40, 91, 123):
            at += 1
        else:
            return at
    return at


@compiled
def _is_digit(byte):
    return 48 <= byte <= 57


@compiled
def _number(data, at, digits):
    """The number that so many digits write; -1 where one of them is none."""
    value = 0
    for offset in range(digits):
        byte = np.int64(data[at + offset])
        if not _is_digit(byte):
            return -1
        value = value * 10 + byte - 48
    return value


@compiled
def _parse(form, data, start, at, stop, walls, offsets, calendar):
    """An instant in the given format at a position: the instant and the position after it.

    ``NONE`` and -1 where the text has another shape, ``NONE`` and the position after it where it has the
    shape and is no instant (month 13). ``start`` is as far back as may be looked.
    """
    if form == ISO:
        return _parse_iso(data, start, at, stop, walls, offsets)
    if form == CLF:
        return _parse_clf(data, start, at, stop, walls, offsets)
    if form == SYSLOG:
        return _parse_syslog(data, at, stop, walls, offsets, calendar)
    return _parse_epoch(data, start, at, stop)


@compiled
def _parse_iso(data, start, at, stop, walls, offsets):
    if at > start and _is_digit(data[at - 1]):
        return NONE, -1
    if at + 19 > stop or data[at + 4] != ord("-") or data[at + 7] != ord("-"):
        return NONE, -1
    year, month, day = _number(data, at, 4), _number(data, at + 5, 2), _number(data, at + 8, 2)
    clock = _clock(data, at + 11)
    if year < 0 or month < 0 or day < 0 or clock == -1 or (data[at + 10] != ord("T") and data[at + 10] != ord(" ")):
        return NONE, -1
    micros, at = _fraction(data, at + 19, stop)
    zone, at = _iso_offset(data, at, stop)
    return _instant(year, month, day, clock, micros, zone, walls, offsets), at


@compiled
def _clock(data, at):
    """Seconds of ``hh:mm:ss``; -1 for another shape, -2 where the clock has no such time."""
    hour, minute, second = _number(data, at, 2), _number(data, at + 3, 2), _number(data, at + 6, 2)
    if hour < 0 or minute < 0 or second < 0 or data[at + 2] != ord(":") or data[at + 5] != ord(":"):
        return -1
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second < 60 else -2


@compiled
def _fraction(data, at, stop):
    """Microseconds of a decimal fraction, cut, and the position after it; 0 where there is none."""
    if at + 1 >= stop or (data[at] != ord(".") and data[at] != ord(",")) or not _is_digit(data[at + 1]):
        return 0, at
    micros, unit, at = 0, 100_000, at + 1
    while at < stop and _is_digit(data[at]):
        micros += unit * (np.int64(data[at]) - 48)
        unit //= 10
        at += 1
    return micros, at


@compiled
def _iso_offset(data, at, stop):
    """An offset in minutes and the position after it; ``NONE`` where there is none.

    It is told from the end of a range (a time or a year) by what follows it, and by its size.
    """
    if at < stop and data[at] == ord("Z"):
        return 0, at + 1
    sign = at + 1 if at < stop and data[at] == ord(" ") else at
    if sign + 3 > stop or (data[sign] != ord("+") and data[sign] != ord("-")):
        return NONE, at
    direction, hours = 44 - np.int64(data[sign]), _number(data, sign + 1, 2)
    if sign + 6 <= stop and data[sign + 3] == ord(":"):
        minutes, end = _number(data, sign + 4, 2), sign + 6
        if hours >= 0 and minutes >= 0 and (end == stop or not (_is_digit(data[end]) or data[end] == ord(":"))):
            return direction * (hours * 60 + minutes), end
        return NONE, at
    if sign > at or hours < 0 or hours > 14:
        return NONE, at
    if sign + 3 == stop or _closes(data[sign + 3]):
        return direction * hours * 60, sign + 3
    minutes, end = _number(data, sign + 3, 2) if sign + 5 <= stop else -1, sign + 5
    if 0 <= minutes < 60 and (end == stop or not (_is_digit(data[end]) or data[end] == ord("-"))):
        return direction * (hours * 60 + minutes), end
    return NONE, at


@compiled
def _closes(byte):
    """Whether nothing of a time goes on here: a blank, a tab, a carriage return, or what closes or divides."""
    return byte in (9, 13, 32, 34, 39, 41, 44, 59, 93, 124, 125)


@compiled
def _parse_clf(data, start, at, stop, walls, offsets):
    if at > start and _is_digit(data[at - 1]):
        return NONE, -1
    if at + 20 > stop or data[at + 2] != ord("/") or data[at + 6] != ord("/"):
        return NONE, -1
    day, month, year = _number(data, at, 2), _month(data, at + 3), _number(data, at + 7, 4)
    clock = _clock(data, at + 12)
    if day < 0 or month == 0 or year < 0 or clock == -1 or data[at + 11] != ord(":"):
        return NONE, -1
    zone, end = NONE, at + 20
    if end + 6 <= stop and data[end] == ord(" ") and (data[end + 1] == ord("+") or data[end + 1] == ord("-")):
        hours, minutes = _number(data, end + 2, 2), _number(data, end + 4, 2)
        if hours >= 0 and minutes >= 0:
            zone, end = (44 - np.int64(data[end + 1])) * (hours * 60 + minutes), end + 6
    return _instant(year, month, day, clock, 0, zone, walls, offsets), end


@compiled
def _month(data, at):
    """The number of an English month's first three letters in any case; 0 where they are none."""
    for month in range(12):
        same = True
        for letter in range(3):
            same &= (data[at + letter] | 32) == MONTHS[3 * month + letter]
        if same:
            return month + 1
    return 0


@compiled
def _parse_syslog(data, at, stop, walls, offsets, calendar):
    if at + 15 > stop or data[at + 3] != ord(" "):
        return NONE, -1
    month, clock = _month(data, at), _clock(data, at + 7)
    day = _number(data, at + 5, 1) if data[at + 4] == ord(" ") else _number(data, at + 4, 2)
    if month == 0 or day < 0 or clock == -1 or data[at + 6] != ord(" "):
        return NONE, -1
    micros, end = _fraction(data, at + 15, stop)
    year = _year(calendar, month, day, clock)
    instant = _instant(year, month, day, clock, micros, NONE, walls, offsets)
    if instant != NONE:
        calendar[0], calendar[1] = year, month
    return instant, end


@compiled
def _year(calendar, month, day, clock):
    """The year of a line that names none: the last line's, until December turns to January."""
    year, last, near = calendar
    if last:
        return year + (month < last - HALF_YEAR) - (month > last + HALF_YEAR)
    if year or near == NONE:
        return year
    guess = 1970 + near // (365 * 86_400 * SECOND)
    best = guess
    for other in (guess - 1, guess + 1):
        if abs(_wall(other, month, day, clock) - near) < abs(_wall(best, month, day, clock) - near):
            best = other
    return best


@compiled
def _parse_epoch(data, start, at, stop):
    if at > start and (_is_digit(data[at - 1]) or data[at - 1] == ord(".")):
        return NONE, -1
    digits, value = 0, 0
    while at + digits < stop and digits < 20 and _is_digit(data[at + digits]):
        # Nanoseconds beyond the microsecond do not count, and 19 digits may be more than 64 bits hold.
        if digits < 16:
            value = value * 10 + np.int64(data[at + digits]) - 48
        digits += 1
    end = at + digits
    if digits == 10:
        micros, end = _fraction(data, end, stop)
        return value * SECOND + micros, end
    if digits == 13:
        return value * 1000, end
    if digits == 16:
        return value, end
    if digits == 19:
        return value, end
    return NONE, end if digits else -1


@compiled
def _wall(year, month, day, clock):
    """A wall-clock date and its second as microseconds since 1970."""
    before = year - 1
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = before * 365 + before // 4 - before // 100 + before // 400 - 719_162
    return ((days + DAYS_BEFORE[month - 1] + (leap and month > 2) + day - 1) * 86_400 + clock) * SECOND


@compiled
def _instant(year, month, day, clock, micros, zone, walls, offsets):
    """Microseconds since 1970 in UTC; ``NONE`` where the calendar or the clock has no such time."""
    if not (1 <= year <= 9999 and 1 <= month <= 12 and clock >= 0):
        return NONE
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= DAYS_IN[month - 1] + (leap and month == 2):
        return NONE
    wall = _wall(year, month, day, clock) + micros
    if zone == NONE:
        change = len(walls) - 1
        while walls[change] > wall:
            change -= 1
        instant = wall - offsets[change]
    elif -1440 < zone < 1440:
        instant = wall - zone * 60 * SECOND
    else:
        return NONE
    return instant if FIRST_INSTANT <= instant <= LAST_INSTANT else NONE


@compiled
def follow(own, gap, until, months, instants, stamps, stretches):
    """Fill instants, stamps and as many stretches as there is room for; returns how many there are."""
    count, lead, future = 0, 0, 0
    current, stamp = NONE, -1
    begin, end, low, high, lines, untimed = 0, 0, NEVER, 0, 0, 0
    for line in range(len(own)):
        timed = own[line] != NONE
        if timed:
            current, stamp = own[line], line
        instants[line], stamps[line] = current, stamp
        if current == NONE:
            lead += 1
            continue
        if current > until:
            future += 1
            continue
        if current < low or current - high > gap or current >= end or current < begin:
            _close(stretches, count - 1, low, high, lines, untimed)
            number = np.searchsorted(months, current, side="right") - 1
            begin, end = months[number], months[number + 1] if number + 1 < len(months) else NEVER
            if count < len(stretches):
                stretches[count, PERIOD] = number
            count += 1
            low, high, lines, untimed = current, current, 0, 0
        high = max(high, current)
        lines += 1
        untimed += not timed
    _close(stretches, count - 1, low, high, lines, untimed)
    return count, lead, future


@compiled
def _close(stretches, place, low, high, lines, untimed):
    if 0 <= place < len(stretches):
        stretches[place, LOW], stretches[place, HIGH] = low, high
        stretches[place, LINES], stretches[place, UNTIMED] = lines, untimed


@compiled
def lines_at(ends, positions):
    """The number of the line in which each position lies; positions ascend."""
    lines, line, step = np.empty(len(positions), np.int64), 0, 1
    for number in range(len(positions)):
        position, step = positions[number], 1
        while line + step < len(ends) and ends[line + step] < position:
            line += step
            step *= 2
        low, high = line, min(line + step, len(ends) - 1)
        while low < high:
            middle = (low + high) // 2
            if ends[middle] < position:
                low = middle + 1
            else:
                high = middle
        line = low
        lines[number] = line
    return lines


@compiled
def holding(ends, positions, length, limit, chosen):
    """The lines that hold a text that stands at these positions, ascending, within what is looked at of them.

    Args:
        ends: where each line ends, shape (lines,).
        positions: where the text stands, ascending, shape (positions,).
        length: of the text.
        limit: only so many bytes of a line are looked at.
        chosen: is set for the lines that are found, shape (lines,).

    Returns:
        Their numbers, and how far behind a line's beginning the text stands first.
    """
    of, behind, count, last = lines_at(ends, positions), np.empty(len(positions), np.int64), 0, -1
    for number in range(len(positions)):
        line = of[number]
        offset = positions[number] - (ends[line - 1] + 1 if line else 0)
        if line != last and offset + length <= limit:
            of[count], behind[count], chosen[line] = line, offset, True
            count += 1
        last = line
    return of[:count], behind[:count]


@compiled
def longer(starts, ends, limit, size):
    """The numbers of lines that may be longer than a limit: those that lie across one of its multiples."""
    found, count, before = np.empty(size // limit, np.int64), 0, -1
    for multiple in range(limit, size, limit):
        line = np.searchsorted(ends, multiple)
        if line < len(ends) and line != before and ends[line] - starts[line] > limit:
            found[count] = line
            count += 1
        before = line
    return found[:count]


@compiled
def gathered(data, starts, ends, lines, most, into, at):
    """Copy the bytes of some lines, one after another, behind those that are there already.

    Args:
        data: bytes, shape (bytes,).
        starts: where each line begins, shape (lines,).
        ends: where each ends, shape (lines,).
        lines: the numbers of those that are copied, shape (chosen,).
        most: no more than so many bytes of each are.
        into: has room for them, and for a block more.
        at: where the first goes.

    Returns:
        Where each begins and ends there.
    """
    begins, stops = np.empty(len(lines), np.int64), np.empty(len(lines), np.int64)
    for place in range(len(lines)):
        start = starts[lines[place]]
        length = min(ends[lines[place]] - start, most)
        offset = 0
        while offset < length and start + offset + BLOCK <= len(data):
            copy(data, start + offset, into, at + offset)
            offset += BLOCK
        while offset < length:
            into[at + offset] = data[start + offset]
            offset += 1
        begins[place], stops[place] = at, at + length
        at += length
    return begins, stops


@compiled
def distinct(data, starts, stops):
    """Number texts: equal ones alike.

    Args:
        data: bytes, shape (bytes,).
        starts: where each text begins, shape (texts,).
        stops: where each ends, shape (texts,).

    Returns:
        Each text's number, shape (texts,), and the first text of each number, shape (numbers,).
    """
    size = 16
    while size < 2 * len(starts):
        size *= 2
    table, codes = np.full(size, -1, np.int64), np.empty(len(starts), np.int64)
    firsts, count = np.empty(len(starts), np.int64), 0
    for text in range(len(starts)):
        if text + AHEAD < len(starts):
            # Most texts lie far apart, and no longer in the cache.
            fetch(data, starts[text + AHEAD])
            fetch(data, starts[text + AHEAD] + BLOCK)
        place = np.int64(_hash(data, starts[text], stops[text]) & np.uint64(size - 1))
        while table[place] >= 0 and not _same(data, starts, stops, firsts[table[place]], text):
            place = (place + 1) & (size - 1)
        if table[place] < 0:
            table[place] = count
            firsts[count] = text
            count += 1
        codes[text] = table[place]
    return codes, firsts[:count].copy()


@compiled
def _hash(data, start, stop):
    found, at = np.uint64(stop - start), start
    while at + 8 <= stop:
        found = (found ^ word(data, at)) * MIX
        found ^= found >> np.uint64(32)
        at += 8
    if at < stop and at > start:
        # The last eight bytes, some of which were seen already.
        found = (found ^ word(data, stop - 8)) * MIX
    else:
        while at < stop:
            found = (found ^ np.uint64(data[at])) * MIX
            at += 1
    return found ^ (found >> np.uint64(32))


@compiled
def _same(data, starts, stops, one, other):
    first, second, length = starts[one], starts[other], stops[one] - starts[one]
    if stops[other] - second != length:
        return False
    at = 0
    while at + 8 <= length:
        if word(data, first + at) != word(data, second + at):
            return False
        at += 8
    while at < length:
        if data[first + at] != data[second + at]:
            return False
        at += 1
    return True


@compiled
def copied(data, starts, offsets):
    """Texts that begin at these positions, one after another, as long as the offsets say."""
    found = np.empty(offsets[-1], np.uint8)
    for text in range(len(starts)):
        for place in range(offsets[text], offsets[text + 1]):
            found[place] = data[starts[text] + place - offsets[text]]
    return found


@compiled
def match(keys, starts, count):
    """For each row the row of its start: see :func:`slo_assets.logs.pairing.pair`."""
    found, below = np.full(len(keys), -1, np.int64), np.empty(len(keys), np.int64)
    latest = np.full(count, -1, np.int64)
    for row in range(len(keys)):
        key = keys[row]
        begin = latest[key]
        if starts[row]:
            below[row] = begin
            latest[key] = row
        elif begin >= 0:
            found[row] = found[begin] = begin
            latest[key] = below[begin]
    return found
