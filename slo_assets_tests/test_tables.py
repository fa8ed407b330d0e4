"""What the command shows of a backfill."""

import io
from typing import Any

from rich.console import Console

from slo_assets import tables
from slo_assets.backfill import MonthResult
from slo_assets.periods import Period


def dashboard(component: str, p95: float | None, left: float | None, status: str) -> dict[str, Any]:
    card = {"component": component, "latencyP95": p95, "errorRate": p95, "availability": p95}
    sections = {
        "sliMetrics": {"cards": [card]},
        "errorBudgets": {"burndown": [{"component": component, "percentage": left}]},
        "componentHealth": {"components": [{"component": component, "status": status}]},
    }
    return {"dashboard": {"sections": sections}}


KNOWN = MonthResult(Period("2025-10"), "run-1", 1.25, dashboard=dashboard("canvas", 12.5, 70.5, "met"))
UNKNOWN = MonthResult(
    Period("2025-11"), "run-2", 1, dashboard=dashboard("[red]x", None, None, "unknown"), warnings={"known": "[b]why"}
)
BROKEN = MonthResult(Period("2025-12"), "run-3", 1, error="telemetry: OSError: [Errno 28] disk full")
UNTRUE = MonthResult(Period("2025-12"), "run-4", 1, failures={"published_whole": "a.json differs"})


def shown(*results: MonthResult) -> str:
    console = Console(file=io.StringIO(), width=tables.WIDTH)
    console.print(tables.closing(results, "/out"))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_closing_table_has_a_row_for_each_period_and_component() -> None:
    (row,) = [line.split() for line in shown(KNOWN).splitlines() if "2025-10" in line]

    assert row == ["2025-10", "canvas", "12.5", "12.5", "12.5", "29.5", "met"]


def test_what_is_unknown_is_a_dash_and_markup_in_names_is_text() -> None:
    (row,) = [line.split() for line in shown(UNKNOWN).splitlines() if "unknown" in line]

    assert row == ["2025-11", "[red]x", "–", "–", "–", "–", "unknown"]
    assert "known (2025-11): [b]why" in shown(UNKNOWN)


def test_the_same_finding_in_several_months_is_told_once() -> None:
    other = MonthResult(Period("2025-12"), "run-5", 1, dashboard=UNKNOWN.dashboard, warnings=UNKNOWN.warnings)

    assert shown(UNKNOWN, other).count("[b]why") == 1
    assert "known (2025-11, 2025-12): [b]why" in shown(UNKNOWN, other)


def test_the_end_names_failed_months_and_where_the_files_are() -> None:
    text = shown(KNOWN, BROKEN)

    assert "Failed: 2025-12" in text
    assert text.rstrip().endswith("Published: /out/published/<period>/")


def test_a_month_line_tells_success_or_the_reason() -> None:
    console = Console(file=io.StringIO(), width=200)
    for number, result in enumerate((KNOWN, UNKNOWN, BROKEN, UNTRUE), start=1):
        console.print(tables.month_line(number, 4, result))
    assert isinstance(console.file, io.StringIO)

    assert console.file.getvalue().splitlines() == [
        "[1/4] 2025-10 published in 1.2 s",
        "[2/4] 2025-11 published in 1.0 s, 1 checks ask for a look",
        "[3/4] 2025-12 failed: telemetry: OSError: [Errno 28] disk full",
        "[4/4] 2025-12 failed: a.json differs",
    ]


def test_the_json_holds_every_month_and_figure() -> None:
    document = tables.as_json([KNOWN, BROKEN], "/out")

    assert document["published"] == "/out/published"
    assert [month["success"] for month in document["months"]] == [True, False]
    assert document["months"][0]["components"] == [
        {
            "component": "canvas",
            "p95Ms": 12.5,
            "errorRatePercent": 12.5,
            "availabilityPercent": 12.5,
            "budgetUsedPercent": 29.5,
            "status": "met",
        }
    ]
    assert document["months"][1]["error"] == "telemetry: OSError: [Errno 28] disk full"
