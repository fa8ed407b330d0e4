"""``sli-framework.json``: which SLIs each component has, what they mean, and what is usual for it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from slo_assets.config import SEVERITIES, LatencyThresholds, SloConfig
from slo_assets.domain.anomalies import costliest
from slo_assets.domain.baseline import Baseline, Measured, baseline, confidence
from slo_assets.domain.documents import Document, as_of, envelope
from slo_assets.domain.event_log import ENDED, EventLog
from slo_assets.domain.indicators import PERCENTILES, latency_percentiles
from slo_assets.domain.rounding import millis
from slo_assets.periods import Period, format_instant

#: What each SLI is, in the words of the documents.
SLIS: Mapping[str, Mapping[str, str]] = {
    "latency": {
        "category": "Performance",
        "name": "Latency",
        "unit": "milliseconds",
        "description": "How long operations take.",
        "formula": "percentile of the durations of all operations with a duration, interpolated between ranks",
    },
    "errorRate": {
        "category": "Reliability",
        "name": "Error Rate",
        "unit": "percentage",
        "description": "Share of the operations that failed.",
        "formula": "100 × (failures + reported errors) / (operations + reported errors)",
    },
    "availability": {
        "category": "Availability",
        "name": "Availability",
        "unit": "percentage",
        "description": "Share of the observed time in which the component served.",
        "formula": "100 × (1 − bad minutes / observed minutes)",
    },
    "completeness": {
        "category": "Reliability",
        "name": "Completeness",
        "unit": "percentage",
        "description": "Share of the operations begun that succeeded.",
        "formula": "100 × successes / (successes + failures + unfinished)",
    },
    "freshness": {
        "category": "Freshness",
        "name": "Data Freshness",
        "unit": "seconds",
        "description": "Age of the component's last event.",
        "formula": "asOf − instant of the last event",
    },
}

Logs = Mapping[str, EventLog]


def document(telemetry: Document, logs: Logs, period: Period, config: SloConfig) -> Document:
    """Define every component's SLIs with their sources and thresholds.

    Args:
        telemetry: the period's anomalies.
        logs: by period, the event logs of this one and of the earlier ones that the baseline spans.
        period: the month.
        config: components, defaults and multiples.
    """
    until = as_of(telemetry)
    measured = {key: _latencies(log) for key, log in sorted(logs.items())}
    functions = {
        component: _functions(component, telemetry, measured, period, config) for component in config.components
    }
    return envelope(config, period, {"generatedDate": format_instant(until), "sliFunctions": functions})


def _latencies(log: EventLog) -> dict[str, tuple[int, dict[str, float | None]]]:
    """By component: how many operations ended, and the percentiles of their durations."""
    ended = log.events[log.events["kind"].isin(ENDED)]
    return {
        str(component): (len(rows), latency_percentiles(_durations(rows)))
        for component, rows in ended.groupby("component")
    }


def _durations(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    return rows["duration_ms"].dropna().to_numpy()


def _functions(
    component: str,
    telemetry: Document,
    measured: Mapping[str, Mapping[str, tuple[int, dict[str, float | None]]]],
    period: Period,
    config: SloConfig,
) -> Document:
    found = [anomaly for anomaly in telemetry["anomalies"] if anomaly["component"] == component]
    nothing: tuple[int, dict[str, float | None]] = (0, dict.fromkeys(PERCENTILES))
    figures = {key: by_component.get(component, nothing) for key, by_component in measured.items()}
    usual = {name: _usual(name, figures, period, config) for name in PERCENTILES}
    slis = {
        name: {**described, "name": f"{config.components[component].name} {described['name']}", **_sources(name, found)}
        for name, described in SLIS.items()
    }
    slis["latency"] |= _latency(usual, config)
    objective = config.components[component].objectives.error_rate
    slis["errorRate"] |= {"threshold": config.targets.defaults.error_rate if objective is None else objective}
    worst = min((SEVERITIES.index(anomaly["severity"]) for anomaly in found), default=None)
    return {
        "displayName": config.components[component].name,
        **slis,
        "anomalyCount": len(found),
        "occurrences": sum(anomaly["occurrences"] for anomaly in found),
        "riskLevel": "none" if worst is None else SEVERITIES[worst],
    }


def _usual(
    name: str, figures: Mapping[str, tuple[int, dict[str, float | None]]], period: Period, config: SloConfig
) -> Baseline:
    taken = {key: Measured(key, values[name], operations) for key, (operations, values) in figures.items()}
    current = taken.pop(period.key, Measured(period.key, None, 0))
    return baseline(list(taken.values()), current, config.targets.minimum_operations)


def _latency(usual: Mapping[str, Baseline], config: SloConfig) -> Document:
    defaults = config.targets.defaults
    fallback = {"p50": defaults.latency_p50_ms, "p95": defaults.latency_p95_ms, "p99": defaults.latency_p99_ms}
    values = {
        name: line.value if line.confident and line.value is not None else fallback[name]
        for name, line in usual.items()
    }
    p95 = usual["p95"]
    return {
        **{name: millis(value) for name, value in values.items()},
        "thresholds": _thresholds(values["p95"], config.latency_thresholds),
        "basis": p95.basis,
        "baselinePeriods": list(p95.periods),
        "baselineOperations": p95.operations,
        "confidence": confidence(p95.confident),
        "usesDefaults": not p95.confident,
    }


def _thresholds(p95: float, multiples: LatencyThresholds) -> Document:
    return {
        "healthy": millis(p95 * multiples.healthy),
        "warning": millis(p95 * multiples.warning),
        "critical": millis(p95 * multiples.critical),
    }


def _sources(sli: str, found: list[Document]) -> Document:
    own = [anomaly for anomaly in found if anomaly["sli"] == sli]
    return {
        "sourceAnomaly": costliest(own),
        "sourceAnomalies": [
            {name: anomaly[name] for name in ("event", "severity", "occurrences", "totalDuration", "origin")}
            for anomaly in own
        ],
    }


def latency_status(p95: float | None, thresholds: Mapping[str, float]) -> str:
    """How a p95 stands to what is usual: healthy, warning, degraded, critical, or unknown.

    Formula:
        healthy up to usual × 1.1, warning up to × 1.5, degraded below × 2, critical from there on

    Unit:
        milliseconds
    Edge cases:
        unknown where no operation has a duration.
    Source:
        docs/decisions.md#framework-and-targets

    Args:
        p95: milliseconds, as the document carries it.
        thresholds: the framework's: healthy and warning up to theirs, critical from its own; what lies
            between the last two is degraded.
    """
    if p95 is None:
        return "unknown"
    if p95 >= thresholds["critical"]:
        return "critical"
    if p95 > thresholds["warning"]:
        return "degraded"
    return "warning" if p95 > thresholds["healthy"] else "healthy"
