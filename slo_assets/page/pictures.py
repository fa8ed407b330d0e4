"""Pictures of charts: files for reports, and a small one for the Dagster UI."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from slo_assets.page import charts, drawing, view
from slo_assets.page.charts import Chart
from slo_assets.periods import Period

PNG = "data:image/png;base64,"


def every_chart(page: view.Page) -> Iterator[tuple[str, Chart]]:
    """Each chart of a dashboard with a name for its file."""
    period = Period(page.period)
    kinds = {
        "burn-down": charts.burn_down(page.dashboard, period),
        "days": charts.days(page.dashboard, period),
        "latency-p95": charts.sparklines(page.dashboard, period, "p95"),
        "error-rate": charts.sparklines(page.dashboard, period, "errorRate"),
        "availability": charts.sparklines(page.dashboard, period, "availability"),
    }
    yield "history", charts.history(page.dashboard)
    for kind, chart in kinds.items():
        for component in chart.components:
            yield f"{component}-{kind}", chart.of(component)


def markdown(page: view.Page) -> str:
    """The burn-down chart of the component to look at first, as Markdown with the picture in it."""
    chart = charts.burn_down(page.dashboard, Period(page.period))
    drawn = set(chart.components)
    name = next((one.id for one in view.components(page) if one.id in drawn), None)
    if name is None:
        return "Nothing was observed, so nothing is known of the budgets."
    picture = base64.b64encode(drawing.png(chart.of(name), scale=1)).decode()
    return f"**{name}**\n\n![error budget left]({PNG}{picture})"
