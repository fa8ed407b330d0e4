"""Which runs are kept, and that nothing which rests on them is lost with the others."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as db
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.tags import SCHEDULE_NAME_TAG, SENSOR_NAME_TAG

from slo_assets.assets.common import MONTHS
from slo_assets.backfill import QUIET
from slo_assets.jobs import MATERIALIZE_MONTH, OBSERVE_INPUTS, REFRESH_MONTH
from slo_assets.records import EVALUATED
from slo_assets.retention import KEPT_DAYS, outdated, remove
from slo_assets_tests.conftest import MakeProject, Project

LINE = "2025-11-10T10:0{minute}:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
BY_SENSOR, BY_SCHEDULE = {SENSOR_NAME_TAG: "new_input"}, {SCHEDULE_NAME_TAG: "nightly"}


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    """One whose first run observed what no later one does, since it does not change: that run is needed."""
    made = make_project({"app.log": LINE.format(minute=0)})
    run(made, tags=BY_SENSOR)
    grow(made, 9)
    return made


def grow(project: Project, minute: int) -> None:
    with (project.data / "logs" / "app.log").open("a", encoding="utf-8") as log:
        log.write(LINE.format(minute=minute))


def run(project: Project, job: str = REFRESH_MONTH.name, tags: dict[str, str] | None = None, **more: Any) -> str:
    done = project.definitions.resolve_job_def(job).execute_in_process(
        instance=project.instance,
        partition_key=None if job == OBSERVE_INPUTS.name else "2025-11",
        run_config=QUIET,
        tags=tags or {},
        raise_on_error=False,
        **more,
    )
    return done.run_id


def later(**days: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(**days)


def test_a_run_whose_records_were_all_made_again_is_outdated_after_some_days(project: Project) -> None:
    first = run(project, tags=BY_SENSOR)
    grow(project, 1)
    run(project, tags=BY_SENSOR)

    assert outdated(project.instance, later(days=KEPT_DAYS[dg.DagsterRunStatus.SUCCESS] - 1)) == []
    assert outdated(project.instance, later(days=KEPT_DAYS[dg.DagsterRunStatus.SUCCESS] + 1)) == [first]


def test_the_oldest_runs_go_first(project: Project) -> None:
    runs = []
    for minute, tags in enumerate((BY_SENSOR, BY_SCHEDULE, BY_SENSOR)):
        grow(project, minute)
        runs.append(run(project, tags=tags))

    assert outdated(project.instance, later(days=400)) == runs[:2]


def test_what_a_person_started_is_kept(project: Project) -> None:
    run(project, MATERIALIZE_MONTH.name)
    run(project, OBSERVE_INPUTS.name)
    grow(project, 1)
    run(project, tags=BY_SENSOR)

    assert outdated(project.instance, later(days=400)) == []


def test_the_last_run_that_made_a_document_is_kept_even_where_later_ones_found_nothing_new(project: Project) -> None:
    made = run(project, tags=BY_SENSOR)
    unchanged = run(project, tags=BY_SENSOR)
    run(project, tags=BY_SENSOR)

    assert outdated(project.instance, later(days=400)) == [unchanged]
    assert made in {record.run_id for record in _records(project, "slo_workflow_state")}


def test_a_failed_run_is_kept_longer(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from slo_assets.domain import slo_targets

    with monkeypatch.context() as broken:
        broken.setattr(slo_targets, "document", lambda *_: 1 / 0)
        failed = run(project, tags=BY_SENSOR)
    grow(project, 1)
    run(project, tags=BY_SENSOR)

    assert outdated(project.instance, later(days=KEPT_DAYS[dg.DagsterRunStatus.SUCCESS] + 1)) == []
    assert outdated(project.instance, later(days=KEPT_DAYS[dg.DagsterRunStatus.FAILURE] + 1)) == [failed]


def test_a_removed_run_leaves_no_event_and_no_file(project: Project) -> None:
    first = run(project, tags=BY_SENSOR)
    grow(project, 1)
    run(project, tags=BY_SENSOR)
    storage = project.instance.event_log_storage
    assert isinstance(storage, SqliteEventLogStorage)
    file = Path(storage.path_for_shard(first))
    assert file.exists()

    remove(project.instance, first)

    assert project.instance.get_run_by_id(first) is None
    assert first not in {record.run_id for record in _records(project, "log_events")}
    assert list(file.parent.glob(f"{first}*")) == []


def test_of_removed_runs_only_those_results_of_checks_stay_that_are_the_last_word(project: Project) -> None:
    runs = []
    for minute in (1, 2, 3):
        grow(project, minute)
        runs.append(run(project, tags=BY_SENSOR))
    before, latest = results_of(project, runs), latest_results(project)
    assert set(before) == set(runs)

    for run_id in runs[:2]:
        remove(project.instance, run_id)
    assert latest_results(project) == latest
    remove(project.instance, runs[2])

    assert latest_results(project) == latest
    assert {run_id: count for run_id, count in before.items() if run_id == runs[2]} == results_of(project, runs)


def test_what_a_check_found_stays_while_a_later_run_has_only_planned_it(project: Project) -> None:
    grow(project, 1)
    last = run(project, tags=BY_SENSOR)
    asset, check, _ = min(latest_results(project))
    month = MONTHS.empty_subset().with_partition_keys(["2025-11"]).to_serializable_subset()
    planned = dg.DagsterEvent(
        dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
        "job",
        event_specific_data=AssetCheckEvaluationPlanned(
            asset_key=dg.AssetKey(asset), check_name=check, partitions_subset=month
        ),
    )
    project.instance.report_dagster_event(planned, run_id="0" * 32)

    remove(project.instance, last)

    found = project.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey(asset), check), limit=1, status=EVALUATED
    )
    assert latest_results(project)[asset, check, "2025-11"] == "0" * 32
    assert [record.run_id for record in found] == [last]


def results_of(project: Project, runs: list[str]) -> Counter[str]:
    """How many results of checks are kept of each run."""
    storage = project.instance.event_log_storage
    assert isinstance(storage, SqliteEventLogStorage)
    with storage.index_connection() as connection:
        rows = connection.execute(db.select(AssetCheckExecutionsTable.c.run_id)).scalars().all()
    return Counter(run_id for run_id in rows if run_id in runs)


def latest_results(project: Project) -> dict[tuple[str, str, str], str]:
    """The run of the latest result of each check, by asset, check and month."""
    checks = sorted(project.definitions.resolve_asset_graph().asset_check_keys)
    found = project.instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)
    return {
        (key.asset_key.to_user_string(), key.name, record.partition or ""): record.run_id
        for key, record in found.items()
    }


def test_after_pruning_the_month_is_as_up_to_date_and_as_verified_as_before(project: Project) -> None:
    for minute in (1, 2):
        grow(project, minute)
        run(project, tags=BY_SENSOR)
    month = project.backfill.months(None, None)[0]
    before, checks = project.bytes_by_file(), project.check("slo_workflow_state", "published_whole")

    old = outdated(project.instance, later(days=400))
    for run_id in old:
        remove(project.instance, run_id)

    assert len(old) == 1
    assert project.backfill.causes(month) == []
    assert project.verify()["2025-11"]["drifts"] == []
    assert project.check("slo_workflow_state", "published_whole") == checks
    grow(project, 3)
    assert not project.run("2025-11").error
    assert project.bytes_by_file().keys() == before.keys()


def test_the_job_deletes_what_is_outdated_and_says_how_much(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from slo_assets import retention

    monkeypatch.setattr(retention, "KEPT_DAYS", {dg.DagsterRunStatus.SUCCESS: -1})
    first = run(project, tags=BY_SENSOR)
    grow(project, 1)
    second = run(project, tags=BY_SENSOR)

    result = project.definitions.resolve_job_def("prune").execute_in_process(instance=project.instance)

    assert result.success
    assert project.instance.get_run_by_id(first) is None
    assert project.instance.get_run_by_id(second) is not None
    assert project.instance.get_run_by_id(result.run_id) is not None


def _records(project: Project, asset: str) -> list[dg.EventLogRecord]:
    return list(project.instance.fetch_materializations(dg.AssetRecordsFilter(dg.AssetKey(asset)), limit=100).records)
