"""``slo-sli-sla-dashboard.json``: the other documents, arranged, and nothing computed anew."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from slo_assets.config import SloConfig
from slo_assets.domain.dashboard import Sources, _evidence, document, trend
from slo_assets.domain.documents import Document
from slo_assets.periods import Period
from slo_assets_tests.domain.telling import (
    CANVAS,
    COMPONENTS,
    NOVEMBER,
    done,
    failed,
    incident,
    month,
    spread,
    started,
    told,
)
from slo_assets_tests.situations import config_with, shipped_config

LINES = [
    *spread(300, 10, 40),
    *(failed(3001 + n) for n in range(4)),
    done(3600, 300),
    started(3700),
    *(done(3800 + n, 20, "theme:toggle") for n in range(5)),
]


def agreed(settings: dict[str, Any]) -> None:
    settings["components"][CANVAS]["objectives"] = {"errorRate": 0.1}


@cache
def documents() -> dict[str, Document]:
    reports = (told(incident(count=9, ms=1000)), told(incident("theme:x:race", 2, 60_000, component="theme")))
    return month(LINES, *reports, config=config_with(agreed))


def sections(config: SloConfig | None = None, **other: Document) -> Document:
    made = documents()
    metrics = {NOVEMBER: made["sli-metrics"], **other}
    sources = Sources(
        made["renderx-web-telemetry"],
        made["sli-framework"],
        metrics,
        made["slo-targets"],
        made["error-budgets"],
        made["sla-compliance-report"],
    )
    return dict(document(sources, Period(NOVEMBER), config or shipped_config())["dashboard"])


def figures(p95: float | None = None, rate: float | None = None, availability: float | None = None) -> Document:
    """What a card compares with of the month before."""
    return {"latency": {"p95": p95}, "errorRate": rate, "availability": availability}


def of(name: str, entries: list[Document]) -> Document:
    (entry,) = (entry for entry in entries if entry["component"] == name)
    return entry


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (105.0, 100.0, "stable"),
        (105.001, 100.0, "up"),
        (95.0, 100.0, "stable"),
        (94.999, 100.0, "down"),
        (100.0, 100.0, "stable"),
        (0.0, 0.0, "stable"),
        (0.001, 0.0, "up"),
        (None, 100.0, None),
        (100.0, None, None),
        (None, None, None),
    ],
)
def test_a_change_within_five_percent_is_stable(now: float | None, before: float | None, expected: str | None):
    assert trend(now, before, 5) == expected


@pytest.mark.parametrize(("now", "before"), [(104.958, 99.96), (94.962, 99.96), (0.021, 0.02)])
def test_a_change_of_exactly_five_percent_is_stable_whatever_floats_say(now: float, before: float):
    assert trend(now, before, 5) == "stable"


@pytest.mark.parametrize(("factor", "expected"), [(0.5, "up"), (1.0, "stable"), (2.0, "down"), (None, None)], ids=str)
def test_a_card_s_trend_compares_this_p95_with_the_last_month_s(factor: float | None, expected: str | None):
    p95 = documents()["sli-metrics"]["metrics"][CANVAS]["latency"]["p95"]
    last = {"metrics": {CANVAS: figures(None if factor is None else p95 * factor)}}
    cards = sections(**{"2025-10": last})["sections"]["sliMetrics"]["cards"]
    assert of(CANVAS, cards)["trend"] == expected
    assert of("theme", cards)["trend"] is None


def test_each_figure_of_a_card_has_a_trend_of_its_own():
    now = documents()["sli-metrics"]["metrics"][CANVAS]
    last = figures(now["latency"]["p95"] * 2, now["errorRate"] / 2, now["availability"])
    card = of(CANVAS, sections(**{"2025-10": {"metrics": {CANVAS: last}}})["sections"]["sliMetrics"]["cards"])
    assert card["trends"] == {"latency": "down", "errorRate": "up", "availability": "stable"}


def test_a_card_says_why_a_figure_is_not_known_and_only_then():
    cards = sections()["sections"]["sliMetrics"]["cards"]
    assert of(CANVAS, cards)["reasons"] == {}
    unknown = of("host-sdk", cards)
    assert unknown["latencyP95"] is unknown["availability"] is None
    assert set(unknown["reasons"]) == {"latency", "errorRate", "availability", "completeness", "freshness"}
    assert unknown["reasons"]["availability"] == "no log or report looked at the component in the period"


def test_the_month_before_the_last_is_not_compared():
    older = {"metrics": {CANVAS: figures(1.0)}}
    assert of(CANVAS, sections(**{"2025-09": older})["sections"]["sliMetrics"]["cards"])["trend"] is None


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)


def test_every_number_stands_in_one_of_the_documents_or_is_what_is_left_of_100():
    made = documents()
    counted = {0.0, 1.0, 2.0}  # files and reports, which their document lists
    known = {number for name, source in made.items() if "dashboard" not in name for number in numbers(source)}
    left = {
        round(100 - budget["burnRatePercent"], 4)
        for budget in made["error-budgets"]["errorBudgets"].values()
        if budget["burnRatePercent"] is not None
    }
    assert set(numbers(sections())) <= known | left | counted | {300.0}


@pytest.mark.parametrize("name", COMPONENTS)
def test_each_section_repeats_its_document(name: str):
    made, shown = documents(), sections()["sections"]
    metrics = made["sli-metrics"]["metrics"][name]
    judged = made["sla-compliance-report"]["complianceReport"]["components"][name]
    budget = made["error-budgets"]["errorBudgets"][name]
    card = of(name, shown["sliMetrics"]["cards"])
    assert [card[f"latencyP{n}"] for n in (50, 95, 99)] == [metrics["latency"][f"p{n}"] for n in (50, 95, 99)]
    assert [card[key] for key in ("errorRate", "availability", "completeness", "freshness")] == [
        metrics[key] for key in ("errorRate", "availability", "completeness", "freshness")
    ]
    assert (card["status"], len(card["history"])) == (metrics["latency"]["status"], 30)
    gauge = of(name, shown["sloCompliance"]["gauges"])
    assert (gauge["compliance"], gauge["target"], gauge["status"], gauge["certainty"]) == tuple(
        judged["availabilityCompliance"][key] for key in ("actual", "target", "status", "certainty")
    )
    burndown = of(name, shown["errorBudgets"]["burndown"])
    for key in ("allowed", "consumed", "remaining", "daysRemaining", "status", "projection", "projectedPercent"):
        assert burndown[key] == budget[key]
        assert burndown["errorRate"][key] == budget["errorRate"][key]
    assert (burndown["target"], burndown["errorRate"]["target"]) == (budget["target"], budget["errorRate"]["target"])
    detail = metrics["availabilityDetail"]
    assert (gauge["lowerBound"], gauge["upperBound"]) == (detail["lowerBound"], detail["upperBound"])
    assert [card[key] for key in ("operations", "failures", "reportedErrors", "alsoReported", "unratedErrors")] == [
        metrics["errorRateDetail"][key]
        for key in ("operations", "failures", "reportedErrors", "alsoReported", "unratedErrors")
    ]
    assert card["unfinished"] == metrics["completenessDetail"]["unfinished"]
    assert [day["coverage"] for day in card["history"]] == [day["coverage"] for day in metrics["history"]]
    used = budget["burnRatePercent"]
    assert burndown["percentage"] == (None if used is None else pytest.approx(100 - used, abs=1e-9))
    assert burndown["series"] == budget["burnDown"]
    health = of(name, shown["componentHealth"]["components"])
    assert (health["status"], health["displayName"]) == (
        judged["overallStatus"],
        made["sli-framework"]["sliFunctions"][name]["displayName"],
    )
    assert health["riskLevel"] == made["sli-framework"]["sliFunctions"][name]["riskLevel"]


def test_alerts_are_what_failed_or_is_at_risk_and_crossed_thresholds_the_gravest_first():
    made = documents()
    alerts = sections()["sections"]["alerts"]["active"]
    components = made["sla-compliance-report"]["complianceReport"]["components"]
    judged = {
        (name, objective, components[name][f"{objective}Compliance"]["status"])
        for name in COMPONENTS
        for objective in ("availability", "latency", "errorRate")
        if components[name][f"{objective}Compliance"]["status"] in ("failed", "at-risk")
    }
    shown = [(a["component"], a["objective"], a["status"]) for a in alerts if a["kind"] == "compliance"]
    assert (set(shown), len(shown)) == (judged, len(judged))
    assert (CANVAS, "errorRate", "failed") in judged
    crossed = [
        (a["component"], a["objective"], a["threshold"], a["crossedAt"]) for a in alerts if a["kind"] == "budget"
    ]
    budgets = made["error-budgets"]["errorBudgets"]
    expected = [
        (name, objective, alert["threshold"], alert["crossedAt"])
        for name in components
        for objective, own in (("availability", budgets[name]), ("errorRate", budgets[name]["errorRate"]))
        for alert in sorted(own["alerts"], key=lambda alert: -alert["threshold"])
    ]
    assert crossed == expected
    assert (CANVAS, "errorRate", 100.0) in [entry[:3] for entry in crossed]


def test_the_dashboard_has_the_configured_title_and_interval():
    config = config_with(lambda settings: settings.update(dashboard={"title": "Ours", "refreshInterval": 60}))
    shown = sections(config)
    assert (shown["title"], shown["refreshInterval"]) == ("Ours", 60)
    assert sections()["title"] == "SLO/SLI/SLA Monitoring Dashboard"
    assert sections()["refreshInterval"] == 300


def test_summary_history_and_date_are_the_compliance_report_s():
    report, shown = documents()["sla-compliance-report"]["complianceReport"], sections()
    assert shown["summary"] == report["summary"]
    assert shown["lastUpdated"] == report["generatedDate"]
    assert shown["sections"]["historicalTrends"]["periods"] == report["history"]
    assert shown["closed"] is True


def test_anomalies_are_the_telemetry_s_the_gravest_first_with_the_log_line_of_the_first():
    made = documents()["renderx-web-telemetry"]["anomalies"]
    found = sections()["sections"]["anomalies"]["found"]
    ranks = ["critical", "high", "medium", "low"]
    order = [(ranks.index(anomaly["severity"]), -anomaly["totalDuration"]) for anomaly in found]
    assert order == sorted(order)
    assert {anomaly["id"] for anomaly in found} == {anomaly["id"] for anomaly in made}
    for anomaly in found:
        (source,) = (one for one in made if one["id"] == anomaly["id"])
        assert anomaly.items() <= source.items()
    (outage,) = (anomaly for anomaly in found if anomaly["event"] == "canvas:availability:outage")
    assert outage["source"] == "app.log:301"


def test_the_evidence_tells_what_the_figures_rest_on_and_what_was_set_aside():
    telemetry = documents()["renderx-web-telemetry"]
    metadata = telemetry["metadata"]
    aside = [{"file": f"{n}.log", "reason": "undated", "detail": ""} for n in range(23)]
    busy = {
        **metadata,
        "setAside": {
            "quarantine": aside,
            "duplicates": [{"file": "b.log", "sameAs": "a.log"}],
            "futureLines": {"a.log": 3, "c.log": 4},
            "futureReports": ["late.json"],
        },
        "unmapped": {
            "events": {"x:y": 5},
            "moreEvents": {"keys": 2, "events": 6},
            "anomalies": [{"id": "a"}, {"id": "b"}],
        },
    }
    assert _evidence({**telemetry, "metadata": busy}) == {
        "logFiles": 1,
        "logEntriesAnalyzed": metadata["logEntriesAnalyzed"],
        "reports": 2,
        "quarantine": aside[:20],
        "moreQuarantined": 3,
        "duplicates": 1,
        "futureLines": 7,
        "futureReports": 1,
        "unmappedEvents": 11,
        "unmappedAnomalies": 2,
    }
