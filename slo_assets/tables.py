"""What the command shows: of a backfill and of what the rules make of a log.

What belongs here: how results look in a terminal and as JSON; no figure is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from slo_assets.domain.account import FLAWS, visible
from slo_assets.periods import Period, format_instant

if TYPE_CHECKING:
    from slo_assets.backfill import MonthResult
    from slo_assets.logs.explain import Explanation, Line, Told

UNKNOWN = "–"
#: Columns of the closing table where there is no terminal that tells its own.
WIDTH = 120
#: Marks the time of a line that tells none itself: it is that of the line before.
INHERITED = "~"
COLORS = {"met": "green", "at-risk": "yellow", "failed": "red", "unknown": "dim"}


def month_line(number: int, count: int, result: MonthResult, left: str = "") -> str:
    """One month's result in a line, as markup, and how long the others will take."""
    place = f"\\[{number}/{count}] {result.period.key}"
    after = f", {left}" if left else ""
    if not result.well:
        told = result.error or "; ".join(result.failures.values())
        return f"{place} [red]failed[/red]: {escape(told)}{after}"
    made = "is up to date" if result.kept else f"published in {result.seconds:.1f} s"
    warnings = f", {len(result.warnings)} checks ask for a look" if result.warnings else ""
    return f"{place} {made}{warnings}{after}"


def progress(where: Console) -> Progress:
    """A bar over months; its tasks have the field ``left``."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
    return Progress(*columns, console=where, transient=True)


def time_left(results: Sequence[MonthResult], count: int) -> str:
    """How long the remaining months will take, from those that were made; nothing where none was or none is left."""
    took = [result.seconds for result in results if not result.kept]
    left = count - len(results)
    return f"about {_clock(sum(took) / len(took) * left)} left" if took and left else ""


def _clock(seconds: float) -> str:
    """A length of time as ``45 s`` or ``3 min 20 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


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


def closing(results: Sequence[MonthResult], output: str, remaining: Sequence[Period] = ()) -> RenderableType:
    """The closing table of a backfill, what asks for a look, what was not made, and where the files are."""
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
    said: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for finding in (result.warnings | result.failures).items():
            said.setdefault(finding, []).append(result.period.key)
    notes = [Text(f"{check} ({', '.join(periods)}): {text}") for (check, text), periods in said.items()]
    failed = [result.period.key for result in results if not result.well]
    ending = [Text(f"Failed: {', '.join(failed)}", style="red")] if failed else []
    if remaining:
        told = f"Interrupted before {remaining[0].key} was made, {len(remaining)} of {len(remaining) + len(results)} "
        ending.append(Text(f"{told}months are left. The same command goes on from there.", style="yellow"))
    return Group(table, *notes, *ending, Text(f"Published: {output}/published/<period>/"))


def page_path(results: Sequence[MonthResult], output: str) -> str | None:
    """The page of the latest month that was published; None where none was."""
    published = [result.period.key for result in results if not result.error]
    return f"{output}/pages/{max(published)}.html" if published else None


def as_json(results: Sequence[MonthResult], output: str, remaining: Sequence[Period] = ()) -> dict[str, Any]:
    """The same for machines."""
    months = [
        {
            "period": result.period.key,
            "runId": result.run_id,
            "success": result.well,
            "upToDate": result.kept,
            "error": result.error or None,
            "seconds": round(result.seconds, 3),
            "warnings": result.warnings,
            "failedChecks": result.failures,
            "components": [{name: value for name, value in row.items() if name != "period"} for row in figures(result)],
        }
        for result in results
    ]
    left = [period.key for period in remaining]
    page = page_path(results, output)
    return {"months": months, "remaining": left, "published": f"{output}/published", "page": page}


def explanation(found: Explanation) -> RenderableType:
    """What the rules make of each line of a log, the sums, and what no rule took."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("time", no_wrap=True)
    table.add_column("rule", no_wrap=True)
    table.add_column("what it takes, and the line", overflow="ellipsis")
    for line in found.lines:
        for rule, what in _taken(line):
            # Only this text may be cut where the terminal is narrow.
            what.no_wrap = True
            table.add_row(str(line.number), _time(line), rule, what)
    return Group(_how(found), table, _summary(found), *_next_rules(found))


def _how(found: Explanation) -> Text:
    how = found.how
    source = f"source {how.source}" if how.source else "no source fits it, so what stands directly under logs"
    profile = f"profile {how.profile}" if how.profile else "no profile"
    return Text(f"{visible(found.file)}: {visible(f'{source}; {profile}; {how.dialect}; {len(how.rules)} rules')}")


def _time(line: Line) -> Text:
    if line.instant is None:
        return Text(UNKNOWN)
    return Text(f"{'' if line.own else INHERITED}{format_instant(line.instant)}", style="" if line.own else "dim")


def _taken(line: Line) -> Iterator[tuple[Text, Text]]:
    """What each rule took of a line, above its text; and the line that no rule took."""
    text = Text(visible(line.text), style="dim")
    for told in line.told:
        yield Text(visible(told.rule), style="green"), Text.assemble(_what(told), "\n", text)
    if line.left:
        flaws = ", ".join(FLAWS[flaw] for flaw in line.flaws)
        yield Text(UNKNOWN), Text.assemble((f"{flaws}: " if flaws else "", "red"), text)


def _what(told: Told) -> str:
    duration = "duration unknown" if told.ms is None else f"{told.ms:g} ms {told.known}"
    parts = [f"{told.kind} of {told.event}", told.component or "no component"]
    return visible(", ".join(parts if told.kind == "start" else [*parts, duration]))


def _summary(found: Explanation) -> Table:
    """The sums, as a run counts them."""
    table = Table.grid(padding=(0, 3))
    table.add_column()
    table.add_column(justify="right")
    sums = found.sums
    counts = {"lines" if found.whole else "lines, more follow": sums.lines}
    counts |= {f"taken by {visible(rule)}": sums.matched[rule] for rule in found.how.rules}
    counts |= {"no rule took": found.unmatched, f"without time ({INHERITED})": sums.untimed}
    counts |= {shown: sums.flaws[flaw] for flaw, shown in FLAWS.items()}
    for name, count in {**counts, "events of no component": found.unmapped}.items():
        table.add_row(Text(name), f"{count:,}")
    return table


def _next_rules(found: Explanation) -> Iterator[RenderableType]:
    """The lines that no rule took, by their shape: what a rule would be written for next."""
    if found.lines and all(line.instant is None for line in found.lines):
        yield Text("\nNo line tells its time, and neither does the file's name: a run would set it aside.", style="red")
    if found.shapes:
        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("lines", justify="right", no_wrap=True)
        table.add_column("no rule took lines like this, with 0 for digits", overflow="fold", ratio=1)
        for shape, count in found.shapes:
            table.add_row(f"{count:,}", Text(visible(shape)))
        yield table
