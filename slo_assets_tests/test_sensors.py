"""What is seen without reading a log: new input, and what does not come."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from slo_assets import sensors
from slo_assets.backfill import QUIET
from slo_assets.jobs import REFRESH_MONTH
from slo_assets_tests.conftest import ROOT, MakeProject, Project

LINE = "2025-11-{day:02d}T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
LOGS = {"a.log": LINE.format(day=10)}
MONTH = "2025-11"


class Ticks:
    """A sensor's ticks, one after another, on a machine whose clock is set by hand."""

    def __init__(self, project: Project, sensor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project, self.sensor, self.cursor = project, sensor, None
        self.now = time.time()
        monkeypatch.setattr(time, "time", lambda: self.now)

    def tick(self, after: float = 30) -> Any:
        self.now += after
        named = {name: self.project.resources()[name] for name in ("inputs", "clock")}
        with dg.build_sensor_context(self.project.instance, self.cursor, resources=named) as context:
            result = self.sensor(context)
        if isinstance(result, dg.SensorResult):
            self.cursor = result.cursor
        return result


def run(project: Project, month: str = MONTH) -> dg.ExecuteInProcessResult:
    """The part of a run that looks at the logs."""
    job = project.definitions.resolve_job_def(REFRESH_MONTH.name)
    return job.execute_in_process(
        instance=project.instance,
        partition_key=month,
        run_config=QUIET,
        raise_on_error=False,
        asset_selection=[dg.AssetKey("log_events")],
    )


def write(project: Project, name: str, text: str) -> None:
    path = project.data / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.fixture
def ticks(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Ticks:
    return Ticks(make_project(LOGS), sensors.new_input, monkeypatch)


def test_the_first_tick_asks_for_the_open_month_and_the_next_ones_for_nothing(ticks: Ticks) -> None:
    (request,) = ticks.tick().run_requests
    again = ticks.tick(300)

    assert request.partition_key == MONTH
    assert isinstance(again, dg.SkipReason)
    assert "nothing" not in again.skip_message
    assert again.skip_message == "no log, telemetry file or setting has changed"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("logs/new.log", LINE.format(day=11)),
        ("logs/a.log", LINE.format(day=12)),
        ("logs/deep/er/b.log.gz", "broken"),
        ("telemetry/report.json", "{}"),
        ("slo-config.yaml", (ROOT / "data" / "slo-config.yaml").read_text(encoding="utf-8")),
    ],
)
def test_whatever_is_new_or_grows_is_followed(ticks: Ticks, name: str, text: str) -> None:
    ticks.tick()
    write(ticks.project, name, text)

    assert [request.partition_key for request in ticks.tick(60).run_requests] == [MONTH]


def test_a_log_that_goes_away_is_followed(ticks: Ticks) -> None:
    ticks.tick()
    (ticks.project.data / "logs" / "a.log").unlink()

    assert ticks.tick(60).run_requests


def test_logs_that_grow_all_the_time_are_followed_once_a_minute(ticks: Ticks) -> None:
    asked = []
    for number in range(20):
        write(ticks.project, "logs/a.log", LINE.format(day=number + 1))
        asked.append(bool(getattr(ticks.tick(10), "run_requests", ())))

    assert [place for place, one in enumerate(asked) if one] == [0, 6, 12, 18]


def test_nothing_is_asked_for_while_a_run_of_the_month_waits_or_works(ticks: Ticks) -> None:
    ticks.tick()
    job = ticks.project.definitions.resolve_job_def(REFRESH_MONTH.name)
    waiting = ticks.project.instance.create_run_for_job(job, tags={"dagster/partition": MONTH})
    write(ticks.project, "logs/a.log", LINE.format(day=11))

    assert "is under way" in ticks.tick(300).skip_message

    ticks.project.instance.report_run_canceled(waiting)
    assert ticks.tick().run_requests, "what came meanwhile is not lost"


def test_after_a_run_that_failed_the_next_one_waits_longer(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    from slo_assets.domain import event_log

    ticks.tick()
    with monkeypatch.context() as broken:
        broken.setattr(event_log, "of_period", lambda *_: 1 / 0)
        assert not run(ticks.project).success
    write(ticks.project, "logs/a.log", LINE.format(day=11))

    assert "waits" in ticks.tick(500).skip_message
    assert ticks.tick(100).run_requests


CONFIG = (ROOT / "data" / "slo-config.yaml").read_text(encoding="utf-8")
EXPECTING = CONFIG.replace("      heartbeat: true\n", "      heartbeat: true\n      expectedEvery: 6h\n")


def findings(result: Any) -> dict[str, tuple[bool, str | None]]:
    return {event.check_name: (event.passed, event.description) for event in result.asset_events}


@pytest.fixture
def watch(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Ticks:
    project = make_project({"heartbeat-a.log": LINE.format(day=24)}, now="2025-11-24T16:00:00Z")
    (project.data / "slo-config.yaml").write_text(EXPECTING, encoding="utf-8")
    old = time.time() - 100
    os.utime(project.data / "logs" / "heartbeat-a.log", (old, old))
    assert run(project).success
    return Ticks(project, sensors.open_month_watch, monkeypatch)


def test_a_source_that_is_late_is_named_once_and_its_recovery_as_well(watch: Ticks) -> None:
    assert findings(watch.tick())["logs_on_time"] == (True, None)
    assert isinstance(watch.tick(), dg.SkipReason)

    watch.project.now = "2025-11-24T16:06:00Z"
    assert findings(watch.tick()) == {
        "logs_on_time": (
            False,
            "heartbeat: the last line is of 2025-11-24T10:00:00Z, one is expected every 6h: 6 min late",
        )
    }
    watch.project.now = "2025-11-24T16:30:00Z"
    assert isinstance(watch.tick(), dg.SkipReason), "said already"

    write(watch.project, "logs/heartbeat-a.log", LINE.format(day=24).replace("T10", "T16"))
    assert findings(watch.tick()) == {"logs_on_time": (True, None)}, "a run is about to follow what was written"


def test_a_result_can_be_recorded_again_and_again(watch: Ticks) -> None:
    for now in ("2025-11-24T16:00:00Z", "2025-11-24T18:00:00Z", "2025-11-24T16:00:00Z"):
        watch.project.now = now
        for event in watch.tick().asset_events:
            watch.project.instance.report_runless_asset_event(event)

    assert watch.project.check("log_events", "logs_on_time").passed


def test_after_a_new_materialization_the_result_is_told_again(watch: Ticks) -> None:
    watch.tick()
    assert run(watch.project).success

    assert set(findings(watch.tick())) == {"logs_on_time"}, "nothing was new, so that only log_events was made"


def test_an_open_month_that_nobody_makes_is_overdue_whatever_happens_to_others(watch: Ticks) -> None:
    assert findings(watch.tick())["open_month_fresh"] == (True, None)

    watch.now += 37 * 3600
    assert run(watch.project, "2025-10").success, "a backfill of an old month"
    passed, told = findings(watch.tick())["open_month_fresh"]

    assert not passed
    assert told is not None
    assert told.startswith("2025-11 was made at ")
    assert "1 d 13 h ago, and is due every night: see whether the daemon runs" in told


def test_a_month_that_was_never_made_is_overdue_once_it_is_older_than_that(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Ticks(make_project(LOGS, now="2025-11-02T00:00:00Z"), sensors.open_month_watch, monkeypatch)
    assert findings(watch.tick())["open_month_fresh"] == (True, None)

    watch.project.now = "2025-11-03T00:00:00Z"
    passed, told = findings(watch.tick())["open_month_fresh"]

    assert (passed, str(told).partition(":")[0]) == (False, "2025-11 was never made")


def test_what_is_seen_fits_a_cursor(watch: Ticks) -> None:
    assert set(json.loads(watch.tick().cursor)) == {"open_month_fresh", "logs_on_time"}
    assert Path(watch.project.output).exists()
