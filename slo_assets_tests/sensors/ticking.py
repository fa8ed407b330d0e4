"""Ticks of sensors on a project with one log, on a machine whose clock is set by hand."""

from __future__ import annotations

import time
from typing import Any

import dagster as dg
import pytest

from slo_assets.backfill import QUIET
from slo_assets.jobs import REFRESH_MONTH
from slo_assets_tests.conftest import Project

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
