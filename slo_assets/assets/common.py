"""What all assets have in common: their partitions, how they are declared, and what their result shows."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import dagster as dg

from slo_assets.assets.links import links
from slo_assets.checks import Check
from slo_assets.code_version import asset_code_version
from slo_assets.periods import Period, monthly_partitions
from slo_assets.records import Records
from slo_assets.resources import Clock, Output
from slo_assets.settings import Settings, current_period, read_config
from slo_assets.staleness import FOLLOWS_INPUT, Staleness
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.io_manager import BY_PERIOD, seal

_SETTINGS = Settings.from_environment()
CONFIG = read_config(_SETTINGS.data)
FIRST_PERIOD = Period(CONFIG.first_period)
MONTHS = monthly_partitions(FIRST_PERIOD, current_period(_SETTINGS.now))

# By the latest materialization of any month; freshness.py looks at the open one.
FRESHNESS = dg.FreshnessPolicy.time_window(
    fail_window=dt.timedelta(hours=CONFIG.monitoring.fail_hours),
    warn_window=dt.timedelta(hours=CONFIG.monitoring.warn_hours),
)

# One group, so that the UI opens with the whole data flow instead of folded boxes.
GROUP = "slo"
OWNERS = ["team:sre"]

#: The part of the data flow that an asset belongs to, so that the catalog can be filtered by it.
STAGE = "slo_assets/stage"
STAGES = {
    "log_events": "evidence",
    "telemetry": "evidence",
    "sli_framework": "indicators",
    "sli_metrics": "indicators",
    "slo_targets": "objectives",
    "error_budgets": "objectives",
    "sla_compliance_report": "agreements",
    "slo_sli_sla_dashboard": "views",
    "slo_workflow_state": "publication",
    "slo_dashboard_page": "views",
}

#: A longer document is not kept beside its file in Dagster's records, where each of its events has a copy.
SHOWN_BYTES = 1 << 17

Figures = Mapping[str, float | None]
Row = Mapping[str, str | float | None]


def months_before(first: int, last: int, asset: str) -> dg.AssetIn:
    """An asset's values of several months, by period: from ``first`` to ``last`` months after the own one.

    Those that are not there are left out: before the first period, or not materialized yet.
    """
    window = dg.TimeWindowPartitionMapping(start_offset=first, end_offset=last)
    return dg.AssetIn(key=asset, partition_mapping=window, metadata=BY_PERIOD)


def monthly_asset(
    *,
    ins: Mapping[str, dg.AssetIn] | None = None,
    deps: Sequence[str] = (),
    checks: Sequence[Check] = (),
    kind: str = "json",
    optional: bool = False,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare a function as the asset of its name, with everything that all assets have.

    Args:
        ins: inputs that span other months than the own one.
        deps: sources that the asset reads by itself, beside the configuration.
        checks: the checks whose results it returns.
        kind: what it is stored as.
        optional: whether it may have nothing to say; what depends on it is skipped then.
    """

    def declare(compute: Callable[..., Any]) -> dg.AssetsDefinition:
        name = compute.__name__
        return dg.asset(
            partitions_def=MONTHS,
            group_name=GROUP,
            owners=OWNERS,
            kinds={"python", kind},
            tags={STAGE: STAGES[name]},
            metadata=links(compute),
            code_version=asset_code_version(name),
            ins=ins,
            deps=["slo_config", *deps],
            check_specs=[check.spec(name, MONTHS) for check in checks],
            # The annotation alone would say that there is no value to store once checks are declared.
            dagster_type=dg.Any,
            output_required=not optional,
            freshness_policy=FRESHNESS,
        )(compute)

    return declare


def materialized(
    context: dg.AssetExecutionContext,
    value: Any,
    *,
    figures: Figures,
    rows: Sequence[Row],
    checks: Sequence[dg.AssetCheckResult] = (),
    sources: Mapping[str, str] = MappingProxyType({}),
    **more: Any,
) -> dg.MaterializeResult:
    """The result of an asset: the value, its data version, and what tells its story in the UI.

    Args:
        context: the asset's.
        value: the document or event log; it must fit its schema.
        figures: key figures, which the UI plots over the months; unknown ones are left out.
        rows: a table, one row for each component.
        checks: results of the asset's checks.
        sources: data versions of the sources that it was made from, by name.
        more: further metadata.

    Raises:
        SchemaError: the document does not fit its schema; nothing is written then.
    """
    asset = context.asset_key.path[-1]
    sealed = seal(asset, value, sources)
    metadata: dict[str, Any] = {"components": _table(rows), "dagster/row_count": len(rows)} if rows else {}
    metadata |= {name: float(figure) for name, figure in figures.items() if figure is not None}
    if asset in DELIVERABLES:
        metadata["document"] = _shown(sealed.data)
    metadata |= {"sha256": sealed.checksum, **more}
    version = dg.DataVersion(sealed.checksum)
    return dg.MaterializeResult(value=sealed, data_version=version, metadata=metadata, check_results=list(checks))


def _shown(document: bytes) -> dg.MarkdownMetadataValue | dg.TextMetadataValue:
    """A document for the UI: a text, since Dagster takes a structure apart each time that it looks at a record.

    Its lines begin with a bracket or a quotation mark, so nothing in it ends the block of code.
    """
    if len(document) > SHOWN_BYTES:
        return dg.MetadataValue.text(f"{len(document)} bytes, too long to be shown here: open the file")
    return dg.MetadataValue.md(f"```json\n{document.decode()}```")


def nothing_new(context: dg.AssetExecutionContext, result: dg.MaterializeResult, clock: Clock, output: Output) -> bool:
    """Whether a run that follows the input can end here: the asset and all others of its month are up to date.

    What is published stays as it is then, and the period's trail says so.

    Args:
        context: the asset's.
        result: what it would say; it must be what is recorded.
        clock: says whether the month has ended since it was made.
        output: what is published must be whole.
    """
    if FOLLOWS_INPUT not in context.run.tags or result.data_version is None:
        return False
    period = Period(context.partition_key)
    recorded = Records(context.instance).of(context.asset_key.path[-1], period.key)
    if recorded is None or recorded.checksum != result.data_version.value:
        return False
    graph = context.job_def.asset_layer.asset_graph
    if Staleness(context.instance, graph, clock.now()).causes(period):
        return False
    return output.publisher(period).unchanged(context.run.run_id)


def tables(rows_of: Mapping[str, Sequence[Row]]) -> dict[str, dg.TableMetadataValue]:
    """Tables as metadata, by their names; those without rows are left out."""
    return {name: _table(rows) for name, rows in rows_of.items() if rows}


def _table(rows: Sequence[Row]) -> dg.TableMetadataValue:
    records = [dg.TableRecord({key: "" if cell is None else cell for key, cell in row.items()}) for row in rows]
    names = list(rows[0])
    types = {name: _column_type([row[name] for row in rows]) for name in names}
    schema = dg.TableSchema([dg.TableColumn(name, types[name]) for name in names])
    return dg.MetadataValue.table(records, schema)


def _column_type(cells: Sequence[str | float | None]) -> str:
    return "string" if any(isinstance(cell, str) for cell in cells) else "number"
