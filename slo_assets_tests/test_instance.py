"""The records of a process that makes many months are those that everybody else reads."""

from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import LoadedInputData
from dagster._core.events.log import EventLogEntry

from slo_assets.backfill import QUIET
from slo_assets.instance import OpenSqliteEventLog, for_many_months

MONTHS = dg.StaticPartitionsDefinition(["2025-10", "2025-11", "2025-12"])


@dg.asset(partitions_def=MONTHS, check_specs=[dg.AssetCheckSpec("well", asset="one")])
def one(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    passed = context.partition_key != "2025-11"
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=passed, check_name="well")])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def make(instance: dg.DagsterInstance, month: str) -> str:
    job = dg.Definitions(assets=[one], executor=dg.in_process_executor).resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, partition_key=month, run_config=QUIET).run_id


def test_what_it_records_is_there_for_others_at_once(home: Path) -> None:
    ours, others = for_many_months(), dg.DagsterInstance.get()
    runs = [make(ours, month) for month in ("2025-10", "2025-11")]
    runs.append(make(others, "2025-12"))

    for instance in (ours, others):
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS] * 3
        assert instance.get_materialized_partitions(dg.AssetKey("one")) == {"2025-10", "2025-11", "2025-12"}
        first, second, usual = ([str(entry.dagster_event_type) for entry in instance.all_logs(run)] for run in runs)
        assert first == second == usual


def asked(instance: dg.DagsterInstance, month: str) -> tuple[object, ...]:
    """What the steps of a run ask for: an asset's latest events and data versions."""
    key, log = dg.AssetKey("one"), instance.event_log_storage
    of_month = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[month])
    records = instance.get_asset_records([key])
    versions = log.get_latest_tags_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, ["dagster/data_version"], [month]
    )
    return (
        [(record.asset_entry.last_run_id, record.asset_entry.last_materialization_record) for record in records],
        [record.run_id for record in instance.fetch_materializations(of_month, limit=1).records],
        instance.fetch_observations(key, limit=1).records,
        versions,
    )


def test_what_it_remembers_is_what_is_recorded_whoever_records_it(home: Path) -> None:
    ours, others = for_many_months(), dg.DagsterInstance.get()
    answers = []
    for writer in (ours, others, ours, others):
        make(writer, "2025-10")
        answers.append(asked(ours, "2025-10"))
        assert answers[-1] == asked(ours, "2025-10") == asked(others, "2025-10")
    ours.report_runless_asset_event(dg.AssetObservation("one"))
    answers.append(asked(ours, "2025-10"))
    others.wipe_assets([dg.AssetKey("one")])

    assert asked(ours, "2025-10") == asked(others, "2025-10")
    assert all(before != after for before, after in pairwise([*answers, asked(ours, "2025-10")]))


def read_input(run: str) -> EventLogEntry:
    """What a step tells of an input that it has read."""
    event = dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.LOADED_INPUT.value,
        job_name="job",
        message="read",
        event_specific_data=LoadedInputData("value", "io_manager"),
    )
    return EventLogEntry(None, 10, "read", run, 0.0, dagster_event=event)


def test_what_a_step_has_read_is_stored_with_what_comes_next(home: Path) -> None:
    ours, others = for_many_months(), dg.DagsterInstance.get()
    run = make(ours, "2025-10")
    before = len(others.all_logs(run))

    for _ in range(3):
        ours.store_event(read_input(run))
    assert len(others.all_logs(run)) == before
    ours.report_engine_event("next", run_id=run, job_name="job")

    told = [entry.user_message or entry.message for entry in others.all_logs(run)]
    assert told[before:] == ["read"] * 3 + ["next"]


@pytest.mark.parametrize("how", ["read", "closed"])
def test_what_waits_is_stored_once_when_its_run_is(home: Path, how: str) -> None:
    ours, others = for_many_months(), dg.DagsterInstance.get()
    run = make(ours, "2025-10")
    before = len(others.all_logs(run))
    ours.store_event(read_input(run))

    if how == "read":
        assert len(ours.all_logs(run)) == before + 1
    ours.dispose()

    assert len(others.all_logs(run)) == before + 1


def test_what_waits_is_kept_when_the_next_event_cannot_be_stored(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, others = for_many_months(), dg.DagsterInstance.get()
    run = make(ours, "2025-10")
    before = len(others.all_logs(run))
    ours.store_event(read_input(run))

    with (
        pytest.raises(RuntimeError, match="disk"),
        ours.event_log_storage.run_connection(run),  # type: ignore[attr-defined]
    ):
        msg = "the disk is full"
        raise RuntimeError(msg)
    ours.dispose()

    assert len(others.all_logs(run)) == before + 1


def test_a_process_has_no_more_than_two_files_open(home: Path) -> None:
    ours = for_many_months()
    for month in ("2025-10", "2025-11", "2025-12"):
        make(ours, month)
    storage = ours.event_log_storage

    assert isinstance(storage, OpenSqliteEventLog)
    assert len(storage._connections) == 2
    ours.dispose()
    assert not storage._connections


def test_another_storage_is_used_as_it_is(home: Path) -> None:
    folder = home / "elsewhere"
    (home / "dagster.yaml").write_text(
        "telemetry: {enabled: false}\n"
        "event_log_storage:\n"
        "  module: dagster._core.storage.event_log\n"
        "  class: ConsolidatedSqliteEventLogStorage\n"
        f"  config: {{base_dir: {folder}}}\n",
        encoding="utf-8",
    )

    assert type(for_many_months().event_log_storage).__name__ == "ConsolidatedSqliteEventLogStorage"
