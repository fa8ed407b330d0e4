"""What the command shows of a backfill."""

import io
from typing import Any

from rich.console import Console

from slo_assets import tables
from slo_assets.backfill import MonthResult
from slo_assets.logs.explain import Explanation, How, Line, Told
from slo_assets.logs.pieces import Month
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


def test_the_page_is_the_latest_published_month_s_and_without_one_there_is_none() -> None:
    assert tables.page_path([KNOWN, UNKNOWN, BROKEN], "/out") == "/out/pages/2025-11.html"
    assert tables.page_path([BROKEN], "/out") is None


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

    assert (document["published"], document["page"]) == ("/out/published", "/out/pages/2025-10.html")
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


HOW = How(None, "renderx", "text", ("beat", "mount"))
TOLD = Told("beat", "success", "canvas:create", "canvas", 5.25, "written")


def explained(*lines: Line, **more: Any) -> list[str]:
    """The table of lines, each with its blanks made single."""
    sums = Month(lines=len(lines))
    found = Explanation("a.log", HOW, True, lines, sums, more.get("shapes", ()))
    console = Console(file=io.StringIO(), width=tables.WIDTH)
    console.print(tables.explanation(found))
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_a_line_that_a_rule_took_stands_below_what_the_rule_takes() -> None:
    shown = explained(Line(7, 0, True, (), (TOLD,), 0, "[b]the line"))

    place = shown.index("7 1970-01-01T00:00:00Z beat success of canvas:create, canvas, 5.25 ms written")
    assert shown[place + 1] == "[b]the line"


def test_inherited_times_unknown_ones_and_flaws_are_marked() -> None:
    shown = explained(
        Line(1, None, False, ("undecodable", "overLong"), (), 1, "broken"), Line(2, 0, False, (), (), 1, "fine")
    )

    assert "1 – – undecodable, over-long: broken" in shown
    assert "2 ~1970-01-01T00:00:00Z – fine" in shown


def test_events_of_no_component_and_unknown_durations_are_said() -> None:
    told = (Told("beat", "failure", "x", None, None, None), Told("mount", "start", "y", None, None, None))

    shown = " ".join(explained(Line(1, 0, True, (), told, 0, "text")))

    assert "failure of x, no component, duration unknown" in shown
    assert "start of y, no component text" in shown
    assert "events of no component 2" in shown


def test_a_log_that_nothing_dates_is_told_to_be_set_aside() -> None:
    undated, dated = Line(1, None, False, (), (), 1, "a"), Line(1, 0, True, (), (), 1, "a")

    assert any("a run would set it aside" in line for line in explained(undated))
    assert not any("a run would set it aside" in line for line in explained(dated) + explained())


def test_shapes_that_no_rule_took_are_listed_with_their_counts() -> None:
    shown = explained(shapes=(("user 0 came", 1200), ("\x1b[0m", 1)))

    assert "1,200 user 0 came" in shown
    assert "1 \\x1b[0m" in shown
