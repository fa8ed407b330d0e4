"""``slo_sli_sla_dashboard``: the month's documents, arranged for looking at."""

from typing import Any

import dagster as dg

from slo_assets.assets.common import materialized, monthly_asset, months_before
from slo_assets.periods import Period
from slo_assets.resources import Inputs


@monthly_asset(ins={"sli_metrics": months_before(-1, 0, "sli_metrics")})
def slo_sli_sla_dashboard(
    context: dg.AssetExecutionContext,
    telemetry: dict[str, Any],
    sli_framework: dict[str, Any],
    sli_metrics: dict[str, Any],
    slo_targets: dict[str, Any],
    error_budgets: dict[str, Any],
    sla_compliance_report: dict[str, Any],
    inputs: dg.ResourceParam[Inputs],
) -> dg.MaterializeResult:
    """`slo-sli-sla-dashboard.json`: cards, gauges, burn-down, health, trends and alerts for every component.

    Nothing is computed anew: what the dashboard shows stands in the other documents.
    """
    from slo_assets.domain import dashboard as domain

    sources = domain.Sources(telemetry, sli_framework, sli_metrics, slo_targets, error_budgets, sla_compliance_report)
    period = Period(context.partition_key)
    document = domain.document(sources, period, inputs.config_of(period))
    sections = document["dashboard"]["sections"]
    remaining = {entry["component"]: entry["percentage"] for entry in sections["errorBudgets"]["burndown"]}
    return materialized(
        context,
        document,
        figures={
            "alerts": len(sections["alerts"]["active"]),
            **{f"{name} budget left (%)": percentage for name, percentage in remaining.items()},
        },
        rows=[
            {
                "component": health["component"],
                "status": health["status"],
                "trend": health["trend"],
                "risk level": health["riskLevel"],
                "coverage (%)": health["coverage"],
                "budget left (%)": remaining[health["component"]],
            }
            for health in sections["componentHealth"]["components"]
        ],
    )
