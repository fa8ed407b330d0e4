"""``error_budgets``: how much of what the objectives allow is used."""

from typing import Any

import dagster as dg

from slo_assets.assets.common import materialized, monthly_asset
from slo_assets.checks import BUDGETS_LEFT, budgets_left
from slo_assets.periods import Period
from slo_assets.resources import Inputs


@monthly_asset(checks=[BUDGETS_LEFT])
def error_budgets(
    context: dg.AssetExecutionContext,
    log_events: Any,
    telemetry: dict[str, Any],
    sli_metrics: dict[str, Any],
    slo_targets: dict[str, Any],
    inputs: dg.ResourceParam[Inputs],
) -> dg.MaterializeResult:
    """`error-budgets.json`: allowed, consumed, remaining, burn-down by day, crossed thresholds, projection.

    Availability is counted in minutes of the month, the error rate in events.
    """
    from slo_assets.domain import error_budgets as domain

    period = Period(context.partition_key)
    config = inputs.config_of(period)
    document = domain.document(log_events, telemetry, sli_metrics, slo_targets, period, config)
    budgets = document["errorBudgets"]
    return materialized(
        context,
        document,
        figures={f"{name} budget used (%)": budget["burnRatePercent"] for name, budget in budgets.items()},
        rows=[
            {
                "component": name,
                "allowed (min)": budget["allowed"],
                "consumed (min)": budget["consumed"],
                "remaining (min)": budget["remaining"],
                "used (%)": budget["burnRatePercent"],
                "status": budget["status"],
                "errors used (%)": budget["errorRate"]["burnRatePercent"],
                "projection": budget["projection"],
            }
            for name, budget in budgets.items()
        ],
        checks=[budgets_left(document)],
    )
