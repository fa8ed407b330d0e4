"""Files are written whole or not at all, on a disk and in an object store."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from slo_assets.storage.files import checked, sha256, unchecked, write_atomic

OLD, NEW = b"old bytes", b"new and longer bytes"


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ],
    ids=["nothing", "the standard's example"],
)
def test_a_checksum_is_the_sha_256_in_hex(data: bytes, checksum: str) -> None:
    assert sha256(data) == checksum


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=50))
def test_a_checksum_is_that_of_the_standard_library(data: bytes) -> None:
    assert sha256(data) == hashlib.new("sha256", data).hexdigest()


@pytest.mark.parametrize("place", ["a.json", "deep/er/a.json", "a file with blanks.json", "ü 🎼.json"])
@pytest.mark.parametrize("data", [b"", NEW, bytes(range(256)) * 1000], ids=["nothing", "few bytes", "many bytes"])
def test_a_file_is_written_with_its_folders_and_nothing_beside(tmp_path: Path, place: str, data: bytes) -> None:
    write_atomic(UPath(tmp_path / place), data)

    assert (tmp_path / place).read_bytes() == data
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / place]


def test_a_file_that_exists_is_replaced_and_its_neighbours_stay(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(OLD)
    (tmp_path / "b.json").write_bytes(OLD)

    write_atomic(UPath(tmp_path / "a.json"), NEW)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.json": NEW, "b.json": OLD}


def test_a_path_as_text_and_as_a_file_url_are_the_same_place(tmp_path: Path) -> None:
    write_atomic(UPath(f"file://{tmp_path}/a.json"), NEW)

    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == NEW


def test_everybody_can_read_what_was_written(tmp_path: Path) -> None:
    write_atomic(UPath(tmp_path / "a.json"), NEW)

    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("scheme", ["", "file://", "local://"], ids=["a path", "a file URL", "a local URL"])
def test_a_reader_sees_the_old_bytes_until_all_new_ones_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    target = tmp_path / "a.json"
    target.write_bytes(OLD)
    seen: list[tuple[bytes, bytes]] = []
    fsync = os.fsync

    def looking(descriptor: int) -> None:
        (scratch,) = (path for path in tmp_path.iterdir() if path != target)
        seen.append((target.read_bytes(), scratch.read_bytes()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", looking)

    write_atomic(UPath(f"{scheme}{target}"), NEW)

    assert seen == [(OLD, NEW)]
    assert target.read_bytes() == NEW


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


FAILURES: dict[str, tuple[object, str, Callable[..., None], type[BaseException]]] = {
    "the disk is full": (os, "fsync", no_space, OSError),
    "somebody stops the run": (os, "fsync", stopped, KeyboardInterrupt),
    "the file cannot be moved": (Path, "replace", no_space, OSError),
    "the rights cannot be set": (Path, "chmod", no_space, OSError),
}


@pytest.mark.parametrize("exists", [True, False], ids=["over a file", "for the first time"])
@pytest.mark.parametrize(("owner", "name", "failing", "error"), FAILURES.values(), ids=FAILURES)
def test_a_write_that_fails_in_the_middle_leaves_the_old_bytes_and_no_scratch_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    failing: Callable[..., None],
    error: type[BaseException],
    exists: bool,
) -> None:
    if exists:
        (tmp_path / "a.json").write_bytes(OLD)
    monkeypatch.setattr(owner, name, failing)

    with pytest.raises(error):
        write_atomic(UPath(tmp_path / "a.json"), NEW)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == ({"a.json": OLD} if exists else {})


def test_a_folder_that_cannot_be_made_is_an_error_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OLD)

    with pytest.raises(OSError, match=r"."):
        write_atomic(UPath(tmp_path / "file" / "a.json"), NEW)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": OLD}


def test_an_object_store_takes_whole_objects() -> None:
    path = UPath("memory://test-files/deep/a.json")

    write_atomic(path, OLD)
    assert path.read_bytes() == OLD
    write_atomic(path, NEW)

    assert path.read_bytes() == NEW
    assert [found.name for found in path.parent.iterdir()] == ["a.json"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=5))
def test_the_last_bytes_that_were_written_are_read_back(writes: list[bytes]) -> None:
    path = UPath("memory://test-files/last.json")
    for data in writes:
        write_atomic(path, data)

    assert path.read_bytes() == writes[-1]


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_a_value_with_its_checksum_is_json_and_comes_back(value: object) -> None:
    content = json.dumps(value).encode()

    assert unchecked(checked(content)) == content
    assert json.loads(checked(content)) == {"sha256": sha256(content), "content": value}


@given(st.integers(0), st.integers(0, 255))
def test_any_other_byte_in_it_is_noticed(place: int, byte: int) -> None:
    data = bytearray(checked(b'{"a":[1,2]}'))
    place %= len(data)
    changed = data[place] != byte
    data[place] = byte

    if changed:
        with pytest.raises(ValueError, match="checksum"):
            unchecked(bytes(data))
    assert unchecked(checked(b"")) == b""
