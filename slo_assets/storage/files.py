"""Bytes to files, whole or not at all, on a local disk or an object store."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upath import UPath


class OutputError(OSError):
    """The output cannot be written to; the message names place, reason and remedy."""


@contextmanager
def writing(path: UPath | Path) -> Iterator[None]:
    """Say of whatever goes wrong with a write what was written, and what to do.

    Raises:
        OutputError: in the place of any other OSError.
    """
    try:
        yield
    except OSError as problem:
        msg = f"{path} cannot be written: {problem}. Remedy: make room there, or give the right to write."
        raise OutputError(msg) from None


def sha256(data: bytes) -> str:
    """The checksum of bytes, as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def checksum_of(path: UPath) -> str | None:
    """The checksum of a file's bytes; None where it is missing or cannot be read."""
    try:
        return sha256(path.read_bytes())
    except OSError:
        return None


def checked(content: bytes) -> bytes:
    """A JSON value with its checksum before it, as JSON: so whoever finds it damaged knows it."""
    return b'{"sha256":"' + sha256(content).encode() + b'","content":' + content + b"}"


def unchecked(data: bytes) -> bytes:
    """The value of what :func:`checked` made, as JSON.

    Raises:
        ValueError: it is damaged.
    """
    content = data[len(checked(b"")) - 1 : -1]
    if checked(content) != data:
        msg = "its checksum is another one"
        raise ValueError(msg)
    return content


def is_local(path: UPath) -> bool:
    """Whether a path is on this machine's file system, which has links and locks."""
    return path.protocol in ("", "file", "local")


def write_atomic(path: UPath, data: bytes, *, flushed: bool = True) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, never a part.

    A local file is written beside its place, flushed to the disk and moved there; an object store puts whole
    objects by itself.

    Args:
        path: the file.
        data: what it will hold.
        flushed: without it, a machine that loses its power may leave a part: for what can be made again.

    Raises:
        OutputError: it cannot be written; nothing has changed then.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_local(path):
            _replace(Path(path.path), data, flushed)
        else:
            path.write_bytes(data)


def _replace(target: Path, data: bytes, flushed: bool) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if flushed:
                file.flush()
                os.fsync(file.fileno())
        scratch.chmod(0o644)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


def write_new(path: Path, data: bytes) -> None:
    """Write a local file that nobody reads yet, down to the disk.

    Raises:
        OutputError: it cannot be written.
    """
    with writing(path), path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring what a local folder names down to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
