"""A piece of a log file, read without knowing what stands before it; pieces in a row are the file.

A piece is what a worker gives back and what is kept: its lines are numbered from its own first line, and lines
before its first time wait for the piece before to say when they were written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slo_assets.config import Logs, Reading
from slo_assets.domain import intervals
from slo_assets.domain.intervals import Interval
from slo_assets.logs.machine import HIGH, LINES, LOW, NEVER, NONE, PERIOD, UNTIMED
from slo_assets.logs.records import Records
from slo_assets.logs.rules import TOLD, Taken, text_rules
from slo_assets.logs.sieve import Sieve, Sifted
from slo_assets.logs.timeline import Timeline, month_key, month_starts, timeline
from slo_assets.logs.timestamps import Ints, LineTimes
from slo_assets.periods import MINUTE

#: So many records have numbers of their own in one line.
RECORDS = 1 << 20
#: Operations and starts, in the order of their lines: when, and the number of the record that told it.
ROWS = pa.schema(
    [("line", pa.int64()), ("instant", pa.int64()), ("stamp", pa.int64()), ("what", pa.dictionary(pa.int32(), TOLD))]
)
NO_ROWS = ROWS.empty_table()
#: The month of lines that wait for the piece before.
WAITING = ""
UNDECODABLE, OVER_LONG, MALFORMED = "undecodable", "overLong", "malformed"
FLAWS = (UNDECODABLE, OVER_LONG, MALFORMED)
SAMPLE_BYTES = 200


@dataclass(frozen=True)
class Sample:
    """A line that could not be read as it should: its number from 0, why, its first bytes, and its period."""

    line: int
    reason: str
    text: str
    period: str


@dataclass
class Month:
    """What became of the lines of one month: all, by flaw, by the rule that took them; and the latest instant."""

    lines: int = 0
    untimed: int = 0
    latest: int = NONE
    flaws: Counter[str] = field(default_factory=Counter)
    matched: Counter[str] = field(default_factory=Counter)

    def add(self, other: Month) -> None:
        """Take another part of the month in."""
        self.lines += other.lines
        self.untimed += other.untimed
        self.latest = max(self.latest, other.latest)
        self.flaws.update(other.flaws)
        self.matched.update(other.matched)


@dataclass(frozen=True)
class Piece:
    """What a piece of a file tells.

    Attributes:
        rows: columns of :data:`ROWS`; the instant is ``NONE`` and the stamp -1 before the first time.
        runs: stretches without a silence over the limit.
        months: by period, what became of its lines; under :data:`WAITING` those before the first time.
        lines: how many lines it has.
        future: how many are later than the clock.
        first: the first instant that it tells, ``NONE`` where it tells none.
        last: the last one, which a line after it takes.
        stamp: the number of the record that told the last one, -1 without one.
        samples: flawed lines, so many of each kind.
    """

    rows: pa.Table
    runs: list[Interval] = field(default_factory=list)
    months: Mapping[str, Month] = field(default_factory=dict)
    lines: int = 0
    future: int = 0
    first: int = NONE
    last: int = NONE
    stamp: int = -1
    samples: tuple[Sample, ...] = ()


class PieceReader:
    """Reads pieces of files that are read in the same way.

    Args:
        logs: the limits.
        reading: dialect and rules.
        name: the file's name, which may hold a year.
        until: later lines are set aside.
    """

    def __init__(self, logs: Logs, reading: Reading, name: str = "", until: int = NEVER) -> None:
        """Prepare dialect and rules once for all pieces of a file."""
        times = LineTimes(reading.dialect.time, name, reading.year)
        self.limit, self._samples, self._until = logs.max_line_bytes, logs.unreadable.samples, until
        self._gap = round(logs.silence_minutes * MINUTE)
        json = reading.dialect.format == "json"
        self._records = Records(reading.dialect, reading.rules, name, reading.year) if json else None
        self._rules = text_rules(() if json else reading.rules)
        everything = json or self._rules.look_at_everything
        self._sieve = Sieve(times, self._rules.literals, self.limit, everything=everything)

    def read(self, slices: Iterable[memoryview]) -> Piece:
        """Read a piece in slices of whole lines, each of which may be overwritten afterwards."""
        if self._records is None:
            return self._read(slices)
        # What JSON becomes in Python is several times as large as the line.
        return join((self._read([part]) for part in slices), self._gap, self._samples, self._until)

    def _read(self, slices: Iterable[memoryview]) -> Piece:
        sifted = self._sieve.sift(slices)
        flaws = {UNDECODABLE: sifted.undecodable, OVER_LONG: sifted.over_long}
        if self._records is None:
            of, own, taken = None, sifted.instants, self._rules.take(sifted.lines, sifted.hits)
            taken = replace(taken, lines=sifted.chosen[taken.lines])
        else:
            of, own, taken, flaws[MALFORMED] = self._records.read(sifted.lines)
        when = timeline(own, self._gap, self._until)
        told = np.flatnonzero(own != NONE) if when.lead or len(own) == 0 else np.zeros(1, np.int64)
        rows = _rows(taken, when, of, self._until)
        return Piece(
            rows=rows,
            runs=intervals.union(zip(*when.stretches[:, [LOW, HIGH]].T.tolist(), strict=True), self._gap),
            months=_months(when, rows, {reason: self._known(found, when, of) for reason, found in flaws.items()}),
            lines=len(sifted.instants),
            future=when.future,
            first=int(own[told[0]]) if len(told) else NONE,
            last=when.last,
            stamp=int(_stamp(when.stamps[-1:].astype(np.int64), of)[0]) if when.last != NONE else -1,
            samples=self._sampled(flaws, sifted, when, of),
        )

    def _known(self, lines: Ints, when: Timeline, of: Ints | None) -> Ints:
        """The places of the first records of lines that are not later than the clock."""
        places = _entries(lines, of)
        known: Ints = places[when.instants[places] <= self._until]
        return known

    def _sampled(
        self, flaws: Mapping[str, Ints], sifted: Sifted, when: Timeline, of: Ints | None
    ) -> tuple[Sample, ...]:
        samples = []
        for reason, found in flaws.items():
            instants = when.instants[_entries(found, of)]
            # Those that wait for an instant may turn out to be later than the clock.
            for chosen in (instants == NONE, (instants != NONE) & (instants <= self._until)):
                for line, instant in zip(found[chosen][: self._samples], instants[chosen], strict=False):
                    text = bytes(sifted.text(int(line))[:SAMPLE_BYTES]).decode(errors="backslashreplace")
                    period = WAITING if instant == NONE else month_of(int(instant))
                    samples.append(Sample(int(line), reason, text, period))
        return tuple(sorted(samples, key=lambda sample: sample.line))


def _lines(entries: Ints, of: Ints | None) -> Ints:
    """The numbers of the lines of records."""
    return entries if of is None else of[entries]


def _entries(lines: Ints, of: Ints | None) -> Ints:
    """The places of the first records of lines."""
    return lines if of is None else np.searchsorted(of, lines)


def _stamp(entries: Ints, of: Ints | None) -> Ints:
    """The number of the record that told an instant: its line's, and which of the line's records it is."""
    lines = _lines(entries, of)
    stamps: Ints = lines * RECORDS + entries - _entries(lines, of)
    return stamps


def _rows(taken: Taken, when: Timeline, of: Ints | None, until: int) -> pa.Table:
    instants, told_by = when.instants[taken.lines], when.stamps[taken.lines].astype(np.int64)
    stamps = np.where(told_by < 0, -1, _stamp(told_by, of))
    lines, whats = _lines(taken.lines, of), taken.whats
    if when.future:
        now = instants <= until
        lines, instants, stamps, whats = lines[now], instants[now], stamps[now], whats[now]
    return table(lines, instants, stamps, whats, taken.told)


def table(lines: Ints, instants: Ints, stamps: Ints, whats: Ints, told: pa.StructArray) -> pa.Table:
    """Rows from their columns."""
    what = pa.DictionaryArray.from_arrays(pa.array(whats.astype(np.int32)), told)
    return pa.table([pa.array(lines), pa.array(instants), pa.array(stamps), what], schema=ROWS)


def texts_of(rows: pa.Table) -> tuple[Ints, pa.StructArray]:
    """The number of each row's text, shape (rows,), and what each text tells."""
    chunks = rows["what"].chunks
    if len(chunks) == 1:
        return np.asarray(chunks[0].indices).astype(np.int64), chunks[0].dictionary
    whats, told, start = [np.empty(0, np.int64)], [pa.array([], TOLD)], 0
    for chunk in chunks:
        whats.append(np.asarray(chunk.indices) + start)
        told.append(chunk.dictionary)
        start += len(chunk.dictionary)
    return np.concatenate(whats), pa.concat_arrays(told)


def _months(when: Timeline, rows: pa.Table, flaws: Mapping[str, Ints]) -> dict[str, Month]:
    months: dict[str, Month] = {WAITING: Month(when.lead, when.lead)} if when.lead else {}
    for stretch in when.stretches.tolist():
        part = Month(stretch[LINES], stretch[UNTIMED], stretch[HIGH])
        months.setdefault(month_key(stretch[PERIOD]), Month()).add(part)
    if len(rows):
        whats, told = texts_of(rows)
        rule = told.field("rule").dictionary_encode()
        for month, place, count in _counted(rows["instant"].to_numpy(), np.asarray(rule.indices)[whats]):
            months[month].matched[rule.dictionary[place].as_py()] += count
    for reason, found in flaws.items():
        instants = when.instants[found]
        for month, _, count in _counted(instants, np.zeros(len(found), np.int64)):
            if month in months:
                months[month].flaws[reason] += count
    return months


def _counted(instants: Ints, groups: Ints) -> list[tuple[str, int, int]]:
    """How many rows each month and group have."""
    if not len(instants):
        return []
    first, last = (
        int(np.searchsorted(month_starts(), edge, side="right")) - 1 for edge in (instants.min(), instants.max())
    )
    edges = month_starts()[first + 1 : last + 1]
    months = first + np.searchsorted(edges, instants, side="right") if len(edges) else None
    return [
        (month_key(month) if month >= 0 else WAITING, group, count)
        for month in ([first] if months is None else np.unique(months).tolist())
        for group, count in enumerate(np.bincount(groups if months is None else groups[months == month]).tolist())
        if count
    ]


def placed(pieces: Iterable[Piece], until: int = NEVER) -> Iterator[pa.Table]:
    """The rows of pieces in a row, with the whole's line numbers and the instants that some were waiting for."""
    before = Piece(NO_ROWS)
    for piece in pieces:
        yield _placed(piece.rows, before, until)
        before = _after(before, piece)


def join(pieces: Iterable[Piece], gap: int, samples: int, until: int = NEVER) -> Piece:
    """Pieces in a row as one: the same whatever way the whole was cut.

    Args:
        pieces: in the order of the file.
        gap: the longest silence within a run, in microseconds.
        samples: how many flawed lines of each kind are kept.
        until: later lines are set aside.
    """
    parts = list(pieces)
    months: dict[str, Month] = {}
    runs: list[Interval] = []
    flawed: list[Sample] = []
    before, future = Piece(NO_ROWS), 0
    for piece in parts:
        waits = before.last == NONE
        for key, month in piece.months.items():
            if key != WAITING or waits:
                months.setdefault(key, Month()).add(month)
            elif before.last > until:
                future += month.lines
            else:
                months.setdefault(month_of(before.last), Month()).add(replace(month, latest=before.last))
                runs.append((before.last, before.last))
        runs += piece.runs
        future += piece.future
        ahead = before.last != NONE and before.last > until
        flawed += [_moved(sample, before) for sample in piece.samples if not (ahead and sample.period == WAITING)]
        before = _after(before, piece)
    return replace(
        before,
        rows=_whole(list(placed(parts, until))),
        runs=intervals.union(runs, gap),
        months=months,
        future=future,
        samples=_first_of_each(flawed, samples),
    )


def _whole(tables: list[pa.Table]) -> pa.Table:
    tables = [part for part in tables if len(part)]
    if len(tables) < 2:  # noqa: PLR2004
        return tables[0] if tables else NO_ROWS
    rows = pa.concat_tables(tables)
    lines, instants, stamps = (rows[name].to_numpy() for name in ("line", "instant", "stamp"))
    return table(lines, instants, stamps, *texts_of(rows))


def _after(before: Piece, piece: Piece) -> Piece:
    """What the piece after these two has to know: how many lines, and which instant stands before it."""
    told = piece.last != NONE
    return replace(
        before,
        lines=before.lines + piece.lines,
        first=piece.first if before.first == NONE else before.first,
        last=piece.last if told else before.last,
        stamp=piece.stamp + before.lines * RECORDS if told else before.stamp,
    )


def _moved(sample: Sample, before: Piece) -> Sample:
    waits = sample.period == WAITING and before.last != NONE
    return replace(sample, line=sample.line + before.lines, period=month_of(before.last) if waits else sample.period)


def month_of(instant: int) -> str:
    """The period in which an instant lies."""
    return month_key(int(np.searchsorted(month_starts(), instant, side="right")) - 1)


def _placed(rows: pa.Table, before: Piece, until: int) -> pa.Table:
    """A piece's rows with the numbers of the whole's lines, and the whole's last instant where they wait for one."""
    if not len(rows) or (not before.lines and before.last == NONE):
        return rows
    instants, stamps = rows["instant"].to_numpy(), rows["stamp"].to_numpy()
    placed = [
        pa.array(rows["line"].to_numpy() + before.lines),
        pa.array(np.where(stamps < 0, before.last, instants)),
        pa.array(np.where(stamps < 0, before.stamp, stamps + before.lines * RECORDS)),
    ]
    table = pa.table([*placed, rows["what"]], schema=ROWS)
    return table.filter(pc.less_equal(table["instant"], until)) if before.last > until else table


def _first_of_each(samples: Iterable[Sample], count: int) -> tuple[Sample, ...]:
    kept: Counter[tuple[str, bool]] = Counter()
    found = []
    for sample in sorted(samples, key=lambda sample: sample.line):
        kind = (sample.reason, sample.period == WAITING)
        kept[kind] += 1
        if kept[kind] <= count:
            found.append(sample)
    return tuple(found)


def dated(first: int) -> Piece:
    """What stands before a file's first line: nothing but an instant."""
    return Piece(NO_ROWS, first=first, last=first)
