"""The audit trail in files and objects: appended to by several at once, and by processes that die."""

from __future__ import annotations

import io
import json
import multiprocessing
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from slo_assets.domain.workflow import InvalidTransitionError
from slo_assets.periods import Period
from slo_assets.storage.audit import AuditError, AuditTrail, _LinesOfFile, _LinesOfObjects

NOVEMBER = Period("2025-11")
NOW = "2025-11-24T12:00:00.000Z"


def trail_in(base: UPath, actor: str = "sre@host") -> AuditTrail:
    return AuditTrail(base / "audit", NOVEMBER, actor, lambda: NOW)


@pytest.fixture(params=["a file system", "an object store"])
def trail(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AuditTrail]:
    base = UPath(tmp_path) if request.param == "a file system" else UPath(f"memory://{tmp_path.name}")
    yield trail_in(base)


def test_a_trail_begins_empty_and_in_the_initial_state(trail: AuditTrail) -> None:
    assert (trail.entries(), trail.last(), trail.state) == ([], None, "INITIALIZED")
    assert trail.faults({}) == []


def test_entries_say_who_did_what_when_and_follow_each_other(trail: AuditTrail) -> None:
    trail.step("CALCULATING", "calculate", result="begun", runId="r1")
    trail.note("calculate", asset="sli_metrics", result="success")

    first, second = trail.entries()
    assert first is not None
    assert second is not None
    assert {k: first[k] for k in ("timestamp", "actor", "period", "action", "from", "state")} == {
        "timestamp": NOW,
        "actor": "sre@host",
        "period": "2025-11",
        "action": "calculate",
        "from": "INITIALIZED",
        "state": "CALCULATING",
    }
    assert (second["asset"], second["state"], second["previous"]) == ("sli_metrics", "CALCULATING", first["hash"])
    assert trail.faults({2: second["hash"]}) == []


def test_a_step_that_does_not_exist_is_refused_with_the_valid_ones_and_leaves_no_entry(trail: AuditTrail) -> None:
    with pytest.raises(InvalidTransitionError, match="from INITIALIZED to MONITORING; valid from there: CALCULATING"):
        trail.step("MONITORING", "monitor")

    assert trail.entries() == []


def test_of_several_steps_all_are_taken_or_none(trail: AuditTrail) -> None:
    with pytest.raises(InvalidTransitionError):
        trail.steps(lambda _: [("CALCULATING", {"action": "a"}), ("MONITORING", {"action": "b"})])
    assert trail.entries() == []

    trail.steps(lambda _: [("CALCULATING", {"action": "a"}), ("VALIDATING", {"action": "b"})])
    assert trail.state == "VALIDATING"
    assert len(trail.entries()) == 2


def test_whatever_is_said_stays_one_line_and_comes_back(trail: AuditTrail) -> None:
    hostile = 'a\nb\r\u2028"}\ud800 <script>'

    trail.note("calculate", reason=hostile)
    trail.note("calculate", reason="after")

    first, _ = trail.entries()
    assert first is not None
    assert first["reason"] == hostile
    assert trail.faults({}) == []


def test_long_entries_are_found_again_from_the_end(tmp_path: Path) -> None:
    trail = trail_in(UPath(tmp_path))
    for length in (10, 5000, 100_000, 3):
        trail.note("calculate", reason="x" * length)
        last = trail.last()
        assert last is not None
        assert len(last["reason"]) == length
    assert trail.faults({}) == []


def test_a_line_that_was_cut_off_in_the_middle_is_no_entry_and_the_next_one_takes_its_place(tmp_path: Path) -> None:
    trail = trail_in(UPath(tmp_path))
    trail.note("one")
    file = tmp_path / "audit" / "2025-11.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])
    assert len(trail.entries()) == 1

    trail.note("two")

    assert [entry["action"] for entry in trail.entries() if entry] == ["one", "two"]
    assert trail.faults({}) == []


@given(
    lines=st.lists(st.text("ab", max_size=7).map(str.encode), max_size=9),
    torn=st.text("ab", max_size=9).map(str.encode),
    block=st.integers(1, 12),
)
def test_lines_come_newest_first_whatever_is_read_at_once(lines: list[bytes], torn: bytes, block: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "2025-11.jsonl"
        path.write_bytes(b"".join(line + b"\n" for line in lines) + torn)
        patch.setattr(_LinesOfFile, "BLOCK", block)

        assert list(_LinesOfFile(path).newest()) == lines[::-1]


def test_a_trail_that_ends_in_something_else_is_not_continued(tmp_path: Path) -> None:
    trail = trail_in(UPath(tmp_path))
    trail.note("one")
    with (tmp_path / "audit" / "2025-11.jsonl").open("a", encoding="utf-8") as file:
        file.write("spoilt\n")

    with pytest.raises(AuditError, match=r"ends in something that is no entry: b'spoilt'\. Remedy: .*backup"):
        trail.note("two")
    assert trail.faults({}) == ["line 2 cannot be read as an entry"]


def test_objects_lie_in_folders_so_that_the_last_is_found_without_a_list_of_all(
    object_store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_LinesOfObjects, "FOLDER", 3)
    trail = trail_in(UPath(object_store) / "folders")
    for number in range(8):
        trail.note(str(number))
    listed: list[str] = []
    find = MemoryFileSystem.ls
    monkeypatch.setattr(MemoryFileSystem, "ls", lambda *a, **o: listed.append(str(a[1])) or find(*a, **o))

    last = trail.last()

    assert last is not None
    assert (last["action"], [path.rpartition("/")[2] for path in listed]) == ("7", ["2025-11", "00002"])
    assert [entry["action"] for entry in trail.entries() if entry] == list("01234567")


def test_a_trail_whose_last_object_was_emptied_is_not_continued(object_store: str) -> None:
    trail = trail_in(UPath(object_store) / "emptied")
    entry = trail.note("one")
    (UPath(object_store) / "emptied" / "audit" / entry["period"] / "00000" / "00000001.jsonl").write_bytes(b"")

    with pytest.raises(AuditError, match=r"ends in something that is no entry: b''"):
        trail.note("two")


def append(base: str, actor: str, times: int) -> None:
    for _ in range(times):
        trail_in(UPath(base), actor).note("calculate")


def test_of_many_processes_that_write_at_once_no_entry_is_lost(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=append, args=(str(tmp_path), f"writer{n}", 25)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    trail = trail_in(UPath(tmp_path))
    assert trail.faults({}) == []
    actors = [entry["actor"] for entry in trail.entries() if entry]
    assert {actor: actors.count(actor) for actor in set(actors)} == {f"writer{n}": 25 for n in range(4)}


class Put(io.BytesIO):
    """What an object store makes of a new object: whole when it is closed, and refused where there is one."""

    alone = threading.Lock()

    def __init__(self, store: MemoryFileSystem, path: str) -> None:
        super().__init__()
        self._store, self._path = store, path

    def __exit__(self, *_: object) -> None:
        with self.alone:
            if self._store.exists(self._path):
                raise FileExistsError(self._path)
            self._store.pipe_file(self._path, self.getvalue())


@pytest.fixture
def object_store(monkeypatch: pytest.MonkeyPatch) -> str:
    """Memory as a store that keeps what stores promise.

    fsspec's own shows objects before they are written, and all readers of one share a place in it.
    """
    opened, listed = MemoryFileSystem.open, MemoryFileSystem.ls

    def open_(store: MemoryFileSystem, path: str, mode: str = "rb", **options: Any) -> Any:
        if mode == "rb":
            return io.BytesIO(store.cat_file(path))
        return Put(store, path) if mode == "xb" else opened(store, path, mode, **options)

    def ls(*arguments: Any, **options: Any) -> Any:
        while True:
            with suppress(RuntimeError):  # something came while the list was made
                return listed(*arguments, **options)

    monkeypatch.setattr(MemoryFileSystem, "open", open_)
    monkeypatch.setattr(MemoryFileSystem, "ls", ls)
    return "memory://audit-at-once"


def test_of_several_threads_that_write_to_an_object_store_at_once_no_entry_is_lost(object_store: str) -> None:
    writers = [threading.Thread(target=append, args=(object_store, f"writer{n}", 10)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    trail = trail_in(UPath(object_store))
    assert trail.faults({}) == []
    assert len(trail.entries()) == 40


def test_a_tampered_entry_is_named(tmp_path: Path) -> None:
    trail = trail_in(UPath(tmp_path))
    for number in range(4):
        trail.note("calculate", asset=f"a{number}")
    file = tmp_path / "audit" / "2025-11.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    changed = json.loads(lines[1])
    changed["actor"] = "somebody else"
    file.write_bytes(b"".join([lines[0], json.dumps(changed).encode() + b"\n", *lines[2:]]))

    assert trail.faults({}) == ["entry 2 was changed: its content does not have the hash that it carries"]
