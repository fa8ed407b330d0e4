"""``sli-framework.json``: what each SLI is, where it comes from, and what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from slo_assets.config import SloConfig
from slo_assets.domain import sli_framework, telemetry
from slo_assets.domain.documents import Document
from slo_assets.domain.event_log import EventLog
from slo_assets.domain.sli_framework import latency_status
from slo_assets.periods import Period, parse_instant
from slo_assets_tests.domain.telling import (
    AFTERWARDS,
    CANVAS,
    COMPONENTS,
    NOON,
    NOVEMBER,
    done,
    failed,
    incident,
    spread,
    text,
    told,
)
from slo_assets_tests.situations import config_with, event_log, shipped_config, telemetry_files


def log_in(period: str, durations: list[float]) -> EventLog:
    """A log of one operation each second, on the third of a month."""
    since = NOON.replace(year=int(period[:4]), month=int(period[5:]))
    lines = [done(second, ms, since=since) for second, ms in enumerate(durations)]
    return event_log({"a.log": text(*lines)}, period, AFTERWARDS, shipped_config())


def framework(
    logs: Mapping[str, EventLog], *anomalies: Document, config: SloConfig | None = None, name: str = CANVAS
) -> Document:
    rules, month = config or shipped_config(), Period(NOVEMBER)
    log = logs.get(NOVEMBER, EventLog())
    read = telemetry_files({"r.json": told(*anomalies)} if anomalies else {})
    document = telemetry.document(log, read, month, parse_instant(AFTERWARDS), rules)
    made = sli_framework.document(document, {NOVEMBER: log, **logs}, month, rules)
    assert set(made["sliFunctions"]) == set(COMPONENTS)
    return dict(made["sliFunctions"][name])


@pytest.mark.parametrize(
    ("sli", "category", "unit"),
    [
        ("latency", "Performance", "milliseconds"),
        ("errorRate", "Reliability", "percentage"),
        ("availability", "Availability", "percentage"),
        ("completeness", "Reliability", "percentage"),
        ("freshness", "Freshness", "seconds"),
    ],
)
def test_each_sli_has_a_category_a_unit_and_a_formula(sli: str, category: str, unit: str):
    described = framework({})[sli]
    assert (described["category"], described["unit"]) == (category, unit)
    assert described["name"].startswith("Canvas Component ")
    assert described["formula"]
    assert described["description"]


# --- what is usual ----------------------------------------------------------------------------------------------------

AUGUST, SEPTEMBER, OCTOBER = ([base + n / 10 for n in range(60)] for base in (100.0, 10.0, 50.0))
NOW = [7.0 + n for n in range(120)]


@pytest.mark.parametrize(
    ("earlier", "now", "expected", "basis", "periods"),
    [
        (
            {"2025-08": AUGUST, "2025-09": SEPTEMBER, "2025-10": OCTOBER},
            NOW,
            [float(np.median([np.percentile(m, q) for m in (AUGUST, SEPTEMBER, OCTOBER)])) for q in (50, 95, 99)],
            "baseline",
            ["2025-08", "2025-09", "2025-10"],
        ),
        (
            {"2025-09": SEPTEMBER, "2025-10": OCTOBER},
            NOW,
            [float((np.percentile(SEPTEMBER, q) + np.percentile(OCTOBER, q)) / 2) for q in (50, 95, 99)],
            "baseline",
            ["2025-09", "2025-10"],
        ),
        ({}, NOW, [float(np.percentile(NOW, q)) for q in (50, 95, 99)], "bootstrap", [NOVEMBER]),
    ],
    ids=["the median of three months", "of two", "bootstrap"],
)
def test_latencies_are_the_median_of_the_months_before(earlier, now, expected, basis, periods):
    logs = {period: log_in(period, durations) for period, durations in earlier.items()}
    latency = framework({**logs, NOVEMBER: log_in(NOVEMBER, now)})["latency"]
    assert [latency[name] for name in ("p50", "p95", "p99")] == pytest.approx(expected, abs=5e-4)
    assert (latency["basis"], latency["baselinePeriods"]) == (basis, periods)
    assert (latency["confidence"], latency["usesDefaults"]) == ("high", False)


@pytest.mark.parametrize("count", [0, 1, 99])
def test_under_low_confidence_the_configured_defaults_stand(count: int):
    latency = framework({NOVEMBER: log_in(NOVEMBER, [700.0] * count)} if count else {})["latency"]
    assert [latency[name] for name in ("p50", "p95", "p99")] == [10, 50, 100]
    assert latency["thresholds"] == {"healthy": 55.0, "warning": 75.0, "critical": 100.0}
    assert (latency["confidence"], latency["usesDefaults"], latency["baselineOperations"]) == ("low", True, count)


def test_the_thresholds_are_multiples_of_the_usual_p95():
    latency = framework({NOVEMBER: log_in(NOVEMBER, [100.0] * 100)})["latency"]
    assert latency["thresholds"] == {"healthy": 110.0, "warning": 150.0, "critical": 200.0}


@pytest.mark.parametrize(
    ("p95", "expected"),
    [
        (None, "unknown"),
        (0.0, "healthy"),
        (110.0, "healthy"),
        (110.001, "warning"),
        (150.0, "warning"),
        (150.001, "degraded"),
        (199.999, "degraded"),
        (200.0, "critical"),
        (900.0, "critical"),
    ],
)
def test_a_latency_is_healthy_and_in_warning_up_to_and_critical_from_its_threshold(p95, expected: str):
    assert latency_status(p95, {"healthy": 110.0, "warning": 150.0, "critical": 200.0}) == expected


# --- thresholds, sources and risk -------------------------------------------------------------------------------------


def agreed(settings: dict[str, Any]) -> None:
    settings["components"][CANVAS]["objectives"] = {"errorRate": 0.0}


@pytest.mark.parametrize(
    ("config", "expected"),
    [(shipped_config(), 0.1), (config_with(agreed), 0.0)],
    ids=["the configured default", "the fixed objective, even 0"],
)
def test_the_error_rate_s_threshold(config: SloConfig, expected: float):
    assert framework({}, config=config)["errorRate"]["threshold"] == expected


def test_the_costliest_anomaly_of_each_sli_is_its_source():
    anomalies = (
        incident("canvas:a:race", 1, 100),
        incident("canvas:b:validation:missing", 100, 2),
        incident("canvas:c:slow", 3, 1),
        incident("canvas:d:timeout", 1, 1),
        incident("theme:x:race", 9, 999, component="theme"),
    )
    made = framework({}, *anomalies)
    sources = {sli: made[sli]["sourceAnomaly"] for sli in sli_framework.SLIS}
    assert sources == {
        "latency": "canvas:c:slow",
        "errorRate": "canvas:b:validation:missing",
        "availability": "canvas:d:timeout",
        "completeness": "none",
        "freshness": "none",
    }
    assert made["errorRate"]["sourceAnomalies"] == [
        {
            "event": "canvas:b:validation:missing",
            "severity": "high",
            "occurrences": 100,
            "totalDuration": 200.0,
            "origin": "reported",
        },
        {"event": "canvas:a:race", "severity": "high", "occurrences": 1, "totalDuration": 100.0, "origin": "reported"},
    ]
    assert (made["anomalyCount"], made["occurrences"]) == (4, 105)


@pytest.mark.parametrize(
    ("event", "sli"),
    [
        ("canvas:concurrent:creation:race", "errorRate"),
        ("canvas:boundary:validation:missing", "errorRate"),
        ("canvas:type:checking:insufficient", "errorRate"),
        ("canvas:search:cache:invalidation", "errorRate"),
        ("canvas:operation:failed", "errorRate"),
        ("canvas:communication:timeout", "availability"),
        ("canvas:availability:outage", "availability"),
        ("canvas:availability:gap", "availability"),
        ("canvas:render:performance:throttle", "latency"),
        ("canvas:event:storm", "latency"),
        ("canvas:latency:slow", "latency"),
        ("canvas:racecar", "latency"),
        ("canvas:timeouts", "latency"),
    ],
)
def test_an_anomaly_s_sli_is_told_by_its_event_key(event: str, sli: str):
    made = framework({}, incident(event))
    assert [name for name in sli_framework.SLIS if made[name]["sourceAnomalies"]] == [sli]


@pytest.mark.parametrize(
    ("severities", "expected"),
    [([], "none"), (["low"], "low"), (["low", "medium"], "medium"), (["high", "critical", "low"], "critical")],
)
def test_the_risk_level_is_the_highest_severity(severities: list[str], expected: str):
    anomalies = [incident(f"canvas:e{n}", severity=severity) for n, severity in enumerate(severities)]
    assert framework({}, *anomalies)["riskLevel"] == expected


def test_detected_anomalies_are_sources_as_well():
    log = event_log({"a.log": text(*spread(5, 1), failed(10, 40))}, NOVEMBER, AFTERWARDS, shipped_config())
    assert framework({NOVEMBER: log})["errorRate"]["sourceAnomaly"] == "canvas:operation:failed"
