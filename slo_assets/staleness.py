"""Whether a month is up to date, and if not, why; and which months the next night has to look at.

What belongs here: conclusions from Dagster's records. They decide what a nightly run, a backfill and
``slo-assets status`` have to do, so that all three agree with the UI.
Concept: https://docs.dagster.io/guides/build/assets/asset-versioning-and-caching
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import (
    NULL_EVENT_POINTER,
    CachingStaleStatusResolver,
    StaleCause,
    StaleCauseCategory,
    StaleStatus,
    get_input_event_pointer_tag,
)
from dagster._core.loader import LoadingContext

from slo_assets.code_version import asset_code_version
from slo_assets.periods import DAY, Period, parse_instant
from slo_assets.records import Records, latest, latest_records
from slo_assets.storage.deliverables import DELIVERABLES, LOG_EVENTS, WORKFLOW_STATE

#: Tag of the runs that follow the input by themselves. One at a time: a month reads those before it.
FOLLOWS_INPUT = "slo_assets/follows-input"
#: What is new, where a source is newer than what was made from it.
SOURCES: Mapping[str, str] = {
    "production_logs": "new logs",
    "reported_telemetry": "new telemetry",
    "slo_config": "configuration changed",
}
PAGE = "slo_dashboard_page"
NEVER_MADE = "never made"
UNOBSERVED = "made before its inputs were observed"
UNFINISHED = "its last run did not reach the end"
CODE = "code changed"
EARLIER = "an earlier month changed"
ENDED = "the month has ended since"


class Staleness:
    """What an instance's records say of the assets of a code location.

    Args:
        instance: where runs are recorded.
        graph: the code location's assets.
        now: the clock, which says whether a month has ended.
    """

    def __init__(self, instance: dg.DagsterInstance, graph: Any, now: int) -> None:
        """Take the records as they stand from now on."""
        self._instance, self._graph, self._now = instance, graph, now
        # What a month is made of; its page is a view of it, drawn afterwards, and a month needs none to be up to date.
        self.assets = [dg.AssetKey(asset) for asset in sorted((LOG_EVENTS, *DELIVERABLES))]
        self._stale = CachingStaleStatusResolver(instance, graph, _Loading(instance))

    def causes(self, period: Period) -> list[str]:
        """Why a month is not up to date; nothing where it is.

        Inputs are compared as they were observed last.
        """
        if latest(self._instance, LOG_EVENTS, period) is None:
            return [NEVER_MADE]  # all others are made from them
        statuses = {asset: self._stale.get_status(asset, period.key) for asset in self.assets}
        missing = {asset.path[-1] for asset, status in statuses.items() if status == StaleStatus.MISSING}
        # It is made last: where it is there, what is missing was no deliverable yet.
        found = [UNFINISHED if WORKFLOW_STATE.asset in missing else CODE] if missing else []
        for asset, status in statuses.items():
            if status == StaleStatus.STALE:
                found += [_told(cause, period) for cause in self._stale.get_stale_causes(asset, period.key)]
        made = {asset: latest(self._instance, asset, period) for asset in ("log_events", "telemetry")}
        if not all(_observed(one) for one in made.values() if one):
            found.append(UNOBSERVED)
        if period.end <= self._now and made["telemetry"] and not made["telemetry"].metadata["closed"].value:
            found.append(ENDED)
        order = [*SOURCES.values(), CODE, EARLIER, ENDED, UNOBSERVED, UNFINISHED]
        return sorted(set(found) & set(order), key=order.index)


def _observed(made: dg.AssetMaterialization) -> bool:
    """Whether the sources of a materialization had been observed; Dagster sees no change of those that had not."""
    pointers = {get_input_event_pointer_tag(dg.AssetKey(source)) for source in SOURCES}
    known = {tag: value for tag, value in (made.tags or {}).items() if tag in pointers}
    return bool(known) and NULL_EVENT_POINTER not in known.values()


def _told(cause: StaleCause, period: Period) -> str:
    if cause.category == StaleCauseCategory.CODE:
        return CODE
    if cause.category == StaleCauseCategory.DEPENDENCIES or cause.dependency is None:
        return ""  # the dependency tells its own
    source = SOURCES.get(cause.dependency.asset_key.path[-1])
    if source:
        return source
    return UNFINISHED if cause.dependency.partition_key == period.key else EARLIER


def unsettled(instance: dg.DagsterInstance, current: Period) -> list[Period]:
    """Earlier months that are to be looked at once more, the oldest first.

    A month settles with the first look at its input on or after its third day over, by a run that succeeds: late
    lines come on the first days. So a month whose nights were missed, or failed, is made up for whenever the next
    night comes; with it all months that nobody has made since the latest one that was.

    Args:
        instance: where runs are recorded.
        current: the month in which the clock stands; it is not among them.
    """
    known = instance.get_materialized_partitions(dg.AssetKey("log_events"))
    made = sorted(Period(key) for key in known if key < current.key)
    if not made:
        return []
    records = latest_records(instance, "log_events", [period.key for period in made[-MADE_UP_FOR:]])
    runs = instance.get_runs(dg.RunsFilter(run_ids=[record.run_id for record in records.values()]))
    failed = {run.run_id for run in runs if run.is_failure_or_canceled}
    due = [Period(key) for key, record in records.items() if record.run_id in failed or not _settled(key, record)]
    return sorted(due) + made[-1].shifted(1).until(current.shifted(-1))


#: So many of the latest months are asked about each night.
MADE_UP_FOR = 13


def settles(period: Period) -> int:
    """From which instant on a look at a month that is over is the last one by itself."""
    return period.end + 2 * DAY


def _settled(key: str, record: dg.EventLogRecord) -> bool:
    made = record.asset_materialization
    looked = made.metadata.get("looked at") if made else None
    return looked is not None and parse_instant(str(looked.value)) >= settles(Period(key))


class _Loading(LoadingContext):
    """What Dagster's resolver asks of whoever loads records; it has no public one."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._of = instance
        self._by_type: dict[Any, Any] = {}

    @property
    def instance(self) -> dg.DagsterInstance:
        return self._of

    @property
    def loaders(self) -> dict[Any, Any]:
        return self._by_type


def is_drawn_otherwise(instance: dg.DagsterInstance, period: str) -> bool:
    """Whether a month's page was drawn by code of another day: its templates count as code."""
    page = Records(instance).of(PAGE, period)
    return page is not None and page.code_version != asset_code_version(PAGE)
