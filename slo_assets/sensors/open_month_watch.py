"""``open_month_watch``: late logs and an overdue month are said, although no run comes that could say it."""

import json
from collections.abc import Sequence

import dagster as dg

from slo_assets.checks import LOGS_ON_TIME, OPEN_MONTH_FRESH, Check
from slo_assets.freshness import CHECKS, late_sources, overdue
from slo_assets.periods import Period
from slo_assets.records import latest_id
from slo_assets.resources import Clock, Inputs


@dg.sensor(
    asset_selection=dg.AssetSelection.checks(*CHECKS),
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Say when a source of logs is late, when the open month is overdue, and when that is over: nothing "
    "runs when nothing comes, so that no run could say it.",
)
def open_month_watch(
    context: dg.SensorEvaluationContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.SensorResult | dg.SkipReason:
    """Record the results of both checks.

    A result is recorded when it changes, and again after each materialization, since Dagster shows no result that is
    older than that.
    """
    now = clock.now()
    month = Period.containing(now).key
    judged: list[tuple[Check, str, list[str]]] = [
        (OPEN_MONTH_FRESH, "slo_workflow_state", overdue(context.instance, inputs, now)),
        (LOGS_ON_TIME, "log_events", late_sources(context.instance, inputs, now)),
    ]
    before = json.loads(context.cursor or "{}")
    made = {asset: latest_id(context.instance, asset) for _, asset, _ in judged}
    after = {check.name: [month, made[asset], _without_delay(findings)] for check, asset, findings in judged}
    changed = [one for one in judged if before.get(one[0].name) != after[one[0].name]]
    if not changed:
        return dg.SkipReason(f"nothing new about {month}")
    events = [_evaluation(check, asset, findings) for check, asset, findings in changed]
    return dg.SensorResult(asset_events=events, cursor=json.dumps(after))


def _without_delay(findings: Sequence[str]) -> list[str]:
    """Findings without how late something is by now, which changes all the time."""
    return [finding.partition(": ")[0] for finding in findings]


def _evaluation(check: Check, asset: str, findings: Sequence[str]) -> dg.AssetCheckEvaluation:
    result = check.result(findings)
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(asset),
        check_name=check.name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
    )
