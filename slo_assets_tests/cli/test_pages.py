"""The pages of a backfill, drawn here or by a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from slo_assets.backfill import Backfill
from slo_assets.cli import pages as module
from slo_assets.cli.pages import ENDED, FEW, PagesAfter, PagesBeside, pages
from slo_assets.periods import Period
from slo_assets.run_tags import REASON
from slo_assets_tests.conftest import ROOT, MakeProject, Project

OCTOBER, NOVEMBER = Period("2025-10"), Period("2025-11")
LINE = "2025-11-10T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"


@pytest.fixture
def published(make_project: MakeProject) -> Project:
    project = make_project({"app.log": LINE})
    project.backfill.months(None, None)
    assert not project.run("2025-11").error
    return project


class Answering:
    """Stands for a backfill: the page of October cannot be drawn."""

    def render(self, period: Period) -> str:
        return "no such month" if period == OCTOBER else ""


def test_few_pages_are_drawn_here_and_many_by_a_process_of_their_own() -> None:
    worker: Backfill = Answering()  # type: ignore[assignment]

    assert isinstance(pages(worker, FEW), PagesAfter)
    assert isinstance(pages(worker, FEW + 1), PagesBeside)


def test_pages_drawn_here_are_drawn_in_the_order_in_which_they_were_asked_for() -> None:
    here = PagesAfter(Answering())  # type: ignore[arg-type]

    here.ask(NOVEMBER)
    here.ask(OCTOBER)

    assert list(here.drawn()) == [(NOVEMBER, ""), (OCTOBER, "no such month")]


def test_after_a_stop_nothing_is_drawn_here() -> None:
    here = PagesAfter(Answering())  # type: ignore[arg-type]
    here.ask(NOVEMBER)

    here.stop()

    assert list(here.drawn()) == []


def test_the_other_process_draws_pages_as_runs_of_the_same_instance(
    published: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(published.instance.root_directory)
    for name, value in {
        "DAGSTER_HOME": str(home),
        "SLO_ASSETS_DATA": str(published.data),
        "SLO_ASSETS_OUTPUT": published.output,
        "SLO_ASSETS_NOW": published.now,
    }.items():
        monkeypatch.setenv(name, value)
    beside = PagesBeside()

    beside.ask(NOVEMBER)
    beside.ask(OCTOBER)
    (first, second) = beside.drawn()

    assert first == (NOVEMBER, "")
    assert (Path(published.output) / "pages" / "2025-11.html").exists()
    assert (second[0], "2025-10" in second[1]) == (OCTOBER, True), "it was never published"
    runs = published.instance.get_runs(dg.RunsFilter(job_name="render_page"))
    assert {run.tags[REASON] for run in runs} == {"published anew"}


@pytest.fixture
def other_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[str]]]:
    """A process that needs no instance: it says what it is told, and dies of a month before 2025."""
    code = """
        import json, sys
        for line in sys.stdin:
            if line < "2025":
                sys.exit(3)
            print(json.dumps(f"told {line.strip()}"), flush=True)
    """
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command, pipe = [sys.executable, "-c", textwrap.dedent(code)], subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT))
        return started[-1]

    monkeypatch.setattr(module, "_started", start)
    yield started
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.usefixtures("other_process")
def test_a_process_that_dies_costs_the_pages_that_it_had_not_drawn() -> None:
    beside = PagesBeside()

    for month in (NOVEMBER, Period("2024-01"), OCTOBER):
        beside.ask(month)

    assert list(beside.drawn()) == [(NOVEMBER, "told 2025-11"), (Period("2024-01"), ENDED), (OCTOBER, ENDED)]


def test_a_process_that_is_dead_already_is_no_error(other_process: list[subprocess.Popen[str]]) -> None:
    beside = PagesBeside()
    beside.ask(Period("2024-01"))
    other_process[0].wait()

    beside.ask(NOVEMBER)

    assert [problem for _, problem in beside.drawn()] == [ENDED, ENDED]


def test_where_nothing_is_asked_for_no_process_starts(other_process: list[subprocess.Popen[str]]) -> None:
    beside = PagesBeside()

    assert list(beside.drawn()) == []
    beside.stop()
    assert other_process == []


def test_a_stop_ends_the_process(other_process: list[subprocess.Popen[str]]) -> None:
    beside = PagesBeside()
    beside.ask(NOVEMBER)

    beside.stop()

    assert list(beside.drawn()) == []
    assert other_process[0].wait(timeout=60) is not None


def test_the_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    code = """
        import os
        from slo_assets.cli.pages import _started
        process = _started()
        print(process.pid, flush=True)
        os._exit(9)
    """
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(tmp_path),
        "SLO_ASSETS_DATA": str(ROOT / "data"),
        "SLO_ASSETS_OUTPUT": str(tmp_path / "output"),
    }
    (tmp_path / "dagster.yaml").touch()
    command = [sys.executable, "-c", textwrap.dedent(code)]

    died = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)

    until = time.monotonic() + 60
    while Path(f"/proc/{int(died.stdout)}").exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not Path(f"/proc/{int(died.stdout)}").exists()
