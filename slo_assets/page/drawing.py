"""Charts as SVG and PNG, drawn by Vega (https://vega.github.io) through vl-convert: no browser, no network.

Its first drawing takes about half a second and each further one little, so all components of a kind are drawn as
one and cut apart afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from slo_assets.page.charts import Chart, Color
from slo_assets.page.theme import LIGHT, variable

#: Components drawn as one: more make Vega slower than they save.
TOGETHER = 100
#: Room above and beside the drawing area for what reaches over it: half a label, half a line.
MARGIN = 8
#: The major version of Vega-Lite that vl-convert brings.
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
SVG = "{http://www.w3.org/2000/svg}"
#: What the page's style sheet says better, and what is said by default.
SUPERFLUOUS = {"class", "role", "pointer-events", "font-family", "font-size", "stroke-miterlimit"}
DEFAULTS = {"opacity": "1", "stroke-width": "1", "x2": "0", "y2": "0", "font-weight": "normal"}

ET.register_namespace("", SVG.strip("{}"))


def fragments(chart: Chart) -> dict[str, str]:
    """A small SVG for each component of a chart, coloured by the page's CSS variables.

    They have no ids and no styles of their own, so that any number of them fits into one page.
    """
    found: dict[str, str] = {}
    components = chart.components
    for start in range(0, len(components), TOGETHER):
        part = chart.among(set(components[start : start + TOGETHER]))
        cells = _cells(ET.fromstring(_draw(_faceted(part, variable))))  # noqa: S314 - Vega's own words
        found |= dict(zip(part.components, (_fragment(cell, chart) for cell in cells), strict=True))
    return found


def svg(chart: Chart, theme: Mapping[str, str] = LIGHT) -> str:
    """A chart as a picture of its own, with its title."""
    return _draw(_alone(chart, theme))


def png(chart: Chart, theme: Mapping[str, str] = LIGHT, scale: float = 2) -> bytes:
    """The same as PNG, so many times as large."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(_alone(chart, theme), scale=scale))


def _draw(spec: dict[str, Any]) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec))


def _config(color: Color) -> dict[str, Any]:
    axis = {
        "labelColor": color("muted"),
        "gridColor": color("rule"),
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "labelFontSize": 11,
    }
    return {"view": {"stroke": None}, "axis": axis, "title": {"color": color("ink"), "anchor": "start"}}


def _faceted(chart: Chart, color: Color) -> dict[str, Any]:
    return {
        "$schema": SCHEMA,
        "data": {"values": list(chart.rows)},
        "background": None,
        "facet": {"row": {"field": "component", "type": "nominal", "sort": chart.components, "header": None}},
        "spec": _layered(chart, color),
        "resolve": {"scale": {"y": "independent"}, "axis": {"x": "independent"}},
        "config": _config(color),
    }


def _alone(chart: Chart, theme: Mapping[str, str]) -> dict[str, Any]:
    return {
        "$schema": SCHEMA,
        "data": {"values": list(chart.rows)},
        "background": theme["card"],
        "title": chart.title,
        "padding": 12,
        **_layered(chart, theme.__getitem__),
        "config": _config(theme.__getitem__),
    }


def _layered(chart: Chart, color: Color) -> dict[str, Any]:
    return {
        "width": chart.width,
        "height": chart.height,
        "layer": chart.layers(color),
        "resolve": {"scale": {"color": "independent"}},
    }


def _cells(root: ET.Element) -> Iterator[ET.Element]:
    return (cell for group in root.iter(f"{SVG}g") if group.get("class", "").endswith(" cell") for cell in group)


def _fragment(cell: ET.Element, chart: Chart) -> str:
    """A cell of a faceted chart as an SVG of its own, without what it does not need."""
    inner = "".join(_lean(child) for child in cell)
    width, height = chart.left + chart.width + 2 * MARGIN, chart.height + chart.bottom + 2 * MARGIN
    box = f"{-chart.left - MARGIN} {-MARGIN} {width} {height}"
    return f'<svg viewBox="{box}" width="{width}" height="{height}" fill="none" aria-hidden="true">{inner}</svg>'


def _lean(element: ET.Element) -> str:
    tag = element.tag.removeprefix(SVG)
    if element.get("class") in ("background", "foreground") or element.get("display") == "none":
        return ""
    inner = escape(element.text or "") + "".join(_lean(child) for child in element)
    attributes = {
        name: _short(value)
        for name, value in element.attrib.items()
        if name not in SUPERFLUOUS and not name.startswith("aria-") and DEFAULTS.get(name) != value
    }
    if tag == "g" and (not inner or not attributes or attributes == {"transform": "translate(0,0)"}):
        return inner
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<{tag}{written}>{inner}</{tag}>" if inner else f"<{tag}{written}/>"


def _short(value: str) -> str:
    """Coordinates to a tenth of a pixel."""
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), value)
