"""Whether the open month is overdue or its logs are late.

Every asset has a freshness policy as well, which goes by its latest materialization of any month: a backfill of an
old one hides that the open month is late. The checks here look at nothing but the open month.
Concept: https://docs.dagster.io/guides/observe/asset-freshness-policies
"""

import time
from typing import Any

import dagster as dg

from slo_assets.checks import LOGS_ON_TIME, OPEN_MONTH_FRESH
from slo_assets.periods import Period, duration, format_instant
from slo_assets.records import latest_records
from slo_assets.resources import Clock, Inputs

HOUR = 3600
REMEDY = "see whether the daemon runs, the nightly schedule is on and its runs succeed"


# Neither check has partitions: each is about whichever month is open. The sensor records their results without a run,
# of which Dagster keeps no more than one for each partition.
@dg.asset_check(asset="slo_workflow_state", name=OPEN_MONTH_FRESH.name, description=OPEN_MONTH_FRESH.description)
def open_month_fresh(
    context: dg.AssetCheckExecutionContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.AssetCheckResult:
    """Whether the open month is made every night."""
    return OPEN_MONTH_FRESH.result(overdue(context.instance, inputs, clock.now()))


@dg.asset_check(asset="log_events", name=LOGS_ON_TIME.name, description=LOGS_ON_TIME.description)
def logs_on_time(
    context: dg.AssetCheckExecutionContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.AssetCheckResult:
    """Whether every source of logs has come so far as it should have."""
    return LOGS_ON_TIME.result(late_sources(context.instance, inputs, clock.now()))


CHECKS = [open_month_fresh, logs_on_time]


def overdue(instance: dg.DagsterInstance, inputs: Inputs, now: int) -> list[str]:
    """Why the open month is overdue; nothing where it is not.

    It is looked at by each nightly run, whether that finds anything new or not: by ``log_events``. How long ago that
    was goes by the machine's clock.

    Args:
        instance: where runs are recorded.
        inputs: their configuration says how long ago it may have been looked at.
        now: the clock, which says which month is open.
    """
    period, limit = Period.containing(now), inputs.config().monitoring.fail_hours * HOUR
    record = latest_records(instance, "log_events", [period.key]).get(period.key)
    if record is None:
        if (now - period.start) / 1_000_000 <= limit:
            return []
        return [f"{period.key} was never made: {REMEDY}"]
    age = time.time() - record.timestamp
    if age <= limit:
        return []
    looked, ago = format_instant(int(record.timestamp) * 1_000_000), duration(int(age) * 1_000_000)
    return [f"{period.key} was made at {looked} for the last time, {ago} ago, and is due every night: {REMEDY}"]


def late_sources(instance: dg.DagsterInstance, inputs: Inputs, now: int) -> list[str]:
    """Which sources of logs are late, as far as is known: what was written since the last run is no sign of it.

    Args:
        instance: where runs are recorded.
        inputs: their configuration says what is expected of a source.
        now: the clock.
    """
    from slo_assets.domain import completeness

    period = Period.containing(now)
    records = latest_records(instance, "log_events", [period.key, period.shifted(-1).key])
    record = max(records.values(), key=lambda record: record.storage_id, default=None)
    if record is None or record.asset_materialization is None:
        return []
    last: Any = record.asset_materialization.metadata["last lines"].value
    waiting = inputs.written_since(record.timestamp)
    known = {source: instant for source, instant in last.items() if source not in waiting}
    return completeness.late(known, inputs.config_of(period), now)
