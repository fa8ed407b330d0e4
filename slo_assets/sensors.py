"""What happens when something is seen: new input is followed, and what is late is said.

Both sensors tick by the machine's clock and read no log: what they see is in the file system and in Dagster's
records.
Concept: https://docs.dagster.io/guides/automate/sensors
"""

import hashlib
import json
import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import PARTITION_NAME_TAG

from slo_assets.checks import LOGS_ON_TIME, OPEN_MONTH_FRESH, Check
from slo_assets.freshness import CHECKS, late_sources, overdue
from slo_assets.jobs import REFRESH_MONTH
from slo_assets.periods import Period
from slo_assets.records import latest_id
from slo_assets.resources import Clock, Inputs
from slo_assets.run_tags import REASON
from slo_assets.staleness import FOLLOWS_INPUT

#: After a run that failed, the next one waits so many times longer: the same input mostly fails again.
BACK_OFF = 10
#: Ticks are not to the second: one that comes so many seconds early is on time.
SLACK = 5


@dg.sensor(job=REFRESH_MONTH, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def new_input(
    context: dg.SensorEvaluationContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.SensorResult | dg.SkipReason:
    """Make the open month again when a log, a telemetry file or the configuration is new or has changed.

    One run at a time, and no sooner than `monitoring.refreshSeconds` after the one before: logs that grow all the
    time are followed at that pace. A month that is over is left to the nightly run of its first days and to whoever
    asks for it: its figures were told, and late lines show in `slo-assets status`.
    """
    before = json.loads(context.cursor or "{}")
    state = _digest(inputs.look())
    if state == before.get("state"):
        return dg.SkipReason("no log, telemetry file or setting has changed")
    month, now = Period.containing(clock.now()).key, time.time()
    if _runs(context.instance, month, NOT_FINISHED_STATUSES):
        return dg.SkipReason(f"a run of {month} is under way: what is new waits for its end")
    pause = inputs.config().monitoring.refresh_seconds
    last = _runs(context.instance, month)
    if last and last[0].status == dg.DagsterRunStatus.FAILURE:
        pause *= BACK_OFF
    wait = before.get("requested", 0) + pause - now
    if wait > SLACK:
        return dg.SkipReason(f"what is new waits {wait:.0f} s, so that runs do not pile up")
    tags = {REASON: "logs, telemetry or settings have changed"}
    request = dg.RunRequest(run_key=f"{month}/{state}/{now:.0f}", partition_key=month, tags=tags)
    return dg.SensorResult([request], cursor=json.dumps({"state": state, "requested": now}))


@dg.sensor(
    asset_selection=dg.AssetSelection.checks(*CHECKS),
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def open_month_watch(
    context: dg.SensorEvaluationContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.SensorResult | dg.SkipReason:
    """Say when a source of logs is late, when the open month is overdue, and when that is over.

    Nothing runs when nothing comes, so that no run could say it. A result is recorded when it changes, and again
    after each materialization, since Dagster shows no result that is older than that.
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


SENSORS = [new_input, open_month_watch]


def _digest(state: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]


def _runs(
    instance: dg.DagsterInstance, month: str, statuses: Sequence[dg.DagsterRunStatus] = ()
) -> Sequence[dg.DagsterRun]:
    """The last run of a month: of all with a status, else of those that follow the input."""
    tags = {PARTITION_NAME_TAG: month} | ({} if statuses else {FOLLOWS_INPUT: "yes"})
    return instance.get_runs(dg.RunsFilter(tags=tags, statuses=statuses), limit=1)


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
