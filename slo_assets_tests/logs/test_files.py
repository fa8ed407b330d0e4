"""Which files are logs, and what their bytes are: whatever the compression and encoding, and wherever a block ends."""

from __future__ import annotations

import codecs
import errno
import gzip
import os
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from slo_assets.logs.files import UNREADABLE, blocks, is_wide, log_files, open_log, readable_name, version

TEXT = "first\r\nsecond 🎼\n\nfourth".encode()
STORED = {
    "plain.log": TEXT,
    "small.log.gz": gzip.compress(TEXT),
    "two-members.gz": gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:]),
    "small.log.zst": pa.compress(TEXT, codec="zstd", asbytes=True),
    "two-frames.zst": b"".join(pa.compress(part, codec="zstd", asbytes=True) for part in (TEXT[:9], TEXT[9:])),
    "wide.log": codecs.BOM_UTF16_LE + TEXT.decode().encode("utf-16-le"),
    "wide-the-other-way.log": codecs.BOM_UTF16_BE + TEXT.decode().encode("utf-16-be"),
    "wide.log.gz": gzip.compress(codecs.BOM_UTF16_LE + TEXT.decode().encode("utf-16-le")),
}


class Pieces:
    """A stream that gives its bytes in pieces of its own choice, as sockets and decompressors do."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def read(self, size: int, /) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > size:
            self._pieces.insert(0, piece[size:])
        return piece[:size]


def found_in(folder: Path) -> list[str]:
    """The names of the log files in a folder that can be listed as a whole."""
    found, closed = log_files(UPath(folder))
    assert closed == []
    return [path.relative_to(UPath(folder)).as_posix() for path in found]


def test_logs_are_found_at_any_depth_in_the_order_of_their_paths(tmp_path: Path) -> None:
    names = ("b.log", "2025/11/c.log.gz", "2025/a.log.zst", "2025/11/deep/er/z.gz", "B.zst")
    for name in (*names, "notes.txt", "log", "a.log.bak", "2025/slo-config.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.log").mkdir()

    assert found_in(tmp_path) == ["2025/11/c.log.gz", "2025/11/deep/er/z.gz", "2025/a.log.zst", "B.zst", "b.log"]


@pytest.mark.parametrize("exists", [True, False], ids=["an empty folder", "no folder"])
def test_no_files_are_no_error(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "logs"
    if exists:
        folder.mkdir()

    assert log_files(UPath(folder)) == ([], [])


def test_a_folder_that_is_a_file_has_no_files(tmp_path: Path) -> None:
    (tmp_path / "logs").write_bytes(b"x")

    assert log_files(UPath(tmp_path / "logs")) == ([], [])


def test_links_are_followed_and_a_folder_that_is_reached_twice_is_listed_once(tmp_path: Path) -> None:
    (tmp_path / "logs" / "2025").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.log").touch()
    (tmp_path / "logs" / "2025" / "near.log").touch()
    (tmp_path / "logs" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "logs" / "2025" / "round").symlink_to(tmp_path / "logs")
    (tmp_path / "logs" / "linked.log").symlink_to(tmp_path / "elsewhere" / "far.log")
    (tmp_path / "logs" / "broken.log").symlink_to(tmp_path / "nowhere")

    assert found_in(tmp_path / "logs") == ["2025/near.log", "linked.log", "linked/far.log"]


def test_a_folder_that_cannot_be_listed_is_told_and_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "open.log").touch()
    listed = type(UPath(tmp_path)).iterdir

    def iterdir(folder: UPath) -> Iterator[UPath]:
        if folder.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(type(UPath(tmp_path)), "iterdir", iterdir)

    found, closed = log_files(UPath(tmp_path))

    assert [path.name for path in found] == ["open.log"]
    assert [(path.name, problem.errno) for path, problem in closed] == [("closed", errno.EACCES)]


def test_logs_are_found_in_an_object_store() -> None:
    folder = UPath("memory://logs-of-test-files")
    (folder / "2025").mkdir(parents=True, exist_ok=True)
    (folder / "2025" / "a.log.gz").write_bytes(gzip.compress(TEXT))

    found, closed = log_files(folder)

    assert ([path.name for path in found], closed) == (["a.log.gz"], [])
    assert content(found[0]) == TEXT


def test_a_name_that_no_document_could_hold_is_told_in_other_characters() -> None:
    folder = UPath("/logs")

    assert readable_name(folder / "2025" / "a.log", folder) == "2025/a.log"
    assert readable_name(folder / os.fsdecode(b"caf\xe9.log"), folder) == "caf\\xe9.log"


def content(path: UPath, size: int = 1 << 20) -> bytes:
    with open_log(path) as stream:
        return b"".join(blocks(stream, size))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("name", STORED)
def test_a_file_has_the_same_bytes_however_it_is_stored_and_wherever_a_block_ends(
    tmp_path: Path, name: str, size: int
) -> None:
    path = UPath(tmp_path / name)
    path.write_bytes(STORED[name])

    # UTF-16's mark becomes the one of UTF-8, which readers pass over.
    assert content(path, size).removeprefix(codecs.BOM_UTF8) == TEXT


@pytest.mark.parametrize("name", STORED)
def test_a_plain_file_is_wide_where_its_mark_says_so(tmp_path: Path, name: str) -> None:
    path = UPath(tmp_path / name)
    path.write_bytes(STORED[name])

    assert is_wide(path) == (name in ("wide.log", "wide-the-other-way.log"))


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xff", b"ab"], ids=["nothing", "one byte", "no mark", "text"])
def test_bytes_without_a_mark_are_taken_as_they_are(tmp_path: Path, data: bytes) -> None:
    path = UPath(tmp_path / "a.log")
    path.write_bytes(data)

    assert (is_wide(path), content(path)) == (False, data)


def test_half_a_character_at_the_end_of_a_wide_file_costs_no_other(tmp_path: Path) -> None:
    path = UPath(tmp_path / "a.log")
    path.write_bytes(codecs.BOM_UTF16_LE + "ab".encode("utf-16-le") + b"\x3c")

    assert content(path).removeprefix(codecs.BOM_UTF8) == "ab\ufffd".encode()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=9), max_size=9), st.integers(1, 12))
def test_blocks_have_their_size_whatever_pieces_a_stream_gives(pieces: list[bytes], size: int) -> None:
    found = list(blocks(Pieces(pieces), size))

    assert b"".join(found) == b"".join(pieces)
    assert all(len(block) == size for block, _ in pairwise(found))
    assert all(found)


DAMAGED = {
    "a gzip file that breaks off": ("a.log.gz", gzip.compress(TEXT * 99)[:-20]),
    "text that is called gzip": ("a.log.gz", TEXT),
    "a Zstandard file that breaks off": ("a.log.zst", pa.compress(TEXT * 99, codec="zstd", asbytes=True)[:-20]),
    "text that is called Zstandard": ("a.log.zst", TEXT),
}


@pytest.mark.parametrize(("name", "data"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_raises_what_counts_as_unreadable(tmp_path: Path, name: str, data: bytes) -> None:
    path = UPath(tmp_path / name)
    path.write_bytes(data)

    with pytest.raises(UNREADABLE):
        content(path)


def test_a_file_that_is_written_to_has_another_version_and_the_same_identity(tmp_path: Path) -> None:
    path = UPath(tmp_path / "a.log")
    path.write_bytes(b"one")
    before = version(path)

    with path.open("ab") as file:
        file.write(b"two")

    after = version(path)
    assert (before.size, after.size) == (3, 6)
    assert before.key != after.key
    assert before.identity == after.identity != ""


def test_a_file_that_is_left_alone_has_the_same_version(tmp_path: Path) -> None:
    path = UPath(tmp_path / "a.log")
    path.write_bytes(b"one")

    assert version(path) == version(UPath(tmp_path / "a.log"))


def test_another_file_of_the_same_name_has_another_identity(tmp_path: Path) -> None:
    path = UPath(tmp_path / "a.log")
    path.write_bytes(b"one")
    before = version(path)
    (tmp_path / "a.log").rename(tmp_path / "a.log.1")

    path.write_bytes(b"one")

    assert version(path).identity != before.identity


def test_a_file_in_an_object_store_has_a_version_that_its_next_content_changes() -> None:
    path = UPath("memory://versions-of-test-files/a.log")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"one")
    before = version(path)

    path.write_bytes(b"two, longer")

    assert (before.size, version(path).size) == (3, 11)
    assert before != version(path)
