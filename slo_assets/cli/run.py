"""``slo-assets run``: months materialized one after another, or what the rules make of a log."""

from __future__ import annotations

import json
import select
import signal
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from slo_assets.cli.common import PERIOD, console, loading, print_json, use_instance
from slo_assets.domain.account import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console

    from slo_assets.backfill import Backfill, MonthResult
    from slo_assets.cli.pages import Pages
    from slo_assets.periods import Period


@click.command()
@click.option("--from", "first", type=PERIOD, help="First month; default: the first that has input.")
@click.option("--to", "last", type=PERIOD, help="Last month; default: the last that has input.")
@click.option("--period", type=PERIOD, help="This one month.")
@click.option("--force", is_flag=True, help="Make months again that are up to date as well.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
@click.option(
    "--explain-rules", "explained", metavar="FILE", help="Compute nothing; show what the rules make of a log."
)
@click.option("--lines", type=click.IntRange(1), help="With --explain-rules: so many lines; default: 1000.")
def run(
    first: Period | None,
    last: Period | None,
    period: Period | None,
    force: bool,
    as_json: bool,
    explained: str | None,
    lines: int | None,
) -> None:
    """Materialize and publish months, the oldest first; without options, each month that has input.

    A month that was made from the same input, settings and code is left as it is. So what was interrupted goes on
    where it stopped, with the same command.
    """
    if explained is not None:
        if period or first or last or force:
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

    progress = Console(stderr=True)
    use_instance()
    with progress.status("Loading Dagster …"), loading():
        from slo_assets import backfill
        from slo_assets.cli.pages import pages as pages_of
        from slo_assets.logs.memory import one_reading

        worker = backfill.Backfill.from_environment()
    with one_reading():
        with progress.status("Looking for input …"):
            for month in filter(None, (first, last, period)):
                if refusal := worker.refusal(month):
                    raise click.UsageError(refusal)
            try:
                months = worker.months(period or first, period or last)
            except backfill.BackfillError as problem:
                raise click.ClickException(str(problem)) from problem
        if not months:
            told = f"No month has input in {worker.data}: put logs into logs/ or telemetry files into telemetry/."
            progress.print(told)
        pages = pages_of(worker, len(months))
        results, stopped = _make(worker, months, force, progress, pages)
    undrawn = _draw(pages, progress)
    _tell(results, worker.output, months[len(results) :], as_json)
    sys.exit(0 if not stopped and not undrawn and all(result.well for result in results) else 1)


def _tell(results: Sequence[MonthResult], output: str, remaining: Sequence[Period], as_json: bool) -> None:
    from slo_assets import tables

    if as_json:
        print_json(tables.as_json(results, output, remaining))
        return
    console().print(tables.closing(results, output, remaining))
    if path := tables.page_path(results, output):
        click.echo(f"Page: {path}")


def _draw(pages: Pages, progress: Console) -> list[Period]:
    """Wait for the pages of the months that were published; those that could not be drawn are told and returned."""
    failed = []
    with progress.status("Drawing pages …") as status:
        for number, (month, problem) in enumerate(pages.drawn(), start=1):
            status.update(f"\\[{number}/{len(pages.asked)}] page of {month.key} …")
            if problem:
                failed.append(month)
                progress.print(f"The page of {month.key} could not be drawn: {escape(problem)}")
    return failed


@contextmanager
def _stop_requests() -> Iterator[Callable[[], bool]]:
    """Tell whether somebody asked the process to stop, even where nothing came of it.

    Dagster answers a signal by an error in the step that is at work, and Python forgets an error that is raised while
    an object is removed.
    """
    # A service manager that stops the command means the same as whoever presses Ctrl-C. A shell makes what it starts in
    # the background ignore that, and Dagster takes the answer to one signal for the other's.
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.default_int_handler)
    heard, told = socket.socketpair()
    told.setblocking(False)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    try:
        yield lambda: bool(select.select([heard], [], [], 0)[0])
    finally:
        signal.set_wakeup_fd(before)
        heard.close()
        told.close()


def _make(
    worker: Backfill, months: list[Period], force: bool, console: Console, pages: Pages
) -> tuple[list[MonthResult], bool]:
    """Make months while a bar shows how far that is, and ask for their pages; and whether it was interrupted."""
    from dagster._utils.interrupts import capture_interrupts

    from slo_assets import tables
    from slo_assets.backfill import InterruptedRunError

    results: list[MonthResult] = []
    try:
        with _stop_requests() as asked_to_stop, capture_interrupts(), tables.progress(console) as show:
            task = show.add_task("months", total=len(months), left="")
            for result in worker.results(months, force=force):
                results.append(result)
                if worker.is_undrawn(result):
                    pages.ask(result.period)
                left = tables.time_left(results, len(months))
                # A terminal shows it beside the bar.
                beside = "" if console.is_terminal else left
                show.print(tables.month_line(len(results), len(months), result, beside))
                show.update(task, completed=len(results), left=left)
                if asked_to_stop() and len(results) < len(months):
                    raise InterruptedRunError(result.period.key)
    except InterruptedRunError:
        pages.stop()
        return results, True
    return results, False


def _explain(file: str, lines: int | None, as_json: bool) -> None:
    """Show what the rules make of a file's first lines."""
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
        console().print(tables.explanation(found))
