"""Parts of a log file: what one worker reads at a time, on whichever machine it runs.

A part of a plain file is a range of its bytes; the lines that begin in it are its lines. A file whose bytes do
not lie open (compressed, UTF-16), or whose lines need the one before (times without a year), is one part.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from typing import TypeVar

import pyarrow as pa
from upath import UPath

from slo_assets.config import Logs, Reading
from slo_assets.logs.files import UTF8_MARK, Stream, filled, open_log
from slo_assets.logs.lines import MORE, slices
from slo_assets.logs.machine import NEVER
from slo_assets.logs.pieces import NO_ROWS, ROWS, Piece, PieceReader, join
from slo_assets.logs.ranges import CHUNK, LOCAL, Bytes, Digests, bytes_of, digest, line_feed
from slo_assets.logs.workers import Workers
from slo_assets.periods import MINUTE

#: The largest share of a worker, and how many slices of a file that is not shared make a piece.
SHARE, PIECE = 32 << 20, 16
#: A smaller share takes a thread longer to begin with than it gains.
WORTH = 8 << 20
#: Part of a local file that is read about as fast as a thread takes it over.
SMALL = 1 << 18
#: How much is read beyond a share to find the end of its last line.
BEYOND = 1 << 16

#: Limits alone are no configuration: that needs rules.
PROFILE_OF_NO_USE = "renderx"

Tag = TypeVar("Tag")


@dataclass(frozen=True)
class Settings:
    """How a file is read, as text, so that it travels to other machines and is compared cheaply.

    Attributes:
        logs: the limits, as JSON.
        reading: dialect and rules, as JSON.
    """

    logs: str
    reading: str

    @classmethod
    def of(cls, logs: Logs, reading: Reading) -> Settings:
        """The settings of a file."""
        limits = {"silence_minutes", "max_line_bytes", "unreadable"}
        return cls(logs.model_dump_json(include=limits, by_alias=True), reading.model_dump_json(by_alias=True))

    @property
    def limits(self) -> Logs:
        """The limits, with nothing else that a configuration says of logs."""
        return _limits(self.logs)

    @property
    def sequential(self) -> bool:
        """Whether a line's time needs the line before it: then a file is one part."""
        return bool(json.loads(self.reading)["dialect"]["time"]["format"] == "syslog")


@lru_cache(maxsize=64)
def _limits(text: str) -> Logs:
    return Logs.model_validate({**json.loads(text), "profile": PROFILE_OF_NO_USE})


@lru_cache(maxsize=64)
def _reader(settings: Settings, name: str, until: int) -> PieceReader:
    return new_reader(settings, name, until)


def new_reader(settings: Settings, name: str, until: int) -> PieceReader:
    """A reader of its own, which may remember the year."""
    return PieceReader(settings.limits, _reading(settings.reading), name, until)


@lru_cache(maxsize=64)
def _reading(text: str) -> Reading:
    return Reading.model_validate_json(text)


@dataclass(frozen=True)
class Read:
    """What a worker read, in the form in which it is kept.

    Attributes:
        piece: everything but its rows.
        rows: these, as bytes.
        key: the digest of the bytes.
        chunks: the digests of the content's chunks.
        length: how many bytes of the content these are.
    """

    piece: Piece
    rows: bytes
    key: str
    chunks: tuple[str, ...]
    length: int

    @classmethod
    def of(cls, piece: Piece, digests: Digests) -> Read:
        """What was read, packed by the worker: that is the smaller part of the way, and of the time."""
        rows = to_bytes(piece.rows)
        return cls(replace(piece, rows=NO_ROWS), rows, digest(rows), digests.of_chunks, digests.length)

    @property
    def whole(self) -> Piece:
        """The piece with its rows."""
        return replace(self.piece, rows=from_bytes(self.rows))


def to_bytes(rows: pa.Table) -> bytes:
    """Rows in Arrow's file format, as they are in memory: LZ4 would halve them, and take a tenth of all time."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, ROWS) as file:
        file.write_table(rows)
    return bytes(sink.getvalue())


def from_bytes(data: bytes) -> pa.Table:
    """Rows from their bytes."""
    return pa.ipc.open_file(data).read_all()


def share(length: int, workers: int) -> int:
    """How large the shares of so many bytes are: the same for all, so that the workers are done at the same time."""
    count = -(-length // SHARE)
    if length > workers * WORTH:
        count = -(-count // workers) * workers
    return max(-(-length // max(count, 1) // CHUNK), 1) * CHUNK


@dataclass(frozen=True)
class Part:
    """A share of a plain file.

    Attributes:
        path: the file.
        settings: how it is read.
        start: the first byte of the share, whose digest is taken; a multiple of a chunk.
        stop: the byte after its last.
        begin: lines begin here or later.
        end: lines begin before.
        size: how long the file is taken to be.
        at_line: whether a line begins at ``begin``.
        until: later lines are set aside.
    """

    path: UPath
    settings: Settings
    start: int
    stop: int
    begin: int
    end: int
    size: int
    at_line: bool
    until: int

    @property
    def is_small(self) -> bool:
        """Whether it takes no longer to read than to hand over."""
        return self.stop - self.start <= SMALL and self.path.protocol in LOCAL

    def read(self) -> Read:
        """Read the lines that begin in the share.

        Raises:
            ChangedWhileReadError: the file is shorter than it was.
        """
        reader = _reader(self.settings, self.path.name, self.until)
        first, last = max(self.start - 1, 0), max(self.stop, min(self.end + BEYOND, self.size))
        with closing(bytes_of(self.path, first, last)) as file:
            begin = self._begin(file)
            end = self._end(file, reader.limit) if begin < self.end else begin
            share = _Share(file, self, begin, end)
            return Read.of(reader.read(slices(share, reader.limit)), share.digests)

    def _begin(self, file: Bytes) -> int:
        """Where the first line begins, ``end`` where none does."""
        if self.begin == 0:
            head = bytearray(min(len(UTF8_MARK), self.size))
            file.into(0, memoryview(head))
            return len(UTF8_MARK) if head == UTF8_MARK else 0
        if self.at_line:
            return self.begin
        return line_feed(file, self.begin - 1, self.end - 1) + 1 or self.end

    def _end(self, file: Bytes, limit: int) -> int:
        """Where the last line ends, or where it shows as over-long."""
        last = min(self.end + limit + MORE, self.size)
        return line_feed(file, self.end - 1, last) + 1 or last


class _Share:
    """The bytes of a part's lines, one after another; the digests of its chunks are taken on the way.

    Args:
        file: the bytes of the file.
        part: says whose digests are taken.
        begin: where the first line begins.
        end: where the last one ends.
    """

    def __init__(self, file: Bytes, part: Part, begin: int, end: int) -> None:
        self._file, self._part, self._begin, self._end = file, part, begin, end
        self._at, self._last = part.start, max(part.stop, end)
        self.digests = Digests()

    def readinto(self, room: memoryview, /) -> int:
        while self._at < self._last:
            at, data = self._at, room[: self._last - self._at]
            self._file.into(at, data)
            self._at += len(data)
            self.digests.update(data[: max(self._part.stop - at, 0)])
            own = data[max(self._begin - at, 0) : max(self._end - at, 0)]
            if len(own):
                room[: len(own)] = own
                return len(own)
        return 0


@dataclass(frozen=True)
class Whole:
    """A file that is one part: compressed, UTF-16, or with times that need the line before."""

    path: UPath
    settings: Settings
    until: int
    is_small = False

    def read(self) -> Read:
        """Read the file from its beginning to its end."""
        reader = new_reader(self.settings, self.path.name, self.until)
        pieces: list[Piece] = []
        with open_log(self.path) as stream:
            content = _Content(stream)
            found = slices(content, reader.limit)
            while (piece := reader.read(islice(found, PIECE))).lines:
                pieces.append(piece)
        return Read.of(joined(pieces, self.settings, self.until), content.digests)


class _Content:
    """The bytes of a whole file's lines; the digests of its chunks are taken on the way."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.digests = Digests()

    def readinto(self, room: memoryview, /) -> int:
        mark, count = len(UTF8_MARK), filled(self._stream, room)
        begins = self.digests.length == 0
        self.digests.update(room[:count])
        if not begins or room[:mark] != UTF8_MARK or count < mark:
            return count
        room[: count - mark] = room[mark:count]
        return count - mark or self.readinto(room)


def work(job: Part | Whole) -> Read:
    """Read a part: what an executor is given."""
    return job.read()


def _at_once(job: Part | Whole) -> Future[Read]:
    done: Future[Read] = Future()
    try:
        done.set_result(job.read())
    except Exception as problem:  # for whoever asks for the result
        done.set_exception(problem)
    return done


def joined(pieces: Iterable[Piece], settings: Settings, until: int = NEVER) -> Piece:
    """Pieces in a row as one."""
    limits = settings.limits
    return join(pieces, round(limits.silence_minutes * MINUTE), limits.unreadable.samples, until)


def in_order(
    workers: Workers, jobs: Iterable[tuple[Tag, Part | Whole]]
) -> Iterator[tuple[Tag, Part | Whole, Future[Read]]]:
    """Work side by side, with the results in the order of the jobs.

    Args:
        workers: so many jobs are begun ahead of the first result as they say, which bounds the memory.
        jobs: each with a tag of the caller's.
    """
    begun: deque[tuple[Tag, Part | Whole, Future[Read]]] = deque()
    left = iter(jobs)
    first = list(islice(left, 2))
    for tag, job in chain(first, left):
        at_once = workers.here and (job.is_small or len(first) == 1)
        begun.append((tag, job, _at_once(job) if at_once else workers.executor.submit(work, job)))
        if len(begun) > workers.ahead:
            yield begun.popleft()
    yield from begun
