"""What readers see of a period: the files of one release, before a switch or after it, and never some of each."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from upath import UPath

from slo_assets.storage import publication
from slo_assets.storage.publication import Publication

OLD = {"a.json": b"old a", "z.json": b"old z"}
NEW = {"a.json": b"new a", "z.json": b"new z"}
ONE, TWO = "1" * 16, "2" * 16


def checksums(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def switch(place: Publication, release: str, files: dict[str, bytes]) -> None:
    """Switch with the objects that an object store keeps."""
    objects = {}
    for name, data in files.items():
        objects[name] = f"releases/2025-11/objects/{checksums(files)[name]}"
        path = place.folder.parent.parent / objects[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    place.switch(release, files, objects)


@pytest.fixture(params=["a file system", "an object store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Publication:
    root = UPath(tmp_path) if request.param == "a file system" else UPath(f"memory://{tmp_path.name}")
    return Publication(root / "published" / "2025-11")


def test_where_nothing_is_published_there_is_no_release(place: Publication) -> None:
    assert place.release() is None
    with pytest.raises(FileNotFoundError):
        place.read("a.json")
    assert place.differing(checksums(OLD)) == {"a.json": None, "z.json": None}


def test_a_switch_publishes_all_files_of_a_release_and_no_others(place: Publication) -> None:
    switch(place, ONE, OLD)
    switch(place, TWO, {"a.json": b"new a"})
    switch(place, ONE, NEW)

    assert place.release() == ONE
    assert place.documents(["a.json", "z.json"]) == NEW
    assert {path.name: path.read_bytes() for path in place.folder.iterdir()} == NEW
    assert place.differing(checksums(NEW)) == {}


def test_files_that_differ_or_are_missing_are_named_with_what_was_found(place: Publication) -> None:
    switch(place, ONE, OLD)

    (place.folder / "a.json").write_bytes(b"Old a")
    (place.folder / "z.json").unlink()

    assert place.differing(checksums(OLD)) == {"a.json": hashlib.sha256(b"Old a").hexdigest(), "z.json": None}


def test_a_reader_in_the_middle_of_a_switch_goes_on_with_the_release_that_it_began(tmp_path: Path) -> None:
    place = Publication(UPath(tmp_path) / "published" / "2025-11")
    switch(place, ONE, OLD)
    folder = Path(place.folder.path).resolve()
    first = (folder / "a.json").read_bytes()

    switch(place, TWO, NEW)

    assert (first, (folder / "z.json").read_bytes()) == (b"old a", b"old z")


def test_a_reader_of_an_object_store_follows_the_pointer_while_single_objects_still_lag_behind() -> None:
    place = Publication(UPath("memory://lagging") / "published" / "2025-11")
    switch(place, ONE, OLD)
    switch(place, TWO, NEW)

    (place.folder / "z.json").write_bytes(b"old z")

    assert place.documents(["a.json", "z.json"]) == NEW
    assert list(place.differing(checksums(NEW))) == ["z.json"]


@pytest.mark.parametrize("failing", ["a.json", "z.json"])
def test_a_switch_that_fails_leaves_what_was_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    place = Publication(UPath(tmp_path) / "published" / "2025-11")
    switch(place, ONE, OLD)
    write = publication.write_new

    def breaking(path: Path, data: bytes) -> None:
        if path.name == failing:
            raise OSError(28, "No space left on device")
        write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(publication, "write_new", breaking)
        with pytest.raises(OSError, match="No space left"):
            switch(place, TWO, NEW)

    assert place.release() == ONE
    assert place.documents(["a.json", "z.json"]) == OLD


def test_what_older_switches_and_killed_runs_left_is_taken_away(tmp_path: Path) -> None:
    place = Publication(UPath(tmp_path) / "published" / "2025-11")
    views = tmp_path / "published" / ".views" / "2025-11"
    for number in range(5):
        (views / f"{ONE}.left{number}").mkdir(parents=True)
        switch(place, f"{number}" * 16, OLD)

    assert sorted(path.name[:16] for path in views.iterdir()) == ["3" * 16, "4" * 16]


def test_a_folder_in_the_place_of_the_link_is_put_aside_with_all_that_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "published" / "2025-11"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("precious", encoding="utf-8")
    place = Publication(UPath(folder))
    assert place.release() is None

    switch(place, ONE, OLD)
    switch(place, TWO, NEW)

    assert place.documents(["a.json", "z.json"]) == NEW
    (kept,) = (tmp_path / "published" / ".views" / "2025-11").glob("unreleased.*/mine.txt")
    assert kept.read_text(encoding="utf-8") == "precious"


def test_a_link_that_leads_nowhere_is_no_publication_and_does_not_stop_the_next(tmp_path: Path) -> None:
    place = Publication(UPath(tmp_path) / "published" / "2025-11")
    switch(place, ONE, OLD)
    for path in (tmp_path / "published" / ".views" / "2025-11" / Path(place.folder.path).resolve().name).iterdir():
        path.unlink()
    Path(place.folder.path).resolve().rmdir()
    assert place.differing(checksums(OLD)) == {"a.json": None, "z.json": None}

    switch(place, ONE, OLD)

    assert place.documents(["a.json", "z.json"]) == OLD


def test_a_moved_output_folder_keeps_its_publications(tmp_path: Path) -> None:
    switch(Publication(UPath(tmp_path) / "one" / "published" / "2025-11"), ONE, OLD)

    (tmp_path / "one").rename(tmp_path / "two")

    assert Publication(UPath(tmp_path) / "two" / "published" / "2025-11").documents(["a.json", "z.json"]) == OLD
