"""Months one after another: which, in which order, and what a failure costs."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.interrupts import capture_interrupts

from slo_assets import backfill
from slo_assets.backfill import (
    DIFFERS,
    PROCESS_TAG,
    PUT_BACK,
    QUIET,
    Backfill,
    InterruptedRunError,
    cancel,
    failure,
    this_process,
)
from slo_assets.domain import slo_targets
from slo_assets.periods import Period
from slo_assets.storage.releases import ReleaseError
from slo_assets_tests.conftest import MakeProject, Project

LINE = "{month}-10T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
THREE = "".join(LINE.format(month=month) for month in ("2025-09", "2025-11", "2025-10"))


@pytest.fixture(scope="module")
def worker(make_project: MakeProject) -> Backfill:
    return make_project({"a.log": THREE}).backfill


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, ["2025-09", "2025-10", "2025-11"]),
        ("2025-10", None, ["2025-10", "2025-11"]),
        (None, "2025-10", ["2025-09", "2025-10"]),
        ("2025-08", "2025-10", ["2025-08", "2025-09", "2025-10"]),
        ("2025-05", "2025-05", ["2025-05"]),
    ],
)
def test_months_are_those_with_input_or_the_named_ones_oldest_first(
    worker: Backfill, first: str | None, last: str | None, expected: list[str]
) -> None:
    months = worker.months(Period(first) if first else None, Period(last) if last else None)

    assert [month.key for month in months] == expected


@pytest.mark.parametrize(
    ("month", "refusal"),
    [
        ("2024-12", "2024-12 is before the first period, 2025-01: set firstPeriod in slo-config.yaml"),
        ("2025-12", "2025-12 has not begun, the clock stands in 2025-11: name an earlier month"),
        ("2025-11", None),
    ],
)
def test_a_month_that_cannot_be_made_is_refused_with_the_remedy(
    worker: Backfill, month: str, refusal: str | None
) -> None:
    assert worker.refusal(Period(month)) == refusal


def test_a_month_that_fails_is_told_and_stops_no_other(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = make_project({"a.log": THREE}).backfill
    right = slo_targets.document

    def wrong_in_october(metrics: dict, period: Period, config: object) -> dict:  # type: ignore[type-arg]
        if period.key == "2025-10":
            raise RuntimeError("no luck")
        return right(metrics, period, config)  # type: ignore[arg-type]

    monkeypatch.setattr(slo_targets, "document", wrong_in_october)

    results = [worker.run(month) for month in worker.months(None, None)]

    assert [result.well for result in results] == [True, False, True]
    assert results[1].error == "slo_targets: RuntimeError: no luck"
    assert results[1].dashboard is None


def test_a_run_is_recorded_with_its_partition(make_project: MakeProject) -> None:
    project = make_project({"a.log": THREE})

    result = project.run("2025-10")

    run = project.instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["dagster/partition"] == "2025-10"


@pytest.fixture(scope="module")
def made(make_project: MakeProject) -> Project:
    """Three months, observed and made."""
    project = make_project({"a.log": THREE})
    worker = project.backfill
    assert [result.well for result in worker.results(worker.months(None, None))] == [True] * 3
    return project


def outcomes(project: Project, *, force: bool = False) -> dict[str, bool]:
    """By month, whether it was kept as it is."""
    worker = project.backfill
    results = list(worker.results(worker.months(None, None), force=force))
    assert all(result.well and result.dashboard for result in results)
    return {result.period.key: result.kept for result in results}


def test_what_is_up_to_date_is_kept_and_what_is_forced_is_made(made: Project) -> None:
    before = made.bytes_by_file()
    assert outcomes(made) == {"2025-09": True, "2025-10": True, "2025-11": True}
    assert made.bytes_by_file() == before

    assert outcomes(made, force=True) == {"2025-09": False, "2025-10": False, "2025-11": False}


def test_a_range_goes_on_where_it_was_interrupted(make_project: MakeProject) -> None:
    project = make_project({"a.log": THREE})
    worker = project.backfill
    months = worker.months(None, None)
    next(worker.results(months))  # and then the process is killed

    assert outcomes(project) == {"2025-09": True, "2025-10": False, "2025-11": False}


def test_a_file_that_was_changed_or_removed_makes_its_month_again(made: Project) -> None:
    data = made.published("2025-10", "sli-metrics").read_bytes()
    made.published("2025-10", "sli-metrics").write_bytes(b"{}")
    made.work("2025-11", "error-budgets.json").unlink()

    assert outcomes(made) == {"2025-09": True, "2025-10": False, "2025-11": False}
    assert made.published("2025-10", "sli-metrics").read_bytes() == data
    assert made.work("2025-11", "error-budgets.json").exists()


def test_a_month_says_whether_its_files_were_changed_or_an_earlier_release_was_put_back(
    make_project: MakeProject,
) -> None:
    project, month = make_project({"a.log": LINE.format(month="2025-11")}), Period("2025-11")
    assert project.run(month.key).well
    first = project.publisher(month.key).expected()
    (project.data / "logs" / "a.log").write_text(LINE.format(month="2025-11") * 2, encoding="utf-8")
    worker = project.backfill
    assert [result.well for result in worker.results(worker.months(None, None))] == [True]
    assert worker.causes(month) == []

    project.execute("rollback", "roll_back_month", {"period": month.key, "to": first, "reason": "wrong logs"})
    trail = Path(project.output, "audit", "2025-11.jsonl").read_text(encoding="utf-8").splitlines()
    since = json.loads(trail[-1])["timestamp"]
    assert worker.causes(month) == [
        f"{PUT_BACK} at {since} (wrong logs): slo-assets run --period 2025-11 publishes what follows from input and "
        "settings"
    ]

    published = project.published(month.key, "sli-metrics")
    published.unlink()
    assert worker.causes(month) == [DIFFERS]

    project.published(month.key, "sli-metrics").parents[2].joinpath(f"releases/{month.key}/{first}.json").unlink()
    assert worker.causes(month) == [DIFFERS]


def test_an_error_of_our_own_is_told_rather_than_what_it_came_from() -> None:
    @dg.op
    def look() -> None:
        try:
            json.loads("{")
        except ValueError as problem:
            raise ReleaseError("the manifest is damaged. Remedy: put it back") from problem

    @dg.job(executor_def=dg.in_process_executor)
    def looking() -> None:
        look()

    result = looking.execute_in_process(run_config=QUIET, raise_on_error=False)
    assert failure(result) == "look: the manifest is damaged. Remedy: put it back"


def test_a_month_that_is_kept_still_tells_what_its_checks_said(make_project: MakeProject) -> None:
    project = make_project({"a.log": ""})
    (project.data / "logs" / "a.log").write_bytes(LINE.format(month="2025-11").encode() * 2 + b"\xff\n")
    worker = project.backfill

    (first,), (kept,) = (list(worker.results(worker.months(None, None))) for _ in range(2))

    assert (first.kept, kept.kept) == (False, True)
    assert (first.well, kept.well) == (False, False)
    assert kept.warnings == first.warnings
    assert "33.33 % of 3 lines cannot be read" in kept.failures["lines_readable"]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, dg.DagsterExecutionInterruptedError])
def test_who_is_asked_to_stop_stops_and_leaves_no_run_behind(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, interrupt: type[BaseException]
) -> None:
    project = make_project({"a.log": THREE})
    worker = project.backfill

    def interrupted(*_: object) -> None:
        raise interrupt

    monkeypatch.setattr(slo_targets, "document", interrupted)

    with pytest.raises(InterruptedRunError):
        list(worker.results([Period("2025-09"), Period("2025-10")]))

    (run,) = project.instance.get_runs()
    assert run.status in (dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.FAILURE)


def under_way(project: Project, process: str) -> str:
    """A run of November that says it is at work in some process."""
    job = project.definitions.resolve_job_def("materialize_month")
    tags = {"dagster/partition": "2025-11"} | ({PROCESS_TAG: process} if process else {})
    run = project.instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
    return run.run_id


def test_the_run_of_a_process_that_is_gone_is_canceled_and_not_waited_for(made: Project) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    run_id = under_way(made, f"{socket.gethostname()}:{gone.stdout.decode().strip()}")

    assert made.run("2025-11").error == ""

    run = made.instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.CANCELED


def test_who_waits_for_another_process_can_be_asked_to_stop(made: Project) -> None:
    run_id = under_way(made, "elsewhere:1")

    with capture_interrupts(), pytest.raises(InterruptedRunError):
        signal.raise_signal(signal.SIGINT)
        made.run("2025-11")

    cancel(made.instance, run_id, "the test is over")


@pytest.mark.parametrize("process", ["", "elsewhere:1", this_process()], ids=["unnamed", "elsewhere", "this one"])
def test_a_month_that_another_process_makes_is_waited_for_and_then_left_alone(
    made: Project, monkeypatch: pytest.MonkeyPatch, process: str
) -> None:
    monkeypatch.setattr(backfill, "PATIENCE", 0.0)
    run_id = under_way(made, process)

    told = made.run("2025-11").error

    assert told.startswith(f"run {run_id} has been making this month for a long time. Remedy: wait for its end")
    cancel(made.instance, run_id, "the test is over")
    assert made.run("2025-11").error == ""
