"""How each month stands: what of it is published, whether it is up to date, and what its last run came to.

What belongs here: gathering. Why a month is not up to date is said in ``staleness.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dagster as dg

from slo_assets.backfill import Backfill
from slo_assets.periods import Period, format_instant
from slo_assets.records import Records
from slo_assets.staleness import NEVER_MADE
from slo_assets.storage.audit import state_after


@dataclass(frozen=True)
class MonthStatus:
    """How a month stands.

    Attributes:
        closed: whether it was over when it was made; None where it was never made.
        as_of: the instant up to which its documents know everything; None where it was never made.
        causes: why it is not up to date; empty where it is.
        state: where it stands in the state machine.
        release: the published release; None where none is.
        run: its last run, with ``runId``, ``job``, ``status``, ``begun`` and ``ended``; None where it has none.
    """

    period: Period
    closed: bool | None
    as_of: str | None
    causes: list[str]
    state: str
    release: str | None
    run: dict[str, Any] | None

    @property
    def well(self) -> bool:
        """Whether it is up to date and its last run did not fail."""
        return not self.causes and (self.run is None or self.run["status"] not in ("FAILURE", "CANCELED"))


def month_statuses(worker: Backfill) -> list[MonthStatus]:
    """The months that have input or were ever made, the oldest first.

    Inputs are observed, so that this and the UI say the same.

    Raises:
        BackfillError: the inputs cannot be read, or nothing can be written.
    """
    made = {Period(key) for key in worker.instance.get_materialized_partitions(dg.AssetKey("telemetry"))}
    return [_status(worker, month) for month in sorted({*worker.months(None, None), *made})]


def _status(worker: Backfill, period: Period) -> MonthStatus:
    record = Records(worker.instance).of("telemetry", period.key)
    publisher = worker.inputs.output.publisher(period)
    return MonthStatus(
        period=period,
        closed=record.metadata["closed"] if record else None,
        as_of=record.metadata["as of"] if record else None,
        causes=worker.causes(period) if record else [NEVER_MADE],
        state=state_after(publisher.trail.last()),
        release=publisher.publication.release(),
        run=_last_run(worker.instance, period),
    )


def _last_run(instance: dg.DagsterInstance, period: Period) -> dict[str, Any] | None:
    found = instance.get_run_records(dg.RunsFilter(tags={"dagster/partition": period.key}), limit=1)
    if not found:
        return None
    record = found[0]
    return {
        "runId": record.dagster_run.run_id,
        "job": record.dagster_run.job_name,
        "status": record.dagster_run.status.value,
        "begun": _instant(record.start_time),
        "ended": _instant(record.end_time),
    }


def _instant(seconds: float | None) -> str | None:
    return None if seconds is None else format_instant(int(seconds) * 1_000_000)


def as_json(months: list[MonthStatus]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "months": [
            {
                "period": month.period.key,
                "state": month.state,
                "closed": month.closed,
                "asOf": month.as_of,
                "upToDate": not month.causes,
                "causes": month.causes,
                "release": month.release,
                "lastRun": month.run,
            }
            for month in months
        ]
    }
