"""When what is run.

What belongs here: what the clock starts. What follows from something that is seen is in ``sensors/``.
Concept: https://docs.dagster.io/guides/automate/schedules
"""

from collections.abc import Iterator

import dagster as dg
from dagster._core.storage.tags import PRIORITY_TAG

from slo_assets.assets.common import FIRST_PERIOD
from slo_assets.jobs import REFRESH_MONTH, prune, verify
from slo_assets.periods import DAY, Period, to_micros
from slo_assets.resources import Clock
from slo_assets.run_tags import REASON
from slo_assets.staleness import unsettled


@dg.schedule(
    job=REFRESH_MONTH,
    cron_schedule="15 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Look for new input and make the current month, on its first three days after the month before, so "
    "that it closes. Nights that were missed are made up for, the oldest month first. A month that is up to date is "
    "left as it is.",
)
def nightly(context: dg.ScheduleEvaluationContext, clock: dg.ResourceParam[Clock]) -> Iterator[dg.RunRequest]:
    """Ask for the current month, and before it for earlier ones that have not settled, the oldest first."""
    moment = context.scheduled_execution_time
    tonight = clock.now() if clock.fixed else to_micros(moment)
    current = Period.containing(tonight)
    before = current.shifted(-1)
    months = {current, *unsettled(context.instance, current)}
    if tonight < before.end + 3 * DAY and before >= FIRST_PERIOD:
        months.add(before)
    for place, month in enumerate(sorted(months), start=1):
        # Runs that follow the input are started one at a time, the highest priority first.
        yield dg.RunRequest(
            run_key=f"{moment:%Y-%m-%dT%H:%M}/{month.key}",
            partition_key=month.key,
            tags={PRIORITY_TAG: str(len(months) - place), REASON: _reason(month, current)},
        )


def _reason(month: Period, current: Period) -> str:
    return "every night" if month == current else "not settled yet"


HOURLY_VERIFICATION = dg.ScheduleDefinition(
    name="hourly_verification",
    job=verify,
    cron_schedule="40 * * * *",  # away from the full hour, when everybody's jobs begin, and from the nightly run
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    tags={REASON: "every hour"},
    description="Look for drift in all published months, and put back what was changed.",
)
NIGHTLY_PRUNING = dg.ScheduleDefinition(
    name="nightly_pruning",
    job=prune,
    cron_schedule="10 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    tags={REASON: "every night"},
    description="Delete the runs of schedules and sensors that are some days old and on which nothing rests any more.",
)
SCHEDULES = [nightly, HOURLY_VERIFICATION, NIGHTLY_PRUNING]
