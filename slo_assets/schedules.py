"""When what is run.

Concept: https://docs.dagster.io/guides/automate/schedules
"""

import dagster as dg

from slo_assets.jobs import verify

HOURLY_VERIFICATION = dg.ScheduleDefinition(
    name="hourly_verification",
    job=verify,
    cron_schedule="40 * * * *",  # away from the full hour, when everybody's jobs begin, and from the nightly run
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Look for drift in all published months, and put back what was changed.",
)
SCHEDULES = [HOURLY_VERIFICATION]
