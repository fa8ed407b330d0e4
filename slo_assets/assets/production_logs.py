"""``production_logs``, ``reported_telemetry`` and ``slo_config``: what users provide, observed by month."""

import warnings
from collections.abc import Mapping

import dagster as dg

from slo_assets.assets.common import FIRST_PERIOD, GROUP, MONTHS, STAGE
from slo_assets.periods import Period
from slo_assets.records import DATA_VERSION
from slo_assets.resources import Clock, Inputs

# Observable sources are marked as beta in this version of Dagster; they are what makes new logs show as
# upstream changes.
warnings.filterwarnings("ignore", category=dg.BetaWarning)


@dg.observable_source_asset(
    partitions_def=MONTHS,
    group_name=GROUP,
    tags={STAGE: "evidence"},
    description="The application's log files: `logs/` in the data folder, at any depth, plain, gzip or Zstandard.\n\n"
    "A month's version changes when a file that has a line in it changes, or one that cannot be dated.",
)
def production_logs(
    context: dg.AssetExecutionContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.DataVersionsByPartition:
    """Observe the logs."""
    from slo_assets.logs.versions import of_logs

    scans, account = inputs.logs(inputs.config(), progress=lambda name: context.log.info(f"parsing {name}"))
    return _changed(context, of_logs(scans, account, _periods(clock)))


@dg.observable_source_asset(
    partitions_def=MONTHS,
    group_name=GROUP,
    tags={STAGE: "evidence"},
    description="Anomalies that people or other tools report: `telemetry/*.json` in the data folder.\n\n"
    "A month's version changes when a report that tells of it changes, or one that cannot be read.",
)
def reported_telemetry(
    context: dg.AssetExecutionContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.DataVersionsByPartition:
    """Observe the telemetry files."""
    from slo_assets.logs.versions import of_reports

    return _changed(context, of_reports(inputs.reports(), _periods(clock)))


@dg.observable_source_asset(
    partitions_def=MONTHS,
    group_name=GROUP,
    tags={STAGE: "evidence"},
    description="The settings that documents depend on: `slo-config.yaml` in the data folder, as it holds in each "
    "month.\n\nSettings that no document depends on (who is told, how much is kept) change no version.",
)
def slo_config(
    context: dg.AssetExecutionContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.DataVersionsByPartition:
    """Observe the settings."""
    from slo_assets.logs.versions import of_config

    return _changed(context, of_config(inputs.config(), _periods(clock)))


def _periods(clock: Clock) -> list[Period]:
    """All partitions: of a month without input it is on record as well that it has none."""
    return FIRST_PERIOD.until(Period.containing(clock.now()))


def _changed(context: dg.AssetExecutionContext, versions: Mapping[str, str]) -> dg.DataVersionsByPartition:
    """Those versions that are not the ones observed last: what did not change costs no record."""
    known = context.instance.event_log_storage.get_latest_tags_by_partition(
        context.asset_key, dg.DagsterEventType.ASSET_OBSERVATION, [DATA_VERSION]
    )
    return dg.DataVersionsByPartition(
        {month: version for month, version in versions.items() if known.get(month) != {DATA_VERSION: version}}
    )
