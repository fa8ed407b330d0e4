"""``slo-assets simulate``: logs and telemetry of an invented application."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slo_assets.cli.common import PERIOD

if TYPE_CHECKING:
    from slo_assets.periods import Period


@click.command()
@click.option("--months", type=click.IntRange(1, 1200), required=True, help="How many months.")
@click.option("--lines", type=click.IntRange(1), required=True, help="About how many log lines in all.")
@click.option("--seed", type=int, required=True, help="The same seed writes the same bytes.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Data folder to write.")
@click.option("--first", type=PERIOD, default="2025-09", show_default=True, help="First month.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def simulate(months: int, lines: int, seed: int, out: Path, first: Period, as_json: bool) -> None:
    """Write logs and telemetry of an application like RenderX, with incidents."""
    from dataclasses import asdict

    from slo_assets.simulate import simulate as write

    try:
        summary = asdict(write(out, months=months, lines=lines, seed=seed, first=first.key))
    except ValueError as problem:
        raise click.UsageError(str(problem)) from problem
    _complete(out, first)
    text = json.dumps(summary) if as_json else ", ".join(f"{name}: {value}" for name, value in summary.items())
    click.echo(text)


def _complete(data: Path, first: Period) -> None:
    """Give a data folder that has no configuration the shipped one, with its own first period."""
    from slo_assets.settings import CONFIG_FILE, ROOT

    if not (data / CONFIG_FILE).exists():
        shipped = (ROOT / "data" / CONFIG_FILE).read_text(encoding="utf-8")
        text = re.sub(r"(?m)^firstPeriod: .*$", f"firstPeriod: {first.key}", shipped)
        (data / CONFIG_FILE).write_text(text, encoding="utf-8")
