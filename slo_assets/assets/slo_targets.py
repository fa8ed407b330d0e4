"""``slo_targets``: what each component is held to."""

from typing import Any

import dagster as dg

from slo_assets.assets.common import CONFIG, materialized, monthly_asset, months_before
from slo_assets.checks import BASELINE_COMPLETE, baseline_complete
from slo_assets.periods import Period
from slo_assets.resources import Inputs

SPAN = CONFIG.targets.baseline_periods


@monthly_asset(ins={"sli_metrics": months_before(-SPAN, 0, "sli_metrics")}, checks=[BASELINE_COMPLETE])
def slo_targets(
    context: dg.AssetExecutionContext, sli_metrics: dict[str, Any], inputs: dg.ResourceParam[Inputs]
) -> dg.MaterializeResult:
    """`slo-targets.json`: agreed objectives, and derived ones from the median of the months before.

    A target never chases the month that it judges; only where there is no month before is it taken from the
    month itself, and marked as bootstrap.
    """
    from slo_assets.domain import slo_targets as domain

    period = Period(context.partition_key)
    document = domain.document(sli_metrics, period, inputs.config_of(period))
    targets = document["sloTargets"]
    window = period.shifted(-SPAN).until(period.shifted(-1))
    # To look for input is to look at every file: it is asked for only where a month is not there.
    whole = all(month.key in sli_metrics for month in window)
    expected = [] if whole else [month.key for month in inputs.periods() if month in window]
    return materialized(
        context,
        document,
        figures={
            **{f"{name} availability target (%)": t["availability"]["target"] for name, t in targets.items()},
            **{f"{name} p95 target (ms)": t["latency"]["p95"]["target"] for name, t in targets.items()},
        },
        rows=[
            {
                "component": name,
                "availability (%)": t["availability"]["target"],
                "error budget (min)": t["availability"]["errorBudget"],
                "p95 (ms)": t["latency"]["p95"]["target"],
                "p99 (ms)": t["latency"]["p99"]["target"],
                "error rate (%)": t["errorRate"]["target"],
                "basis": t["availability"]["basis"],
            }
            for name, t in targets.items()
        ],
        checks=[baseline_complete(expected, list(sli_metrics))],
    )
