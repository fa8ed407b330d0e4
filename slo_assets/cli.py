"""The ``slo-assets`` command: thin over the assets that the UI runs, and recorded in the same instance.

It exits with 0 when all is well, 1 when a month or a check fails, 2 on wrong use.
"""

from __future__ import annotations

import functools
import json
import math
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slo_assets.config import ConfigError
from slo_assets.domain.account import visible
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


class _SizesType(click.ParamType[list[float]]):
    name = "MB[,MB…]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        try:
            sizes = value if isinstance(value, list) else [float(size) for size in value.split(",")]
        except ValueError:
            sizes = []
        if not sizes or not all(0 < size < math.inf for size in sizes) or len(set(sizes)) < len(sizes):
            self.fail(f"{value!r} is no list of different sizes in megabytes, like 10,100,1000", param, ctx)
        return sizes


PERIOD = _PeriodType()
SIZES = _SizesType()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="slo-assets")
def cli() -> None:
    """Service level indicators, objectives, budgets and compliance from production logs."""


@cli.command()
@click.option("--from", "first", type=PERIOD, help="First month; default: the first that has input.")
@click.option("--to", "last", type=PERIOD, help="Last month; default: the last that has input.")
@click.option("--period", type=PERIOD, help="This one month.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
@click.option(
    "--explain-rules", "explained", metavar="FILE", help="Compute nothing; show what the rules make of a log."
)
@click.option("--lines", type=click.IntRange(1), help="With --explain-rules: so many lines; default: 1000.")
def run(
    first: Period | None,
    last: Period | None,
    period: Period | None,
    as_json: bool,
    explained: str | None,
    lines: int | None,
) -> None:
    """Materialize and publish months, the oldest first; without options, each month that has input."""
    if explained is not None:
        if period or first or last:
            raise click.UsageError("--explain-rules computes no month: give only --lines and --json with it")
        _explain(explained, lines, as_json)
        return
    if lines:
        raise click.UsageError("--lines says how much --explain-rules looks at: give both")
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


def _explain(file: str, lines: int | None, as_json: bool) -> None:
    """Show what the rules make of a file's first lines."""
    from rich.console import Console
    from upath import UPath

    from slo_assets import tables
    from slo_assets.logs.explain import LINES, document, explain, find
    from slo_assets.settings import Settings, read_config

    data = Settings.from_environment().data
    config = read_config(data)
    try:
        path, name = find(file, UPath(data) / "logs")
        found = explain(path, name, config, lines or LINES)
    except OSError as problem:
        raise click.UsageError(visible(str(problem))) from problem
    if as_json:
        # A log may hold anything, and what is no ASCII may be a command to the terminal.
        click.echo(json.dumps(document(found), indent=2))
    else:
        Console(width=None if sys.stdout.isatty() else tables.WIDTH).print(tables.explanation(found))


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


@cli.group()
def bench() -> None:
    """Measure us beside other tools on this machine."""


@bench.command("logs")
@click.option(
    "--megabytes", type=SIZES, default="400", show_default=True, help="Size of the log; several: 10,100,1000."
)
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True, help="The median counts.")
@click.option(
    "--input", "own", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Repeat this log instead."
)
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Write the logs here and leave them.")
@click.option("--json", "as_json", is_flag=True, help="Print all numbers for machines.")
def bench_logs(megabytes: list[float], rounds: int, own: Path | None, keep: Path | None, as_json: bool) -> None:
    """Log extraction: speed and memory beside DuckDB, polars, ripgrep, mtail and a Python loop.

    Those that are not installed are left out. It exits with 1 when a contender fails or counts differently.
    """
    from rich.console import Console

    from slo_assets import tables
    from slo_assets.bench import report
    from slo_assets.bench.inputs import InputError, Source
    from slo_assets.bench.logs import measure, requirements

    progress = Console(stderr=True)
    try:
        source = Source.of_file(own) if own else Source.generated()
        with _place(keep) as folder, progress.status("Measuring …"):
            say = functools.partial(progress.print, markup=False, highlight=False)
            sizes = list(measure(source, megabytes, rounds, folder, say))
    except InputError as problem:
        raise click.UsageError(str(problem)) from problem
    wanted = requirements(sizes)
    if as_json:
        click.echo(json.dumps(report.as_json(sizes, wanted), indent=2, ensure_ascii=False))
    else:
        Console(width=None if sys.stdout.isatty() else tables.WIDTH).print(report.closing(sizes, wanted))
    wrong = [result for size in sizes for result in size.results if result.problem]
    for result in wrong:
        progress.print(f"{result.contender.label}: {result.problem}", style="red", markup=False, highlight=False)
    sys.exit(1 if wrong else 0)


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    """The folder that is to be kept, which must hold nothing yet, or one that is gone afterwards."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="slo-assets-bench-") as folder:
            yield Path(folder)
    elif keep.exists() and any(keep.iterdir()):
        raise click.UsageError(f"{keep} is not empty. Remove it or name another folder.")
    else:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()


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
