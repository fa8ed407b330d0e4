"""Dashboard documents to HTML: one self-contained file for each period, and an index over all.

The file fetches nothing, its only script and style sheet are named by their digests in its content security policy,
and Jinja escapes every text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from slo_assets.page import charts, drawing, view, wording
from slo_assets.page.theme import DARK, LIGHT, variables
from slo_assets.periods import Period

Document = dict[str, Any]
#: What the index tells of a period.
Entry = dict[str, Any]

TEMPLATES = Path(__file__).parent / "template"
#: A date, which no line ends within.
DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
#: So many components, those that need a look most, have charts beside their figures: a page has to open at once.
MOST_CHARTS = 200
#: So many alerts stand at the top; the others with their components.
MOST_ALERTS = 12
#: So many anomalies of a component are listed; the document has all.
MOST_ANOMALIES = 50


def page(document: Document) -> bytes:
    """The page of a period.

    Args:
        document: ``slo-sli-sla-dashboard.json``; nothing else is needed.
    """
    shown = view.Page(document)
    components = view.components(shown)
    periods = shown.sections["historicalTrends"]["periods"]
    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            **_frame(),
            page=shown,
            month=wording.month(shown.period),
            status=shown.dashboard["summary"]["overallStatus"],
            earlier=periods[-2]["period"] if len(periods) > 1 else None,
            periods=periods,
            components=components,
            first=components[0],
            names={one.id: one.name for one in components},
            alerts=[alert for one in components for alert in one.urgent],
            coverage=view.coverage(components),
            evidence=shown.sections["evidence"],
            charts=_charts(shown, {one.id for one in components[:MOST_CHARTS]}),
            most_charts=MOST_CHARTS,
            most=MOST_ANOMALIES,
            most_alerts=MOST_ALERTS,
            objectives=wording.OBJECTIVES,
        )
    )
    return text.encode()


def entry(document: Document) -> Entry:
    """What the index tells of a period."""
    shown = view.Page(document)
    dashboard = shown.dashboard
    return {
        "period": shown.period,
        "title": dashboard["title"],
        "refreshInterval": dashboard["refreshInterval"],
        "status": dashboard["summary"]["overallStatus"],
        "headline": shown.headline,
        "compliancePercentage": dashboard["summary"]["compliancePercentage"],
        "counts": shown.counts,
        "coverage": view.coverage(view.components(shown))["percent"],
        "lastUpdated": dashboard["lastUpdated"],
        "closed": dashboard["closed"],
    }


def index(entries: Sequence[Entry]) -> bytes:
    """The index over all periods, the latest first."""
    latest = sorted(entries, key=lambda one: str(one["period"]), reverse=True)
    title, refresh = (latest[0]["title"], latest[0]["refreshInterval"]) if latest else ("SLO", 300)
    template = _environment().get_template("index.html.j2")
    text = template.render(**_frame(), entries=latest, order=view.ORDER, title=title, refresh=refresh)
    return text.encode()


def _charts(shown: view.Page, looked_at: Collection[str]) -> Mapping[str, Mapping[str, Markup]]:
    """Fragments by kind of chart and component: the days of all components, all else of some."""
    period = Period(shown.period)
    kinds = {
        "burn_down": charts.burn_down(shown.dashboard, period),
        **{sli: charts.sparklines(shown.dashboard, period, sli) for sli in charts.SPARKLINES},
    }
    drawn = {kind: _marked(drawing.fragments(chart.among(looked_at))) for kind, chart in kinds.items()}
    return {**drawn, "days": _marked(drawing.fragments(charts.days(shown.dashboard, period)))}


def _marked(fragments: Mapping[str, str]) -> dict[str, Markup]:
    # Drawn from numbers, statuses and our own words alone: nothing in it needs to be escaped.
    return {component: Markup(fragment) for component, fragment in fragments.items()}  # noqa: S704


@cache
def _frame() -> Mapping[str, Any]:
    """What each page has: style sheet, script, and the policy that lets no other run."""
    style = (
        f":root{{color-scheme:light dark;{variables(LIGHT)}}}"
        f"@media (prefers-color-scheme:dark){{@media not print{{:root{{{variables(DARK)}}}}}}}\n"
        + (TEMPLATES / "page.css").read_text(encoding="utf-8")
    )
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    allowed = {"style-src": _digest(style), "script-src": _digest(script), "connect-src": "'self'", "img-src": "data:"}
    sources = "; ".join(f"{kind} {source}" for kind, source in allowed.items())
    return {
        "style": Markup(style),  # noqa: S704 - our own files
        "script": Markup(script),  # noqa: S704
        "policy": f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'",
        "signs": wording.SIGNS,
        "verdicts": wording.VERDICTS,
        "arrows": wording.ARROWS,
    }


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.ChainableUndefined
    )
    environment.filters |= {
        name: getattr(wording, name)
        for name in (
            "name",
            "line",
            "number",
            "percent",
            "roughly",
            "millis",
            "duration",
            "instant",
            "month",
            "day",
            "plural",
        )
    }
    environment.filters |= {
        "key": lambda value: "" if value is None else f"{value:.10g}",
        "negative": lambda value: "" if value is None else f"{0 - value:.10g}",
        "verdict_of": charts.ROLES.__getitem__,
        "unbroken": lambda text: DATE.sub(lambda found: found[0].replace("-", "\N{NON-BREAKING HYPHEN}"), text),
        "lower_first": lambda text: text[:1].lower() + text[1:],
    }
    return environment
