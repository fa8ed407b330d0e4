"""Months that are made at the same time: one may read what another has written and not recorded yet."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import dagster as dg
import pytest

from slo_assets.storage import io_manager
from slo_assets.storage.deliverables import DELIVERABLES, LOG_EVENTS
from slo_assets_tests.conftest import MakeProject, Project

LINE = "2025-{month:02d}-10T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
LOGS = {f"{month}.log": LINE.format(month=month) for month in (9, 10)}


@pytest.fixture
def between(make_project: MakeProject) -> tuple[Project, Project]:
    """A project that has made September, and one over the same files whose records do not know of it yet."""
    before = make_project(LOGS)
    assert before.run("2025-09").error == ""
    for folder in ("published", "releases"):
        shutil.rmtree(Path(before.output) / folder, ignore_errors=True)
    return before, make_project(data=before.data, output=before.output)


def under_way(project: Project, month: str) -> None:
    """Have a run of a month at work."""
    job = project.definitions.resolve_job_def("materialize_month")
    project.instance.create_run_for_job(job, tags={"dagster/partition": month}, status=dg.DagsterRunStatus.STARTED)


def test_a_month_waits_until_what_it_reads_is_recorded(between: tuple[Project, Project]) -> None:
    before, project = between
    under_way(project, "2025-09")

    def record() -> None:
        time.sleep(1)
        for asset in (LOG_EVENTS, *DELIVERABLES):
            project.instance.report_runless_asset_event(before.materialization(asset, "2025-09"))

    recording = threading.Thread(target=record)
    recording.start()
    result = project.run("2025-10")
    recording.join()

    assert result.error == ""


def test_what_is_never_recorded_is_drift_all_the_same(
    between: tuple[Project, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(io_manager, "PATIENCE", 1.0)
    _, project = between
    under_way(project, "2025-09")

    assert "nothing recorded that" in project.run("2025-10").error


def test_where_no_run_is_under_way_nothing_is_waited_for(
    between: tuple[Project, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(io_manager, "PAUSE", 1e9)
    _, project = between

    assert "nothing recorded that" in project.run("2025-10").error
