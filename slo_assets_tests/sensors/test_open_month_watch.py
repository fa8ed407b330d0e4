"""What does not come is said: late logs, an overdue month; and when that is over."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from slo_assets.sensors.open_month_watch import open_month_watch
from slo_assets_tests.conftest import ROOT, MakeProject
from slo_assets_tests.sensors.ticking import LINE, LOGS, Ticks, run, write

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
    return Ticks(project, open_month_watch, monkeypatch)


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
    watch = Ticks(make_project(LOGS, now="2025-11-02T00:00:00Z"), open_month_watch, monkeypatch)
    assert findings(watch.tick())["open_month_fresh"] == (True, None)

    watch.project.now = "2025-11-03T00:00:00Z"
    passed, told = findings(watch.tick())["open_month_fresh"]

    assert (passed, str(told).partition(":")[0]) == (False, "2025-11 was never made")


def test_what_is_seen_fits_a_cursor(watch: Ticks) -> None:
    assert set(json.loads(watch.tick().cursor)) == {"open_month_fresh", "logs_on_time"}
    assert Path(watch.project.output).exists()
