"""``slo-sli-sla-dashboard.json``: the other documents, arranged for looking at; nothing is computed anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from slo_assets.config import SEVERITIES, SloConfig
from slo_assets.domain.documents import Document, envelope
from slo_assets.domain.rounding import rounded
from slo_assets.domain.verdicts import AT_RISK, FAILED
from slo_assets.periods import Period

#: So many files that were set aside are named; the others are counted.
NAMED_FILES = 20

#: What the dashboard tells of an anomaly.
ANOMALY = (
    "id",
    "component",
    "event",
    "severity",
    "sli",
    "origin",
    "description",
    "occurrences",
    "avgDuration",
    "totalDuration",
    "firstSeen",
    "lastSeen",
    "source",
    "sourceLine",
)

#: What it tells of each day.
DAY = ("date", "p95", "errorRate", "availability", "operations", "badMinutes", "coverage")


@dataclass(frozen=True)
class Sources:
    """The documents that the dashboard shows; ``metrics`` by period, this one and the one before."""

    telemetry: Document
    framework: Document
    metrics: Mapping[str, Document]
    targets: Document
    budgets: Document
    compliance: Document


def document(sources: Sources, period: Period, config: SloConfig) -> Document:
    """Arrange the period's documents.

    Args:
        sources: the documents.
        period: the month.
        config: title, refresh interval and margin of trends.
    """
    report = sources.compliance["complianceReport"]
    names = list(report["components"])
    dashboard = {
        "title": config.dashboard.title,
        "refreshInterval": config.dashboard.refresh_interval,
        "lastUpdated": report["generatedDate"],
        "closed": sources.telemetry["metadata"]["closed"],
        "summary": report["summary"],
        "sections": {
            "componentHealth": {"components": [_health(name, sources) for name in names]},
            "sliMetrics": {"cards": [_card(name, sources, period, config) for name in names]},
            "sloCompliance": {"gauges": [_gauge(name, sources) for name in names]},
            "errorBudgets": {"burndown": [_burndown(name, sources) for name in names]},
            "historicalTrends": {"periods": report["history"]},
            "alerts": {"active": [alert for name in names for alert in _alerts(name, sources)]},
            "anomalies": {"found": _anomalies(sources.telemetry)},
            "evidence": _evidence(sources.telemetry),
        },
    }
    return envelope(config, period, {"dashboard": dashboard})


def trend(now: float | None, before: float | None, percent: float) -> str | None:
    """Whether a figure went ``up``, ``down`` or stayed ``stable``.

    Formula:
        stable where |now − before| ≤ before × percent / 100

    Edge cases:
        None where one of the two is not known.

    Args:
        now: this period's figure.
        before: the last period's.
        percent: a change within so many percent of the last one is stable.
    """
    if now is None or before is None:
        return None
    if rounded(abs(now - before)) <= rounded(before * percent / 100):
        return "stable"
    return "up" if now > before else "down"


def _health(name: str, sources: Sources) -> Document:
    component = sources.compliance["complianceReport"]["components"][name]
    framework, detail = sources.framework["sliFunctions"][name], _metrics(name, sources)["availabilityDetail"]
    return {
        "component": name,
        "displayName": framework["displayName"],
        "status": component["overallStatus"],
        "trend": component["trend"],
        "riskLevel": framework["riskLevel"],
        "anomalies": framework["anomalyCount"],
        "coverage": detail["coverage"],
        "observedMinutes": detail["observedMinutes"],
        "unknownMinutes": detail["unknownMinutes"],
        "confidence": detail["confidence"],
    }


def _card(name: str, sources: Sources, period: Period, config: SloConfig) -> Document:
    metrics = _metrics(name, sources)
    before = sources.metrics.get(period.shifted(-1).key, {"metrics": {}})["metrics"].get(name)
    trends = _trends(metrics, before, config.dashboard.trend_percent)
    rate = metrics["errorRateDetail"]
    return {
        "component": name,
        "latencyP50": metrics["latency"]["p50"],
        "latencyP95": metrics["latency"]["p95"],
        "latencyP99": metrics["latency"]["p99"],
        "trend": trends["latency"],
        "trends": trends,
        "status": metrics["latency"]["status"],
        "errorRate": metrics["errorRate"],
        "availability": metrics["availability"],
        "completeness": metrics["completeness"],
        "freshness": metrics["freshness"],
        **{key: rate[key] for key in ("operations", "failures", "reportedErrors", "alsoReported", "unratedErrors")},
        "unfinished": metrics["completenessDetail"]["unfinished"],
        "confidence": metrics["latency"]["confidence"],
        "reasons": _reasons(metrics),
        "history": [{key: day[key] for key in DAY} for day in metrics["history"]],
    }


def _trends(metrics: Document, before: Document | None, percent: float) -> Document:
    """Where p95, error rate and availability went against the last period."""
    figures = [
        {"latency": of["latency"]["p95"], "errorRate": of["errorRate"], "availability": of["availability"]}
        for of in (metrics, before or {"latency": {"p95": None}, "errorRate": None, "availability": None})
    ]
    return {sli: trend(now, figures[1][sli], percent) for sli, now in figures[0].items()}


def _reasons(metrics: Document) -> dict[str, str]:
    """Why SLIs are not known, for those that are not."""
    details = {
        "latency": metrics["latency"],
        **{sli: metrics[f"{sli}Detail"] for sli in ("errorRate", "availability", "completeness", "freshness")},
    }
    return {sli: detail["reason"] for sli, detail in details.items() if "reason" in detail}


def _gauge(name: str, sources: Sources) -> Document:
    component = sources.compliance["complianceReport"]["components"][name]
    availability = component["availabilityCompliance"]
    detail = _metrics(name, sources)["availabilityDetail"]
    return {
        "component": name,
        "compliance": availability["actual"],
        "target": availability["target"],
        "status": availability["status"],
        "certainty": availability["certainty"],
        "lowerBound": detail["lowerBound"],
        "upperBound": detail["upperBound"],
        "latency": component["latencyCompliance"],
        "errorRate": component["errorRateCompliance"],
    }


def _burndown(name: str, sources: Sources) -> Document:
    budget = sources.budgets["errorBudgets"][name]
    return {
        "component": name,
        "target": budget["target"],
        **_left(budget),
        "series": budget["burnDown"],
        "errorRate": {"target": budget["errorRate"]["target"], **_left(budget["errorRate"])},
    }


def _left(budget: Document) -> Document:
    """What is left of a budget, in its unit and in percent."""
    used = budget["burnRatePercent"]
    return {
        "allowed": budget["allowed"],
        "consumed": budget["consumed"],
        "remaining": budget["remaining"],
        "percentage": None if used is None else round(100 - used, 4),
        "daysRemaining": budget["daysRemaining"],
        "status": budget["status"],
        "projection": budget["projection"],
        "projectedPercent": budget["projectedPercent"],
    }


def _alerts(name: str, sources: Sources) -> Iterator[Document]:
    """Crossed thresholds and objectives that are failed or at risk, the gravest first."""
    component = sources.compliance["complianceReport"]["components"][name]
    budget = sources.budgets["errorBudgets"][name]
    for objective in ("availability", "latency", "errorRate"):
        status = component[f"{objective}Compliance"]["status"]
        if status in (FAILED, AT_RISK):
            yield {"component": name, "objective": objective, "kind": "compliance", "status": status}
    for objective, crossed in (("availability", budget["alerts"]), ("errorRate", budget["errorRate"]["alerts"])):
        for alert in reversed(crossed):
            yield {"component": name, "objective": objective, "kind": "budget", **alert}


def _anomalies(telemetry: Document) -> list[Document]:
    """The period's anomalies, the gravest first and the longest of equal ones."""
    found = [{key: anomaly[key] for key in ANOMALY} for anomaly in telemetry["anomalies"]]
    return sorted(
        found, key=lambda a: (SEVERITIES.index(a["severity"]), -a["totalDuration"], a["component"], a["event"])
    )


def _evidence(telemetry: Document) -> Document:
    """What the figures rest on, and what could not be used."""
    metadata = telemetry["metadata"]
    aside, unmapped = metadata["setAside"], metadata["unmapped"]
    return {
        "logFiles": len(metadata["logFiles"]),
        "logEntriesAnalyzed": metadata["logEntriesAnalyzed"],
        "reports": len(metadata["reports"]),
        "quarantine": aside["quarantine"][:NAMED_FILES],
        "moreQuarantined": len(aside["quarantine"][NAMED_FILES:]),
        "duplicates": len(aside["duplicates"]),
        "futureLines": sum(aside["futureLines"].values()),
        "futureReports": len(aside["futureReports"]),
        "unmappedEvents": sum(unmapped["events"].values()) + unmapped["moreEvents"]["events"],
        "unmappedAnomalies": len(unmapped["anomalies"]),
    }


def _metrics(name: str, sources: Sources) -> Document:
    figures: Document = sources.metrics[sources.targets["period"]]["metrics"][name]
    return figures
