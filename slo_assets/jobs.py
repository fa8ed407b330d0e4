"""What is run together.

Concept: https://docs.dagster.io/guides/build/jobs
"""

from typing import Any

import dagster as dg

from slo_assets.drift_checks import SPECS
from slo_assets.hooks import record_failure
from slo_assets.ops import roll_back_month, verify_months

SOURCES = dg.AssetSelection.assets("production_logs", "reported_telemetry")
DRIFT_CHECKS = dg.AssetSelection.checks(*(spec.key for spec in SPECS))

OBSERVE_INPUTS = dg.define_asset_job(
    "observe_inputs", selection=SOURCES, description="Look which months have new logs or reports."
)
MATERIALIZE_MONTH = dg.define_asset_job(
    "materialize_month",
    selection=dg.AssetSelection.all() - SOURCES - DRIFT_CHECKS,
    hooks={record_failure},
    description="Make all deliverables of one month and publish them.",
)


@dg.job(executor_def=dg.in_process_executor, description="Look for drift in all published months, and put it right.")
def verify() -> None:
    """Look for drift in all published months."""
    verify_months()


@dg.job(executor_def=dg.in_process_executor, description="Put a release of a month back.")
def rollback() -> None:
    """Put a release of a month back."""
    roll_back_month()


JOBS: list[Any] = [OBSERVE_INPUTS, MATERIALIZE_MONTH, verify, rollback]
