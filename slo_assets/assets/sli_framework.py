"""``sli_framework``: which SLIs there are, and what is usual for each component."""

from typing import Any

import dagster as dg

from slo_assets.assets.common import CONFIG, materialized, monthly_asset, months_before
from slo_assets.periods import Period
from slo_assets.resources import Inputs


@monthly_asset(ins={"log_events": months_before(-CONFIG.targets.baseline_periods, 0, "log_events")})
def sli_framework(
    context: dg.AssetExecutionContext,
    telemetry: dict[str, Any],
    log_events: dict[str, Any],
    inputs: dg.ResourceParam[Inputs],
) -> dg.MaterializeResult:
    """`sli-framework.json`: names, units, formulas, source anomalies and thresholds of every SLI.

    The latencies are the median of the months before; the month's own where there are none; the configured
    defaults where too few operations stand behind them.
    """
    from slo_assets.domain import sli_framework as domain

    period = Period(context.partition_key)
    document = domain.document(telemetry, log_events, period, inputs.config_of(period))
    functions = document["sliFunctions"]
    return materialized(
        context,
        document,
        figures={f"{name} usual p95 (ms)": framework["latency"]["p95"] for name, framework in functions.items()},
        rows=[
            {
                "component": name,
                **{key: framework["latency"][key] for key in ("p50", "p95", "p99", "basis", "confidence")},
                "risk level": framework["riskLevel"],
                "anomalies": framework["anomalyCount"],
            }
            for name, framework in functions.items()
        ],
    )
