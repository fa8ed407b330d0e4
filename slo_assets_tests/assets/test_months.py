"""Months of which little or nothing is known, and input that is wrong."""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from slo_assets.checks import findings_of
from slo_assets.domain import slo_targets
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.schemas import validate
from slo_assets_tests.conftest import MakeProject, Project

BEAT = "2025-11-10T10:00:{second:02d}.000Z ✅ BeatExecutor: Beat 1 ({event}) completed in {ms}ms\n"
REPORT = {
    "metadata": {"analysisDate": "2025-11-12T00:00:00Z", "timeRange": "2025-11-11T00:00:00Z to 2025-11-12T00:00:00Z"},
    "anomalies": [
        {
            "event": "canvas:render:timeout",
            "component": "canvas-component",
            "severity": "high",
            "occurrences": 2,
            "avgDuration": 30000,
            "firstSeen": "2025-11-11T01:00:00Z",
            "lastSeen": "2025-11-11T02:00:00Z",
        }
    ],
}
LINE = BEAT.format(second=0, event="canvas:component:create", ms=7)
SITUATIONS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "nothing": ({}, {}),
    "logs only": (
        {"a.log": "".join(BEAT.format(second=s, event="canvas:component:create", ms=s) for s in range(60))},
        {},
    ),
    "telemetry only": ({}, {"a.json": json.dumps(REPORT)}),
    "one line": ({"a.log": LINE}, {}),
}


@pytest.fixture(scope="module", params=SITUATIONS)
def month(request: pytest.FixtureRequest, make_project: MakeProject) -> tuple[str, Project]:
    project = make_project(*SITUATIONS[request.param])
    assert project.run("2025-11").error == ""
    return request.param, project


def document(project: Project, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.published("2025-11", name).read_bytes())
    return found


def nulls(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from nulls(item, f"{path}.{key}")
    elif value is None:
        yield path


def test_every_document_is_valid(month: tuple[str, Project]) -> None:
    for deliverable in DELIVERABLES.values():
        validate(document(month[1], deliverable.name), deliverable.name)


def test_what_is_unknown_is_null_with_a_reason_and_a_warning(month: tuple[str, Project]) -> None:
    check = month[1].check("sli_metrics", "components_known")
    theme = document(month[1], "sli-metrics")["metrics"]["theme"]

    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert any("theme: latency is unknown" in finding for finding in findings_of(check.metadata)[0])
    for sli in ("errorRate", "availability", "completeness", "freshness"):
        assert theme[sli] is None
        assert theme[f"{sli}Detail"]["reason"]
    assert (theme["latency"]["p95"], theme["latency"]["status"]) == (None, "unknown")


def test_a_component_without_data_is_unknown_and_not_met(month: tuple[str, Project]) -> None:
    report = document(month[1], "sla-compliance-report")["complianceReport"]
    budget = document(month[1], "error-budgets")["errorBudgets"]["theme"]

    assert report["components"]["theme"]["overallStatus"] == "unknown"
    assert (budget["consumed"], budget["burnRate"], budget["status"]) == (None, None, "unknown")


def test_what_is_known_of_canvas_is_told(month: tuple[str, Project]) -> None:
    situation, project = month
    canvas = document(project, "sli-metrics")["metrics"]["canvas-component"]
    expected = {
        # situation: availability, observed minutes, p95, operations
        "nothing": (None, 0, None, 0),
        "logs only": (100, round(59 / 60, 4), 56.05, 60),
        "telemetry only": (round(100 * (1 - 1 / 1440), 4), 1440, None, 0),
        "one line": (None, 0, 7, 1),
    }

    found = (
        canvas["availability"],
        canvas["availabilityDetail"]["observedMinutes"],
        canvas["latency"]["p95"],
        canvas["errorRateDetail"]["operations"],
    )

    assert found == expected[situation]


def test_a_telemetry_file_that_does_not_fit_is_set_aside_and_the_month_goes_on(make_project: MakeProject) -> None:
    broken = json.loads(json.dumps(REPORT))
    broken["anomalies"][0]["occurrences"] = -1
    project = make_project({}, {"broken.json": json.dumps(broken), "good.json": json.dumps(REPORT)})

    assert project.run("2025-11").error == ""

    telemetry = document(project, "renderx-web-telemetry")
    (aside,) = telemetry["metadata"]["setAside"]["quarantine"]
    assert aside["file"] == "broken.json"
    assert "anomalies.0.occurrences" in aside["detail"]
    assert telemetry["summary"]["totalOccurrences"] == 2
    assert not project.check("telemetry", "reports_readable").passed


def test_an_invalid_document_is_never_written(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project({"a.log": LINE})
    right = slo_targets.document
    monkeypatch.setattr(slo_targets, "document", lambda *inputs: right(*inputs) | {"version": "one"})

    result = project.run("2025-11")

    assert result.error.startswith("slo_targets: does not fit slo-targets")
    assert project.work("2025-11", "sli-metrics.json").exists()
    assert not project.work("2025-11", "slo-targets.json").exists()
    assert not project.published("2025-11", "sli-metrics").exists(), "a set that is not whole is not published"


def test_a_baseline_without_an_earlier_month_that_has_input_warns(make_project: MakeProject) -> None:
    project = make_project({"a.log": LINE.replace("2025-11-10", "2025-10-10") + LINE})

    project.run("2025-11")
    assert project.check("slo_targets", "baseline_complete").description == (
        "2025-10 is not materialized: materialize it first, then this month again, "
        "since its targets come from the months before"
    )

    project.run("2025-10")
    project.run("2025-11")
    assert project.check("slo_targets", "baseline_complete").passed


def test_hostile_text_in_a_log_stays_text(make_project: MakeProject) -> None:
    event = "<script>alert`x`</script>:[x]javascript|1"
    project = make_project({"<b>.log": LINE + BEAT.format(second=1, event=event, ms=2)})

    assert project.run("2025-11").error == ""

    unmapped = document(project, "renderx-web-telemetry")["metadata"]["unmapped"]["events"]
    assert unmapped == {event: 1}


def test_output_goes_to_any_file_system(make_project: MakeProject) -> None:
    from upath import UPath

    project = make_project({"a.log": LINE}, output="memory://slo-assets-test")

    assert project.run("2025-11").error == ""

    published = UPath("memory://slo-assets-test/published/2025-11")
    assert sorted(path.name for path in published.iterdir()) == sorted(d.file for d in DELIVERABLES.values())
