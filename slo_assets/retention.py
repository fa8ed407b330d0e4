"""Which runs are kept: those that people started, those of the last days, and those on which anything still rests.

A log that grows all day has its month made once a minute, and each run has a file of some hundred kilobytes. What such
a run recorded is of no use any more once a later one has recorded the same month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import sqlalchemy as db
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Results
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.tags import SCHEDULE_NAME_TAG, SENSOR_NAME_TAG

from slo_assets.records import EVALUATED

#: For so many days runs are kept that a schedule or a sensor started, by how they ended.
KEPT_DAYS: Mapping[dg.DagsterRunStatus, int] = {
    dg.DagsterRunStatus.SUCCESS: 3,
    dg.DagsterRunStatus.CANCELED: 30,
    dg.DagsterRunStatus.FAILURE: 30,
}


def outdated(instance: dg.DagsterInstance, now: dt.datetime) -> list[str]:
    """The runs that nobody needs any more, the oldest first.

    Args:
        instance: where runs are recorded.
        now: by the clock that the instance's runs were recorded by.
    """
    needed = _needed(instance)
    return [run for run in _automatic(instance, now) if run not in needed]


def remove(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run with its events and its output, down to its file."""
    instance.delete_run(run_id)
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        _remove_results(storage, run_id)
    if isinstance(storage, SqliteEventLogStorage):
        # Dagster leaves the file of a run behind, as large as it was.
        for suffix in ("", "-wal", "-shm"):
            Path(storage.path_for_shard(run_id) + suffix).unlink(missing_ok=True)


def _remove_results(storage: SqlEventLogStorage, run_id: str) -> None:
    """Delete what the checks of a run found, which Dagster leaves behind, but for what is still the last word."""
    latest = db.select(db.func.max(Results.c.id)).group_by(
        Results.c.asset_key, Results.c.check_name, Results.c.partition
    )
    evaluated = latest.where(Results.c.execution_status.in_([status.value for status in EVALUATED]))
    with storage.index_connection() as connection:
        connection.execute(
            db.delete(Results).where(Results.c.run_id == run_id, Results.c.id.not_in(latest.union(evaluated)))
        )


def _automatic(instance: dg.DagsterInstance, now: dt.datetime) -> list[str]:
    """The runs that a schedule or a sensor started, and that ended long enough ago."""
    found = [
        record
        for status, days in KEPT_DAYS.items()
        for record in instance.get_run_records(
            dg.RunsFilter(statuses=[status], created_before=now - dt.timedelta(days=days))
        )
        if {SCHEDULE_NAME_TAG, SENSOR_NAME_TAG} & record.dagster_run.tags.keys()
    ]
    return [record.dagster_run.run_id for record in sorted(found, key=lambda record: record.create_timestamp)]


def _needed(instance: dg.DagsterInstance) -> set[str]:
    """The runs that recorded what is known last of an asset, or of one of its months."""
    return {record.run_id for key in instance.all_asset_keys() for record in _latest(instance, key)}


def _latest(instance: dg.DagsterInstance, key: dg.AssetKey) -> Iterator[dg.EventLogRecord]:
    kinds = {
        dg.DagsterEventType.ASSET_MATERIALIZATION: instance.fetch_materializations,
        dg.DagsterEventType.ASSET_OBSERVATION: instance.fetch_observations,
    }
    for kind, fetch in kinds.items():
        yield from fetch(dg.AssetRecordsFilter(key), limit=1).records
        ids = list(instance.event_log_storage.get_latest_storage_id_by_partition(key, kind).values())
        if ids:
            yield from fetch(dg.AssetRecordsFilter(key, storage_ids=ids), limit=len(ids)).records
