"""Which files are logs, and what their lines are: whatever the compression, and wherever a block ends."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from slo_assets.logs import files
from slo_assets.logs.files import content_digest, lines, log_files, open_log

TEXT = "first\r\nsecond 🎼\n\nfourth".encode()
STORED = {
    "plain.log": TEXT,
    "small.log.gz": gzip.compress(TEXT),
    "two-members.gz": gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:]),
    "small.log.zst": pa.compress(TEXT, codec="zstd", asbytes=True),
    "two-frames.zst": b"".join(pa.compress(part, codec="zstd", asbytes=True) for part in (TEXT[:9], TEXT[9:])),
}


class Pieces:
    """A stream that gives its bytes in pieces of its own choice, as sockets and decompressors do."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def read(self, _size: int, /) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def naive_lines(data: bytes) -> list[bytes]:
    found = data.split(b"\n")
    if found[-1] == b"":
        found.pop()
    return [line[:-1] if line.endswith(b"\r") else line for line in found]


def test_logs_are_found_at_any_depth_in_the_order_of_their_paths(tmp_path: Path) -> None:
    names = ("b.log", "2025/11/c.log.gz", "2025/a.log.zst", "2025/11/deep/er/z.gz", "B.zst")
    for name in (*names, "notes.txt", "log", "a.log.bak", "2025/slo-config.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.log").mkdir()

    found = [path.relative_to(UPath(tmp_path)).as_posix() for path in log_files(UPath(tmp_path))]

    assert found == ["2025/11/c.log.gz", "2025/11/deep/er/z.gz", "2025/a.log.zst", "B.zst", "b.log"]


@pytest.mark.parametrize("exists", [True, False], ids=["an empty folder", "no folder"])
def test_no_files_are_no_error(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "logs"
    if exists:
        folder.mkdir()

    assert log_files(UPath(folder)) == []


def test_logs_are_found_in_an_object_store() -> None:
    folder = UPath("memory://logs-of-test-files")
    (folder / "2025").mkdir(parents=True, exist_ok=True)
    (folder / "2025" / "a.log.gz").write_bytes(gzip.compress(TEXT))

    found = log_files(folder)

    assert [path.name for path in found] == ["a.log.gz"]
    assert content_digest(found[0]) == hashlib.sha256(TEXT).hexdigest()


@pytest.mark.parametrize("name", STORED)
def test_a_file_has_the_same_lines_and_digest_however_it_is_compressed(tmp_path: Path, name: str) -> None:
    path = UPath(tmp_path / name)
    path.write_bytes(STORED[name])

    with open_log(path) as stream:
        assert list(lines(stream)) == [b"first", "second 🎼".encode(), b"", b"fourth"]
    assert content_digest(path) == hashlib.sha256(TEXT).hexdigest()


ENDINGS = {
    "line feeds": (b"a\nb\n", [b"a", b"b"]),
    "carriage returns and line feeds": (b"a\r\nb\r\n", [b"a", b"b"]),
    "no final line end": (b"a\nb", [b"a", b"b"]),
    "a final carriage return": (b"a\nb\r", [b"a", b"b"]),
    "a carriage return inside": (b"a\rb\n", [b"a\rb"]),
    "two carriage returns": (b"a\r\r\n", [b"a\r"]),
    "empty lines": (b"\n\r\n\n", [b"", b"", b""]),
    "nothing": (b"", []),
    "other line separators": ("a\u2028b\x0bc\x85d\n".encode(), ["a\u2028b\x0bc\x85d".encode()]),
}


@pytest.mark.parametrize(("data", "expected"), ENDINGS.values(), ids=ENDINGS)
def test_a_line_ends_at_a_line_feed_and_the_last_one_needs_none(data: bytes, expected: list[bytes]) -> None:
    assert list(lines(Pieces([data]))) == expected


@settings(max_examples=100, deadline=None)
@given(pieces=st.lists(st.text("ab\r\n").map(str.encode), max_size=12))
def test_the_lines_are_the_same_wherever_blocks_end(pieces: list[bytes]) -> None:
    assert list(lines(Pieces(pieces))) == naive_lines(b"".join(pieces))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
def test_the_lines_of_a_file_are_the_same_for_blocks_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(files, "BLOCK", size)
    path = UPath(tmp_path / "a.log.gz")
    path.write_bytes(STORED["two-members.gz"])

    with open_log(path) as stream:
        assert list(lines(stream)) == naive_lines(TEXT)
    assert content_digest(path) == hashlib.sha256(TEXT).hexdigest()
