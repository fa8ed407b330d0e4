"""The least that Dagster takes: ten assets in a row that do nothing, by month."""

from collections.abc import Callable

import dagster as dg

from slo_assets.assets.common import MONTHS
from slo_assets.backfill import QUIET


def _asset(number: int) -> dg.AssetsDefinition:
    @dg.asset(name=f"asset_{number}", partitions_def=MONTHS, deps=[f"asset_{number - 1}"] if number else [])
    def nothing() -> None: ...

    return nothing


def empty_graph() -> Callable[[str], None]:
    """What materializes the graph for a month in this process, with the instance that Dagster gives everybody."""
    defs = dg.Definitions(
        assets=[_asset(number) for number in range(10)],
        jobs=[dg.define_asset_job("everything")],
        executor=dg.in_process_executor,
    )
    job, instance = defs.resolve_job_def("everything"), dg.DagsterInstance.get()

    def materialize(month: str) -> None:
        job.execute_in_process(instance=instance, partition_key=month, run_config=QUIET)

    return materialize
