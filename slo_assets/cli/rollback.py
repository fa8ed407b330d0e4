"""``slo-assets rollback``: a published month put back to a release, byte for byte."""

from __future__ import annotations

import click

from slo_assets.cli.common import PERIOD, execute, print_json
from slo_assets.periods import Period


@click.command()
@click.option("--period", type=PERIOD, required=True, help="The month.")
@click.option("--to", "release", help="A release; default: the last good one.")
@click.option("--reason", default="asked for", show_default=True, help="Why, for the audit trail.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def rollback(period: Period, release: str | None, reason: str, as_json: bool) -> None:
    """Put a release of a month back.

    The last good release is the published one where its files have drifted, else the one published before it.
    """
    settings = {"period": period.key, "to": release or "", "reason": reason}
    outcome = execute("rollback", "roll_back_month", settings)
    if as_json:
        print_json(outcome)
    else:
        click.echo(f"{period.key}: release {outcome['release']} is published; it was {outcome['before'] or 'none'}.")
