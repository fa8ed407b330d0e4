"""What commands share: the type of a period, where Dagster records, and how results are printed."""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from slo_assets.periods import Period

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console


class _PeriodType(click.ParamType[Period]):
    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        try:
            return value if isinstance(value, Period) else Period(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


PERIOD = _PeriodType()


@contextmanager
def loading() -> Iterator[None]:
    """While Dagster and the code location are loaded: half a million objects that stay, so none of them is garbage.

    Nor is any when the process ends: Python would look through all of them for a second before that.
    """
    gc.disable()
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def use_instance() -> Path:
    """Give Dagster its home, made with the project's ``dagster.yaml`` where it has none of its own; return it.

    Raises:
        UsageError: it cannot be made.
    """
    from slo_assets.settings import ROOT, dagster_home

    ours, home = not os.environ.get("DAGSTER_HOME"), dagster_home().absolute()
    settings, shipped = home / "dagster.yaml", (ROOT / "dagster.yaml").read_bytes()
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not settings.exists() or (ours and settings.read_bytes() != shipped):
            settings.write_bytes(shipped)
    except OSError as problem:
        msg = (
            f"Dagster has no place for its records: {problem}. Remedy: set DAGSTER_HOME to a folder that can be written"
        )
        raise click.UsageError(msg) from problem
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def console() -> Console:
    """Where results are printed, as wide as the terminal; always as wide where there is none."""
    from rich.console import Console

    from slo_assets import tables

    return Console(width=None if sys.stdout.isatty() else tables.WIDTH)


def print_json(value: Any) -> None:
    """Print a result for machines."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def execute(job: str, op: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Run a job of one step in this process, recorded like any other, and return what it ended with.

    Args:
        job: the job's name.
        op: its step.
        settings: the step's configuration.

    Raises:
        ClickException: the step failed; says why.
    """
    from rich.console import Console

    use_instance()
    with Console(stderr=True).status("Loading Dagster …"):
        with loading():
            import dagster as dg

            from slo_assets.backfill import QUIET, failure
            from slo_assets.definitions import build_defs
            from slo_assets.ops import OUTCOME

            found = build_defs().resolve_job_def(job)
        result = found.execute_in_process(
            instance=dg.DagsterInstance.get(),
            run_config={**QUIET, "ops": {op: {"config": settings}}},
            raise_on_error=False,
        )
    if not result.success:
        raise click.ClickException(failure(result))
    ended = next(event for event in result.all_events if event.is_successful_output)
    outcome: dict[str, Any] = ended.step_output_data.metadata[OUTCOME].value  # type: ignore[assignment]
    return outcome
