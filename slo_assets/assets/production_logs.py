"""``production_logs``, ``reported_telemetry`` and ``slo_config``: what users provide, observed by month."""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.external_asset import create_external_asset_from_source_asset

from slo_assets.assets.common import FIRST_PERIOD, GROUP, MONTHS, OWNERS, STAGE
from slo_assets.assets.links import links
from slo_assets.periods import Period
from slo_assets.records import DATA_VERSION
from slo_assets.resources import Clock, Inputs


def observed(*, kind: str, description: str) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare a function as the observable source of its name, with everything that all assets have.

    Dagster's decorator takes neither owners nor kinds. What it declares is turned into what the graph makes of it
    anyway, which takes both.
    """

    def declare(observe: Callable[..., Any]) -> dg.AssetsDefinition:
        source = dg.observable_source_asset(partitions_def=MONTHS, description=description)(observe)
        return create_external_asset_from_source_asset(source).map_asset_specs(
            lambda spec: spec.replace_attributes(
                group_name=GROUP,
                owners=OWNERS,
                kinds={kind},
                tags={STAGE: "evidence"},
                metadata={**spec.metadata, **links(observe)},
            )
        )

    return declare


@observed(
    kind="file",
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


@observed(
    kind="json",
    description="Anomalies that people or other tools report: `telemetry/*.json` in the data folder.\n\n"
    "A month's version changes when a report that tells of it changes, or one that cannot be read.",
)
def reported_telemetry(
    context: dg.AssetExecutionContext, inputs: dg.ResourceParam[Inputs], clock: dg.ResourceParam[Clock]
) -> dg.DataVersionsByPartition:
    """Observe the telemetry files."""
    from slo_assets.logs.versions import of_reports

    return _changed(context, of_reports(inputs.reports(), _periods(clock)))


@observed(
    kind="yaml",
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
