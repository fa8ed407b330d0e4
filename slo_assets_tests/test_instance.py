"""The records of a process that makes many months are those that everybody else reads."""

from pathlib import Path

import dagster as dg
import pytest

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
