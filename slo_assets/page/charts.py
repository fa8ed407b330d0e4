"""What each chart shows, as Vega-Lite: data for many components at once, drawn in one go.

A chart is a :class:`Chart` of rows, each with the ``component`` that it belongs to. Days are numbers, not dates, so
that no time zone of a machine moves them: 0 is the period's start, 1 the end of its first day.

Grammar: https://vega.github.io/vega-lite/docs/
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slo_assets.periods import DAY, Period, parse_instant

Document = dict[str, Any]
Row = dict[str, Any]
#: The colour of a role: a CSS variable for the page, a fixed colour for a picture of its own.
Color = Callable[[str], str]

#: Status of a budget or verdict to the colour that says so.
ROLES: Mapping[str, str] = {
    "met": "met",
    "healthy": "met",
    "at-risk": "at-risk",
    "warning": "at-risk",
    "critical": "failed",
    "failed": "failed",
    "exhausted": "failed",
    "unknown": "unknown",
}

#: Full weeks are easier to read than every day.
WEEK = 7


@dataclass(frozen=True)
class Chart:
    """One kind of chart for several components.

    Attributes:
        title: what it shows, in words.
        width: of the drawing area, in pixels.
        height: of the drawing area, in pixels.
        rows: its data; each row has a ``component``.
        layers: builds the layers for a way to colour them.
        left: room for the labels of the vertical axis.
        bottom: room for the labels of the horizontal axis.
    """

    title: str
    width: int
    height: int
    rows: Sequence[Row]
    layers: Callable[[Color], list[Document]]
    left: int = 0
    bottom: int = 0

    @property
    def components(self) -> list[str]:
        """The components that it has rows of, in their order."""
        return list(dict.fromkeys(row["component"] for row in self.rows))

    def of(self, component: str) -> Chart:
        """The same chart of one component alone."""
        return self.among({component})

    def among(self, components: Collection[str]) -> Chart:
        """The same chart of some components."""
        return self.keeping([row for row in self.rows if row["component"] in components])

    def keeping(self, rows: Sequence[Row]) -> Chart:
        """The same chart with other rows."""
        return Chart(self.title, self.width, self.height, rows, self.layers, self.left, self.bottom)


def burn_down(dashboard: Document, period: Period) -> Chart:
    """How much of the availability's error budget is left: by day, at an even pace, and where it leads."""
    rows: list[Row] = []
    until = (parse_instant(dashboard["lastUpdated"]) - period.start) / DAY
    days = period.minutes * 60_000_000 // DAY
    for budget in dashboard["sections"]["errorBudgets"]["burndown"]:
        series = [day for day in budget["series"] if day.get("percentage") is not None]
        if not series:
            continue
        common = {"component": budget["component"], "status": budget["status"]}
        rows += [{**common, "line": "even pace", "day": day, "left": left} for day, left in ((0, 100), (days, 0))]
        rows.append({**common, "line": "left", "day": 0, "left": 100})
        rows += [
            {**common, "line": "left", "day": round(min(number, until), 3), "left": day["percentage"]}
            for number, day in enumerate(series, start=1)
        ]
        if budget["projectedPercent"] is not None:
            rows.append({**common, "line": "projection", "day": rows[-1]["day"], "left": rows[-1]["left"]})
            rows.append({**common, "line": "projection", "day": days, "left": 100 - budget["projectedPercent"]})
    return Chart("Error budget left, percent", 440, 120, rows, _burn_down_layers(days), left=46, bottom=20)


def _burn_down_layers(days: int) -> Callable[[Color], list[Document]]:
    def layers(color: Color) -> list[Document]:
        x = {
            "field": "day",
            "type": "quantitative",
            "scale": {"domain": [0, days], "nice": False},
            "axis": {"title": None, "grid": False, "values": [*range(0, days, WEEK)], "labelExpr": "datum.value + 1"},
        }
        y = {
            "field": "left",
            "type": "quantitative",
            "scale": {"nice": True, "zero": True},
            # 10k: a budget may be overspent a hundred times.
            "axis": {
                "title": None,
                "tickCount": 3,
                "format": "~s",
                "labelExpr": "(datum.value ? replace(datum.label, '-', '−') : 0) + ' %'",
            },
        }

        def line(name: str, **mark: Any) -> Document:
            return {
                "transform": [{"filter": {"field": "line", "equal": name}}],
                "mark": {"type": "line", **mark},
                "encoding": {"x": x, "y": y},
            }

        def status(layer: Document) -> Document:
            layer["encoding"]["color"] = {**_by_role("status", color), "legend": None}
            return layer

        # A rule without a filter would be drawn once for each row.
        zero = {
            "transform": [{"filter": "datum.line == 'even pace' && datum.day == 0"}],
            "mark": {"type": "rule", "color": color("muted")},
            "encoding": {"y": {"datum": 0}},
        }
        return [
            zero,
            line("even pace", color=color("muted"), strokeWidth=1, strokeDash=[4, 3]),
            status(line("projection", strokeWidth=1.5, strokeDash=[1, 3])),
            status(line("left", strokeWidth=2)),
        ]

    return layers


def _by_role(field: str, color: Color) -> Document:
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": list(ROLES), "range": [color(role) for role in ROLES.values()]},
    }


def sparklines(dashboard: Document, period: Period, sli: str) -> Chart:
    """An SLI by day, with gaps where it is not known, beside its objective where there is one.

    Args:
        dashboard: the document's content.
        period: the month.
        sli: ``p95``, ``errorRate`` or ``availability``.
    """
    days = period.minutes * 60_000_000 // DAY
    rows: list[Row] = []
    for card in dashboard["sections"]["sliMetrics"]["cards"]:
        figures = [(number, day.get(sli)) for number, day in enumerate(card["history"], start=1)]
        if all(figure is None for _, figure in figures):
            continue
        known = {number for number, figure in figures if figure is not None}
        rows += [
            {
                "component": card["component"],
                "day": number,
                "figure": figure,
                "alone": number in known and not known & {number - 1, number + 1},
            }
            for number, figure in figures
        ]
    return Chart(f"{SPARKLINES[sli]} by day", 150, 28, rows, _sparkline_layers(days))


SPARKLINES: Mapping[str, str] = {
    "p95": "Latency p95, milliseconds,",
    "errorRate": "Error rate, percent,",
    "availability": "Availability, percent,",
}


def _sparkline_layers(days: int) -> Callable[[Color], list[Document]]:
    def layers(color: Color) -> list[Document]:
        encoding = {
            "x": {"field": "day", "type": "quantitative", "scale": {"domain": [1, days], "nice": False}, "axis": None},
            "y": {"field": "figure", "type": "quantitative", "scale": {"zero": False, "nice": False}, "axis": None},
        }
        return [
            {
                "mark": {
                    "type": "line",
                    "color": color("accent"),
                    "strokeWidth": 1.5,
                    "invalid": "break-paths-show-domains",
                },
                "encoding": encoding,
            },
            {
                # A line needs two days; one alone is a point.
                "transform": [{"filter": "datum.alone"}],
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 7, "color": color("accent")},
                "encoding": encoding,
            },
        ]

    return layers


def days(dashboard: Document, period: Period) -> Chart:
    """Each day as a bar: how much of it was observed, and whether its availability reached the objective."""
    length = period.minutes * 60_000_000 // DAY
    targets = {gauge["component"]: gauge["target"] for gauge in dashboard["sections"]["sloCompliance"]["gauges"]}
    rows: list[Row] = []
    for card in dashboard["sections"]["sliMetrics"]["cards"]:
        for number, day in enumerate(card["history"]):
            availability, seen = day.get("availability"), day.get("coverage") or 0
            reached = availability is not None and availability >= targets[card["component"]]
            rows.append(
                {
                    "component": card["component"],
                    "day": number,
                    "end": number + 1,
                    "seen": seen,
                    "elapsed": len(card["history"]),
                    "status": "unknown" if availability is None or not seen else "met" if reached else "failed",
                }
            )
    return Chart("Observed time by day, and whether availability reached its objective", 240, 22, rows, _days(length))


def _days(length: int) -> Callable[[Color], list[Document]]:
    def layers(color: Color) -> list[Document]:
        x = {
            "field": "day",
            "type": "quantitative",
            "scale": {"domain": [0, length], "nice": False},
            "axis": None,
            "bandPosition": 0,
        }
        bar = {"type": "rect", "xOffset": 0.5, "x2Offset": -0.5}
        return [
            {
                "transform": [{"filter": "datum.day == 0"}],
                "mark": {"type": "rect", "color": color("unknown-tint")},
                "encoding": {"x": x, "x2": {"field": "elapsed"}},
            },
            {
                "transform": [{"filter": "datum.seen > 0"}],
                "mark": bar,
                "encoding": {
                    "x": x,
                    "x2": {"field": "end"},
                    "y": {"field": "seen", "type": "quantitative", "scale": {"domain": [0, 100]}, "axis": None},
                    "y2": {"datum": 0},
                    "color": {**_by_role("status", color), "legend": None},
                },
            },
        ]

    return layers


def history(dashboard: Document) -> Chart:
    """Periods × components: each cell a verdict, with the part of the error budget that was used."""
    periods = dashboard["sections"]["historicalTrends"]["periods"]
    rows = [
        {
            "component": "all components",
            "period": past["period"],
            "name": name,
            "status": figures["status"],
            "used": figures["burnRatePercent"],
        }
        for past in periods
        for name, figures in past["components"].items()
    ]
    names = list(dict.fromkeys(row["name"] for row in rows))
    return Chart(
        "Error budget used, percent, by period; coloured by verdict",
        max(120, 58 * len(periods)),
        22 * len(names),
        rows,
        _history_layers(names),
    )


def _history_layers(names: Iterable[str]) -> Callable[[Color], list[Document]]:
    def layers(color: Color) -> list[Document]:
        encoding = {
            "x": {"field": "period", "type": "ordinal", "axis": {"title": None, "labelAngle": 0, "orient": "top"}},
            "y": {"field": "name", "type": "nominal", "sort": list(names), "axis": {"title": None}},
        }
        tints = {
            "field": "status",
            "type": "nominal",
            "scale": {"domain": list(ROLES), "range": [color(f"{role}-tint") for role in ROLES.values()]},
            "legend": None,
        }
        return [
            {
                "mark": {"type": "rect", "stroke": color("paper"), "strokeWidth": 2},
                "encoding": {**encoding, "color": tints},
            },
            {
                "mark": {"type": "text", "fontSize": 11},
                "transform": [{"calculate": "isValid(datum.used) ? format(datum.used, '.1f') : '–'", "as": "text"}],
                "encoding": {
                    **encoding,
                    "text": {"field": "text", "type": "nominal"},
                    "color": {**_by_role("status", color), "legend": None},
                },
            },
        ]

    return layers
