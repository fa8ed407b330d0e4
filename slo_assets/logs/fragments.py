"""What was read of each file, kept: fragments under their digests, and an index of the files.

All of it can be deleted at any time, and what is damaged is read anew, with the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

import orjson
import pyarrow as pa
from upath import UPath

from slo_assets.code_version import code_version
from slo_assets.logs.files import UNREADABLE, Version
from slo_assets.logs.parts import Read, Settings, from_bytes
from slo_assets.logs.pieces import NO_ROWS, Month, Piece, Sample
from slo_assets.logs.ranges import digest
from slo_assets.storage.files import checked, unchecked, write_atomic

INDEX = "index.json"
#: For so many seconds a fragment stays that no file has any more: a process that began before may still read it.
LEFT_FOR = 24 * 3600
#: What reading a damaged index may end in.
DAMAGED = (*UNREADABLE, AttributeError, KeyError, TypeError, RecursionError)


class NotKeptError(OSError):
    """What was read cannot be kept, which is no fault of any log."""


@dataclass(frozen=True)
class Fragment:
    """The lines of a file that begin from one byte to another, as they are kept.

    Attributes:
        key: what it is kept under, the digest of its bytes: nothing else can be found there.
        start: the first byte.
        stop: the byte after the last.
        piece: everything but its rows.
    """

    key: str
    start: int
    stop: int
    piece: Piece


@dataclass(frozen=True)
class KnownFile:
    """What is known of a file since it was last read.

    Attributes:
        version: what the file system said of it then.
        settled: whether it had been left alone for a while by then, so that an equal version is an equal file.
        reading: digest of the settings and the code that it was read with.
        chunks: the digests of its content's chunks.
        length: bytes of its content.
        goes_on: where the next line will begin when it grows; 0 where it cannot be read on.
        fragments: in their order.
    """

    version: Version
    settled: bool
    reading: str
    chunks: tuple[str, ...]
    length: int
    goes_on: int
    fragments: tuple[Fragment, ...]

    @property
    def digest(self) -> str:
        """The digest of its content, the same for its copies, however the file grew."""
        return _content(self.length, self.chunks)


@dataclass(frozen=True)
class Index:
    """What is known of an application's files.

    Attributes:
        files: by their names.
        left: the fragments that no file has any more, with the time from which on, in seconds since 1970.
    """

    files: Mapping[str, KnownFile] = field(default_factory=dict)
    left: Mapping[str, float] = field(default_factory=dict)

    def followed_by(self, files: Mapping[str, KnownFile], now: float) -> Index:
        """The index of the same files as they are known now, in seconds since 1970."""
        left = (self.left.keys() | _keys(self.files)) - _keys(files)
        return Index(files, {key: self.left.get(key, now) for key in left})


def _keys(files: Mapping[str, KnownFile]) -> set[str]:
    return {fragment.key for file in files.values() for fragment in file.fragments}


def _content(length: int, chunks: Iterable[str]) -> str:
    return digest(f"{length}:{''.join(chunks)}".encode())


def reading_key(settings: Settings) -> str:
    """What a fragment depends on but the content: settings, code, and the library that writes its bytes."""
    code = code_version("slo_assets.logs.fragments")
    return digest("\0".join((settings.logs, settings.reading, code, pa.__version__)).encode())


@dataclass(frozen=True)
class Fragments:
    """The folder of fragments.

    Args:
        folder: where they are; it is made when it is needed.
    """

    folder: UPath

    def keep(self, start: int, stop: int, read: Read) -> Fragment:
        """Keep what was read of a file, the lines that begin from one byte to another.

        Raises:
            NotKeptError: nothing can be written.
        """
        self._write(f"{read.key}.arrow", read.rows)
        return Fragment(read.key, start, stop, read.piece)

    def has(self, fragment: Fragment) -> bool:
        """Whether a fragment is there; it may be damaged."""
        found: bool = (self.folder / f"{fragment.key}.arrow").exists()
        return found

    def rows(self, fragment: Fragment) -> pa.Table:
        """The rows of a fragment, numbered from its first line.

        Raises:
            OSError, ValueError: it is missing or damaged.
        """
        data: bytes = (self.folder / f"{fragment.key}.arrow").read_bytes()
        if digest(data) != fragment.key:
            msg = f"the fragment {fragment.key} is damaged"
            raise ValueError(msg)
        return from_bytes(data)

    def index(self) -> Index:
        """What is known of each file; nothing where the index is missing or damaged."""
        try:
            found = _index((self.folder / INDEX).read_bytes())
            return Index({name: _known(entry) for name, entry in found["files"].items()}, found["left"])
        except DAMAGED:
            return Index()

    def holding(self, contents: Iterable[str]) -> list[tuple[str, str, KnownFile]]:
        """The files that have one of some contents: its digest, the file's name, and what is known of it."""
        try:
            files = _by_content((self.folder / INDEX).read_bytes())
            return [(content, name, _known(entry)) for content in contents for name, entry in files.get(content, ())]
        except DAMAGED:
            return []

    def remember(self, index: Index, now: float) -> None:
        """Replace the index, and delete the fragments that no file has had for a while.

        Args:
            index: what is known now.
            now: seconds since 1970.

        Raises:
            NotKeptError: nothing can be written.
        """
        outdated = {key for key, since in index.left.items() if now - since > LEFT_FOR}
        told = {
            "files": {name: _entry(file) for name, file in index.files.items()},
            "left": {key: since for key, since in index.left.items() if key not in outdated},
        }
        self._write(INDEX, checked(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)))
        for key in outdated:
            # What cannot be deleted takes room, and that is all.
            with suppress(OSError):
                (self.folder / f"{key}.arrow").unlink()

    def _write(self, name: str, data: bytes) -> None:
        try:
            # Whoever finds it half written after a crash reads the logs anew: it need not reach the disk at once.
            write_atomic(self.folder / name, data, flushed=False)
        except OSError as problem:
            raise NotKeptError(str(problem)) from None


def _index(data: bytes) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = orjson.loads(unchecked(data))
    return found


@lru_cache(maxsize=1)
def _by_content(index: bytes) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Name and entry of the files by their content's digest: each month of a backfill asks the same index."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for name, entry in _index(index)["files"].items():
        found.setdefault(_content(entry["length"], entry["chunks"]), []).append((name, entry))
    return found


def _entry(file: KnownFile) -> dict[str, Any]:
    fragments = [
        {"key": fragment.key, "start": fragment.start, "stop": fragment.stop, "piece": _told(fragment.piece)}
        for fragment in file.fragments
    ]
    return vars(file) | {"version": vars(file.version), "fragments": fragments}


def _told(piece: Piece) -> dict[str, Any]:
    """Everything of a piece but its rows."""
    told = {name: value for name, value in vars(piece).items() if name != "rows"}
    months = {key: vars(month) for key, month in piece.months.items()}
    return told | {"months": months, "samples": [asdict(sample) for sample in piece.samples]}


def _known(entry: dict[str, Any]) -> KnownFile:
    fragments = tuple(
        Fragment(part["key"], part["start"], part["stop"], _piece(part["piece"])) for part in entry["fragments"]
    )
    version = Version(**entry["version"])
    return KnownFile(**{**entry, "version": version, "chunks": tuple(entry["chunks"]), "fragments": fragments})


def _piece(told: dict[str, Any]) -> Piece:
    months = {
        key: Month(**{**month, "flaws": Counter(month["flaws"]), "matched": Counter(month["matched"])})
        for key, month in told["months"].items()
    }
    runs = [(start, end) for start, end in told["runs"]]
    samples = tuple(Sample(**sample) for sample in told["samples"])
    return Piece(**{**told, "rows": NO_ROWS, "months": months, "runs": runs, "samples": samples})
