"""The least that Dagster takes: ten assets in a row that do nothing, for months given as arguments."""

import sys

import dagster as dg

MONTHS = dg.MonthlyPartitionsDefinition(start_date="2025-09", fmt="%Y-%m", end_offset=1)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def _asset(number: int) -> dg.AssetsDefinition:
    @dg.asset(name=f"asset_{number}", partitions_def=MONTHS, deps=[f"asset_{number - 1}"] if number else [])
    def nothing() -> None: ...

    return nothing


def main(months: list[str]) -> None:
    """Materialize the graph for each month, in this process."""
    defs = dg.Definitions(
        assets=[_asset(number) for number in range(10)],
        jobs=[dg.define_asset_job("everything")],
        executor=dg.in_process_executor,
    )
    job, instance = defs.resolve_job_def("everything"), dg.DagsterInstance.get()
    for month in months:
        job.execute_in_process(instance=instance, partition_key=month, run_config=QUIET)


if __name__ == "__main__":
    main(sys.argv[1:])
