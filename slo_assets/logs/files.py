"""The log files of a folder, and their bytes: plain, gzip or Zstandard, on any file system that fsspec knows."""

from __future__ import annotations

import codecs
import datetime as dt
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from upath import UPath

SUFFIXES = (".log", ".gz", ".zst")
COMPRESSED = (".gz", ".zst")
UTF8_MARK, WIDE_MARKS = codecs.BOM_UTF8, {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

#: What a damaged or unreadable file raises, whichever library reads it.
UNREADABLE = (OSError, EOFError, ValueError, zlib.error)


class ChangedWhileReadError(OSError):
    """The file was rotated, truncated or rewritten while it was being read."""


class Stream(Protocol):
    """Something that bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Version:
    """What the file system says of a file without reading it.

    Attributes:
        key: changes with every change of the file that the file system notices.
        identity: tells a file that grew from another one of the same name; empty where nobody knows.
        size: bytes.
        modified: seconds since 1970; 0 where nobody knows.
    """

    key: str
    identity: str
    size: int
    modified: float


def version(path: UPath, *, anew: bool = False) -> Version:
    """A file's version as it stands.

    Args:
        path: the file.
        anew: ask the file system, whatever it told before: object stores remember their listings.
    """
    if anew:
        path.fs.invalidate_cache(path.path)
    info: dict[str, Any] = path.fs.info(path.path)
    key, modified = path.fs.ukey(path.path), info.get("mtime")
    seconds = modified.timestamp() if isinstance(modified, dt.datetime) else float(modified or 0)
    return Version(str(key), str(info.get("ino", "")), int(info["size"]), seconds)


def readable_name(path: UPath, folder: UPath) -> str:
    """A file's path below a folder as text that every document can hold, whatever bytes the name has."""
    return path.relative_to(folder).as_posix().encode(errors="surrogateescape").decode(errors="backslashreplace")


def log_files(folder: UPath) -> tuple[list[UPath], list[tuple[UPath, OSError]]]:
    """All log files below a folder, sorted by path, and the folders that cannot be listed, with the reason.

    Links to folders are followed, each folder once. What is not there, or no longer, has no files.
    """
    found: list[UPath] = []
    closed: list[tuple[UPath, OSError]] = []
    seen: set[str] = set()
    waiting = [folder]
    folder.fs.invalidate_cache()
    while waiting:
        place = waiting.pop()
        try:
            real = str(place.resolve())
            children = [] if real in seen else list(place.iterdir())
            seen.add(real)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, RuntimeError) as problem:
            closed.append((place, problem if isinstance(problem, OSError) else OSError(str(problem))))
            continue
        for child in children:
            try:
                if child.is_dir():
                    waiting.append(child)
                elif child.name.endswith(SUFFIXES) and child.is_file():
                    found.append(child)
            except OSError as problem:
                closed.append((child, problem))
    return sorted(found, key=str), closed


@contextmanager
def open_log(path: UPath) -> Iterator[Stream]:
    """A log file's bytes as a stream: after decompression, UTF-16 as UTF-8."""
    with path.open("rb") as raw, _decompressed(raw, path.name) as stream:
        head = stream.read(len(UTF8_MARK))
        encoding = WIDE_MARKS.get(head[:2])
        rest = _Chained(head, stream)
        yield _Transcoded(rest, encoding) if encoding else rest


@contextmanager
def _decompressed(raw: Any, name: str) -> Iterator[Stream]:
    if name.endswith(".gz"):
        with gzip.open(raw) as stream:
            yield stream
    elif name.endswith(".zst"):
        import pyarrow as pa

        with pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd") as stream:
            yield stream
    else:
        yield raw


def is_wide(path: UPath) -> bool:
    """Whether a plain file is UTF-16, by its byte order mark."""
    with path.open("rb") as raw:
        return raw.read(2) in WIDE_MARKS


class _Chained:
    """Bytes that were read already, and the stream after them."""

    def __init__(self, head: bytes, stream: Stream) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int, /) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        return head + self._stream.read(size - len(head)) if len(head) < size else head


class _Transcoded:
    """UTF-16 as UTF-8."""

    def __init__(self, stream: Stream, encoding: str) -> None:
        self._stream, self._decoder = stream, codecs.getincrementaldecoder(encoding)(errors="replace")
        self._ready = b""

    def read(self, size: int, /) -> bytes:
        # A block may hold half a character and no more, which is not the end.
        while not self._ready and (data := self._stream.read(size)):
            self._ready = self._decoder.decode(data).encode()
        found = self._ready or self._decoder.decode(b"", final=True).encode()
        # UTF-8 may be longer: blocks are as long as they are asked for, whatever is read from.
        self._ready = found[size:]
        return found[:size]


def filled(stream: Stream, room: memoryview) -> int:
    """Write a stream's next bytes to the beginning of some room; how many: less than there is room only at the end."""
    count = 0
    while count < len(room) and (part := stream.read(len(room) - count)):
        room[count : count + len(part)] = part
        count += len(part)
    return count


def blocks(stream: Stream, size: int) -> Iterator[bytes]:
    """A stream's bytes, in blocks of a size (the last one is shorter)."""
    room = memoryview(bytearray(size))
    while count := filled(stream, room):
        yield bytes(room[:count])
