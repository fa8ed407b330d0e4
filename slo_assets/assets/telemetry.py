"""``telemetry``: the month's anomalies, reported and detected."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from slo_assets.assets.common import materialized, monthly_asset, nothing_new
from slo_assets.checks import REPORTS_READABLE, reports_readable
from slo_assets.periods import Period
from slo_assets.resources import Clock, Inputs, Output


@monthly_asset(deps=["reported_telemetry"], checks=[REPORTS_READABLE], optional=True)
def telemetry(
    context: dg.AssetExecutionContext,
    log_events: Any,
    inputs: dg.ResourceParam[Inputs],
    clock: dg.ResourceParam[Clock],
    output: dg.ResourceParam[Output],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """`renderx-web-telemetry.json`: one anomaly for each event key, component and origin.

    Reported anomalies are cut to the month; detected ones (outages, gaps, failures, storms, slow operations)
    come from the log events. Where both tell of the same, the reported one counts. The log line that an anomaly
    names is quoted.

    All later documents come from this one: a run that follows the input ends here where nothing is new.
    """
    from slo_assets.domain import quotes
    from slo_assets.domain import telemetry as domain
    from slo_assets.domain.account import visible
    from slo_assets.logs.versions import of_reports

    period = Period(context.partition_key)
    reports = inputs.reports()
    found = domain.document(log_events, reports, period, clock.now(), inputs.config_of(period))
    lines = inputs.quotes(quotes.wanted(found, log_events.account), period)
    document = quotes.quoted(found, log_events.account, lines)
    summary = document["summary"]
    shown = (
        "component",
        "event",
        "severity",
        "origin",
        "occurrences",
        "avgDuration",
        "firstSeen",
        "lastSeen",
        "source",
    )
    result = materialized(
        context,
        document,
        figures={
            "anomalies": summary["totalAnomalies"],
            "occurrences": summary["totalOccurrences"],
            "critical anomalies": summary["criticalCount"],
        },
        rows=[
            {**{name: anomaly[name] for name in shown}, "log line": visible(anomaly["sourceLine"]["text"] or "")}
            for anomaly in document["anomalies"]
        ],
        checks=[reports_readable(document)],
        sources={"reported_telemetry": of_reports(reports, [period])[period.key]},
        **{"as of": document["metadata"]["asOf"], "closed": document["metadata"]["closed"]},
    )
    if nothing_new(context, result, clock, output):
        context.log.info(f"{period.key} is up to date: no document is made again")
        yield from result.check_results or ()
    else:
        yield result
