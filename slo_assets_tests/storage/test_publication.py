"""What readers see of a period: all its files or, until the workflow state is new, the word that it is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from slo_assets.storage import publication
from slo_assets.storage.publication import Publication

STATE = "slo-workflow-state.json"


def state(current: str) -> bytes:
    return json.dumps({"workflowState": {"currentState": current}}).encode()


OLD = {"a.json": b"old a", "z.json": b"old z", STATE: state("FAILED")}
NEW = {STATE: state("MONITORING"), "z.json": b"new z", "a.json": b"new a"}


def published(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def checksums(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are written, in their order."""
    written: list[str] = []
    write = publication.write_atomic

    def noting(path: UPath, data: bytes) -> None:
        written.append(path.name)
        write(path, data)

    monkeypatch.setattr(publication, "write_atomic", noting)
    return written


@pytest.mark.parametrize("before", [{}, OLD], ids=["for the first time", "over an older set"])
def test_all_files_are_published_and_the_workflow_state_last(
    tmp_path: Path, writes: list[str], before: dict[str, bytes]
) -> None:
    folder = tmp_path / "published" / "2025-11"
    Publication(UPath(folder)).publish(before)
    writes.clear()

    Publication(UPath(folder)).publish(NEW)

    assert published(folder) == NEW
    assert sorted(writes) == sorted(NEW)
    assert writes[-1] == STATE


@settings(max_examples=50, deadline=None)
@given(st.permutations([STATE, "a.json", "b.json", "zz.json", "0.json"]))
def test_the_workflow_state_is_last_whatever_the_order_of_the_files(names: list[str]) -> None:
    written: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publication, "write_atomic", lambda path, _: written.append(path.name))
        Publication(UPath("memory://test-publication/nothing-here")).publish(dict.fromkeys(names, b""))

    assert sorted(written) == sorted(names)
    assert written[-1] == STATE


def test_a_file_whose_bytes_are_the_same_is_not_written_again(tmp_path: Path, writes: list[str]) -> None:
    place = Publication(UPath(tmp_path))
    place.publish(OLD)
    writes.clear()

    place.publish({**OLD, "a.json": b"new a"})
    assert writes == ["a.json"]

    place.publish({**OLD, "a.json": b"new a"})
    assert writes == ["a.json"]


@pytest.mark.parametrize("failing", ["a.json", "z.json", STATE])
def test_a_set_that_was_not_published_whole_has_the_old_workflow_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    place = Publication(UPath(tmp_path))
    place.publish(OLD)
    write = publication.write_atomic

    def breaking(path: UPath, data: bytes) -> None:
        if path.name == failing:
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(publication, "write_atomic", breaking)
    with pytest.raises(OSError, match="No space left"):
        place.publish(NEW)

    assert (tmp_path / STATE).read_bytes() == OLD[STATE]
    assert (tmp_path / failing).read_bytes() == OLD[failing]
    assert place.state() == "FAILED"


@pytest.mark.parametrize(
    ("files", "expected"),
    [({}, "INITIALIZED"), ({"a.json": b"{}"}, "INITIALIZED"), (OLD, "FAILED"), (NEW, "MONITORING")],
    ids=["no folder", "no workflow state", "failed", "monitored"],
)
def test_the_state_is_the_one_that_was_published_last(tmp_path: Path, files: dict[str, bytes], expected: str) -> None:
    place = Publication(UPath(tmp_path / "2025-11"))
    place.publish(files)

    assert place.state() == expected


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "half a document": state("MONITORING")[:-5],
    "no UTF-8": b"\xff",
    "a list": b"[]",
    "a text for the state": b'{"workflowState": "MONITORING"}',
    "no state": b'{"workflowState": {}}',
    "another document": b"{}",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_workflow_state_that_cannot_be_read_begins_anew(tmp_path: Path, data: bytes) -> None:
    (tmp_path / STATE).write_bytes(data)

    assert Publication(UPath(tmp_path)).state() == "INITIALIZED"


DIFFERENCES: dict[str, tuple[dict[str, bytes], list[str]]] = {
    "nothing": (OLD, []),
    "another byte": ({**OLD, "a.json": b"Old a"}, ["a.json"]),
    "a byte more": ({**OLD, "a.json": b"old a\n"}, ["a.json"]),
    "an empty file": ({**OLD, "z.json": b""}, ["z.json"]),
    "a file that is missing": ({name: data for name, data in OLD.items() if name != "z.json"}, ["z.json"]),
    "two files": ({**OLD, "a.json": b"", STATE: b""}, ["a.json", STATE]),
    "all files": ({}, ["a.json", "z.json", STATE]),
    "a file more, which nobody asked for": ({**OLD, "other.json": b""}, []),
}


@pytest.mark.parametrize(("found", "differing"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_files_that_differ_or_are_missing_are_found(
    tmp_path: Path, found: dict[str, bytes], differing: list[str]
) -> None:
    for name, data in found.items():
        (tmp_path / name).write_bytes(data)

    assert Publication(UPath(tmp_path)).differing(checksums(OLD)) == differing


def test_what_was_published_does_not_differ_in_an_object_store_either() -> None:
    place = Publication(UPath("memory://test-publication/2025-11"))

    place.publish(NEW)

    assert place.differing(checksums(NEW)) == []
    assert place.differing(checksums(OLD)) == list(OLD)
    assert place.state() == "MONITORING"
