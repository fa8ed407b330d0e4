"""``log_events``: what the logs tell of a month, one row for each operation."""

import dagster as dg

from slo_assets.assets.common import materialized, monthly_asset, tables
from slo_assets.checks import (
    EVENTS_MAPPED,
    LINES_READABLE,
    LOGS_READABLE,
    events_mapped,
    lines_readable,
    logs_readable,
)
from slo_assets.periods import Period, format_instant
from slo_assets.resources import Inputs


@monthly_asset(deps=["production_logs"], checks=[LOGS_READABLE, LINES_READABLE, EVENTS_MAPPED], kind="parquet")
def log_events(context: dg.AssetExecutionContext, inputs: dg.ResourceParam[Inputs]) -> dg.MaterializeResult:
    """Operations that ended or were never finished, with the observed stretches of every file.

    Every line is read by the rules of `slo-config.yaml`, and each is accounted for, by file and by rule. Files that
    cannot be dated or read are set aside with the reason; copies count once; lines later than the clock wait until
    it has come.
    """
    from slo_assets.domain import account, completeness
    from slo_assets.domain.event_log import of_period
    from slo_assets.logs.versions import of_logs

    period = Period(context.partition_key)
    config = inputs.config_of(period)
    scans, aside = inputs.logs(config, progress=lambda name: context.log.info(f"parsing {name}"))
    log = of_period(scans, period, config, aside)
    counts = log.events.groupby(["component", "kind"]).size().unstack(fill_value=0)
    kinds = ("success", "failure", "unfinished")
    flawed = account.flawed_rows(log.account)
    return materialized(
        context,
        log,
        figures={**account.figures(log.account), "outages": len(log.outages)},
        rows=[
            {"component": str(component), **{kind: int(row.get(kind, 0)) for kind in kinds}}
            for component, row in counts.iterrows()
        ],
        checks=[
            logs_readable(log.account),
            lines_readable(log.account, config.logs.unreadable),
            events_mapped(log.account),
        ],
        sources={"production_logs": of_logs(scans, aside, [period])[period.key]},
        **tables(
            {
                "lines by file": account.file_rows(log.account),
                "lines by rule": account.rule_rows(log.account),
                "events of no component": account.event_rows(log.account),
                "unreadable lines": flawed,
            }
        ),
        **{
            "dagster/row_count": len(log.events),
            "looked at": format_instant(inputs.clock.now()),
            "last lines": dg.MetadataValue.json(completeness.last_lines(scans, config)),
            "unreadable lines shown": account.flawed_shown(log.account, flawed),
            "account": dg.MetadataValue.json(account.bounded(log.account)),
        },
    )
