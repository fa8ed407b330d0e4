"""What all assets have in common: their partitions, how they are declared, and what their result shows."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import dagster as dg

from slo_assets.checks import Check
from slo_assets.code_version import asset_code_version
from slo_assets.periods import Period, monthly_partitions
from slo_assets.settings import Settings, current_period, read_config
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.io_manager import BY_PERIOD, seal

_SETTINGS = Settings.from_environment()
CONFIG = read_config(_SETTINGS.data)
FIRST_PERIOD = Period(CONFIG.first_period)
MONTHS = monthly_partitions(FIRST_PERIOD, current_period(_SETTINGS.now))

# One group, so that the UI opens with the whole data flow instead of folded boxes.
GROUP = "slo"
OWNERS = ["team:sre"]

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
) -> Callable[[Callable[..., dg.MaterializeResult]], dg.AssetsDefinition]:
    """Declare a function as the asset of its name, with everything that all assets have.

    Args:
        ins: inputs that span other months than the own one.
        deps: sources that the asset reads by itself.
        checks: the checks whose results it returns.
        kind: what it is stored as.
    """

    def declare(compute: Callable[..., dg.MaterializeResult]) -> dg.AssetsDefinition:
        name = compute.__name__
        return dg.asset(
            partitions_def=MONTHS,
            group_name=GROUP,
            owners=OWNERS,
            kinds={"python", kind},
            code_version=asset_code_version(name),
            ins=ins,
            deps=list(deps),
            check_specs=[check.spec(name, MONTHS) for check in checks],
            # The annotation alone would say that there is no value to store once checks are declared.
            dagster_type=dg.Any,
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
        metadata["document"] = dg.MetadataValue.json(value)
    metadata |= {"sha256": sealed.checksum, **more}
    version = dg.DataVersion(sealed.checksum)
    return dg.MaterializeResult(value=sealed, data_version=version, metadata=metadata, check_results=list(checks))


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
