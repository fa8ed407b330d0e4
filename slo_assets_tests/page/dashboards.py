"""Dashboard documents for pages: small, large, empty and hostile ones. Each fits its schema."""

from __future__ import annotations

import copy
import datetime as dt
from functools import cache

from slo_assets.domain.documents import Document
from slo_assets.storage.schemas import validate
from slo_assets_tests.domain.telling import (
    CANVAS,
    NOON,
    done,
    failed,
    incident,
    month,
    spread,
    started,
    told,
)
from slo_assets_tests.situations import config_with

NAME = "slo-sli-sla-dashboard"
#: A text that would do harm where it is not taken as text: markup, Markdown, control characters, a turned direction.
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=x()>"
    "[link](javascript:owned)**bold**`code`\u202egnol\u202c\u0007{{7*7}}&amp;"
)
LONG = "long-" * 2048
LINES = (
    *spread(300, 10, 40),
    *(failed(3001 + n) for n in range(4)),
    done(3600, 300),
    started(3700),
    *spread(150, 20, 25, "library:component:load", NOON + dt.timedelta(seconds=4000)),
    *(done(90_000 + n, 20, "theme:toggle") for n in range(5)),
)


@cache
def _busy(now: str) -> Document:
    reports = (
        told(incident("theme:x:race", 2, 60_000, component="theme")),
        # Nobody looks at the host SDK: it stays unknown.
        told(incident("control:panel:availability:outage", 30, 60_000, component="control-panel"), seen=(0, 7200)),
    )

    def agreed(settings: Document) -> None:
        settings["components"][CANVAS]["objectives"] = {"errorRate": 0.1}

    return month(LINES, *reports, now=now, config=config_with(agreed))[NAME]


def busy(now: str = "2025-12-05T00:00:00Z") -> Document:
    """Five components: failed, at risk, met and unknown ones, with anomalies and alerts."""
    return copy.deepcopy(_busy(now))


def empty() -> Document:
    """A month of which nothing is known."""
    return month()[NAME]


def stretched(count: int, document: Document | None = None) -> Document:
    """A document with so many components, copies of those that it has."""
    large = document or busy()
    sections = large["dashboard"]["sections"]
    entries = [
        (sections["componentHealth"], "components"),
        (sections["sliMetrics"], "cards"),
        (sections["sloCompliance"], "gauges"),
        (sections["errorBudgets"], "burndown"),
        (sections["alerts"], "active"),
        (sections["anomalies"], "found"),
    ]
    names = [health["component"] for health in sections["componentHealth"]["components"]]
    copies = [f"{number:04d}" for number in range(-(-count // len(names)))]
    kept = {f"{name}-{number}" for number in copies for name in names[: count - int(number) * len(names)]}

    def renamed(entry: Document, number: str) -> Document:
        shown = {"displayName": f"{entry['displayName']} {number}"} if "displayName" in entry else {}
        return {**entry, "component": f"{entry['component']}-{number}", **shown}

    for section, key in entries:
        every = [renamed(entry, number) for number in copies for entry in section[key]]
        section[key] = [entry for entry in every if entry["component"] in kept]
    for past in sections["historicalTrends"]["periods"]:
        past["components"] = {
            name: past["components"][name.rsplit("-", 1)[0]]
            for name in sorted(kept)
            if name.rsplit("-", 1)[0] in past["components"]
        }
    return checked(large)


def hostile(text: str = HOSTILE) -> Document:
    """A document in which every free text is one that means harm, or is too long."""
    document = busy()
    dashboard = document["dashboard"]
    sections = dashboard["sections"]
    dashboard["title"] = text
    for health in sections["componentHealth"]["components"]:
        health["displayName"] = text
    for card in sections["sliMetrics"]["cards"]:
        card["reasons"] = dict.fromkeys(card["reasons"], text)
    for budget in sections["errorBudgets"]["burndown"]:
        budget["projection"] = text
    for alert in sections["alerts"]["active"]:
        if alert.get("escalation"):
            alert["escalation"] |= {"notify": [text], "action": text}
    for anomaly in sections["anomalies"]["found"]:
        key = "".join(sign for sign in text if not sign.isspace() and sign not in ".:")
        anomaly |= {"event": f"canvas:{key}", "description": text, "source": f"{text}.log:7"}
        anomaly["sourceLine"] = {"text": text[:800], "cut": True}
    sections["evidence"]["quarantine"] = [{"file": text, "reason": text, "detail": text}]
    return checked(document)


def checked(document: Document) -> Document:
    """The document, when it fits its schema."""
    validate(document, NAME)
    return document
