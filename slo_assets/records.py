"""What Dagster recorded of the months: the evidence against which files are held, and who is at work.

What belongs here: reading the event log. What follows from it is said in ``staleness.py`` and ``verification.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dagster as dg
from dagster import AssetCheckEvaluation as Evaluation
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData as Target,
)
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as CheckStatus
from dagster._core.storage.tags import PARTITION_NAME_TAG

from slo_assets.periods import Period

#: Metadata of a materialization: the data versions of all that it was made from, by ``asset@period`` or source.
MADE_FROM: Final = "made from"
#: Metadata of what ends in an audit entry: its number and hash.
AUDIT_HEAD: Final = "audit head"
#: How a check ends that has a result; others are planned, or were given up.
EVALUATED: Final = frozenset({CheckStatus.SUCCEEDED, CheckStatus.FAILED})
DATA_VERSION, CODE_VERSION = "dagster/data_version", "dagster/code_version"


def made_from_key(asset: str, period: str) -> str:
    """How an input is called in ``made from``."""
    return f"{asset}@{period}"


@dataclass(frozen=True)
class Record:
    """The latest materialization of an asset's month.

    Attributes:
        checksum: the sha256 (hex) of its bytes, which is its data version.
        code_version: that of the code that made it.
        run_id: the run that made it.
        made_from: data versions of its inputs.
        metadata: everything else that was recorded with it.
    """

    checksum: str
    code_version: str
    run_id: str
    made_from: Mapping[str, str]
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class Records:
    """What an instance has recorded."""

    instance: dg.DagsterInstance

    def of(self, asset: str, period: str) -> Record | None:
        """The latest materialization of an asset's month; None where there is none."""
        wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[period])
        found = self.instance.fetch_materializations(wanted, limit=1).records
        event = found[0].asset_materialization if found else None
        if event is None or event.tags is None or DATA_VERSION not in event.tags:
            return None
        values = {name: entry.value for name, entry in event.metadata.items()}
        return Record(
            checksum=event.tags[DATA_VERSION],
            code_version=event.tags.get(CODE_VERSION, ""),
            run_id=found[0].run_id,
            made_from=values.get(MADE_FROM) or {},  # type: ignore[arg-type]
            metadata=values,
        )

    def checksums(self, asset: str, periods: Iterable[str]) -> dict[str, str]:
        """The recorded checksum of each of an asset's months that was ever materialized, in one query."""
        tags = self.instance.event_log_storage.get_latest_tags_by_partition(
            dg.AssetKey(asset), dg.DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION], list(periods)
        )
        return {period: found[DATA_VERSION] for period, found in tags.items()}

    def audit_heads(self, asset: str, period: str) -> dict[int, str]:
        """Hashes of audit entries by their number, as the latest events of an asset's month carry them."""
        wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[period])
        events = [
            *(record.asset_materialization for record in self.instance.fetch_materializations(wanted, 50).records),
            *(record.asset_observation for record in self.instance.fetch_observations(wanted, 50).records),
        ]
        heads = [event.metadata[AUDIT_HEAD].value for event in events if event and AUDIT_HEAD in event.metadata]
        return {head["sequence"]: head["hash"] for head in heads}  # type: ignore[index, call-overload, misc]

    def evaluations(self, checks: Sequence[dg.AssetCheckKey], period: str) -> dict[dg.AssetCheckKey, Evaluation]:
        """The latest evaluation of each check for a month; those never evaluated are left out."""
        found = self.instance.event_log_storage.get_latest_asset_check_execution_by_key(
            checks, partition_filter=PartitionKeyFilter(key=period)
        )
        events = {key: record.event.dagster_event for key, record in found.items() if record.event}
        done = dg.DagsterEventType.ASSET_CHECK_EVALUATION
        return {k: e.asset_check_evaluation_data for k, e in events.items() if e and e.event_type == done}

    def evaluation(self, key: dg.AssetCheckKey, result: dg.AssetCheckResult, period: str) -> Evaluation:
        """A check's result for a month as an event, about the month's latest materialization."""
        wanted = dg.AssetRecordsFilter(asset_key=key.asset_key, asset_partitions=[period])
        made = self.instance.fetch_materializations(wanted, limit=1).records
        return Evaluation(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=bool(result.passed),
            severity=result.severity,
            description=result.description,
            metadata=result.metadata,
            partition=period,
            target_materialization_data=_target(made[0]) if made else None,
        )


def _target(record: dg.EventLogRecord) -> Target:
    return Target(storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp)


def latest_records(instance: dg.DagsterInstance, asset: str, periods: Iterable[str]) -> dict[str, dg.EventLogRecord]:
    """The record of an asset's latest materialization of each of some months; those without one are left out."""
    key, wanted = dg.AssetKey(asset), set(periods)
    ids = instance.event_log_storage.get_latest_storage_id_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, wanted
    )
    if not ids:
        return {}
    found = instance.fetch_materializations(dg.AssetRecordsFilter(key, storage_ids=list(ids.values())), limit=len(ids))
    return {str(record.partition_key): record for record in found.records}


def latest(instance: dg.DagsterInstance, asset: str, period: Period) -> dg.AssetMaterialization | None:
    """An asset's latest materialization of a month; None where there is none."""
    record = latest_records(instance, asset, [period.key]).get(period.key)
    return None if record is None else record.asset_materialization


def latest_id(instance: dg.DagsterInstance, asset: str) -> int | None:
    """The number of an asset's latest materialization of any month; None where there is none."""
    records = instance.get_asset_records([dg.AssetKey(asset)])
    entry = records[0].asset_entry.last_materialization_record if records else None
    return None if entry is None else entry.storage_id


def unfinished(instance: dg.DagsterInstance, period: Period) -> list[dg.DagsterRun]:
    """The runs that make a month at this moment; those that only wait for their turn are not among them."""
    under_way = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    return list(instance.get_runs(dg.RunsFilter(tags={PARTITION_NAME_TAG: period.key}, statuses=under_way)))
