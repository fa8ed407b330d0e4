"""``production_logs`` and ``reported_telemetry``: what users provide, observed by month."""

import warnings

import dagster as dg

from slo_assets.assets.common import FIRST_PERIOD, MONTHS
from slo_assets.periods import Period
from slo_assets.resources import Clock, Inputs

# Observable sources are marked as beta in this version of Dagster; they are what makes new logs show as
# upstream changes.
warnings.filterwarnings("ignore", category=dg.BetaWarning)


@dg.observable_source_asset(partitions_def=MONTHS, group_name="inputs")
def production_logs(
    context: dg.AssetExecutionContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.DataVersionsByPartition:
    """The application's log files: `logs/` in the data folder, at any depth, plain, gzip or Zstandard.

    A month's version changes when a file that has a line in it changes, or one that cannot be dated.
    """
    from slo_assets.logs.versions import of_logs

    scans, account = inputs.logs(progress=lambda name: context.log.info(f"parsing {name}"))
    return dg.DataVersionsByPartition(of_logs(scans, account, _periods(clock)))


@dg.observable_source_asset(partitions_def=MONTHS, group_name="inputs")
def reported_telemetry(inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]) -> dg.DataVersionsByPartition:
    """Anomalies that people or other tools report: `telemetry/*.json` in the data folder.

    A month's version changes when a report that tells of it changes, or one that cannot be read.
    """
    from slo_assets.logs.versions import of_reports

    return dg.DataVersionsByPartition(of_reports(inputs.reports(), _periods(clock)))


def _periods(clock: Clock) -> list[Period]:
    return FIRST_PERIOD.until(Period.containing(clock.now()))
