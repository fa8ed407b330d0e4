"""The sensor in the code location: what a tick does, and what it says in the UI."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from slo_assets.alerts.ledger import alone
from slo_assets.sensors.alerts import AlertsError
from slo_assets_tests.alerts.receiving import Answer, hooks
from slo_assets_tests.conftest import MakeProject, Project
from slo_assets_tests.situations import SHIPPED_CONFIG

FAILURES = "".join(
    f"2025-11-10T10:00:{second:02d}Z ❌ BeatExecutor: Beat 1 (canvas:component:create) failed\n" for second in range(40)
)
ALERTS = """
alerts:
  receivers:
    good: {kind: webhook, url: {env: GOOD}}
  default: [good]
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    project = make_project({"a.log": FAILURES})
    text = SHIPPED_CONFIG.read_text(encoding="utf-8") + ALERTS
    (project.data / "slo-config.yaml").write_text(text, encoding="utf-8")
    return project


def tick(project: Project) -> str:
    """What a tick says."""
    definitions = project.definitions
    sensor = definitions.resolve_sensor_def("alerts")
    context = dg.build_sensor_context(
        instance=project.instance,
        repository_def=definitions.get_repository_def(),
        resources=dict(definitions.resources or {}),
        sensor_name="alerts",
    )
    with context:
        return str(sensor.evaluate_tick(context).skip_message)


def test_it_runs_by_default_and_looks_often(project: Project) -> None:
    sensor = project.definitions.resolve_sensor_def("alerts")

    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 30


def test_ticks_tell_what_the_graph_found_once(project: Project) -> None:
    with hooks("good") as made:
        assert tick(project) == "Alerts begin. 0 things are wrong already, of which nobody is told."
        assert project.run("2025-11").error == ""
        told = tick(project)

        assert "good: [CRITICAL] canvas-component: 100 % of the error-rate budget of 2025-11 is used" in told
        assert "good: [WARNING] Check components_known failed on sli_metrics of 2025-11" in told
        assert tick(project) == "Nothing new."
        assert len(set(made["good"].ids)) == len(made["good"].ids) > 3
        assert made["good"].posts[0].body["facts"][4]["value"].endswith("published/2025-11/error-budgets.json")


def test_a_tick_fails_where_somebody_could_not_be_told_and_the_next_one_says_what_waits(project: Project) -> None:
    with hooks("good") as made:
        made["good"].answers = [Answer(500, b"on fire")]
        tick(project)
        project.run("2025-11")

        with pytest.raises(AlertsError, match="good: it answers 500 Internal Server Error: on fire"):
            tick(project)
        assert "waiting for another attempt" in tick(project)


def test_a_tick_fails_where_a_secret_is_missing_before_anything_has_to_be_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOD", raising=False)

    with pytest.raises(AlertsError, match="good: the variable GOOD is not set"):
        tick(project)


def test_a_tick_leaves_it_to_a_process_that_is_at_it(project: Project) -> None:
    with alone(Path(project.instance.root_directory) / "alerts"):
        assert tick(project) == "another process is telling people at the moment."
