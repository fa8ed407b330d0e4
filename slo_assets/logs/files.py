"""The log files of a folder, and their bytes: plain, gzip or Zstandard."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from upath import UPath

SUFFIXES = (".log", ".gz", ".zst")
BLOCK = 1 << 20

#: What a damaged or unreadable file raises, whichever library reads it.
UNREADABLE = (OSError, EOFError, ValueError, zlib.error)


class Stream(Protocol):
    """Something that bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...


def readable_name(path: UPath, folder: UPath) -> str:
    """A file's path below a folder as text that every document can hold, whatever bytes the name has."""
    return path.relative_to(folder).as_posix().encode(errors="surrogateescape").decode(errors="backslashreplace")


def log_files(folder: UPath) -> list[UPath]:
    """All log files below a folder, sorted by path; none where the folder does not exist."""
    if not folder.exists():
        return []
    return sorted((path for path in folder.rglob("*") if path.name.endswith(SUFFIXES) and path.is_file()), key=str)


@contextmanager
def open_log(path: UPath) -> Iterator[Stream]:
    """A log file's bytes after decompression, as a stream."""
    with path.open("rb") as raw:
        if path.name.endswith(".gz"):
            with gzip.open(raw) as stream:
                yield stream
        elif path.name.endswith(".zst"):
            import pyarrow as pa

            with pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd") as stream:
                yield stream
        else:
            yield raw


def blocks(stream: Stream) -> Iterator[bytes]:
    """A stream's bytes, block by block."""
    while block := stream.read(BLOCK):
        yield block


def lines(stream: Stream) -> Iterator[bytes]:
    """A stream's lines without their ends (line feed, or carriage return and line feed); the last needs none."""
    rest = b""
    for block in blocks(stream):
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r")
    if rest:
        yield rest.removesuffix(b"\r")


def content_digest(path: UPath) -> str:
    """The sha256 of a file's content after decompression, which is the same for its copies."""
    digest = hashlib.sha256()
    with open_log(path) as stream:
        for block in blocks(stream):
            digest.update(block)
    return digest.hexdigest()
