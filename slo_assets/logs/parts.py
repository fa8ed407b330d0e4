"""Parts of a log file: what one worker reads at a time, on whichever machine it runs.

A part of a plain file is a range of its bytes; the lines that begin in it are its lines. A file whose bytes do
not lie open (compressed, UTF-16), or whose lines need the one before (times without a year), is one part.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import xxhash
from upath import UPath

from slo_assets.config import Logs, Reading
from slo_assets.logs.files import UTF8_MARK, ChangedWhileReadError, blocks, open_log
from slo_assets.logs.lines import LOOK
from slo_assets.logs.machine import NEVER
from slo_assets.logs.pieces import NO_ROWS, ROWS, Piece, PieceReader, join
from slo_assets.logs.scratch import scratch
from slo_assets.logs.workers import Workers
from slo_assets.periods import MINUTE

#: The largest share of a worker, and the chunks in it whose digests make the file's.
SHARE, CHUNK = 32 << 20, 1 << 18
#: A smaller share takes a thread longer to begin with than it gains.
WORTH = 8 << 20
#: Part of a local file that is read about as fast as a thread takes it over.
SMALL = 1 << 18
#: How much is read beyond a share to find the end of its last line.
BEYOND = 1 << 16

#: Protocols of files that this machine has.
LOCAL = ("", "file", "local")
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
    chunks: tuple[str, ...] = ()
    length: int = 0

    @classmethod
    def of(cls, piece: Piece, chunks: tuple[str, ...] = (), length: int = 0) -> Read:
        """What was read, packed by the worker: that is the smaller part of the way, and of the time."""
        rows = to_bytes(piece.rows)
        return cls(replace(piece, rows=NO_ROWS), rows, digest(rows), chunks, length)

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
        first, beyond = max(self.start - 1, 0), BEYOND
        data = read_range(self.path, first, max(self.stop, min(self.end + beyond, self.size)))
        chunks = digests(data[self.start - first : self.stop - first])
        begin = self._begin(data, first)
        if begin >= self.end:
            return Read.of(Piece(NO_ROWS), chunks, self.stop - self.start)
        while self._end(data, first) < 0 and beyond <= reader.limit:
            beyond *= 4
            data = read_range(self.path, first, min(self.end + beyond, self.size))
        end = self._end(data, first)
        # Without an end, the last line is so much longer than what is looked at that it shows as over-long.
        lines = data[begin - first : end if end >= 0 else len(data)]
        return Read.of(reader.read(lines), chunks, self.stop - self.start)

    def _begin(self, data: memoryview, first: int) -> int:
        """Where the first line begins, ``end`` where none does."""
        if self.begin == 0:
            return len(UTF8_MARK) if data[: len(UTF8_MARK)] == UTF8_MARK else 0
        if self.at_line:
            return self.begin
        found = line_feed(data[: self.end - 1 - first])
        return self.end if found < 0 else first + found + 1

    def _end(self, data: memoryview, first: int) -> int:
        """Where the last line ends within the data; -1 where it goes on beyond."""
        start = self.end - 1 - first
        found = line_feed(data[start:])
        if found >= 0:
            return start + found + 1
        return len(data) if first + len(data) >= self.size else -1


@dataclass(frozen=True)
class Whole:
    """A file that is one part: compressed, UTF-16, or with times that need the line before."""

    path: UPath
    settings: Settings
    until: int
    is_small = False

    def read(self) -> Read:
        """Read the file from its beginning to its end, block by block."""
        reader = new_reader(self.settings, self.path.name, self.until)
        pieces: list[Piece] = []
        chunks: list[str] = []
        rest, length = b"", 0
        with open_log(self.path) as stream:
            for number, block in enumerate(blocks(stream, SHARE)):
                chunks += digests(memoryview(block))
                length += len(block)
                data = rest + block
                begin = len(UTF8_MARK) if number == 0 and data.startswith(UTF8_MARK) else 0
                cut = data.rfind(b"\n") + 1
                if cut:
                    pieces.append(reader.read(memoryview(data)[begin:cut]))
                # A line that is not read to its end is kept as far as it shows as over-long.
                rest = data[cut or begin :][: reader.limit + 2]
        if rest:
            pieces.append(reader.read(memoryview(rest)))
        return Read.of(joined(pieces, self.settings, self.until), tuple(chunks), length)


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


def read_range(path: UPath, start: int, stop: int) -> memoryview:
    """A file's bytes from one place to another; the next call of the same thread overwrites them.

    Raises:
        ChangedWhileReadError: the file has fewer.
    """
    if start >= stop:
        return memoryview(b"")  # which an object store takes for a mistake
    if path.protocol in LOCAL:
        data = scratch("bytes", stop - start, "u1").data
        with Path(path.path).open("rb", buffering=0) as file:
            file.seek(start)
            count = 0
            while count < len(data) and (more := file.readinto(data[count:])):
                count += more
    else:
        data = memoryview(path.fs.cat_file(path.path, start=start, end=stop))
        count = len(data)
    if count < stop - start:
        msg = "it became shorter while it was being read (rotated or truncated); the next run reads it anew"
        raise ChangedWhileReadError(msg)
    return data


def line_feed(data: memoryview) -> int:
    """The place of the first line feed, -1 without one."""
    for start in range(0, len(data), LOOK):
        found = bytes(data[start : start + LOOK]).find(b"\n")
        if found >= 0:
            return start + found
    return -1


def digest(data: bytes | memoryview) -> str:
    """A chunk's digest: 128 bits that no accident makes equal, at the speed of memory."""
    return xxhash.xxh3_128_hexdigest(data)


def digests(data: memoryview) -> tuple[str, ...]:
    """The digests of a content's chunks."""
    return tuple(digest(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK))


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
