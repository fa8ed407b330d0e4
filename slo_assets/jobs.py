"""What is run together.

What belongs here: which assets, under which name. When they run is said in ``schedules.py`` and ``sensors/``.
Concept: https://docs.dagster.io/guides/build/jobs
"""

from typing import Any

import dagster as dg

from slo_assets.drift_checks import SPECS
from slo_assets.freshness import CHECKS
from slo_assets.hooks import record_failure
from slo_assets.ops import prune_runs, roll_back_month, verify_months
from slo_assets.staleness import FOLLOWS_INPUT

PAGE = dg.AssetSelection.assets("slo_dashboard_page")
SOURCES = dg.AssetSelection.assets("production_logs", "reported_telemetry", "slo_config")
DRIFT_CHECKS = dg.AssetSelection.checks(*(spec.key for spec in SPECS))
# What is judged by itself, hourly or by the minute, is no step of a month's run.
MONTHLY = dg.AssetSelection.all() - SOURCES - PAGE - DRIFT_CHECKS - dg.AssetSelection.checks(*CHECKS)

OBSERVE_INPUTS = dg.define_asset_job(
    "observe_inputs", selection=SOURCES, description="Look which months have new logs, reports or settings."
)
MATERIALIZE_MONTH = dg.define_asset_job(
    "materialize_month",
    selection=MONTHLY,
    hooks={record_failure},
    description="Make all deliverables of one month and publish them.",
)
REFRESH_MONTH = dg.define_asset_job(
    "refresh_month",
    selection=SOURCES | MONTHLY,
    hooks={record_failure},
    description="Look for new input, then make one month's deliverables, unless they are up to date.",
    tags={FOLLOWS_INPUT: "yes"},
)
RENDER_PAGE = dg.define_asset_job(
    "render_page", selection=PAGE, description="Draw the page of one published month, and the index over all."
)


@dg.job(executor_def=dg.in_process_executor, description="Look for drift in all published months, and put it right.")
def verify() -> None:
    """Look for drift in all published months."""
    verify_months()


@dg.job(executor_def=dg.in_process_executor, description="Put a release of a month back.")
def rollback() -> None:
    """Put a release of a month back."""
    roll_back_month()


@dg.job(executor_def=dg.in_process_executor, description="Delete old runs on which nothing rests any more.")
def prune() -> None:
    """Delete old runs on which nothing rests any more."""
    prune_runs()


JOBS: list[Any] = [OBSERVE_INPUTS, MATERIALIZE_MONTH, REFRESH_MONTH, RENDER_PAGE, verify, rollback, prune]
