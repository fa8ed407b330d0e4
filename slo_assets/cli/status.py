"""``slo-assets status``: how each month stands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from slo_assets.cli.common import console, loading, print_json, use_instance

if TYPE_CHECKING:
    from slo_assets.status import MonthStatus

STYLES = {"SUCCESS": "green", "FAILURE": "red", "CANCELED": "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def status(as_json: bool) -> None:
    """Show which months there are, whether each is up to date and why not, its release and its last run.

    It looks at the input and changes nothing else than Dagster's note of it. It exits with 1 when a month is not up
    to date or its last run has failed.
    """
    from rich.console import Console

    use_instance()
    with Console(stderr=True).status("Loading Dagster and looking for input …"):
        with loading():
            from slo_assets import status as months_of
            from slo_assets.backfill import Backfill, BackfillError

            worker = Backfill.from_environment()
        try:
            months = months_of.month_statuses(worker)
        except BackfillError as problem:
            raise click.ClickException(str(problem)) from problem
    if as_json:
        print_json(months_of.as_json(months))
    else:
        console().print(_table(months) if months else "No month has input, and none was ever made.")
    sys.exit(0 if all(month.well for month in months) else 1)


def _table(months: list[MonthStatus]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("period", "state", "", "as of", "up to date", "release", "last run"):
        table.add_column(heading, no_wrap=heading == "period", overflow="fold")
    for month in months:
        named = {None: "", True: "closed", False: "open"}[month.closed]
        up_to_date = Text("; ".join(month.causes), style="yellow") if month.causes else Text("yes", style="green")
        table.add_row(
            month.period.key, month.state, named, month.as_of or "–", up_to_date, month.release or "–", _run(month)
        )
    return table


def _run(month: MonthStatus) -> Any:
    from rich.text import Text

    if month.run is None:
        return Text("–")
    when = month.run["ended"] or month.run["begun"] or ""
    return Text.assemble((month.run["status"].lower(), STYLES.get(month.run["status"], "")), f" {when}".rstrip())
