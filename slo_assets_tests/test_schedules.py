"""Which months a night looks at, and in which order."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import dagster as dg
import pytest

from slo_assets.backfill import QUIET
from slo_assets.jobs import REFRESH_MONTH
from slo_assets.resources import Clock
from slo_assets.run_tags import REASON
from slo_assets.schedules import nightly
from slo_assets_tests.conftest import MakeProject, Project

LINE = "{day}T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
LOGS = {"a.log": LINE.format(day="2025-10-10") + LINE.format(day="2025-11-10")}


def at(night: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{night}T02:15:00+00:00")


def requests(instance: dg.DagsterInstance, night: str, clock: str = "") -> list[dg.RunRequest]:
    """What the schedule asks for in a night."""
    # Left open, it would leave its instance behind as the one that all later definitions are loaded with.
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=at(night), resources={"clock": Clock(fixed=clock)}
    ) as context:
        return list(nightly(context))  # type: ignore[call-overload]


def months(instance: dg.DagsterInstance, night: str, clock: str = "") -> list[str | None]:
    return [request.partition_key for request in requests(instance, night, clock)]


def look(project: Project, month: str, night: str) -> None:
    """Look at the input of a month as its nightly run does, at a given night."""
    job = replace(project, now=f"{night}T02:15:00Z").definitions.resolve_job_def(REFRESH_MONTH.name)
    done = job.execute_in_process(
        instance=project.instance,
        partition_key=month,
        run_config=QUIET,
        asset_selection=[dg.AssetKey("production_logs"), dg.AssetKey("log_events")],
    )
    assert done.success


@pytest.fixture(scope="module")
def instance(make_project: MakeProject) -> dg.DagsterInstance:
    """One in which nothing was ever made."""
    return make_project().instance


@pytest.mark.parametrize(
    ("night", "expected"),
    [
        ("2025-11-01", ["2025-10", "2025-11"]),
        ("2025-11-02", ["2025-10", "2025-11"]),
        ("2025-11-03", ["2025-10", "2025-11"]),
        ("2025-11-04", ["2025-11"]),
        ("2025-11-30", ["2025-11"]),
        ("2026-01-01", ["2025-12", "2026-01"]),
        ("2025-01-01", ["2025-01"]),  # the first period: there is none before it
    ],
)
def test_a_night_asks_for_the_current_month_and_on_its_first_days_for_the_one_before(
    instance: dg.DagsterInstance, night: str, expected: list[str]
) -> None:
    assert months(instance, night) == expected


def test_the_older_month_is_asked_for_first_and_started_first(instance: dg.DagsterInstance) -> None:
    asked = requests(instance, "2025-11-02")

    assert [request.tags["dagster/priority"] for request in asked] == ["1", "0"]
    assert [request.tags[REASON] for request in asked] == [
        "not settled yet",
        "every night",
    ]
    assert [request.run_key for request in asked] == ["2025-11-02T02:15/2025-10", "2025-11-02T02:15/2025-11"]


def test_a_fixed_clock_says_which_month_is_current(instance: dg.DagsterInstance) -> None:
    assert months(instance, "2026-05-20", clock="2025-11-24T12:00:00Z") == ["2025-11"]


def test_it_runs_by_default() -> None:
    assert nightly.default_status == dg.DefaultScheduleStatus.RUNNING
    assert (nightly.cron_schedule, nightly.execution_timezone) == ("15 2 * * *", "UTC")


def test_nights_that_were_missed_are_made_up_for(make_project: MakeProject) -> None:
    project = make_project(LOGS)

    look(project, "2025-10", "2025-10-20")
    assert months(project.instance, "2025-12-10") == ["2025-10", "2025-11", "2025-12"], "nobody closed October"

    look(project, "2025-10", "2025-11-02")
    assert months(project.instance, "2025-11-10") == ["2025-10", "2025-11"], "late lines of the third day were missed"

    look(project, "2025-10", "2025-11-03")
    assert months(project.instance, "2025-11-10") == ["2025-11"]


def test_a_month_whose_last_look_failed_is_looked_at_again(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    from slo_assets.domain import slo_targets

    project = make_project(LOGS, now="2025-11-03T02:15:00Z")
    with monkeypatch.context() as broken:
        broken.setattr(slo_targets, "document", lambda *_: 1 / 0)
        assert project.run("2025-10").error

    assert months(project.instance, "2025-11-10") == ["2025-10", "2025-11"]
    look(project, "2025-10", "2025-11-10")
    assert months(project.instance, "2025-11-11") == ["2025-11"]
