"""What the command shows of a backfill: a line for each month, a closing table, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from slo_assets.backfill import MonthResult

UNKNOWN = "–"
#: Columns of the closing table where there is no terminal that tells its own.
WIDTH = 120
COLORS = {"met": "green", "at-risk": "yellow", "failed": "red", "unknown": "dim"}


def month_line(number: int, count: int, result: MonthResult) -> str:
    """One month's result in a line, as markup."""
    if not result.well:
        told = result.error or "; ".join(result.failures.values())
        return f"\\[{number}/{count}] {result.period.key} [red]failed[/red]: {escape(told)}"
    warnings = f", {len(result.warnings)} checks ask for a look" if result.warnings else ""
    return f"\\[{number}/{count}] {result.period.key} published in {result.seconds:.1f} s{warnings}"


def figures(result: MonthResult) -> Iterator[dict[str, Any]]:
    """The figures of each component in a month, from its dashboard."""
    if result.dashboard is None:
        return
    sections = result.dashboard["dashboard"]["sections"]
    budgets = {entry["component"]: entry for entry in sections["errorBudgets"]["burndown"]}
    health = {entry["component"]: entry for entry in sections["componentHealth"]["components"]}
    for card in sections["sliMetrics"]["cards"]:
        name = card["component"]
        left = budgets[name]["percentage"]
        yield {
            "period": result.period.key,
            "component": name,
            "p95Ms": card["latencyP95"],
            "errorRatePercent": card["errorRate"],
            "availabilityPercent": card["availability"],
            "budgetUsedPercent": None if left is None else round(100 - left, 4),
            "status": health[name]["status"],
        }


def closing(results: Sequence[MonthResult], output: str) -> RenderableType:
    """The closing table of a backfill, what asks for a look, and where the files are."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("period", no_wrap=True)
    table.add_column("component", no_wrap=True)
    for heading in ("p95 ms", "error rate %", "availability %", "budget used %"):
        table.add_column(heading, justify="right")
    table.add_column("status")
    for result in results:
        for row in figures(result):
            numbers = [row[name] for name in ("p95Ms", "errorRatePercent", "availabilityPercent", "budgetUsedPercent")]
            status = Text(row["status"], style=COLORS[row["status"]])
            shown = [UNKNOWN if number is None else f"{number:g}" for number in numbers]
            table.add_row(row["period"], Text(row["component"]), *shown, status)
        table.add_section()
    told: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for finding in (result.warnings | result.failures).items():
            told.setdefault(finding, []).append(result.period.key)
    notes = [Text(f"{check} ({', '.join(periods)}): {text}") for (check, text), periods in told.items()]
    failed = [result.period.key for result in results if not result.well]
    ending = [Text(f"Failed: {', '.join(failed)}", style="red")] if failed else []
    return Group(table, *notes, *ending, Text(f"Published: {output}/published/<period>/"))


def as_json(results: Sequence[MonthResult], output: str) -> dict[str, Any]:
    """The same for machines."""
    months = [
        {
            "period": result.period.key,
            "runId": result.run_id,
            "success": result.well,
            "error": result.error or None,
            "seconds": round(result.seconds, 3),
            "warnings": result.warnings,
            "failedChecks": result.failures,
            "components": [{name: value for name, value in row.items() if name != "period"} for row in figures(result)],
        }
        for result in results
    ]
    return {"months": months, "published": f"{output}/published"}
