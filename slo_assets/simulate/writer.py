"""The writer: bytes on disk, plain or compressed, and how many of them.

What belongs here: files and folders. What stands in them is decided elsewhere.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import chain, islice
from pathlib import Path
from typing import Any

LINES_PER_WRITE = 4096


@dataclass(frozen=True)
class Summary:
    """What was written.

    Attributes:
        files: log files.
        lines: lines of them all.
        bytes: their size on disk and that of the telemetry.
        telemetry_files: the telemetry's files, the broken one included.
    """

    files: int
    lines: int
    bytes: int
    telemetry_files: int


@contextmanager
def _open_gzip(path: Path) -> Iterator[BufferedIOBase]:
    # Neither name nor time in the header: the same lines are to be the same bytes.
    with path.open("xb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as sink:
        yield sink


@contextmanager
def _open_zstandard(path: Path) -> Iterator[BufferedIOBase]:
    import pyarrow as pa

    with path.open("xb") as raw, pa.CompressedOutputStream(raw, "zstd") as sink:
        yield sink


OPENERS: dict[str, Callable[[Path], AbstractContextManager[BufferedIOBase]]] = {
    ".log": lambda path: path.open("xb"),
    ".gz": _open_gzip,
    ".zst": _open_zstandard,
}


class Writer:
    """Writes files below a folder and counts them."""

    def __init__(self, out: Path) -> None:
        self.logs = out / "logs"
        self.telemetry = out / "telemetry"
        self._files: dict[Path, int] = {}

    def log(self, name: str, texts: Iterable[str]) -> int:
        """Write a log file piece by piece and return the number of its lines, one for each text."""
        path = self.logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines, rest = 0, iter(texts)
        with OPENERS[path.suffix](path) as sink:
            while chunk := list(islice(rest, LINES_PER_WRITE)):
                sink.write("".join(chunk).encode())
                lines += len(chunk)
        self._files[path] = lines
        return lines

    def copy(self, pattern: str) -> None:
        """Copy the first log file with such a name, as people do who pass logs on."""
        path = next(path for path in self._files if path.match(pattern))
        copy = path.with_stem(f"{path.stem}-copy")
        shutil.copyfile(path, copy)
        self._files[copy] = self._files[path]

    def document(self, name: str, content: dict[str, Any]) -> None:
        """Write a telemetry file."""
        self.telemetry.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        (self.telemetry / name).write_bytes(text.encode())

    def summary(self) -> Summary:
        """What has been written so far."""
        telemetry = list(self.telemetry.iterdir())
        size = sum(path.stat().st_size for path in chain(self._files, telemetry))
        return Summary(len(self._files), sum(self._files.values()), size, len(telemetry))
