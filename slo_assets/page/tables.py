"""The dashboard as tables for spreadsheets and data tools: CSV and Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]
Row = dict[str, str | float | bool | None]

#: A spreadsheet takes a cell that begins so for a formula, and runs it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")

#: Columns that come first where a table has them.
LEADING = ("period", "component", "displayName", "objective", "unit", "historyPeriod", "date", "event")


def tables(document: Document) -> dict[str, list[Row]]:
    """Every table of a dashboard document, by its name; each row names its period."""
    sections = document["dashboard"]["sections"]
    burndown = sections["errorBudgets"]["burndown"]
    found: dict[str, list[Row]] = {
        "components": _components(sections),
        "objectives": [row for gauge in sections["sloCompliance"]["gauges"] for row in _objectives(gauge)],
        "budgets": [row for budget in burndown for row in _budgets(budget)],
        "burn-down": [{"component": budget["component"], **day} for budget in burndown for day in budget["series"]],
        "days": [
            {"component": card["component"], **day}
            for card in sections["sliMetrics"]["cards"]
            for day in card["history"]
        ],
        "history": [
            {"historyPeriod": past["period"], "component": name, **figures}
            for past in sections["historicalTrends"]["periods"]
            for name, figures in past["components"].items()
        ],
        "alerts": [_alert(alert) for alert in sections["alerts"]["active"]],
        "anomalies": [{**a, "sourceLine": a["sourceLine"]["text"]} for a in sections["anomalies"]["found"]],
    }
    return {name: [_ordered({"period": document["period"], **row}) for row in rows] for name, rows in found.items()}


def _ordered(row: Row) -> Row:
    """What the row is about comes first."""
    return {name: row[name] for name in dict.fromkeys((*(name for name in LEADING if name in row), *row))}


def _components(sections: Document) -> list[Row]:
    cards = {card["component"]: card for card in sections["sliMetrics"]["cards"]}
    nested = {"component", "trend", "trends", "status", "reasons", "history", "confidence"}
    return [
        {
            **health,
            "latencyStatus": cards[health["component"]]["status"],
            **{name: value for name, value in cards[health["component"]].items() if name not in nested},
        }
        for health in sections["componentHealth"]["components"]
    ]


def _objectives(gauge: Document) -> list[Row]:
    latency, rate = gauge["latency"], gauge["errorRate"]
    judged = (
        ("availability", "percent", gauge["target"], gauge["compliance"], gauge["status"]),
        ("latency p95", "ms", latency["p95Target"], latency["p95Actual"], latency["p95Status"]),
        ("latency p99", "ms", latency["p99Target"], latency["p99Actual"], latency["p99Status"]),
        ("error rate", "percent", rate["target"], rate["actual"], rate["status"]),
    )
    return [
        {
            "component": gauge["component"],
            **dict(zip(("objective", "unit", "target", "actual", "status"), row, strict=True)),
        }
        for row in judged
    ]


def _budgets(budget: Document) -> list[Row]:
    of_both = (("availability", "minutes", budget), ("error rate", "events", budget["errorRate"]))
    nested = {"component", "series", "errorRate"}
    return [
        {
            "component": budget["component"],
            "objective": objective,
            "unit": unit,
            **{name: value for name, value in figures.items() if name not in nested},
        }
        for objective, unit, figures in of_both
    ]


def _alert(alert: Document) -> Row:
    step = alert.get("escalation") or {}
    names = ("component", "objective", "kind", "status", "threshold", "crossedAt")
    notified = ", ".join(step["notify"]) if step else None
    return {**{name: alert.get(name) for name in names}, "notify": notified, "action": step.get("action")}


def columns(rows: Sequence[Row]) -> list[str]:
    """The columns that any of the rows has, in their order."""
    return list(dict.fromkeys(name for row in rows for name in row))


def csv_bytes(rows: Sequence[Row]) -> bytes:
    """Rows as CSV (RFC 4180, UTF-8); what is not known is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns(rows))
    writer.writeheader()
    writer.writerows({name: defused(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue().encode()


def defused(cell: str | float | bool | None) -> str | float | bool | None:
    """A cell that no spreadsheet takes for a formula: such a text gets an apostrophe before it; numbers stay."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def parquet_bytes(rows: Sequence[Row]) -> bytes:
    """Rows as Parquet, with texts as they are: no data tool runs them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = columns(rows)
    filled = {name: [_number(row.get(name)) for row in rows] for name in names}
    sink = io.BytesIO()
    pq.write_table(pa.table({name: _column(cells) for name, cells in filled.items()}), sink)
    return sink.getvalue()


def _number(cell: Any) -> Any:
    """JSON does not tell 1 from 1.0, so a column of numbers is one of floats."""
    return float(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell


def _column(cells: Sequence[Any]) -> Any:
    import pyarrow as pa

    known = {type(cell) for cell in cells if cell is not None}
    kind: Mapping[type, Any] = {str: pa.string(), bool: pa.bool_(), float: pa.float64()}
    return pa.array(cells, kind[known.pop()] if len(known) == 1 else pa.string())
