"""``published_months``: pages follow what is published, by whatever run."""

from __future__ import annotations

import json
from collections.abc import Sequence

import dagster as dg

from slo_assets.code_version import asset_code_version
from slo_assets.jobs import RENDER_PAGE
from slo_assets.run_tags import REASON
from slo_assets.staleness import PAGE, is_drawn_otherwise

PUBLISHED, DRAWN = dg.AssetKey("slo_workflow_state"), dg.AssetKey(PAGE)
ANEW, REDRAWN = "published anew", "drawn otherwise"
#: So many records of each kind are looked at in a tick; the others wait for the next one.
MOST = 50


@dg.sensor(
    job=RENDER_PAGE,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Draw the page of each month that was published or put back since its page was drawn, and all pages "
    "again after a change of how they are drawn.",
)
def published_months(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for the pages that are older than what is published."""
    cursor = json.loads(context.cursor or "{}")
    published, put_back = cursor.get("published"), cursor.get("putBack")
    instance = context.instance
    made = instance.fetch_materializations(_after(published), limit=MOST, ascending=True).records
    told = instance.fetch_observations(_after(put_back), limit=MOST, ascending=True).records
    latest = _latest([*made, *told])
    requests = [
        dg.RunRequest(run_key=f"{month}/{record}", partition_key=month, tags={REASON: ANEW})
        for month, record in sorted(latest.items())
        if not _drawn_since(instance, month, record)
    ]
    code = asset_code_version(PAGE)
    if cursor.get("code") != code:
        asked = {request.partition_key for request in requests}
        requests += [
            dg.RunRequest(run_key=f"{month}/{code}", partition_key=month, tags={REASON: REDRAWN})
            for month in sorted(instance.get_materialized_partitions(DRAWN) - asked)
            if is_drawn_otherwise(instance, month)
        ]
    elif not made and not told:
        return dg.SkipReason("no month was published since the last look")
    after = {
        "code": code,
        "published": made[-1].storage_id if made else published,
        "putBack": told[-1].storage_id if told else put_back,
    }
    return dg.SensorResult(requests, cursor=json.dumps(after))


def _after(storage_id: int | None) -> dg.AssetRecordsFilter:
    return dg.AssetRecordsFilter(asset_key=PUBLISHED, after_storage_id=storage_id)


def _latest(records: Sequence[dg.EventLogRecord]) -> dict[str, int]:
    """By month, the last record that tells of it."""
    found: dict[str, int] = {}
    for record in sorted(records, key=lambda record: record.storage_id):
        if record.partition_key is not None:
            found[record.partition_key] = record.storage_id
    return found


def _drawn_since(instance: dg.DagsterInstance, month: str, record: int) -> bool:
    later = dg.AssetRecordsFilter(asset_key=DRAWN, asset_partitions=[month], after_storage_id=record)
    return bool(instance.fetch_materializations(later, limit=1).records)
