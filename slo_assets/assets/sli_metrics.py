"""``sli_metrics``: what each component's SLIs were."""

from typing import Any

import dagster as dg

from slo_assets.assets.common import materialized, monthly_asset
from slo_assets.checks import COMPONENTS_KNOWN, components_known
from slo_assets.periods import Period
from slo_assets.resources import Inputs


@monthly_asset(checks=[COMPONENTS_KNOWN])
def sli_metrics(
    context: dg.AssetExecutionContext,
    log_events: Any,
    telemetry: dict[str, Any],
    sli_framework: dict[str, Any],
    inputs: dg.ResourceParam[Inputs],
) -> dg.MaterializeResult:
    """`sli-metrics.json`: latency, error rate, availability, completeness, freshness, and each by day.

    What nobody observed is unknown, neither up nor down; the bounds say what it could have been.
    """
    from slo_assets.domain import sli_metrics as domain

    period = Period(context.partition_key)
    document = domain.document(log_events, telemetry, sli_framework, period, inputs.config_of(period))
    metrics = document["metrics"]
    return materialized(
        context,
        document,
        figures={
            **{f"{name} p95 (ms)": figures["latency"]["p95"] for name, figures in metrics.items()},
            **{f"{name} availability (%)": figures["availability"] for name, figures in metrics.items()},
            **{f"{name} error rate (%)": figures["errorRate"] for name, figures in metrics.items()},
        },
        rows=[
            {
                "component": name,
                "p95 (ms)": figures["latency"]["p95"],
                "p99 (ms)": figures["latency"]["p99"],
                "error rate (%)": figures["errorRate"],
                "availability (%)": figures["availability"],
                "completeness (%)": figures["completeness"],
                "coverage (%)": figures["availabilityDetail"]["coverage"],
                "operations": figures["errorRateDetail"]["operations"],
                "confidence": figures["latency"]["confidence"],
            }
            for name, figures in metrics.items()
        ],
        checks=[components_known(document)],
        **{"as of": document["timestamp"]},
    )
