"""The code location: everything that Dagster knows of the project, put together in one place.

What belongs here: lists, and the resources that tests replace.
Concept: https://docs.dagster.io/deployment/code-locations/managing-code-locations-with-definitions
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from slo_assets.alerts.courier import Courier
from slo_assets.assets.error_budgets import error_budgets
from slo_assets.assets.log_events import log_events
from slo_assets.assets.production_logs import production_logs, reported_telemetry, slo_config
from slo_assets.assets.sla_compliance_report import sla_compliance_report
from slo_assets.assets.sli_framework import sli_framework
from slo_assets.assets.sli_metrics import sli_metrics
from slo_assets.assets.slo_dashboard_page import slo_dashboard_page
from slo_assets.assets.slo_sli_sla_dashboard import slo_sli_sla_dashboard
from slo_assets.assets.slo_targets import slo_targets
from slo_assets.assets.slo_workflow_state import slo_workflow_state
from slo_assets.assets.telemetry import telemetry
from slo_assets.drift_checks import find_drift
from slo_assets.freshness import CHECKS
from slo_assets.jobs import JOBS
from slo_assets.resources import default_resources
from slo_assets.schedules import SCHEDULES
from slo_assets.sensors.alerts import alerts
from slo_assets.sensors.new_input import new_input
from slo_assets.sensors.open_month_watch import open_month_watch
from slo_assets.sensors.published_months import published_months
from slo_assets.settings import Settings

ASSETS: list[Any] = [
    production_logs,
    reported_telemetry,
    slo_config,
    log_events,
    telemetry,
    sli_framework,
    sli_metrics,
    slo_targets,
    error_budgets,
    sla_compliance_report,
    slo_sli_sla_dashboard,
    slo_workflow_state,
    slo_dashboard_page,
]


def build_defs(*, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Put the definitions together.

    Args:
        resource_overrides: resources by key that replace the default ones, for tests.
    """
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=[find_drift, *CHECKS],
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=[new_input, open_month_watch, published_months, alerts],
        resources={
            **default_resources(Settings.from_environment()),
            "courier": Courier(),
            **(resource_overrides or {}),
        },
        # One process for a month: starting one for each of nine short steps takes eight times as long.
        executor=dg.in_process_executor,
    )


defs = build_defs()
