"""The log line that an anomaly names, on its way from a file to the published documents."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg
import pytest

from slo_assets.backfill import QUIET
from slo_assets.periods import Period
from slo_assets_tests.conftest import MakeProject, Project
from slo_assets_tests.domain.telling import done, failed, incident, text, told

HOSTILE = "2025-11-03T12:00:05Z BeatExecutor: Beat 1 (theme:x) failed: <script>alert(1)</script> \x1b[2J \u202e =1+1"
LINES = text(done(0), failed(1), HOSTILE)
REPORT = json.dumps(
    told(incident("canvas:a:race", source="a.log:1"), incident("canvas:b:race", source="elsewhere.log:1"))
)


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    project = make_project({"a.log": LINES}, {"report.json": REPORT})
    assert project.run("2025-11").error == ""
    return project


def lines(project: Project, name: str = "renderx-web-telemetry") -> dict[str, Any]:
    document = json.loads(project.published("2025-11", name).read_bytes())
    found = (
        document["anomalies"] if "anomalies" in document else document["dashboard"]["sections"]["anomalies"]["found"]
    )
    return {anomaly["event"]: anomaly["sourceLine"] for anomaly in found}


def telemetry_again(project: Project) -> str:
    """Materialize the telemetry alone; returns the checksum that is recorded."""
    defs = dg.Definitions(
        assets=project.definitions.assets,
        resources=project.definitions.resources,
        jobs=[dg.define_asset_job("alone", "telemetry")],
    )
    job = defs.resolve_job_def("alone")
    assert job.execute_in_process(instance=project.instance, partition_key="2025-11", run_config=QUIET).success
    return str(project.materialization("telemetry", "2025-11").metadata["sha256"].value)


def test_documents_quote_the_line_of_each_anomaly_or_say_why_not(project: Project) -> None:
    found = lines(project)

    assert found["canvas:operation:failed"] == {"text": failed(1), "cut": False}
    assert found["theme:operation:failed"] == {"text": HOSTILE, "cut": False}
    assert found["canvas:a:race"] == {"text": done(0), "cut": False}
    assert found["canvas:b:race"] == {"text": None, "reason": "no log with a line in this month has that name"}
    assert lines(project, "slo-sli-sla-dashboard") == found


def test_the_ui_shows_a_line_without_what_would_mislead(project: Project) -> None:
    table = project.materialization("telemetry", "2025-11").metadata["components"]
    assert isinstance(table, dg.TableMetadataValue)
    shown = {str(row.data["event"]): str(row.data["log line"]) for row in table.records}

    assert shown["theme:operation:failed"].endswith("<script>alert(1)</script> \\x1b[2J \\u202e =1+1")
    assert shown["canvas:b:race"] == ""


def test_a_log_that_is_rotated_away_changes_no_byte_of_what_was_made_from_its_events(project: Project) -> None:
    before = project.materialization("telemetry", "2025-11").metadata["sha256"].value
    (project.data / "logs" / "a.log").unlink()

    assert telemetry_again(project) == before


def test_without_the_log_and_what_was_kept_of_it_the_reason_is_told(project: Project) -> None:
    before = project.materialization("telemetry", "2025-11").metadata["sha256"].value
    (project.data / "logs" / "a.log").unlink()
    project.resources()["output"].quotes(Period("2025-11")).unlink()

    assert telemetry_again(project) != before
    document = json.loads(project.work("2025-11", "renderx-web-telemetry.json").read_bytes())
    told_of = {anomaly["event"]: anomaly["sourceLine"] for anomaly in document["anomalies"]}
    assert told_of["canvas:operation:failed"]["text"] is None
    assert "no longer there" in told_of["canvas:operation:failed"]["reason"]
