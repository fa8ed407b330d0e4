"""What the logs tell of a period, in the form that every formula reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from slo_assets.config import SloConfig
from slo_assets.domain import intervals
from slo_assets.domain.intervals import Interval
from slo_assets.periods import Period

SUCCESS, FAILURE, UNFINISHED = "success", "failure", "unfinished"
ENDED = (SUCCESS, FAILURE)

#: What a file tells of an operation: where, when (microseconds), how it ended, whose it is, how long it took.
FILE_COLUMNS = {
    "line": "int64",
    "instant": "int64",
    "kind": "category",
    "event": "category",
    "component": "category",
    "duration_ms": "float64",
}
#: The same in a period's log, with the file, and whether it is one of an outage's failures.
COLUMNS = {"file": "category", **FILE_COLUMNS, "in_outage": "bool"}

#: So many rows are looked at at once, which bounds the memory and stays in the processor's cache.
PART = 1 << 16

#: What is counted of the lines of a file and month.
COUNTS = ("lines", "unmatched", "untimed", "undecodable", "overLong", "malformed")


@dataclass(frozen=True)
class Labels:
    """A column of names.

    Attributes:
        codes: the place of each row's name, -1 for none, shape (rows,).
        names: each once.
    """

    codes: npt.NDArray[Any]
    names: Sequence[str]

    def __len__(self) -> int:
        """How many rows it has."""
        return len(self.codes)

    def __getitem__(self, chosen: npt.NDArray[Any]) -> Labels:
        """Some of the rows."""
        return Labels(self.codes[chosen], self.names)

    def are(self, name: str) -> npt.NDArray[np.bool_]:
        """Which rows have a name, shape (rows,)."""
        found: npt.NDArray[np.bool_] = self.codes == (self.names.index(name) if name in self.names else len(self.names))
        return found


#: A table by its columns: arrays of numbers, and :class:`Labels` where its kind is a category.
Columns = dict[str, Any]


def event_frame(rows: Mapping[str, list[Any]], columns: Mapping[str, str] = FILE_COLUMNS) -> pd.DataFrame:
    """A frame of events from its columns; a column that is not given is empty."""
    return pd.DataFrame({name: pd.Series(rows.get(name, []), dtype=kind) for name, kind in columns.items()})


def stacked(parts: list[Columns], columns: Mapping[str, str] = FILE_COLUMNS) -> pd.DataFrame:
    """Parts of a table as one, column by column; the list is emptied, so that memory holds them once.

    The categories of its columns are the values that occur, ascending: equal events are equal frames.

    Args:
        parts: for each its columns by name.
        columns: the names and kinds of the columns.
    """
    if not parts:
        return event_frame({}, columns)
    taken = list(parts)
    parts.clear()
    return pd.DataFrame(
        {
            name: _categories([part.pop(name) for part in taken])
            if kind == "category"
            else _one([part.pop(name) for part in taken])
            for name, kind in columns.items()
        },
        copy=False,
    )


def columns_of(events: pd.DataFrame) -> Columns:
    """The columns of a frame of events."""
    categorical = pd.CategoricalDtype
    return {
        str(name): Labels(column.array.codes, column.array.categories.tolist())
        if isinstance(column.dtype, categorical)
        else column.to_numpy()
        for name, column in events.items()
    }


def _one(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _categories(parts: list[Labels]) -> pd.Categorical:
    """Columns of names as one, with the names that occur, ascending."""
    used = [_used(part) for part in parts]
    names = sorted({part.names[code] for part, codes in zip(parts, used, strict=True) for code in codes})
    place = {name: code for code, name in enumerate(names)}
    recoded = np.empty(sum(map(len, parts)), np.min_scalar_type(-len(names) - 1))
    at = 0
    for part, codes in zip(parts, used, strict=True):
        # The last place is that of the code -1: no name.
        new = np.full(len(part.names) + 1, -1, recoded.dtype)
        new[codes] = [place[part.names[code]] for code in codes]
        for start in range(0, len(part), PART):
            some = part.codes[start : start + PART]
            recoded[at : at + len(some)] = new.take(some)
            at += len(some)
    whole: pd.Categorical[Any] = pd.Categorical.from_codes(recoded, pd.Index(names))
    return whole


def _used(part: Labels) -> list[int]:
    """The codes of the names that occur."""
    # The first place is that of the code -1: no name.
    counts = np.zeros(len(part.names) + 1, np.int64)
    for start in range(0, len(part), PART):
        counts += np.bincount(part.codes[start : start + PART].astype(np.int64) + 1, minlength=len(counts))
    found: list[int] = np.flatnonzero(counts[1:]).tolist()
    return found


@dataclass(frozen=True)
class Outage:
    """Failures of one component in a row in one file, until its next success there or the file's last line.

    Attributes:
        start: instant of the first failure, in microseconds.
        end: instant of the success or of the file's last line.
        line: line number of the first failure.
    """

    component: str
    file: str
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class FileScan:
    """What one log file tells, over all the months that it spans.

    Attributes:
        load: gives its events, the columns of :data:`FILE_COLUMNS` in the order of the lines.
        runs: stretches of lines without a silence over the limit.
        months: for each period with a line: ``lines``, ``latest`` instant, ``matched`` lines by rule, and how
            many lines are ``untimed``, ``undecodable``, ``overLong`` and ``malformed``.
        lines: all its lines.
        future: lines that are later than the clock, and count nowhere else.
        flawed: lines that could not be read as they should, so many of each kind: ``line``, ``reason``,
            ``text`` (the first bytes) and ``period``.
        file: path below the log folder.
        digest: digest of the content after decompression.
    """

    load: Callable[[], Columns]
    runs: list[Interval]
    months: dict[str, dict[str, Any]]
    lines: int
    future: int = 0
    flawed: tuple[Mapping[str, Any], ...] = ()
    file: str = ""
    digest: str = ""

    def reaches(self, start: int, end: int) -> bool:
        """Whether any of [start, end) lies between its first and its last line."""
        return bool(self.runs) and self.runs[0][0] < end and self.runs[-1][1] >= start


@dataclass(frozen=True)
class EventLog:
    """What all logs together tell of one period.

    Attributes:
        events: frame of :data:`COLUMNS`: one row for each operation that ended and each start that did not.
        runs: by file, the observed stretches, clipped to the period.
        silences: by heartbeat file, the silences over the limit, clipped to the period.
        outages: clipped to the period.
        account: what became of every line: ``files`` (for each: ``lines``, those ``matched`` by each rule and
            ``unmatched``, which together are all of them, and how many of them are ``untimed``,
            ``undecodable``, ``overLong``, ``malformed`` or events of no component, ``unmapped``), the sums of
            these over all files, the ``latest`` instant, samples of ``flawed`` lines, and what was set aside
            as a whole: ``quarantine``, ``duplicates``, ``future`` lines.
    """

    events: pd.DataFrame = field(default_factory=lambda: event_frame({}, COLUMNS))
    runs: dict[str, list[Interval]] = field(default_factory=dict)
    silences: dict[str, list[Interval]] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)
    account: dict[str, Any] = field(default_factory=lambda: _account([], {}, {}))


def outages_of(scan: FileScan, events: Columns, failures: int) -> tuple[list[Outage], npt.NDArray[np.bool_]]:
    """Find a file's outages: so many failures of a component in a row, in the order of its lines.

    Args:
        scan: the file.
        events: its events, all months.
        failures: how many failures in a row are an outage.

    Returns:
        The outages, and for each event whether it is one of their failures, shape (events,). Unfinished
        operations neither begin nor end one.
    """
    kinds, instants, lines, owners = (events[name] for name in ("kind", "instant", "line", "component"))
    flags = np.zeros(len(lines), dtype=bool)
    found: list[Outage] = []
    failed = kinds.are(FAILURE)
    if np.count_nonzero(failed) < failures:
        return found, flags
    succeeded = kinds.are(SUCCESS)
    last_line = scan.runs[-1][1]
    failing = np.unique(owners.codes[failed & (owners.codes >= 0)])
    for component, code in sorted((owners.names[code], code) for code in failing):
        own = owners.codes == code
        rows = np.flatnonzero(failed & own)
        if len(rows) < failures:
            continue
        # Failures in a row are those before which as many successes were seen.
        seen = np.cumsum(succeeded & own, dtype=np.int32)
        edges = np.flatnonzero(np.diff(seen[rows], prepend=-1, append=-1))
        for first, stop in pairwise(edges.tolist()):
            if stop - first >= failures:
                success = int(np.searchsorted(seen, seen[rows[first]], side="right"))
                start, end = int(instants[rows[first]]), int(instants[success]) if success < len(seen) else last_line
                found.append(Outage(component, scan.file, int(lines[rows[first]]), start, max(start, end)))
                flags[rows[first:stop]] = True
    return found, flags


def of_period(
    scans: Iterable[FileScan], period: Period, config: SloConfig, aside: Mapping[str, Any] | None = None
) -> EventLog:
    """Put together what the files tell of one period.

    A file is judged whole and cut at the period's ends afterwards, so that an outage, a silence or a run that
    crosses the month's end is found in both months, each with its part of the time.

    Args:
        scans: all files, each content once.
        period: the month.
        config: sources and the rule for outages.
        aside: the account of what was set aside: ``quarantine``, ``duplicates``, ``future``.
    """
    start, end = period.start, period.end
    tables: list[Columns] = []
    runs: dict[str, list[Interval]] = {}
    silences: dict[str, list[Interval]] = {}
    outages: list[Outage] = []
    files: list[dict[str, Any]] = []
    near = (scan for scan in scans if scan.reaches(start, end))
    for scan in sorted(near, key=lambda scan: scan.file):
        events = scan.load()
        found, flags = outages_of(scan, events, config.detection.outage.failures)
        outages += [cut for cut in (_cut(outage, start, end) for outage in found) if cut]
        table = {**events, "in_outage": flags}
        inside = (table["instant"] >= start) & (table["instant"] < end)
        if not inside.all():
            table = {name: values[inside] for name, values in table.items()}
        if len(table["instant"]):
            table["file"] = Labels(np.zeros(len(table["instant"]), np.int8), (scan.file,))
            tables.append(table)
        heartbeat = config.logs.is_heartbeat(scan.file)
        stretches = [(scan.runs[0][0], scan.runs[-1][1])] if heartbeat else scan.runs
        _keep(runs, scan.file, [run for run in intervals.clip(stretches, start, end) if run[0] < end])
        if heartbeat:
            gaps = intervals.clip(intervals.between(scan.runs), start, end)
            _keep(silences, scan.file, [gap for gap in gaps if gap[0] < gap[1]])
        if period.key in scan.months:
            files.append(_file(scan, period, table["component"]))
        del events, table
    whole = stacked(tables, COLUMNS)
    return EventLog(whole, runs, silences, outages, _account(files, aside or {}, _unmapped(whole)))


def _cut(outage: Outage, start: int, end: int) -> Outage | None:
    """The part of an outage within a period; None where it has neither time nor its first failure there."""
    if outage.start >= end or outage.end < start or (outage.end == start and outage.start < start):
        return None
    return replace(outage, start=max(outage.start, start), end=min(outage.end, end))


def _keep(by_file: dict[str, list[Interval]], file: str, found: list[Interval]) -> None:
    if found:
        by_file[file] = found


def _file(scan: FileScan, period: Period, components: Any) -> dict[str, Any]:
    """What became of a file's lines in a period."""
    month = scan.months[period.key]
    return {
        "file": scan.file,
        "digest": scan.digest,
        **month,
        "unmatched": month["lines"] - sum(month["matched"].values()),
        "unmapped": int(np.count_nonzero(components.codes < 0)),
        "flawed": [sample for sample in scan.flawed if sample["period"] == period.key],
    }


def _unmapped(events: pd.DataFrame) -> dict[str, int]:
    keys = events["event"].array[events["component"].isna().to_numpy()]
    counts = np.bincount(keys.codes, minlength=len(keys.categories))
    return {str(event): int(count) for event, count in zip(keys.categories, counts, strict=True) if count}


def _account(files: list[dict[str, Any]], aside: Mapping[str, Any], unmapped: Mapping[str, int]) -> dict[str, Any]:
    """What became of the lines of a period, and which files could be of any period.

    Copies and future lines are told where their file has lines in the period, so that what arrives in one
    month leaves the others as they are; an unreadable or undated file could be of any.
    """
    here = {entry["file"] for entry in files}
    return {
        "files": [
            {name: value for name, value in entry.items() if name not in {"latest", "flawed"}} for entry in files
        ],
        **{name: sum(entry[name] for entry in files) for name in COUNTS},
        "latest": max((entry["latest"] for entry in files), default=None),
        "matched": _sums(entry["matched"] for entry in files),
        "unmapped": dict(unmapped),
        "flawed": [{"file": entry["file"], **sample} for entry in files for sample in entry["flawed"]],
        "quarantine": list(aside.get("quarantine", ())),
        "duplicates": [copy for copy in aside.get("duplicates", ()) if copy["sameAs"] in here],
        "future": {file: lines for file, lines in aside.get("future", {}).items() if file in here},
    }


def _sums(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in counts:
        total.update(part)
    return dict(sorted(total.items()))
