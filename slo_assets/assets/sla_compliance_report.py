"""``sla_compliance_report``: which objectives were met, and how that compares with before."""

from typing import Any

import dagster as dg

from slo_assets.assets.common import CONFIG, materialized, monthly_asset, months_before
from slo_assets.checks import OBJECTIVES_MET, objectives_met
from slo_assets.periods import Period
from slo_assets.resources import Inputs

HISTORY = CONFIG.compliance.history_periods


@monthly_asset(
    ins={"earlier_reports": months_before(1 - HISTORY, -1, "sla_compliance_report")},
    checks=[OBJECTIVES_MET],
)
def sla_compliance_report(
    context: dg.AssetExecutionContext,
    sli_metrics: dict[str, Any],
    slo_targets: dict[str, Any],
    error_budgets: dict[str, Any],
    earlier_reports: dict[str, Any],
    inputs: dg.ResourceParam[Inputs],
) -> dg.MaterializeResult:
    """`sla-compliance-report.json`: met, at risk, failed or unknown, for each objective, with the history.

    `certainty` says whether the time that nobody observed could change the verdict.
    """
    from slo_assets.domain import sla_compliance as domain

    period = Period(context.partition_key)
    config = inputs.config_of(period)
    document = domain.document(sli_metrics, slo_targets, error_budgets, earlier_reports, period, config)
    report = document["complianceReport"]
    summary = report["summary"]
    return materialized(
        context,
        document,
        figures={
            "compliance (%)": summary["compliancePercentage"],
            "components compliant": summary["componentsCompliant"],
            "components failed": summary["componentsNonCompliant"],
            "components unknown": summary["componentsUnknown"],
        },
        rows=[
            {
                "component": name,
                "overall": judged["overallStatus"],
                **{
                    objective: judged[f"{objective}Compliance"]["status"]
                    for objective in ("availability", "latency", "errorRate")
                },
                "certainty": judged["availabilityCompliance"]["certainty"],
                "trend": judged["trend"],
            }
            for name, judged in report["components"].items()
        ],
        checks=[objectives_met(document)],
    )
