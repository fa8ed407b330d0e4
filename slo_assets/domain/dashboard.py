"""``slo-sli-sla-dashboard.json``: the other documents, arranged for looking at; nothing is computed anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from slo_assets.config import SloConfig
from slo_assets.domain.documents import Document, envelope
from slo_assets.domain.rounding import rounded
from slo_assets.domain.verdicts import AT_RISK, FAILED
from slo_assets.periods import Period


@dataclass(frozen=True)
class Sources:
    """The documents that the dashboard shows; ``metrics`` by period, this one and the one before."""

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
        "summary": report["summary"],
        "sections": {
            "componentHealth": {"components": [_health(name, sources) for name in names]},
            "sliMetrics": {"cards": [_card(name, sources, period, config) for name in names]},
            "sloCompliance": {"gauges": [_gauge(name, sources) for name in names]},
            "errorBudgets": {"burndown": [_burndown(name, sources) for name in names]},
            "historicalTrends": {"periods": report["history"]},
            "alerts": {"active": [alert for name in names for alert in _alerts(name, sources)]},
        },
    }
    return envelope(config, period, {"dashboard": dashboard})


def trend(now: float | None, before: float | None, percent: float) -> str | None:
    """Whether a figure went ``up``, ``down`` or stayed ``stable``; None where one of the two is not known.

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
        "unknownMinutes": detail["unknownMinutes"],
        "confidence": detail["confidence"],
    }


def _card(name: str, sources: Sources, period: Period, config: SloConfig) -> Document:
    metrics, before = _metrics(name, sources), sources.metrics.get(period.shifted(-1).key, {"metrics": {}})
    last = before["metrics"].get(name, {"latency": {"p95": None}})["latency"]["p95"]
    return {
        "component": name,
        "latencyP50": metrics["latency"]["p50"],
        "latencyP95": metrics["latency"]["p95"],
        "latencyP99": metrics["latency"]["p99"],
        "trend": trend(metrics["latency"]["p95"], last, config.dashboard.trend_percent),
        "status": metrics["latency"]["status"],
        "errorRate": metrics["errorRate"],
        "availability": metrics["availability"],
        "completeness": metrics["completeness"],
        "freshness": metrics["freshness"],
        "operations": metrics["errorRateDetail"]["operations"],
        "confidence": metrics["latency"]["confidence"],
        "history": [
            {key: day[key] for key in ("date", "p95", "errorRate", "availability")} for day in metrics["history"]
        ],
    }


def _gauge(name: str, sources: Sources) -> Document:
    component = sources.compliance["complianceReport"]["components"][name]
    availability = component["availabilityCompliance"]
    return {
        "component": name,
        "compliance": availability["actual"],
        "target": availability["target"],
        "status": availability["status"],
        "certainty": availability["certainty"],
        "latency": component["latencyCompliance"],
        "errorRate": component["errorRateCompliance"],
    }


def _burndown(name: str, sources: Sources) -> Document:
    budget = sources.budgets["errorBudgets"][name]
    used = budget["burnRatePercent"]
    return {
        "component": name,
        "allowed": budget["allowed"],
        "consumed": budget["consumed"],
        "remaining": budget["remaining"],
        "percentage": None if used is None else round(100 - used, 4),
        "daysRemaining": budget["daysRemaining"],
        "status": budget["status"],
        "projection": budget["projection"],
        "series": budget["burnDown"],
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


def _metrics(name: str, sources: Sources) -> Document:
    figures: Document = sources.metrics[sources.targets["period"]]["metrics"][name]
    return figures
