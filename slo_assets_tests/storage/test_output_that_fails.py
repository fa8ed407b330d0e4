"""Outputs that are full, read-only or gone: a clear error, and what was published stays as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slo_assets_tests.conftest import MakeProject, Project

LINE = "2025-11-10T10:00:0{second}Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
MONTH = "2025-11"
MOUNT, UMOUNT = shutil.which("mount") or "", shutil.which("umount") or ""


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 3 MB."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    if not (MOUNT and UMOUNT) or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    made = subprocess.run([MOUNT, "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], check=False)
    if made.returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run([UMOUNT, "-l", str(folder)], check=True)


@pytest.fixture
def project(make_project: MakeProject, mounted: Path) -> Project:
    made = make_project({"a.log": LINE.format(second=1)}, output=str(mounted / "out"))
    assert made.run(MONTH).error == ""
    return made


def fill(folder: Path) -> None:
    """Leave no room for anything."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def lock(folder: Path) -> None:
    subprocess.run([MOUNT, "-o", "remount,ro", str(folder)], check=True)


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "full": (fill, "No space left on device"),
    "read-only": (lock, "Read-only file system"),
}


@pytest.mark.parametrize("more", [LINE.format(second=2), ""], ids=["with more logs", "with nothing new to read"])
@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS)
def test_an_output_that_cannot_be_written_to_fails_the_run_and_keeps_what_is_published(
    project: Project, mounted: Path, fault: Callable[[Path], None], message: str, more: str
) -> None:
    before = project.publisher(MONTH).publication.documents()
    if more:
        (project.data / "logs" / "b.log").write_text(more, encoding="utf-8")
    fault(mounted)

    error = project.run(MONTH).error

    assert message in error
    assert str(mounted) in error
    assert "Remedy: " in error
    assert project.publisher(MONTH).publication.documents() == before
    assert project.publisher(MONTH).drifted() == {}
    assert not list((mounted / "out").rglob("*.tmp")), "nothing half-written is left"


def test_a_run_goes_on_once_there_is_room_again(project: Project, mounted: Path) -> None:
    (project.data / "logs" / "b.log").write_text(LINE.format(second=2), encoding="utf-8")
    fill(mounted)
    assert project.run(MONTH).error
    (mounted / "filler").unlink()

    assert project.run(MONTH).error == ""
    assert project.publisher(MONTH).trail.faults({}) == []
    assert len(project.publisher(MONTH).releases.ids()) == 2


def test_an_output_that_vanished_is_made_again_by_the_next_run(make_project: MakeProject) -> None:
    project = make_project({"a.log": LINE.format(second=1)})
    assert project.run(MONTH).error == ""
    before = project.bytes_by_file()
    shutil.rmtree(project.output)

    assert project.run(MONTH).error == ""

    assert project.bytes_by_file() == before
