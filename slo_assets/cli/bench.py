"""``slo-assets bench``: us beside other tools on this machine."""

from __future__ import annotations

import functools
import math
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from slo_assets.cli.common import console, print_json


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


SIZES = _SizesType()


@click.group()
def bench() -> None:
    """Measure us beside other tools on this machine."""


@bench.command("logs")
@click.option(
    "--megabytes", type=SIZES, default="1000", show_default=True, help="Size of the log; several: 10,100,1000."
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
        print_json(report.as_json(sizes, wanted))
    else:
        console().print(report.closing(sizes, wanted))
    wrong = [result for size in sizes for result in size.results if result.problem]
    for result in wrong:
        progress.print(f"{result.contender.label}: {result.problem}", style="red", markup=False, highlight=False)
    sys.exit(1 if wrong else 0)


@bench.command("faults")
@click.option("--kills", type=click.IntRange(0), default=200, show_default=True, help="So many runs are killed.")
@click.option("--pairs", type=click.IntRange(0), default=50, show_default=True, help="So many run two at a time.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed draws the same instants.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Work here and leave it.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def bench_faults(kills: int, pairs: int, seed: int, keep: Path | None, as_json: bool) -> None:
    """Kill runs at random instants and run pairs of one month: is what is published always whole?

    After each trial the published set is held against those of undisturbed runs, the audit trail is verified, and a
    plain run has to give the bytes of an undisturbed one. It exits with 1 when anything is wrong.
    """
    from dataclasses import asdict

    from rich.console import Console

    from slo_assets.bench.faults import FaultError, trials

    with _place(keep) as folder, Console(stderr=True).status("Two undisturbed runs …") as status:
        try:
            outcome = trials(folder, kills, pairs, seed, status.update)
        except FaultError as problem:
            raise click.ClickException(str(problem)) from problem
    if as_json:
        print_json(asdict(outcome))
    else:
        states = ", ".join(f"{count} in {state}" for state, count in sorted(outcome.states.items()))
        click.echo(f"{outcome.kills} kills within {outcome.seconds:.1f} s left the period: {states or 'nowhere'}")
        click.echo(f"{outcome.pairs} pairs of runs at the same time")
        click.echo(
            "\n".join(outcome.broken) or "What is published was whole, and a run gave the same bytes, every time."
        )
    sys.exit(1 if outcome.broken else 0)


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
