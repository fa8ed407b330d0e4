"""What the charts show, and that Vega draws it."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from slo_assets.page import charts, drawing, pictures, view
from slo_assets.page.theme import DARK, LIGHT
from slo_assets.periods import Period
from slo_assets_tests.page.dashboards import busy, empty

NOVEMBER = Period("2025-11")
CANVAS = "canvas-component"


def content(document: dict[str, Any]) -> dict[str, Any]:
    return dict(document["dashboard"])


def line(chart: charts.Chart, name: str, component: str = CANVAS) -> list[tuple[float, float]]:
    rows = chart.of(component).rows
    return [(row["day"], row["left"]) for row in rows if row["line"] == name]


def test_a_burn_down_begins_whole_and_has_the_document_s_figure_at_each_day_s_end() -> None:
    dashboard = content(busy())
    series = next(b for b in dashboard["sections"]["errorBudgets"]["burndown"] if b["component"] == CANVAS)["series"]

    assert line(charts.burn_down(dashboard, NOVEMBER), "left") == [
        (0, 100),
        *((number, day["percentage"]) for number, day in enumerate(series, start=1)),
    ]


def test_the_even_pace_goes_from_all_to_nothing_over_the_month() -> None:
    assert line(charts.burn_down(content(busy()), NOVEMBER), "even pace") == [(0, 100), (30, 0)]


def test_an_open_month_s_line_ends_where_it_is_known_and_the_projection_begins_there() -> None:
    dashboard = content(busy("2025-11-15T00:00:00Z"))
    chart = charts.burn_down(dashboard, NOVEMBER)
    budget = next(b for b in dashboard["sections"]["errorBudgets"]["burndown"] if b["component"] == CANVAS)

    last = line(chart, "left")[-1]
    assert last[0] == pytest.approx(3.542, abs=1e-3)  # asOf, the last line: 4 November, 13:00:04
    assert line(chart, "projection") == [last, (30, 100 - budget["projectedPercent"])]


def test_a_closed_month_has_no_projection_and_an_unknown_component_no_line() -> None:
    chart = charts.burn_down(content(busy()), NOVEMBER)

    assert line(chart, "projection") == []
    assert "host-sdk" not in chart.components


def test_a_day_alone_is_marked_since_no_line_can_be_drawn_through_it() -> None:
    dashboard = content(busy())
    card = dashboard["sections"]["sliMetrics"]["cards"][0]
    for number, p95 in enumerate((1.0, None, 2.0, 3.0, None, 4.0)):
        card["history"][number]["p95"] = p95
    for day in card["history"][6:]:
        day["p95"] = None

    rows = charts.sparklines(dashboard, NOVEMBER, "p95").of(card["component"]).rows
    assert [row["day"] for row in rows if row["alone"]] == [1, 6]


def test_days_are_as_high_as_they_were_observed_and_red_where_availability_was_missed() -> None:
    dashboard = content(busy())
    rows = charts.days(dashboard, NOVEMBER).of("control-panel").rows

    assert [(row["day"], row["status"]) for row in rows if row["status"] != "unknown"] == [(2, "failed")]
    assert rows[2]["seen"] == pytest.approx(100 * 120 / 1440, abs=1e-4)


@pytest.mark.parametrize("kind", ["burn_down", "days", "p95"])
def test_each_component_gets_a_fragment_of_its_own_in_the_page_s_colours(kind: str) -> None:
    dashboard = content(busy())
    chart = (
        charts.sparklines(dashboard, NOVEMBER, kind) if kind == "p95" else getattr(charts, kind)(dashboard, NOVEMBER)
    )
    drawn = drawing.fragments(chart)

    assert list(drawn) == chart.components
    for fragment in drawn.values():
        root = ET.fromstring(fragment)  # noqa: S314
        assert "var(--" in fragment
        assert not any(element.get("id") or element.get("style") for element in root.iter())


def test_a_fragment_shows_its_own_component() -> None:
    drawn = drawing.fragments(charts.burn_down(content(busy()), NOVEMBER))

    assert "var(--at-risk)" in drawn["control-panel"]  # 69.4 % of the budget is used
    assert "var(--at-risk)" not in drawn[CANVAS]


def test_components_drawn_in_several_goes_look_as_if_drawn_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    chart = charts.burn_down(content(busy()), NOVEMBER)
    whole = drawing.fragments(chart)
    monkeypatch.setattr(drawing, "TOGETHER", 1)

    assert drawing.fragments(chart) == whole


def test_the_same_chart_is_the_same_bytes() -> None:
    chart = charts.history(content(busy()))

    assert drawing.svg(chart) == drawing.svg(chart)
    assert drawing.png(chart) == drawing.png(chart)


def test_a_picture_has_the_colours_of_its_theme_and_no_variables() -> None:
    chart = charts.burn_down(content(busy()), NOVEMBER).of(CANVAS)

    for theme, other in ((LIGHT, DARK), (DARK, LIGHT)):
        picture = drawing.svg(chart, theme)
        assert theme["met"] in picture
        assert other["met"] not in picture
        assert "var(" not in picture
    assert drawing.png(chart).startswith(b"\x89PNG")


def test_every_chart_of_a_dashboard_has_a_name_of_its_own() -> None:
    names = [name for name, _ in pictures.every_chart(view.Page(busy()))]

    assert len(set(names)) == len(names)
    assert {"history", "canvas-component-burn-down", "theme-days", "host-sdk-days"} <= set(names)
    assert "host-sdk-burn-down" not in names


def test_the_ui_gets_a_small_picture_of_the_component_to_look_at_first() -> None:
    text = pictures.markdown(view.Page(busy()))

    assert text.startswith("**canvas-component**\n\n![error budget left](data:image/png;base64,iVBOR")
    assert len(text) < 50_000
    assert "nothing is known" in pictures.markdown(view.Page(empty()))
