"""The real telemetry and the two real logs, November 2025: what is known of them by hand and by NumPy."""

import json
import re
from typing import Any

import numpy as np
import pytest

from slo_assets_tests.conftest import SHARED, Project

LOGS = SHARED / "data" / "renderx" / "logs"
WORKED = {
    # component: occurrences, badMinutes, burnRate (semantics, worked example; 43.2 minutes are allowed)
    "canvas-component": (288, 1.9920, "4.6%"),
    "control-panel": (269, 1.1211, "2.6%"),
    "library-component": (196, 1.1371, "2.6%"),
    "host-sdk": (99, 1.4561, "3.4%"),
    "theme": (142, 0.4473, "1.0%"),
}
BEATS = {"canvas-component": 6, "control-panel": 9, "library-component": 6, "theme": 4}
PREFIXES = {"canvas": "canvas-component", "control": "control-panel", "library": "library-component", "app": "theme"}


def document(project: Project, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.published("2025-11", name).read_bytes())
    return found


def test_there_are_25_operations_and_the_plugin_mounts_and_no_failure(real: Project) -> None:
    metrics = document(real, "sli-metrics")["metrics"]
    counts = {name: figures["completenessDetail"] for name, figures in metrics.items()}

    assert {name: counts[name]["successes"] for name in BEATS} == BEATS
    assert (counts["host-sdk"]["successes"], counts["host-sdk"]["unfinished"]) == (48, 3)
    assert sum(count["failures"] for count in counts.values()) == 0


@pytest.mark.parametrize("component", WORKED)
def test_the_consumed_minutes_are_those_of_the_worked_example(real: Project, component: str) -> None:
    occurrences, bad_minutes, burn_rate = WORKED[component]
    budget = document(real, "error-budgets")["errorBudgets"][component]
    metrics = document(real, "sli-metrics")["metrics"][component]

    assert metrics["anomalies"]["occurrences"] == occurrences
    assert metrics["availabilityDetail"]["badMinutes"] == bad_minutes
    assert (budget["target"], budget["allowed"], budget["consumed"]) == (99.9, 43.2, bad_minutes)
    assert budget["burnRate"] == burn_rate


@pytest.mark.parametrize("component", BEATS)
def test_the_percentiles_are_numpys_over_the_durations_in_the_log(real: Project, component: str) -> None:
    text = next(LOGS.glob("web-variant-*.log")).read_text(encoding="utf-8")
    beats = re.findall(r"BeatExecutor: Beat \d+ \((\w+)[^)]*\) completed in (\d+)ms", text)
    durations = [int(duration) for prefix, duration in beats if PREFIXES[prefix] == component]
    latency = document(real, "sli-metrics")["metrics"][component]["latency"]

    expected = [round(float(value), 3) for value in np.percentile(durations, [50, 95, 99])]

    assert [latency["p50"], latency["p95"], latency["p99"]] == expected
    assert latency["confidence"] == "low"


def test_the_undated_log_is_set_aside_with_its_name_and_reason(real: Project) -> None:
    aside = document(real, "renderx-web-telemetry")["metadata"]["setAside"]["quarantine"]

    assert [(entry["file"], entry["reason"]) for entry in aside] == [("sample-telemetry.log", "undated")]
    assert "sample-telemetry.log: undated" in (real.check("log_events", "logs_readable").description or "")


def test_all_twelve_anomalies_keep_what_was_reported(real: Project) -> None:
    source = json.loads(next((LOGS.parent / "telemetry").glob("*.json")).read_bytes())["anomalies"]
    ours = {anomaly["event"]: anomaly for anomaly in document(real, "renderx-web-telemetry")["anomalies"]}
    kept = (
        "id",
        "component",
        "severity",
        "occurrences",
        "avgDuration",
        "description",
        "firstSeen",
        "lastSeen",
        "source",
    )

    assert len(ours) == len(source) == 12
    for anomaly in source:
        assert {key: ours[anomaly["event"]][key] for key in kept} == {key: anomaly[key] for key in kept}
