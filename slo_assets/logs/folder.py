"""All logs of an application: each file read once, and only what is new of it afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import chain, groupby
from typing import Any

import pyarrow as pa
from upath import UPath

from slo_assets.config import SloConfig
from slo_assets.domain.event_log import FileScan
from slo_assets.logs.files import (
    COMPRESSED,
    UNREADABLE,
    UTF8_MARK,
    ChangedWhileReadError,
    Version,
    is_wide,
    log_files,
    readable_name,
    version,
)
from slo_assets.logs.fragments import Fragment, Fragments, KnownFile, NotKeptError, reading_key
from slo_assets.logs.machine import NEVER, NONE
from slo_assets.logs.names import name_instant
from slo_assets.logs.operations import operations
from slo_assets.logs.parts import (
    BEYOND,
    SHARE,
    Part,
    Read,
    Settings,
    Whole,
    in_order,
    joined,
    share,
)
from slo_assets.logs.pieces import FLAWS, Piece, dated, placed
from slo_assets.logs.ranges import CHUNK, digest, read_range
from slo_assets.logs.scratch import release
from slo_assets.logs.workers import Workers, local_workers

#: A file that was written to so shortly before it was read may have been written to again, at the same instant.
SETTLED_AFTER = 2.0
REWRITTEN = "it was rewritten while it was being read; the next run reads it anew"
#: A file that changes while it is read is read so many times before it is set aside.
ATTEMPTS = 3


@dataclass(frozen=True)
class LogFolder:
    """The log files of an application.

    Args:
        folder: where they are, at any depth.
        cache: where the fragments of files are kept; what is missing or damaged there is made again.
        config: dialects, rules, limits and components.
        now: the clock; later lines are set aside.
        workers: read parts of files; they may be on other machines.
    """

    folder: UPath
    cache: UPath
    config: SloConfig
    now: int
    workers: Workers = field(default_factory=local_workers)

    def read(self, progress: Callable[[str], None] = lambda _: None) -> tuple[list[FileScan], dict[str, Any]]:
        """Read what is new of every file, and tell of all.

        Args:
            progress: told of each file that has to be read.

        Returns:
            The files in the order of their paths, each content once, and an account of the rest:
            ``quarantine`` (file, reason and detail), ``duplicates`` (file and the one it is a copy of) and
            ``future`` lines by file.
        """
        paths, closed = log_files(self.folder)
        names = {readable_name(path, self.folder): path for path in paths}
        quarantine = [_unreadable(readable_name(path, self.folder), problem) for path, problem in closed]
        known, failed = self._known(names, progress)
        quarantine += [_unreadable(name, problem) for name, problem in failed.items()]
        scans: dict[str, FileScan] = {}
        duplicates: list[dict[str, str]] = []
        # Of two copies, the one whose name holds an instant knows more.
        for name in sorted(known, key=lambda name: (name_instant(names[name].name) is None, name)):
            file = known[name]
            if file.digest in scans:
                duplicates.append({"file": name, "sameAs": scans[file.digest].file})
                continue
            try:
                scan = self._scan(name, names[name], file)
            except UNREADABLE as problem:
                quarantine.append(_unreadable(name, problem))
                continue
            if scan is None:
                quarantine.append({"file": name, "reason": "undated", "detail": self._undated(name)})
            else:
                scans[file.digest] = scan
        release()
        account = {
            "quarantine": sorted(quarantine, key=lambda entry: entry["file"]),
            "duplicates": sorted(duplicates, key=lambda entry: entry["file"]),
            "future": {scan.file: scan.future for scan in scans.values() if scan.future},
        }
        return sorted(scans.values(), key=lambda scan: scan.file), account

    def settings(self, name: str) -> Settings:
        """How a file is read; files that are read alike have the same text of it."""
        reading = self.config.logs.reading(name)
        if id(reading) not in self._settings:
            self._settings[id(reading)] = Settings.of(self.config.logs, reading)
        return self._settings[id(reading)]

    @cached_property
    def _settings(self) -> dict[int, Settings]:
        return {}

    def _undated(self, name: str) -> str:
        reading = self.config.logs.reading(name)
        if reading.dialect.time.format == "syslog":
            return "its lines name no year: put one into the file's name, or give the source a year"
        return "no line tells a time, and the file's name holds no instant"

    def _known(
        self, names: dict[str, UPath], progress: Callable[[str], None]
    ) -> tuple[dict[str, KnownFile], dict[str, Exception]]:
        """What is known of every file once what is new of it was read, and why of some nothing is."""
        store = Fragments(self.cache)
        index = store.index()
        before = index.files
        known: dict[str, KnownFile] = {}
        failed: dict[str, Exception] = {}
        waiting = list(names)
        for attempt in range(ATTEMPTS):
            planned = [(name, self._planned(name, names[name], before)) for name in waiting]
            plans = [plan for _, plan in planned if isinstance(plan, Plan)]
            outcomes = [(name, outcome) for name, outcome in planned if not isinstance(outcome, Plan)]
            waiting = []
            for name, outcome in chain(outcomes, self._carry_out(plans, store, progress)):
                if isinstance(outcome, KnownFile):
                    known[name] = outcome
                elif isinstance(outcome, FileNotFoundError) and not names[name].exists():
                    continue
                elif isinstance(outcome, ChangedWhileReadError | FileNotFoundError) and attempt + 1 < ATTEMPTS:
                    waiting.append(name)
                else:
                    failed[name] = outcome
        if known != before:
            now = time.time()
            store.remember(index.followed_by(known, now), now)
        return known, failed

    def _planned(self, name: str, path: UPath, before: Mapping[str, KnownFile]) -> KnownFile | Plan | Exception:
        try:
            return self._plan(name, path, before)
        except UNREADABLE as problem:
            return problem

    def _plan(self, name: str, path: UPath, before: Mapping[str, KnownFile]) -> KnownFile | Plan:
        """What is to be read of a file; what is known where nothing is."""
        settings = self.settings(name)
        found, reading, old = version(path), reading_key(settings), before.get(name)
        if old and old.reading == reading and old.version == found and old.settled:
            return old
        streamed = path.name.endswith(COMPRESSED) or settings.sequential or is_wide(path)
        plan = Plan(name, path, found, settings, reading, streamed)
        if streamed:
            return plan
        alike = [old] if old else []
        alike += [other for other in before.values() if other.length == found.size and other.goes_on]
        for other in (other for other in alike if other.reading == reading and other.goes_on):
            if other.length == found.size and _holds(path, other, range(len(other.chunks))):
                return replace(other, version=found, settled=plan.settled)
            if other is old and other.length < found.size and _holds(path, other, {0, len(other.chunks) - 1}):
                return replace(plan, old=other, goes_on=last_line(path, found.size))
        return replace(plan, goes_on=last_line(path, found.size))

    def _carry_out(
        self, plans: list[Plan], store: Fragments, progress: Callable[[str], None]
    ) -> Iterator[tuple[str, KnownFile | Exception]]:
        """Read what is planned, all files side by side; the results in the order of the plans."""
        among = max(self.workers.count // max(len(plans), 1), 1)
        jobs = ((plan, job) for plan in plans for job in plan.jobs(workers=among))
        for plan, results in groupby(in_order(self.workers, jobs), key=lambda result: result[0]):
            progress(plan.name)
            try:
                yield plan.name, plan.kept(store, ((job, future.result()) for _, job, future in results))
            except NotKeptError:
                raise
            except UNREADABLE as problem:
                yield plan.name, problem

    def _scan(self, name: str, path: UPath, file: KnownFile) -> FileScan | None:
        """What a file tells; None where it cannot be dated.

        Raises:
            OSError, ValueError, EOFError: it could be read before, and cannot be read any more.
        """
        settings = self.settings(name)
        pieces = [fragment.piece for fragment in file.fragments]
        told = next((piece.first for piece in pieces if piece.first != NONE), None)
        first = name_instant(path.name) if told is None else told
        before = [] if first is None else [dated(first)]
        whole = joined([*before, *pieces], settings)
        if first is None and whole.lines:
            return None
        if whole.runs and whole.runs[-1][1] > self.now:
            plan = Plan(name, path, file.version, settings, file.reading, not file.goes_on, goes_on=file.goes_on)
            read = [part for _, part in self.results(plan.jobs(self.now, self.workers.count))]
            _is_still(file, read)
            whole = joined([*before, *(part.whole for part in read)], settings, self.now)
            return self._told(name, file, whole, [whole.rows])
        return self._told(name, file, whole, Kept(self, name, path, file, before))

    def results(self, jobs: Iterable[Part | Whole]) -> Iterator[tuple[Part | Whole, Read]]:
        """Work side by side, with the results in the order of the jobs."""
        return ((job, future.result()) for _, job, future in in_order(self.workers, ((None, job) for job in jobs)))

    def _told(self, name: str, file: KnownFile, whole: Piece, rows: Iterable[pa.Table]) -> FileScan:
        return FileScan(
            load=lambda: operations(rows, self.config),
            runs=whole.runs,
            months={
                key: {
                    "lines": month.lines,
                    "latest": month.latest,
                    "matched": dict(sorted(month.matched.items())),
                    "untimed": month.untimed,
                    **{flaw: month.flaws[flaw] for flaw in FLAWS},
                }
                for key, month in sorted(whole.months.items())
            },
            lines=whole.lines,
            future=whole.future,
            flawed=tuple(asdict(sample) | {"line": sample.line + 1} for sample in whole.samples),
            file=name,
            digest=file.digest,
        )


@dataclass(frozen=True)
class Kept:
    """The rows of a file out of its fragments, each time anew; what is missing or damaged is read again."""

    logs: LogFolder
    name: str
    path: UPath
    file: KnownFile
    before: list[Piece]

    def __iter__(self) -> Iterator[pa.Table]:
        """The tables, in the order of the file."""
        store = Fragments(self.logs.cache)
        self._restore(store, [part for part in self.file.fragments if not store.has(part)])
        # One after another: the rows of a large file together would be too much.
        pieces = (replace(part.piece, rows=self._rows(store, part)) for part in self.file.fragments)
        return placed(chain(self.before, pieces))

    def _rows(self, store: Fragments, part: Fragment) -> pa.Table:
        try:
            return store.rows(part)
        except UNREADABLE:
            self._restore(store, [part])
            return store.rows(part)

    def _restore(self, store: Fragments, parts: list[Fragment]) -> None:
        """Read parts of the file again.

        Raises:
            ChangedWhileReadError: the file is another one.
        """
        if not parts:
            return
        settings = self.logs.settings(self.name)
        streamed, found = not self.file.goes_on, version(self.path, anew=True)
        plan = Plan(self.name, self.path, found, settings, self.file.reading, streamed, goes_on=self.file.goes_on)
        for part, (_, read) in zip(parts, self.logs.results(map(plan.again, parts)), strict=True):
            if read.key != part.key:
                raise ChangedWhileReadError(REWRITTEN)
            store.keep(part.start, part.stop, read)


@dataclass(frozen=True)
class Plan:
    """What is to be read of a file.

    Attributes:
        version: what the file system says of it.
        reading: digest of the settings and the code.
        streamed: whether it is one part.
        goes_on: where the line begins that a growing file goes on with.
        old: what is known of its beginning.
    """

    name: str
    path: UPath
    version: Version
    settings: Settings
    reading: str
    streamed: bool
    goes_on: int = 0
    old: KnownFile | None = None

    @property
    def settled(self) -> bool:
        """Whether the file was left alone for a while: then an equal version is an equal file."""
        return time.time() - self.version.modified > SETTLED_AFTER

    @cached_property
    def begin(self) -> int:
        """Where the first line begins that is read.

        Fragments at the end that are no larger than what comes after them are read once more together with it: else a
        file that grows all day would have thousands, and each run would look at all of them.
        """
        if not self.old:
            return 0
        begin = self.old.goes_on
        for part in reversed(self.old.fragments):
            if part.start < begin:
                after = self.version.size - begin
                if part.stop - part.start > after or self.version.size - part.start > SHARE:
                    break
                begin = part.start
        return begin

    @property
    def start(self) -> int:
        """The first chunk whose digest is not known or may have changed."""
        return min(self.old.length, self.begin) // CHUNK * CHUNK if self.old else 0

    def jobs(self, until: int = NEVER, workers: int = 1) -> Iterator[Part | Whole]:
        """The parts to read, in the order of the file; one at least.

        Args:
            until: later lines are set aside.
            workers: how many share the file.
        """
        if self.streamed:
            yield Whole(self.path, self.settings, until)
            return
        size = self.version.size
        step = share(size - self.start, workers)
        for start in range(self.start, max(size, 1), step):
            stop, begin = min(start + step, size), max(start, self.begin)
            # Where a share was cut, a line may go on, and the byte before it says whether one does.
            at_line = start == self.start != begin
            yield Part(self.path, self.settings, start, stop, begin, min(stop, self.goes_on), size, at_line, until)
        if self.goes_on < size:
            yield self._last(until)

    def again(self, part: Fragment) -> Part | Whole:
        """A part whose content is known."""
        if self.streamed:
            return Whole(self.path, self.settings, NEVER)
        if part.start == self.goes_on:
            return self._last(NEVER)
        begin, size = part.start, self.version.size
        return Part(self.path, self.settings, begin, begin, begin, part.stop, size, False, NEVER)

    def _last(self, until: int) -> Part:
        """The line that no line feed ends, perhaps after a mark: no more of it is read than shows it as over-long."""
        place, size = self.goes_on, self.version.size
        end = min(place + len(UTF8_MARK) + 1, size)
        return Part(self.path, self.settings, place, place, place, end, size, True, until)

    def _lines(self, job: Part | Whole, length: int) -> tuple[int, int]:
        """Between which bytes the lines of a part begin; where its last one, without a line feed, is at its end."""
        if isinstance(job, Whole):
            return 0, length
        return job.begin, length if job.start == job.stop else job.end

    def kept(self, store: Fragments, results: Iterable[tuple[Part | Whole, Read]]) -> KnownFile:
        """Keep what was read, each part as a fragment.

        Raises:
            ChangedWhileReadError: the file is not the one any more that was to be read.
        """
        chunks = list(self.old.chunks[: self.start // CHUNK]) if self.old else []
        fragments = [part for part in self.old.fragments if part.stop <= self.begin] if self.old else []
        length = self.start
        for job, read in results:
            chunks += read.chunks
            length += read.length
            if read.piece.lines:
                fragments.append(store.keep(*self._lines(job, length), read))
        now = version(self.path, anew=True)
        if (
            now.identity != self.version.identity
            or now.size < self.version.size
            or (now.size == self.version.size and now != self.version)
        ):
            msg = "it was rotated or rewritten while it was being read; the next run reads it anew"
            raise ChangedWhileReadError(msg)
        return KnownFile(
            self.version, self.settled, self.reading, tuple(chunks), length, self.goes_on, tuple(fragments)
        )


def _is_still(known: KnownFile, parts: Iterable[Read]) -> None:
    """Make sure that a file was read as the content that is known of it.

    Raises:
        ChangedWhileReadError: it is another one.
    """
    if tuple(digest for part in parts for digest in part.chunks) != known.chunks:
        raise ChangedWhileReadError(REWRITTEN)


def _holds(path: UPath, known: KnownFile, chunks: Iterable[int]) -> bool:
    """Whether a file still has these chunks of a known content."""
    for number in chunks:
        start = number * CHUNK
        if digest(read_range(path, start, min(start + CHUNK, known.length))) != known.chunks[number]:
            return False
    return True


def last_line(path: UPath, size: int) -> int:
    """Where the line begins that a file's last line feed leaves open; its size where that ends the file."""
    stop = size
    while stop > 0:
        start = max(stop - BEYOND, 0)
        found = bytes(read_range(path, start, stop)).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        stop = start
    return 0


def _unreadable(name: str, problem: Exception) -> dict[str, str]:
    return {"file": name, "reason": "unreadable", "detail": str(problem)}
