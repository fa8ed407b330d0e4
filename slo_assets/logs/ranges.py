"""A file's bytes by their places, on any file system, and the digests by which they are known again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Protocol

import xxhash
from upath import UPath

from slo_assets.logs.files import ChangedWhileReadError
from slo_assets.logs.lines import LOOK
from slo_assets.logs.scratch import scratch

#: So many bytes of a content have a digest of their own.
CHUNK = 1 << 18
#: No more bytes than these are looked through at once for a line feed.
MOST = 1 << 20

#: Protocols of files that this machine has.
LOCAL = ("", "file", "local")
SHORTER = "it became shorter while it was being read (rotated or truncated); the next run reads it anew"


class Bytes(Protocol):
    """A file's bytes."""

    def into(self, start: int, room: memoryview, /) -> None:
        """Fill some room with the bytes from a place on.

        Raises:
            ChangedWhileReadError: the file ends before.
        """
        ...

    def close(self) -> None:
        """Nothing more is read."""
        ...


def bytes_of(path: UPath, start: int, stop: int) -> Bytes:
    """A file's bytes, most of which will be needed from one place to another."""
    return _Local(path) if path.protocol in LOCAL else _Stored(path, start, stop)


class _Local:
    """The bytes of a file that this machine has."""

    def __init__(self, path: UPath) -> None:
        self._file = Path(path.path).open("rb", buffering=0)  # noqa: SIM115

    def into(self, start: int, room: memoryview, /) -> None:
        self._file.seek(start)
        count = 0
        while count < len(room) and (more := self._file.readinto(room[count:])):
            count += more
        if count < len(room):
            raise ChangedWhileReadError(SHORTER)

    def close(self) -> None:
        self._file.close()


class _Stored:
    """The bytes of an object: it is asked for those that are needed at once, and for others as they are needed."""

    def __init__(self, path: UPath, start: int, stop: int) -> None:
        self._path, self._start, self._stop = path, start, stop
        self._held: memoryview | None = None

    def into(self, start: int, room: memoryview, /) -> None:
        stop = start + len(room)
        if self._start <= start and stop <= self._stop:
            if self._held is None:
                self._held = self._fetched(self._start, self._stop)
            found = self._held[start - self._start : stop - self._start]
        else:
            found = self._fetched(start, stop)
        if len(found) < len(room):
            raise ChangedWhileReadError(SHORTER)
        room[:] = found

    def _fetched(self, start: int, stop: int) -> memoryview:
        # No bytes at all are what an object store takes for a mistake.
        return memoryview(self._path.fs.cat_file(self._path.path, start=start, end=stop) if start < stop else b"")

    def close(self) -> None:
        self._held = None


def read_range(path: UPath, start: int, stop: int) -> memoryview:
    """A file's bytes from one place to another; the next call of the same thread overwrites them.

    Raises:
        ChangedWhileReadError: the file has fewer.
    """
    room = scratch("bytes", "u1").of(max(stop - start, 0)).data
    with closing(bytes_of(path, start, stop)) as file:
        file.into(start, room)
    return room


def line_feed(file: Bytes, start: int, stop: int) -> int:
    """The place of the first line feed between two places, -1 without one."""
    step = LOOK
    while start < stop:
        room = bytearray(min(step, stop - start))
        file.into(start, memoryview(room))
        found = room.find(b"\n")
        if found >= 0:
            return start + found
        start += len(room)
        step = min(4 * step, MOST)
    return -1


def digest(data: bytes | memoryview) -> str:
    """A digest of 128 bits that no accident makes equal, at the speed of memory."""
    return xxhash.xxh3_128_hexdigest(data)


class Digests:
    """The digests of a content's chunks, taken as its bytes come."""

    def __init__(self) -> None:
        """Begin with a chunk."""
        self._known: list[str] = []
        self._chunk, self._left = xxhash.xxh3_128(), CHUNK
        #: How many bytes there were.
        self.length = 0

    def update(self, data: memoryview) -> None:
        """The next bytes."""
        self.length += len(data)
        while len(data):
            some = data[: self._left]
            self._chunk.update(some)
            self._left -= len(some)
            data = data[len(some) :]
            if not self._left:
                self._known.append(self._chunk.hexdigest())
                self._chunk, self._left = xxhash.xxh3_128(), CHUNK

    @property
    def of_chunks(self) -> tuple[str, ...]:
        """Those of the chunks until now, of which the last may be shorter."""
        return (*self._known, self._chunk.hexdigest()) if self._left < CHUNK else tuple(self._known)


def digests(data: memoryview) -> tuple[str, ...]:
    """The digests of a content's chunks."""
    found = Digests()
    found.update(data)
    return found.of_chunks
