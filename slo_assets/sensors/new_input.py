"""``new_input``: the open month follows its input."""

import hashlib
import json
import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import PARTITION_NAME_TAG

from slo_assets.jobs import REFRESH_MONTH
from slo_assets.periods import Period
from slo_assets.resources import Clock, Inputs
from slo_assets.run_tags import REASON
from slo_assets.staleness import FOLLOWS_INPUT

#: After a run that failed, the next one waits so many times longer: the same input mostly fails again.
BACK_OFF = 10
#: Ticks are not to the second: one that comes so many seconds early is on time.
SLACK = 5


@dg.sensor(
    job=REFRESH_MONTH,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Make the open month again when a log, a telemetry file or the configuration is new or has changed. "
    "One run at a time, and no sooner than `monitoring.refreshSeconds` after the one before. A month that is over is "
    "left to the nightly run of its first days and to whoever asks for it.",
)
def new_input(
    context: dg.SensorEvaluationContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.SensorResult | dg.SkipReason:
    """Ask for the open month when its input has changed.

    Logs that grow all the time are followed at the pace of ``monitoring.refreshSeconds``. The figures of a month that
    is over were told: late lines show in ``slo-assets status``.
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
    tags = {REASON: "new input"}
    request = dg.RunRequest(run_key=f"{month}/{state}/{now:.0f}", partition_key=month, tags=tags)
    return dg.SensorResult([request], cursor=json.dumps({"state": state, "requested": now}))


def _digest(state: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]


def _runs(
    instance: dg.DagsterInstance, month: str, statuses: Sequence[dg.DagsterRunStatus] = ()
) -> Sequence[dg.DagsterRun]:
    """The last run of a month: of all with a status, else of those that follow the input."""
    tags = {PARTITION_NAME_TAG: month} | ({} if statuses else {FOLLOWS_INPUT: "yes"})
    return instance.get_runs(dg.RunsFilter(tags=tags, statuses=statuses), limit=1)
