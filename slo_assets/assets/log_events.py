"""``log_events``: what the logs tell of a month, one row for each operation."""

import dagster as dg

from slo_assets.assets.common import materialized, monthly_asset
from slo_assets.checks import EVENTS_MAPPED, LOGS_READABLE, events_mapped, logs_readable
from slo_assets.periods import Period
from slo_assets.resources import Inputs


@monthly_asset(deps=["production_logs"], checks=[LOGS_READABLE, EVENTS_MAPPED], kind="parquet")
def log_events(context: dg.AssetExecutionContext, inputs: dg.ResourceParam[Inputs]) -> dg.MaterializeResult:
    """Operations that ended or were never finished, with the observed stretches of every file.

    Every line is read by the rules of `slo-config.yaml`. Files that cannot be dated or read are set aside
    with the reason; copies count once; lines later than the clock wait until it has come.
    """
    from slo_assets.domain.event_log import of_period

    scans, account = inputs.logs(progress=lambda name: context.log.info(f"parsing {name}"))
    log = of_period(scans, Period(context.partition_key), inputs.config(), account)
    counts = log.events.groupby(["component", "kind"]).size().unstack(fill_value=0)
    kinds = ("success", "failure", "unfinished")
    return materialized(
        context,
        log,
        figures={"lines": log.account["lines"], "files": len(log.account["files"]), "outages": len(log.outages)},
        rows=[
            {"component": str(component), **{kind: int(row.get(kind, 0)) for kind in kinds}}
            for component, row in counts.iterrows()
        ],
        checks=[logs_readable(log.account), events_mapped(log.account)],
        **{"dagster/row_count": len(log.events), "account": dg.MetadataValue.json(log.account)},
    )
