"""The ``slo-assets`` command: thin over the assets that the UI runs, and recorded in the same instance.

It exits with 0 when all is well, 1 when a month or a check fails, 2 on wrong use.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slo_assets.config import ConfigError
from slo_assets.periods import Period

if TYPE_CHECKING:
    from slo_assets.backfill import MonthResult


class _PeriodType(click.ParamType[Period]):
    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        try:
            return value if isinstance(value, Period) else Period(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


PERIOD = _PeriodType()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="slo-assets")
def cli() -> None:
    """Service level indicators, objectives, budgets and compliance from production logs."""


@cli.command()
@click.option("--from", "first", type=PERIOD, help="First month; default: the first that has input.")
@click.option("--to", "last", type=PERIOD, help="Last month; default: the last that has input.")
@click.option("--period", type=PERIOD, help="This one month.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def run(first: Period | None, last: Period | None, period: Period | None, as_json: bool) -> None:
    """Materialize and publish months, the oldest first; without options, each month that has input."""
    if period and (first or last):
        raise click.UsageError("give either --period, or --from and --to")
    if first and last and last < first:
        raise click.UsageError(f"--to {last.key} is before --from {first.key}")
    from rich.console import Console

    from slo_assets import backfill, tables

    progress = Console(stderr=True)
    use_instance()
    with progress.status("Loading Dagster and looking for input …"):
        worker = backfill.Backfill.from_environment()
        for month in filter(None, (first, last, period)):
            if refusal := worker.refusal(month):
                raise click.UsageError(refusal)
        try:
            months = worker.months(period or first, period or last)
        except backfill.BackfillError as problem:
            raise click.ClickException(str(problem)) from problem
    if not months:
        progress.print(f"No month has input in {worker.data}: put logs into logs/ or telemetry files into telemetry/.")
    results: list[MonthResult] = []
    for number, month in enumerate(months, start=1):
        with progress.status(f"\\[{number}/{len(months)}] {month.key} …"):
            results.append(worker.run(month))
        progress.print(tables.month_line(number, len(months), results[-1]))
    if as_json:
        click.echo(json.dumps(tables.as_json(results, worker.output), indent=2, ensure_ascii=False))
    else:
        console = Console(width=None if sys.stdout.isatty() else tables.WIDTH)
        console.print(tables.closing(results, worker.output))
    sys.exit(0 if all(result.well for result in results) else 1)


@cli.command()
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


def use_instance() -> None:
    """Give Dagster its home: ``DAGSTER_HOME``, else ``.dagster/`` in the project's root."""
    from slo_assets.settings import ROOT

    if not os.environ.get("DAGSTER_HOME"):
        home = ROOT / ".dagster"
        home.mkdir(exist_ok=True)
        settings = home / "dagster.yaml"
        if not settings.exists() or settings.read_bytes() != (ROOT / "dagster.yaml").read_bytes():
            settings.write_bytes((ROOT / "dagster.yaml").read_bytes())
        os.environ["DAGSTER_HOME"] = str(home)


def main() -> None:
    """Run the command; what is wrong with the configuration is wrong use."""
    try:
        cli()
    except ConfigError as problem:
        click.echo(f"{problem}", err=True)
        sys.exit(2)
