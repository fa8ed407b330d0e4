"""``slo-assets verify``: published months held against what was recorded, and against what would be made today."""

from __future__ import annotations

import sys
from typing import Any

import click

from slo_assets.cli.common import PERIOD, console, execute, print_json
from slo_assets.periods import Period


@click.command()
@click.option("--period", "periods", type=PERIOD, multiple=True, help="This month; several: give it again.")
@click.option("--no-rollback", is_flag=True, help="Put nothing back, wherever files have drifted.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def verify(periods: tuple[Period, ...], no_rollback: bool, as_json: bool) -> None:
    """Look for drift of files, schemas, code, configuration and data, and for tampering with the audit trail.

    Where published files have drifted, the last good release is put back, unless the configuration says otherwise.
    It exits with 1 when anything was found.
    """
    outcome = execute(
        "verify", "verify_months", {"periods": [period.key for period in periods], "roll_back": not no_rollback}
    )
    if as_json:
        print_json(outcome)
    else:
        console().print(_told(outcome))
    sys.exit(1 if any(month["drifts"] or month["audit"] for month in outcome["months"]) else 0)


def _told(outcome: dict[str, Any]) -> Any:
    from rich.console import Group
    from rich.text import Text

    from slo_assets.domain.drift import Drift

    lines = [Text("No month was published yet.")] if not outcome["months"] else []
    for month in outcome["months"]:
        found = [str(Drift(**drift)) for drift in month["drifts"]]
        found += [f"audit trail of {month['period']}: {fault}" for fault in month["audit"]]
        lines += [Text(f"{month['period']} ✓", style="green")] if not found else [Text(text) for text in found]
        if month["putBack"]:
            lines.append(Text(f"{month['period']}: release {month['putBack']} was put back", style="yellow"))
    return Group(*lines)
