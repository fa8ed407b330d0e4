"""Why a month is not up to date, and what a run that follows the input does about it."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from slo_assets.backfill import QUIET
from slo_assets.jobs import OBSERVE_INPUTS, REFRESH_MONTH
from slo_assets.periods import Period
from slo_assets.staleness import Staleness
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets_tests.conftest import ROOT, MakeProject, Project

LINE = "{day}T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in {ms}ms\n"
LOGS = {f"{month}.log": LINE.format(day=f"{month}-10", ms=5) for month in ("2025-10", "2025-11")}
DOWNSTREAM = set(DELIVERABLES) - {"telemetry"}


def observe(project: Project) -> None:
    job = project.definitions.resolve_job_def(OBSERVE_INPUTS.name)
    assert job.execute_in_process(instance=project.instance, run_config=QUIET).success


def causes(project: Project, month: str) -> list[str]:
    clock = project.resources()["clock"]
    return Staleness(project.instance, project.definitions.resolve_asset_graph(), clock.now()).causes(Period(month))


def refresh(project: Project, month: str) -> tuple[set[str], set[str]]:
    """What a run that follows the input makes of a month, and what it skips."""
    job = project.definitions.resolve_job_def(REFRESH_MONTH.name)
    done = job.execute_in_process(instance=project.instance, partition_key=month, run_config=QUIET)
    made = {event.asset_key.path[-1] for event in done.get_asset_materialization_events() if event.asset_key}
    return made, {str(event.step_key) for event in done.all_events if event.is_step_skipped}


@pytest.fixture(scope="module")
def project(make_project: MakeProject) -> Project:
    """Two months, made once; each test leaves them up to date."""
    project = make_project(LOGS)
    observe(project)
    assert causes(project, "2025-11") == ["never made"]
    for month in ("2025-10", "2025-11"):
        assert project.run(month).error == ""
    assert causes(project, "2025-10") == causes(project, "2025-11") == []
    return project


def test_a_month_that_has_not_changed_costs_nothing_downstream(project: Project) -> None:
    before = project.bytes_by_file()
    trail = project.resources()["output"].publisher(Period("2025-11")).trail

    made, skipped = refresh(project, "2025-11")

    assert (made, skipped) == ({"log_events"}, DOWNSTREAM)
    after = project.bytes_by_file()
    assert {name: after[name] for name in before if "audit" not in name} == {
        name: data for name, data in before.items() if "audit" not in name
    }
    assert [entry["state"] for entry in trail.entries()][-1] == "MONITORING", "the trail has come to its end"


def test_a_month_made_by_hand_is_made_whether_it_is_up_to_date_or_not(project: Project) -> None:
    checksum = project.materialization("sli_metrics", "2025-11").tags["dagster/data_version"]

    assert project.run("2025-11").error == ""

    assert project.materialization("sli_metrics", "2025-11").tags["dagster/data_version"] == checksum
    assert causes(project, "2025-11") == []


def test_new_lines_of_a_month_make_that_month_stale_and_then_those_that_read_it(project: Project) -> None:
    (project.data / "logs" / "late.log").write_text(LINE.format(day="2025-10-20", ms=9), encoding="utf-8")
    observe(project)
    assert (causes(project, "2025-10"), causes(project, "2025-11")) == (["new logs"], [])

    made, skipped = refresh(project, "2025-10")
    assert (made, skipped) == ({"log_events", "telemetry", *DOWNSTREAM}, set())
    assert (causes(project, "2025-10"), causes(project, "2025-11")) == ([], ["an earlier month changed"])

    refresh(project, "2025-11")
    assert causes(project, "2025-11") == []


def test_new_telemetry_is_followed_though_the_logs_are_the_same(project: Project) -> None:
    report = project.data / "telemetry" / "broken.json"
    report.parent.mkdir(exist_ok=True)
    report.write_text("{}", encoding="utf-8")
    observe(project)
    assert causes(project, "2025-10") == causes(project, "2025-11") == ["new telemetry"], "it could be of any month"

    refresh(project, "2025-10")
    made, _ = refresh(project, "2025-11")
    assert "telemetry" in made
    assert causes(project, "2025-11") == []


def config_with(text: str) -> str:
    return (ROOT / "data" / "slo-config.yaml").read_text(encoding="utf-8") + text


@pytest.mark.parametrize(
    ("more", "october", "november"),
    [
        ("\nmonitoring: {refreshSeconds: 30}\n", [], []),
        ("\nreleases: {keep: 5}\n", [], []),
        (
            "\nchanges:\n  - {effectiveFrom: 2025-11, reason: wider, settings: {compliance: {trendPoints: 6.0}}}\n",
            [],
            ["configuration changed"],
        ),
        ("\ncompliance: {trendPoints: 6.0}\n", ["configuration changed"], ["configuration changed"]),
    ],
)
def test_a_setting_makes_those_months_stale_whose_documents_depend_on_it(
    project: Project, more: str, october: list[str], november: list[str]
) -> None:
    path: Path = project.data / "slo-config.yaml"
    path.write_text(config_with(more), encoding="utf-8")
    observe(project)

    found = causes(project, "2025-10"), causes(project, "2025-11")

    path.unlink()
    observe(project)
    assert found == (october, november)


def test_a_month_that_was_open_when_it_was_made_is_stale_once_it_is_over(project: Project) -> None:
    now, project.now = project.now, "2025-12-01T00:00:00Z"

    found = causes(project, "2025-10"), causes(project, "2025-11")

    project.now = now
    assert found == ([], ["the month has ended since"])


def test_a_run_that_did_not_reach_the_end_is_told(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    from slo_assets.domain import slo_targets

    project = make_project(LOGS)
    with monkeypatch.context() as broken:
        broken.setattr(slo_targets, "document", lambda *_: 1 / 0)
        assert project.run("2025-11").error

    assert causes(project, "2025-11") == [
        "made before its inputs were observed",
        "its last run did not reach the end",
    ]


def test_a_month_is_made_again_for_a_deliverable_that_there_was_not_when_it_was_made(make_project: MakeProject) -> None:
    project = make_project(LOGS)
    observe(project)
    assert project.run("2025-11").error == ""
    project.instance.wipe_assets([dg.AssetKey("sli_framework")])

    assert causes(project, "2025-11") == ["code changed"]
    refresh(project, "2025-11")
    assert causes(project, "2025-11") == []


def test_a_month_that_was_made_before_anything_was_observed_is_made_again(make_project: MakeProject) -> None:
    project = make_project(LOGS)
    assert project.run("2025-11").error == ""
    assert causes(project, "2025-11") == ["made before its inputs were observed"]

    made, _ = refresh(project, "2025-11")

    assert "slo_workflow_state" in made
    assert causes(project, "2025-11") == []


def test_what_is_observed_again_without_change_leaves_no_record(project: Project) -> None:
    def observations() -> int:
        return len(project.instance.fetch_observations(dg.AssetKey("production_logs"), limit=1000).records)

    observe(project)
    before = observations()
    observe(project)

    assert observations() == before
